"""`foveal compare`: sheet, page, table and JSON report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from command_line import COMMAND, PIXELS, Run, one_line
from other_readers import pillow_pixels
from PIL import Image, ImageCms

import foveal
from foveal import comparison


def test_compare_writes_the_sheet_and_the_page_of_the_library(run: Run) -> None:
    outcome = run("compare", "photo.png", "-o", "out.png", "-q", "70")
    assert (outcome.code, outcome.err) == (0, "")
    found = foveal.compare(PIXELS, quality=70)
    np.testing.assert_array_equal(np.asarray(Image.open("out.png")), comparison.draw_sheet(found))
    rows = [line.split("  ")[0] for line in outcome.out.splitlines()[2:]]
    assert rows == ["foveal", "foveal, content-blind", "libjpeg-turbo", "MozJPEG", "jpegli"]
    assert f"{len(found.entries[0].data):,}" in outcome.out
    assert run("compare", "photo.png", "-o", "out.HTML", "-q", "70").code == 0
    assert Path("out.HTML").read_text() == comparison.page(found, "photo.png")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudoterminals")
def test_progress_is_shown_on_a_terminal_alone(run: Run) -> None:
    assert run("compare", "photo.png", "-o", "sheet.png").err.count("encoding") == 0
    ours, theirs = os.openpty()
    command = [*COMMAND, "compare", "photo.png", "-o", "sheet.png"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # Linux raises it at the end
            while data := os.read(ours, 4096):
                shown += data
    os.close(ours)
    assert process.returncode == 0
    assert shown.index(b"encoding by foveal") < shown.index(b"scores of foveal") < shown.index(b"100%")


def test_every_option_reaches_the_comparison(run: Run) -> None:
    Image.fromarray(np.full((5, 5), 128, np.uint8)).save("map.png")
    Image.fromarray(np.dstack([PIXELS, np.full(PIXELS.shape[:2], 200, np.uint8)])).save("alpha.png")
    options = ("--size", "2500", "--saliency", "map.png", "--strength", "0.5", "--background", "red", "--json")
    outcome = run("compare", "alpha.png", *options)
    assert (outcome.code, outcome.err) == (0, "")
    expected = foveal.compare(
        foveal.open("alpha.png", background="red"),
        size_bytes=2500,
        saliency=np.full((5, 5), 128 / 255, np.float32),
        strength=0.5,
    )
    assert json.loads(outcome.out) == {"input": "alpha.png", "output": None} | expected.to_dict()


def test_the_comparison_as_json(run: Run) -> None:
    report = json.loads(run("compare", "photo.png", "--json", "-o", "out.png").out)
    assert report["output"] == "out.png"
    assert (report["width"], report["height"]) == (56, 40)
    assert [region["name"] for region in report["regions"]] == ["salient", "background"]
    own = report["encoders"][0]
    data = foveal.encode(PIXELS, quality=80, subsampling="4:2:0")
    assert (own["name"], own["quality"], own["size_bytes"]) == ("foveal", 80, len(data))
    decoded = pillow_pixels(data)
    assert own["psnr"] == pytest.approx(foveal.metrics.psnr(PIXELS, decoded), abs=1e-4)
    assert own["ssimulacra2"] == pytest.approx(foveal.metrics.ssimulacra2(PIXELS, decoded), abs=1e-4)
    assert all(other["size_bytes"] <= own["size_bytes"] for other in report["encoders"])
    assert report["left_out"] == []


def test_scores_without_a_number_are_null(run: Run) -> None:
    """A grey pixel is kept without loss: its PSNR is infinite, and it is too small for the others."""
    Image.fromarray(np.full((1, 1), 128, np.uint8)).save("dot.png")
    own = json.loads(run("compare", "dot.png", "--json", "-q", "100").out)["encoders"][0]
    scores = ("ssimulacra2", "ssim", "psnr", "salient_ssimulacra2", "salient_ssim", "salient_psnr")
    assert {own[name] for name in scores} == {None}


def test_missing_encoders_are_named_in_a_line_each(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyvips", None)
    monkeypatch.setitem(sys.modules, "pyjpegli", None)
    outcome = run("compare", "photo.png", "-o", "out.png")
    assert outcome.code == 0
    assert [line.split(" needs ")[0] for line in outcome.err.splitlines()] == [
        "foveal: warning: photo.png: MozJPEG is left out: it",
        "foveal: warning: photo.png: jpegli is left out: it",
    ]
    assert "MozJPEG" not in outcome.out
    assert Path("out.png").exists()


def test_compare_overwrites_its_output_and_never_an_input(run: Run) -> None:
    Path("out.png").write_bytes(b"old")
    assert run("compare", "photo.png", "-o", "out.png").code == 0
    assert Path("out.png").read_bytes().startswith(b"\x89PNG")
    before = Path("photo.png").read_bytes()
    one_line(run("compare", "photo.png", "-o", "photo.png"), 2, "is an input")
    Image.fromarray(PIXELS[:, :, 0]).save("map.png")
    one_line(run("compare", "photo.png", "--saliency", "map.png", "-o", "map.png"), 2, "is an input")
    assert Path("photo.png").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("photo.png",), ("nothing to write", "-o or --json")),
        (("photo.png", "-o", "out.jpg"), ("would be written as PNG",)),
        (("photo.png", "-o", ""), ("output is empty",)),
        (("photo.png", "--json", "-q", "101"), ("101",)),
        (("photo.png", "--json", "--size", "0"), ("at least 1 byte",)),
        (("photo.png", "--json", "--size", "9" * 20), ("--size", "at most 1,099,511,627,776")),
        (("photo.png", "--json", "--size", "3000", "-q", "50"), ("--quality and --size cannot be given together",)),
        (("photo.png", "--json", "--saliency", "none"), ("--saliency none", "content-blind encode is always compared")),
        (("photo.png", "--json", "--saliency", "nothing"), ("neither a file",)),
    ],
)
def test_wrong_usage_of_compare(run: Run, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    one_line(run("compare", *arguments), 2, *words)


def test_compare_at_a_size_that_no_file_reaches(run: Run) -> None:
    one_line(run("compare", "photo.png", "--json", "--size", "100"), 1, "photo.png: no file of at most 100 bytes")


def test_compare_of_files_that_cannot_be_read(run: Run) -> None:
    Path("broken.png").write_bytes(b"nonsense")
    one_line(run("compare", "broken.png", "-o", "out.png"), 1, "broken.png", "not a picture")
    one_line(run("compare", "missing.png", "-o", "out.png"), 1, "missing.png", "no such file")
    map_is_broken = run("compare", "photo.png", "-o", "out.png", "--saliency", "broken.png")
    one_line(map_is_broken, 1, "foveal: broken.png: not a picture")
    assert not Path("out.png").exists()


def test_a_comparison_keeps_the_colour_profile_of_colour_photos(run: Run) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(PIXELS).save("colour.png", icc_profile=profile)
    Image.fromarray(PIXELS[:, :, 0]).save("grey.png", icc_profile=profile)
    for name, expected in (("colour", profile), ("grey", None)):
        assert run("compare", f"{name}.png", "-o", "out.png", "--saliency", "center").code == 0
        with Image.open("out.png") as written:
            assert written.info.get("icc_profile") == expected


def test_a_comparison_on_standard_output(photo_png: bytes) -> None:
    command = [*COMMAND, "compare", "-", "-o", "-", "-q", "50"]
    done = subprocess.run(command, input=photo_png, capture_output=True, check=True)
    assert done.stdout.startswith(b"\x89PNG")
    assert b"libjpeg-turbo" in done.stderr
