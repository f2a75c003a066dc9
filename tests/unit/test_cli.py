"""The command line: what it writes, what it says, and how it fails."""

from __future__ import annotations

import base64
import io
import json
import os
import runpy
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import noisy_gradient, pillow_pixels
from PIL import Image, ImageCms
from PIL.ExifTags import Base

import foveal
from foveal import comparison, overlay
from foveal.cli import files, main
from foveal.saliency import default_model, look
from foveal.saliency.working_image import working_image

PIXELS = noisy_gradient(40, 56)


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run `foveal` in an empty folder that holds photo.png."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(PIXELS).save("photo.png")

    def run_command(*arguments: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["foveal", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main.main()
        captured = capsys.readouterr()
        return Outcome(int(stopped.value.code or 0), captured.out, captured.err)

    return run_command


def one_line(outcome: Outcome, code: int, *words: str) -> None:
    assert outcome.code == code
    assert outcome.out == ""
    assert outcome.err.count("\n") == 1
    assert outcome.err.startswith("foveal: ")
    for word in words:
        assert word in outcome.err


def test_encode_writes_what_the_library_gives(run: Run) -> None:
    outcome = run("encode", "photo.png", "-o", "out.jpg", "-q", "70", "--effort", "best", "--subsampling", "4:4:4")
    assert outcome.code == 0
    assert outcome.err == ""
    assert outcome.out.startswith("out.jpg: ")
    expected = foveal.encode(foveal.open("photo.png"), quality=70, effort="best", subsampling="4:4:4")
    assert Path("out.jpg").read_bytes() == expected


def test_every_option_reaches_the_encoder(run: Run) -> None:
    Image.fromarray(np.full((5, 5), 128, np.uint8)).save("map.png")
    outcome = run(
        *("encode", "photo.png", "-o", "out.jpg", "--quality", "55.5", "--saliency", "map.png", "--strength", "0.9"),
        *("--allocation", "quality-map", "--subsampling", "4:2:2", "--baseline", "--effort", "fast"),
        *("--metadata", "none", "--threads", "2", "--json"),
    )
    expected = foveal.encode(
        PIXELS,
        quality=55.5,
        saliency=np.full((5, 5), 128 / 255, np.float32),
        strength=0.9,
        allocation="quality-map",
        subsampling="4:2:2",
        progressive=False,
        effort="fast",
    )
    assert Path("out.jpg").read_bytes() == expected
    report = json.loads(outcome.out)
    assert report["size_bytes"] == len(expected)
    assert report["bits_per_pixel"] == pytest.approx(8 * len(expected) / PIXELS[:, :, 0].size, abs=1e-4)
    assert (report["input"], report["output"]) == ("photo.png", "out.jpg")
    assert (report["quality"], report["subsampling"], report["saliency"]) == (55.5, "4:2:2", "map")
    assert (report["width"], report["height"]) == (56, 40)


@pytest.mark.parametrize("name", ["none", "auto", "gaze", "msroi", "cam", "spectral", "center"])
def test_saliency_by_name(run: Run, name: str) -> None:
    assert run("encode", "photo.png", "-o", "out.jpg", "--saliency", name, "--metadata", "none").code == 0
    assert Path("out.jpg").read_bytes() == foveal.encode(PIXELS, saliency=None if name == "none" else name)


def test_the_default_output_lies_beside_the_input_and_is_never_overwritten(run: Run) -> None:
    assert run("encode", "photo.png").code == 0
    before = Path("photo.jpg").read_bytes()
    one_line(run("encode", "photo.png", "-q", "5"), 2, "photo.jpg exists", "-o")
    one_line(run("encode", "photo.jpg", "-q", "5"), 2, "photo.jpg exists", "-o")
    assert Path("photo.jpg").read_bytes() == before
    assert run("encode", "photo.png", "-q", "5", "-o", "photo.jpg").code == 0
    assert len(Path("photo.jpg").read_bytes()) < len(before)


def test_the_input_is_never_overwritten(run: Run) -> None:
    before = Path("photo.png").read_bytes()
    Path("link.jpg").symlink_to("photo.png")
    for name in ("photo.png", "./photo.png", "link.jpg"):
        one_line(run("encode", "photo.png", "-o", name), 2, "is an input" if name == "link.jpg" else "JPEG")
        one_line(run("saliency", "photo.png", "-o", name), 2, "PNG" if name == "link.jpg" else "is an input")
    assert Path("photo.png").read_bytes() == before


def test_a_jpeg_as_input_works_with_a_warning(run: Run) -> None:
    run("encode", "photo.png")
    outcome = run("encode", "photo.jpg", "-o", "again.jpg")
    assert outcome.code == 0
    assert "warning: photo.jpg is a JPEG already" in outcome.err
    assert "optimize" in outcome.err
    assert pillow_pixels(Path("again.jpg").read_bytes()).shape == PIXELS.shape


def test_only_the_first_of_several_pictures_is_encoded_with_a_warning(run: Run) -> None:
    frames = [Image.new("L", (9, 9), value) for value in (10, 200)]
    frames[0].save("film.gif", save_all=True, append_images=frames[1:])
    outcome = run("encode", "film.gif")
    assert outcome.code == 0
    assert "holds 2 pictures" in outcome.err
    assert pillow_pixels(Path("film.jpg").read_bytes()).mean() == pytest.approx(10, abs=3)


def test_alpha_asks_for_a_background(run: Run) -> None:
    Image.new("RGBA", (9, 9)).save("clear.png")
    one_line(run("encode", "clear.png", "-o", "x.jpg"), 1, "clear.png", "background")
    assert not Path("x.jpg").exists()
    assert run("encode", "clear.png", "-o", "x.jpg", "--background", "white").code == 0
    assert pillow_pixels(Path("x.jpg").read_bytes()).min() == 255
    one_line(run("encode", "clear.png", "-o", "x.jpg", "--background", "whitish"), 2, "whitish", "colour")


@pytest.mark.parametrize("command", ["encode", "saliency"])
def test_broken_inputs(run: Run, command: str) -> None:
    Path("text.jpg").write_text("hello")
    Path("empty.png").touch()
    Path("cut.png").write_bytes(Path("photo.png").read_bytes()[:700])
    for name, words in {
        "missing.png": ("no such file",),
        "text.jpg": ("not a picture",),
        "empty.png": ("not a picture",),
        "cut.png": ("broken picture",),
        ".": ("directory",),
    }.items():
        one_line(run(command, name, "-o", "out"), 1, name, *words)
    assert not Path("out").exists()


@pytest.mark.parametrize(("side", "warned"), [(65500, False), (65501, True), (65535, True)])
def test_a_picture_that_libjpeg_will_not_read(run: Run, side: int, warned: bool) -> None:
    Image.new("L", (side, 1)).save("wide.png")
    outcome = run("encode", "wide.png")
    assert outcome.code == 0
    assert ("65,500" in outcome.err) == warned


def test_a_picture_too_wide_for_jpeg(run: Run) -> None:
    Image.new("L", (65536, 1)).save("wide.png")
    one_line(run("encode", "wide.png"), 1, "wide.png", "65,535", "65,536")
    assert not Path("wide.jpg").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("encode",), ("IN",)),
        (("encode", "photo.png", "-q", "300"), ("300", "100")),
        (("encode", "photo.png", "-q", "-1"), ("-1",)),
        (("encode", "photo.png", "-q", "high"), ("high",)),
        (("encode", "photo.png", "--strength", "1.1"), ("1.1",)),
        (("encode", "photo.png", "--effort", "heroic"), ("heroic", "balanced")),
        (("encode", "photo.png", "--subsampling", "4:1:0"), ("4:1:0", "4:2:0")),
        (("encode", "photo.png", "--threads", "0"), ("0",)),
        (("encode", "photo.png", "--threads", "1025"), ("1025", "1024")),
        (("encode", "photo.png", "--metadata", "some"), ("some", "safe")),
        (("encode", "photo.png", "--saliency", "missing.png"), ("missing.png", "spectral")),
        (("encode", "photo.png", "--no-such-option"), ("--no-such-option",)),
        (("encode", "photo.png", "-o", ""), ("empty",)),
        (("encode", ""), ("empty",)),
        (("encode", "photo.png", "--saliency", ""), ("--saliency",)),
        (("encode", "photo.png", "-o", "out.png"), ("out.png", "JPEG")),
        (("saliency", "photo.png", "-o", "out.jpg"), ("out.jpg", "PNG")),
        (("encode", "photo.png", "second.png"), ("second.png",)),
        (("saliency", "photo.png"), ("-o", "--compare", "--json")),
        (("saliency", "photo.png", "--overlay"), ("-o", "--compare", "--json")),
        (("saliency", "photo.png", "--compare", "out.jpg"), ("out.jpg", "PNG")),
        (("saliency", "photo.png", "--compare", "photo.png"), ("photo.png is an input",)),
        (("saliency", "photo.png", "--compare", ""), ("empty",)),
        (("saliency", "photo.png", "-o", "x.png", "--compare", "x.png"), ("same file",)),
        (("saliency", "photo.png", "-o", "x.png", "--compare", "./x.png"), ("same file",)),
        (("saliency", "photo.png", "-o", "-", "--compare", "-"), ("same file",)),
        (("saliency", "photo.png", "--json", "--top-k", "0"), ("0",)),
        (("saliency", "photo.png", "-o", "x.png", "--method", "magic"), ("magic", "spectral")),
        (("sing",), ("sing",)),
    ],
)
def test_wrong_usage(run: Run, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    one_line(run(*arguments), 2, "--help", *words)
    assert sorted(path.name for path in Path().iterdir()) == ["photo.png"]


def test_outputs_that_cannot_be_written(run: Run) -> None:
    one_line(run("encode", "photo.png", "-o", "nowhere/out.jpg"), 1, "nowhere/out.jpg")
    one_line(run("encode", "photo.png", "-o", "."), 1, ".: ")
    if Path("/dev/full").exists():
        one_line(run("encode", "photo.png", "-o", "/dev/full"), 1, "/dev/full", "space")
    assert sorted(path.name for path in Path().iterdir()) == ["photo.png"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_write_permission(run: Run, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o555)
    one_line(run("encode", "photo.png", "-o", "locked/out.jpg"), 1, "locked/out.jpg", "ermission")


def test_a_write_protected_target_is_left_alone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("master.jpg").write_bytes(b"old")
    monkeypatch.setattr(files.os, "access", lambda path, mode: Path(path).name != "master.jpg")  # root may write all
    one_line(run("encode", "photo.png", "-o", "master.jpg"), 1, "master.jpg", "write-protected")
    assert Path("master.jpg").read_bytes() == b"old"


def test_a_map_given_is_not_overwritten(run: Run) -> None:
    Image.new("L", (9, 9)).save("map.tmp", "PNG")
    before = Path("map.tmp").read_bytes()
    one_line(run("encode", "photo.png", "--saliency", "map.tmp", "-o", "map.tmp"), 2, "map.tmp is an input")
    assert Path("map.tmp").read_bytes() == before


def test_a_report_that_cannot_be_printed_names_standard_output(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(text: str, err: bool) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(files.click, "echo", full)
        with pytest.raises(OSError, match="standard output"):
            files.report("done", "out.jpg")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("out.jpg").write_bytes(b"old")

    def full_disk(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full_disk)
    one_line(run("encode", "photo.png", "-o", "out.jpg"), 1, "out.jpg", "No space left")
    assert Path("out.jpg").read_bytes() == b"old"
    assert sorted(path.name for path in Path().iterdir()) == ["out.jpg", "photo.png"]


def test_modes_and_links_of_outputs(run: Run) -> None:
    for mask, mode in ((0o027, 0o640), (0o002, 0o664)):
        Path("new.jpg").unlink(missing_ok=True)
        previous = os.umask(mask)
        try:
            run("encode", "photo.png", "-o", "new.jpg")
        finally:
            os.umask(previous)
        assert stat.S_IMODE(Path("new.jpg").stat().st_mode) == mode
    Path("old.jpg").write_bytes(b"old")
    Path("old.jpg").chmod(0o604)
    Path("link.jpg").symlink_to("old.jpg")
    run("encode", "photo.png", "-o", "link.jpg")
    assert Path("link.jpg").is_symlink()
    assert stat.S_IMODE(Path("old.jpg").stat().st_mode) == 0o604
    assert Path("old.jpg").read_bytes() == Path("new.jpg").read_bytes()


def test_names_with_spaces_and_other_letters(run: Run) -> None:
    name = "ein großes 写真.png"
    Path("photo.png").rename(name)
    outcome = run("encode", name)
    assert outcome.code == 0
    assert outcome.out.startswith("ein großes 写真.jpg: ")
    one_line(run("encode", "weg ü.png"), 1, "weg ü.png")


# ---- saliency


def test_saliency_writes_the_map_as_a_picture(run: Run) -> None:
    assert run("saliency", "photo.png", "-o", "map.png", "--method", "center").code == 0
    with Image.open("map.png") as image:
        assert image.mode == "L"
        written = np.asarray(image)
    np.testing.assert_array_equal(written, np.rint(foveal.saliency_map(PIXELS, "center") * 255))
    assert run("encode", "photo.png", "-o", "out.jpg", "--saliency", "map.png", "--metadata", "none").code == 0
    expected = foveal.encode(PIXELS, saliency=(written / np.float32(255)).astype(np.float32))
    assert Path("out.jpg").read_bytes() == expected


def test_saliency_overlay_shows_the_photo_where_it_matters(run: Run) -> None:
    assert run("saliency", "photo.png", "-o", "over.png", "--overlay", "--method", "center").code == 0
    with Image.open("over.png") as image:
        shown = np.asarray(image).astype(int)
    assert shown.shape == PIXELS.shape
    error = np.abs(shown - PIXELS).mean(axis=2)
    assert error[15:25, 20:36].mean() < error[:5, :5].mean() / 3


def test_saliency_in_numbers_needs_no_picture(run: Run) -> None:
    outcome = run("saliency", "photo.png", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    report = json.loads(outcome.out)
    assert (report["input"], report["output"], report["compare"]) == ("photo.png", None, None)
    assert (report["width"], report["height"], report["method"]) == (56, 40, "gaze")
    looked = look(foveal.Photo(PIXELS))
    assert report["confidence"] == pytest.approx(looked.confidence, abs=1e-4)
    assert (report["model"], report["threshold"]) == ("network.onnx", default_model().threshold)
    assert [(each["name"], tuple(each["box"].values())) for each in report["classes"]] == [
        (seen.name, (seen.box.x, seen.box.y, seen.box.width, seen.box.height)) for seen in looked.classes
    ]
    for each in report["classes"]:
        assert 0 <= each["score"] <= 1
        assert list(each["box"]) == ["x", "y", "width", "height"]
    assert sorted(path.name for path in Path().iterdir()) == ["photo.png"]


def test_saliency_in_numbers_by_a_method_without_a_network(run: Run) -> None:
    report = json.loads(run("saliency", "photo.png", "--json", "--method", "spectral", "-o", "map.png").out)
    assert (report["method"], report["confidence"], report["output"]) == ("spectral", 1, "map.png")
    assert not {"model", "threshold", "classes"} & set(report)
    assert Path("map.png").exists()


def test_top_k_reaches_the_network(run: Run) -> None:
    assert len(json.loads(run("saliency", "photo.png", "--json", "--top-k", "1").out)["classes"]) <= 1
    run("saliency", "photo.png", "-o", "map.png", "--method", "msroi", "--top-k", "1")
    with Image.open("map.png") as image:
        expected = foveal.saliency_map(PIXELS, "msroi", top_k=1)
        np.testing.assert_array_equal(np.asarray(image), np.rint(expected * 255))


@pytest.mark.parametrize(("size", "panel"), [((40, 56), (229, 320)), ((900, 30), (320, 11)), ((1, 1), (320, 320))])
def test_a_comparison_shows_the_photo_beside_its_maps(run: Run, size: tuple[int, int], panel: tuple[int, int]) -> None:
    pixels = noisy_gradient(*size)
    Image.fromarray(pixels).save("photo.png")
    outcome = run("saliency", "photo.png", "--compare", "sheet.png")
    assert (outcome.code, outcome.out) == (0, "sheet.png: photo, spectral, cam, msroi, gaze\n")
    with Image.open("sheet.png") as image:
        sheet = np.asarray(image)
    assert sheet.shape[1] < 5 * 320 + 60
    assert sheet.shape[0] < 320 + 40
    column = (sheet.shape[1] - 8) // 5
    top = sheet.shape[0] - 8 - panel[0]
    small = working_image(foveal.Photo(pixels), 320)
    assert small.shape[:2] == panel
    for index, method in enumerate(("photo", "spectral", "cam", "msroi", "gaze")):
        left = 8 + index * column
        expected = small
        if method != "photo":
            found = look(foveal.Photo(pixels), method).resized(panel)
            expected = overlay.drawn_over(foveal.Photo(small), found)
        np.testing.assert_array_equal(sheet[top : top + panel[0], left : left + panel[1]], expected, err_msg=method)
        assert (sheet[:top, left : left + column] < 128).any()  # a label


def test_the_report_steps_aside_for_a_picture_on_standard_output(photo_png: bytes) -> None:
    for options in (("-o", "-"), ("--compare", "-")):
        command = [*COMMAND, "saliency", "-", *options, "--json"]
        done = subprocess.run(command, input=photo_png, capture_output=True, check=True)
        assert done.stdout.startswith(b"\x89PNG")
        assert json.loads(done.stderr)["method"] == "gaze"


def test_encode_says_how_confident_the_method_is(run: Run) -> None:
    confidence = look(foveal.Photo(PIXELS)).confidence
    assert f"saliency gaze, confidence {confidence:.2f})" in run("encode", "photo.png", "-o", "a.jpg").out
    for saliency, expected in (("gaze", pytest.approx(confidence, abs=1e-4)), ("center", 1), ("none", None)):
        report = json.loads(run("encode", "photo.png", "-o", "b.jpg", "--saliency", saliency, "--json").out)
        assert (report["saliency"], report["confidence"]) == (saliency, expected)
    assert "saliency none)" in run("encode", "photo.png", "-o", "c.jpg", "--saliency", "none").out


@pytest.mark.parametrize("content", [b"", b"nonsense", None], ids=["empty", "nonsense", "missing"])
def test_a_broken_network_is_named_in_one_line(
    run: Run, content: bytes | None, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("model") / "network.onnx"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setattr("foveal.saliency.model.SHIPPED_MODEL", path)
    monkeypatch.setattr("foveal.saliency.model._shipped_model", foveal.SaliencyModel)
    one_line(run("saliency", "photo.png", "--json"), 1, str(path))
    one_line(run("encode", "photo.png"), 1, str(path))
    assert run("encode", "photo.png", "--saliency", "spectral").code == 0


def test_what_is_shown_honours_the_orientation(run: Run) -> None:
    tags = Image.Exif()
    tags[Base.Orientation] = 6
    Image.fromarray(PIXELS).save("turned.png", exif=tags)
    for options in ((), ("--overlay",)):
        assert run("saliency", "turned.png", "-o", "map.png", *options).code == 0
        with Image.open("map.png") as image:
            assert image.size == (40, 56)
    run("encode", "turned.png")
    with Image.open("turned.jpg") as image:
        assert image.size == (56, 40)
        assert image.getexif()[Base.Orientation] == 6


def test_a_map_is_applied_as_the_photo_is_displayed() -> None:
    """The top of the displayed photo is salient; stored turned by 90 degrees, that is a column."""
    displayed = np.zeros((56, 40), dtype=np.float32)
    displayed[:16] = 1
    tags = Image.Exif()
    tags[Base.Orientation] = 6
    turned = foveal.encode(PIXELS, exif=tags.tobytes(), saliency=displayed, metadata="keep")
    stored_map = np.zeros((40, 56), dtype=np.float32)
    stored_map[:, :16] = 1
    assert foveal.encode(PIXELS, saliency=stored_map)[-500:] == turned[-500:]


# ---- pca


def test_pca_encode_writes_what_the_library_gives_and_counts_bytes_in_both_ways(run: Run) -> None:
    outcome = run("pca", "encode", "photo.png")
    data = Path("photo.npz").read_bytes()
    assert data == foveal.pca.encode(PIXELS)
    first, second, third = outcome.out.splitlines()
    counts = np.load("photo.npz", allow_pickle=False)["component_counts"]
    assert first.startswith(f"photo.npz: {len(data):,} bytes, rows, {', '.join(map(str, counts))} components, 99.")
    assert f"compression ratio: {PIXELS.size / len(data):.2f} (6,720 bytes of 8-bit samples" in second
    assert f"as the report counts: {56 * 3 / counts.sum():.2f} (" in third
    one_line(run("pca", "encode", "photo.png"), 2, "photo.npz exists")


def test_every_option_reaches_pca(run: Run) -> None:
    for options in ({"mode": "blocks", "variance": 90.0}, {"components": 4}, {"mode": "blocks", "components": 4}):
        arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
        assert run("pca", "encode", "photo.png", "-o", "out.npz", *arguments).code == 0
        assert Path("out.npz").read_bytes() == foveal.pca.encode(PIXELS, **options)
    Image.new("RGBA", (9, 9)).save("clear.png")
    one_line(run("pca", "encode", "clear.png", "-o", "x.npz"), 1, "clear.png", "background")
    assert run("pca", "encode", "clear.png", "-o", "x.npz", "--background", "white").code == 0


@pytest.mark.parametrize("grey", [None, np.uint8, np.uint16])
def test_pca_decode_writes_the_pixels_and_the_profile(run: Run, grey: type | None) -> None:
    pixels = PIXELS if grey is None else PIXELS[:, :, 0].astype(grey) * (np.iinfo(grey).max // 255)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Path("in.npz").write_bytes(foveal.pca.encode(foveal.Photo(pixels, icc_profile=profile)))
    outcome = run("pca", "decode", "in.npz", "-o", "out.png")
    assert (outcome.code, outcome.out) == (0, "out.png: 56 x 40\n")
    photo = foveal.open("out.png")
    np.testing.assert_array_equal(photo.pixels, foveal.pca.decode(Path("in.npz").read_bytes()).pixels)
    assert photo.pixels.dtype == pixels.dtype
    assert photo.icc_profile == profile


def test_pca_decode_of_what_cannot_be_written_or_read(run: Run) -> None:
    Path("deep.npz").write_bytes(foveal.pca.encode(PIXELS.astype(np.uint16)))
    one_line(run("pca", "decode", "deep.npz"), 1, "deep.npz", "16 bits")
    one_line(run("pca", "decode", "photo.png", "-o", "x.png"), 1, "photo.png", "not an .npz file")
    one_line(run("pca", "decode", "deep.npz", "--max-pixels", "2239"), 1, "deep.npz", "2,239")
    assert sorted(path.name for path in Path().iterdir()) == ["deep.npz", "photo.png"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("encode", "photo.png", "-o", "out.png"), ("out.png", "NPZ", ".npz")),
        (("decode", "photo.png", "-o", "out.npz"), ("out.npz", "PNG")),
        (("decode", "photo.png", "-o", "photo.png"), ("photo.png is an input",)),
        (("encode", "photo.png", "--variance", "101"), ("101",)),
        (("encode", "photo.png", "--mode", "columns"), ("columns", "rows")),
        (("encode", "photo.png", "--components", "0"), ("0",)),
        (("figure", "--images", "photo.png", "-o", "photo.png"), ("photo.png is an input",)),
        (("figure", "--images", "-o", "out.png"), ("--images", "argument")),
        (("figure", "--variance", "99", "x", "-o", "out.png"), ("x",)),
        (("figure",), ("-o",)),
    ],
)
def test_wrong_usage_of_pca(run: Run, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    one_line(run("pca", *arguments), 2, *words)
    assert sorted(path.name for path in Path().iterdir()) == ["photo.png"]


def test_more_components_than_there_are(run: Run) -> None:
    one_line(run("pca", "encode", "photo.png", "--components", "41"), 2, "photo.png", "components", "40")


def test_pca_figure_takes_several_photos_and_variances(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from foveal.pca import figure

    Image.fromarray(PIXELS[:, :, 0]).save("grey.png")
    drawn: list[tuple[list[str], tuple[float, ...]]] = []
    real = figure.draw

    def draw(photos: dict[str, foveal.Photo], variances: tuple[float, ...]) -> bytes:
        drawn.append((list(photos), variances))
        return real(photos, variances)

    monkeypatch.setattr(figure, "draw", draw)
    outcome = run("pca", "figure", "--images", "photo.png", "grey.png", "--variance", "90", "99.5", "-o", "fig.png")
    assert (outcome.code, outcome.err) == (0, "")
    assert drawn == [(["photo.png", "grey.png"], (90.0, 99.5))]
    with Image.open("fig.png") as image:
        assert image.format == "PNG"
        assert image.width == 1950
        assert len(image.convert("L").resize((64, 64)).getcolors()) > 20  # something is drawn


def test_pca_figure_without_photos_takes_those_of_scikit_image(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from foveal.pca import figure

    names: list[str] = []
    monkeypatch.setattr(figure, "draw", lambda photos, variances: (names.extend(photos), b"png")[1])
    assert run("pca", "figure", "-o", "fig.png").code == 0
    assert names == ["astronaut", "coffee"]


def test_a_photo_too_small_for_the_figure(run: Run) -> None:
    Image.new("L", (10, 30)).save("small.png")
    one_line(run("pca", "figure", "--images", "small.png", "-o", "fig.png"), 2, "small.png", "11 pixels")


@pytest.mark.parametrize("missing", ["matplotlib", "skimage"])
def test_the_figure_without_what_it_needs(run: Run, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.delitem(sys.modules, "foveal.pca.figure", raising=False)
    for name in [name for name in sys.modules if name.split(".")[0] == missing]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    one_line(run("pca", "figure", "-o", "fig.png"), 1, "matplotlib and scikit-image", "foveal[figure]")


# ---- as a process

COMMAND = [sys.executable, "-c", "from foveal.cli.main import main; main()"]


@pytest.fixture
def photo_png() -> bytes:
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, "PNG")
    return file.getvalue()


def test_explain_writes_a_page_about_what_encode_writes(run: Run) -> None:
    outcome = run("explain", "photo.png", "-o", "report.html", "--block", "6,4", "--jpeg", "out.jpg")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("report.html: ")
    assert outcome.out.endswith(" bytes and its block 6,4\n")
    expected = foveal.encode(foveal.open("photo.png"), metadata="none")
    assert Path("out.jpg").read_bytes() == expected
    page = Path("report.html").read_text(encoding="utf-8")
    assert base64.b64encode(expected).decode() in page
    assert "<h1>How foveal encoded photo.png</h1>" in page
    assert "column 6 and row 4" in page


def test_every_option_reaches_the_explained_encode(run: Run) -> None:
    Image.fromarray(np.full((5, 5), 128, np.uint8)).save("map.png")
    rgba = np.dstack([PIXELS, np.full(PIXELS.shape[:2], 90, np.uint8)])
    Image.fromarray(rgba).save("clear.png")
    choices = (
        *("--quality", "55.5", "--saliency", "map.png", "--strength", "0.9", "--allocation", "quality-map"),
        *("--subsampling", "4:2:2", "--baseline", "--effort", "fast", "--threads", "1", "--background", "red"),
    )
    assert run("explain", "clear.png", "-o", "report.html", "--jpeg", "explained.jpg", *choices).code == 0
    assert run("encode", "clear.png", "-o", "encoded.jpg", "--metadata", "none", *choices).code == 0
    assert Path("explained.jpg").read_bytes() == Path("encoded.jpg").read_bytes()


def test_the_default_page_lies_beside_the_photo_and_is_never_overwritten(run: Run) -> None:
    assert run("explain", "photo.png", "--saliency", "none").out.startswith("photo.html: ")
    one_line(run("explain", "photo.png", "--saliency", "none"), 2, "photo.html exists")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--block", "7"), ("--block", "'7' is not a column and a row, like 28,17")),
        (("--block", "a,b"), ("'a,b'",)),
        (("--block=-1,0",), ("'-1,0'",)),
        (("--block", "1,2,3"), ("'1,2,3'",)),
        (("--block", "7,0"), ("photo.png: there is no block 7,0: this photo has 7 columns and 5 rows",)),
        (("--block", "0,5"), ("from 0,0 to 6,4",)),
        (("-o", "report.png"), ("report.png would be written as HTML; give it the ending .html",)),
        (("--jpeg", "page.html"), ("page.html would be written as JPEG",)),
        (("--jpeg", "report"), ("-o and --jpeg name the same file",)),
        (("-q", "101"), ("--quality",)),
        (("--saliency", "nowhere.png"), ("neither a file nor auto",)),
    ],
)
def test_wrong_usage_of_explain(run: Run, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    one_line(run("explain", "photo.png", "-o", "report", *arguments), 2, *words)
    assert sorted(path.name for path in Path().iterdir()) == ["photo.png"]


def test_explain_honours_the_limit_of_pixels(run: Run) -> None:
    one_line(run("explain", "photo.png", "--max-pixels", f"{40 * 56 - 1}"), 1, "photo.png", "40", "the limit is 2,239")
    assert run("explain", "photo.png", "--max-pixels", f"{40 * 56}", "--saliency", "none").code == 0


def test_explain_from_standard_input_to_standard_output(photo_png: bytes) -> None:
    arguments = ("explain", "-", "-o", "-", "--saliency", "spectral")
    done = subprocess.run([*COMMAND, *arguments], input=photo_png, capture_output=True, check=True)
    assert done.stdout.startswith(b"<!DOCTYPE html>\n<html")
    assert b"How foveal encoded a photo" in done.stdout
    assert done.stderr.startswith(b"standard output: ")


def test_standard_input_to_standard_output(photo_png: bytes) -> None:
    done = subprocess.run([*COMMAND, "encode", "-", "--json"], input=photo_png, capture_output=True, check=True)
    assert pillow_pixels(done.stdout).shape == PIXELS.shape
    assert json.loads(done.stderr)["size_bytes"] == len(done.stdout)
    done = subprocess.run([*COMMAND, "saliency", "-", "-o", "-"], input=photo_png, capture_output=True, check=True)
    assert pillow_pixels(done.stdout).shape == PIXELS.shape[:2]


def test_nothing_on_standard_input() -> None:
    done = subprocess.run([*COMMAND, "encode", "-"], input=b"", capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"foveal: standard input: nothing to read\n"


def test_a_pipe_closed_early(photo_png: bytes) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*COMMAND, "encode", "-"], input=photo_png, stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert done.returncode == 1
    assert done.stderr == b""  # as with any filter: whoever closed the pipe knows


def test_version_and_help() -> None:
    done = subprocess.run([*COMMAND, "--version"], capture_output=True, check=True, text=True)
    assert done.stdout == f"foveal, version {foveal.__version__}\n"
    done = subprocess.run([*COMMAND], capture_output=True, check=False, text=True)
    assert done.returncode == 2
    assert "Commands:" in done.stderr


def test_the_reference_is_the_help_of_every_command() -> None:
    """If this fails: python docs/generate_cli.py."""
    folder = Path(__file__).parents[2] / "docs"
    assert runpy.run_path(str(folder / "generate_cli.py"))["reference"]() == (folder / "cli.md").read_text()


def test_a_process_without_standard_streams(photo_png: bytes, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(photo_png)
    for arguments, redirection, words in (
        ("encode - -o out.jpg", "<&-", "standard input: nothing to read"),
        ("encode photo.png -o -", ">&-", "standard output: is closed"),
    ):
        command = f'"$0" -c "from foveal.cli.main import main; main()" {arguments} {redirection}'
        done = subprocess.run(
            ["sh", "-c", command, sys.executable], cwd=tmp_path, capture_output=True, check=False, text=True
        )
        assert done.returncode == 1
        assert done.stderr == f"foveal: {words}\n"


def test_standard_input_from_a_file_is_an_input_too(photo_png: bytes, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(photo_png)
    with path.open("rb") as source:
        done = subprocess.run([*COMMAND, "encode", "-", "-o", path], stdin=source, capture_output=True, check=False)
    assert done.returncode == 2
    assert b"is an input" in done.stderr
    assert path.read_bytes() == photo_png


def test_a_mistake_of_ours_is_one_line_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("foveal.cli.encode.encode_photo", fail)
    one_line(run("encode", "photo.png"), 1, "internal error: ZeroDivisionError: division by zero")


def write_jpeg(name: str, **options: Any) -> bytes:
    Image.fromarray(PIXELS).save(name, "JPEG", **options)
    return Path(name).read_bytes()


def test_decode_writes_the_pixels_and_what_belongs_to_them(run: Run) -> None:
    exif = Image.Exif()
    exif[Base.Orientation] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = write_jpeg("in.jpg", exif=exif, icc_profile=profile)
    upright = foveal.decode(data)[::-1].swapaxes(0, 1)
    # Pillow turns TIFF files on opening, by the same tag.
    for target, expected in (("out.png", foveal.decode(data)), ("out.tif", upright)):
        outcome = run("decode", "in.jpg", "-o", target)
        assert (outcome.code, outcome.out, outcome.err) == (0, f"{target}: 56 x 40, YCbCr\n", "")
        with Image.open(target) as image:
            assert image.getexif()[Base.Orientation] == 6
            np.testing.assert_array_equal(np.asarray(image), expected)
            assert image.info["icc_profile"] == profile


def test_decode_writes_cmyk_as_tiff_with_ink_as_pillow_sees_it(run: Run) -> None:
    Image.fromarray(PIXELS).convert("CMYK").save("in.jpg")
    one_line(run("decode", "in.jpg", "-o", "out.png"), 1, "in.jpg", "CMYK", "OUT.tif")
    assert not Path("out.png").exists()
    assert run("decode", "in.jpg", "-o", "out.tif").code == 0
    with Image.open("out.tif") as written, Image.open("in.jpg") as expected:
        assert written.mode == "CMYK"
        np.testing.assert_array_equal(np.asarray(written), np.asarray(expected))


def test_decode_of_a_broken_file(run: Run) -> None:
    data = write_jpeg("in.jpg")
    Path("in.jpg").write_bytes(data[:-40])
    one_line(run("decode", "in.jpg", "-o", "out.png"), 1, "in.jpg: byte", "expected more data")
    assert not Path("out.png").exists()
    outcome = run("decode", "in.jpg", "-o", "out.png", "--lenient")
    assert outcome.code == 0
    assert all(line.startswith("foveal: warning: in.jpg: byte") for line in outcome.err.splitlines())
    assert len(outcome.err.splitlines()) == 2
    assert np.asarray(Image.open("out.png")).shape == PIXELS.shape


def test_decode_and_inspect_refuse_what_they_must(run: Run) -> None:
    write_jpeg("in.jpg")
    one_line(run("decode", "photo.png", "-o", "out.png"), 1, "photo.png: byte 0: expected SOI")
    one_line(run("inspect", "photo.png"), 1, "photo.png: byte 0: expected SOI", "no JPEG")
    one_line(run("decode", "in.jpg", "-o", "in.jpg"), 2, "PNG")
    one_line(run("inspect", "in.jpg", "--bits-map", "in.jpg"), 2, "PNG")
    one_line(run("inspect", "none.jpg"), 1, "none.jpg: no such file")
    one_line(run("decode", "none.jpg", "-o", "out.png"), 1, "none.jpg: no such file")
    Path("in.png").write_bytes(b"mine")
    one_line(run("decode", "in.jpg"), 2, "in.png exists", "-o")
    one_line(run("decode", "in.jpg", "-o", "out.png", "--max-pixels", "2239"), 1, "in.jpg", "the limit is 2,239")
    assert Path("in.png").read_bytes() == b"mine"
    Path("link.png").symlink_to("in.jpg")
    one_line(run("decode", "in.jpg", "-o", "link.png"), 2, "is an input")


def test_inspect_says_what_is_in_the_file(run: Run) -> None:
    write_jpeg("in.jpg", quality=83, progressive=True, comment=b"hello")
    outcome = run("inspect", "in.jpg")
    assert (outcome.code, outcome.err) == (0, "")
    for words in (
        "56 x 40, YCbCr 4:2:0, progressive, quality 83 (libjpeg's tables)",
        "comment 9 bytes",
        "SOF2",
        "APP0",
    ):
        assert words in outcome.out
    report = json.loads(run("inspect", "in.jpg", "--json").out)
    assert report["quality"] == {"value": 83, "exact": True}
    for scan in report["scans"]:
        assert f"{scan['offset']:>12,} {scan['size_bytes']:>11,}" in outcome.out


def test_inspect_draws_where_the_bits_went(run: Run) -> None:
    write_jpeg("in.jpg")
    assert run("inspect", "in.jpg", "--bits-map", "bits.png").code == 0
    with Image.open("bits.png") as image:
        drawn = np.asarray(image)
    assert drawn.shape == PIXELS.shape[:2]
    bits = foveal.inspect(Path("in.jpg").read_bytes()).bits_map()
    order = np.argsort(bits, axis=None)
    assert (np.diff(drawn[::8, ::8].flatten()[order].astype(int)) >= 0).all()
    assert drawn.max() == 255


def test_inspect_of_a_broken_file_warns_and_goes_on(run: Run) -> None:
    data = write_jpeg("in.jpg")
    Path("in.jpg").write_bytes(data[:-40])
    outcome = run("inspect", "in.jpg", "--json")
    assert outcome.code == 0
    assert json.loads(outcome.out)["notes"]
    assert outcome.err.startswith("foveal: warning: in.jpg: byte")


def test_decode_from_standard_input_to_standard_output(tmp_path: Path) -> None:
    data = foveal.encode(PIXELS)
    finished = subprocess.run([*COMMAND, "decode", "-", "-o", "-"], input=data, capture_output=True, check=True)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(finished.stdout))), foveal.decode(data))
    assert b"standard output: 56 x 40" in finished.stderr


def test_decode_keeps_the_resolution_and_the_xmp(run: Run) -> None:
    write_jpeg("in.jpg", dpi=(300, 200), xmp="<x>é</x>".encode())
    assert run("decode", "in.jpg").out == "in.png: 56 x 40, YCbCr\n"
    with Image.open("in.png") as image:
        assert [round(value) for value in image.info["dpi"]] == [300, 200]
        assert image.info["xmp"] == "<x>é</x>".encode()
    assert run("decode", "in.jpg", "-o", "out.tif").code == 0
    with Image.open("out.tif") as image:
        assert [round(value) for value in image.info["dpi"]] == [300, 200]


@pytest.mark.parametrize(
    "tags",
    [
        {0x0100: 1733, 0x0101: 1300},  # size
        {0x0106: 6},  # PhotometricInterpretation
        {0x010A: 2},  # FillOrder
        {0x011C: 2},  # PlanarConfiguration
        {0x0153: 2},  # SampleFormat
    ],
)
def test_exif_data_does_not_change_how_a_tiff_stores_its_pixels(run: Run, tags: dict[int, int]) -> None:
    exif = Image.Exif()
    for tag, value in {**tags, int(Base.Artist): "me"}.items():
        exif[tag] = value
    data = write_jpeg("in.jpg", exif=exif)
    assert run("decode", "in.jpg", "-o", "out.tif").code == 0
    with Image.open("out.tif") as image:
        np.testing.assert_array_equal(np.asarray(image), foveal.decode(data))
        assert image.getexif()[Base.Artist] == "me"


@pytest.mark.parametrize(
    "exif", [b"nonsense", b"II*\0", b"II*\0\x08\0\0\0\x01\0\x32\x01\x02\0\xff\xff\0\0\xff\xff\0\0"]
)
def test_decode_passes_over_broken_exif_data(run: Run, exif: bytes) -> None:
    data = write_jpeg("in.jpg", exif=b"Exif\0\0" + exif)
    for target in ("out.png", "out.tif"):
        assert run("decode", "in.jpg", "-o", target).code == 0
        with Image.open(target) as image:
            np.testing.assert_array_equal(np.asarray(image), foveal.decode(data))


def test_decode_says_that_there_are_more_pictures(run: Run) -> None:
    more = [Image.fromarray(PIXELS)] * 2
    Image.fromarray(PIXELS).save("in.jpg", "MPO", save_all=True, append_images=more)
    outcome = run("decode", "in.jpg")
    assert outcome.code == 0
    assert outcome.err == "foveal: warning: in.jpg: holds 3 pictures; only the first is decoded\n"


def test_inspect_shows_the_segments_of_a_file_whose_picture_it_cannot_read(run: Run) -> None:
    data = write_jpeg("in.jpg", comment=b"hello")
    Path("in.jpg").write_bytes(data.replace(b"\xff\xc0", b"\xff\xc3"))
    outcome = run("inspect", "in.jpg")
    assert outcome.code == 1
    assert outcome.err == "foveal: in.jpg: lossless coding (SOF3) is not supported\n"
    assert "COM   comment" in outcome.out
    assert "SOF3" in outcome.out
    report = json.loads(run("inspect", "in.jpg", "--json").out)
    assert report["notes"] == ["lossless coding (SOF3) is not supported"]
    assert report["metadata"]["bytes_by_kind"]["comment"] == 9


def test_control_characters_in_names_do_not_reach_the_terminal(run: Run) -> None:
    write_jpeg("a\x1b[31m\n.jpg")
    outcome = run("decode", "a\x1b[31m\n.jpg", "-o", "b\x1b.png")
    assert outcome.out == "b\\x1b.png: 56 x 40, YCbCr\n"
    one_line(run("inspect", "c\x1b.jpg"), 1, "c\\x1b.jpg: no such file")


# Comparing encoders


def test_compare_writes_what_the_library_gives(run: Run) -> None:
    outcome = run("compare", "photo.png", "-o", "out.png", "-q", "70")
    assert (outcome.code, outcome.err) == (0, "")
    found = foveal.compare(PIXELS, quality=70)
    np.testing.assert_array_equal(np.asarray(Image.open("out.png")), comparison.drawn(found))
    rows = [line.split("  ")[0] for line in outcome.out.splitlines()[2:]]
    assert rows == ["foveal", "foveal, content-blind", "libjpeg-turbo", "MozJPEG", "jpegli"]
    assert f"{len(found.entries[0].data):,}" in outcome.out
    assert run("compare", "photo.png", "-o", "out.HTML", "-q", "70").code == 0
    assert Path("out.HTML").read_text() == comparison.page(found, "photo.png")


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


def test_a_comparison_in_numbers(run: Run) -> None:
    report = json.loads(run("compare", "photo.png", "--json", "-o", "out.png").out)
    assert report["output"] == "out.png"
    assert (report["width"], report["height"]) == (56, 40)
    assert [region["name"] for region in report["regions"]] == ["salient", "background"]
    ours = report["encoders"][0]
    data = foveal.encode(PIXELS, quality=80, subsampling="4:2:0")
    assert (ours["name"], ours["quality"], ours["size_bytes"]) == ("foveal", 80, len(data))
    decoded = pillow_pixels(data)
    assert ours["psnr"] == pytest.approx(foveal.metrics.psnr(PIXELS, decoded), abs=1e-4)
    assert ours["ssimulacra2"] == pytest.approx(foveal.metrics.ssimulacra2(PIXELS, decoded), abs=1e-4)
    assert all(other["size_bytes"] <= ours["size_bytes"] for other in report["encoders"])
    assert report["left_out"] == []


def test_scores_without_a_number_are_null(run: Run) -> None:
    """A grey pixel is kept without loss: its PSNR is infinite, and it is too small for the others."""
    Image.fromarray(np.full((1, 1), 128, np.uint8)).save("dot.png")
    ours = json.loads(run("compare", "dot.png", "--json", "-q", "100").out)["encoders"][0]
    scores = ("ssimulacra2", "ssim", "psnr", "salient_ssimulacra2", "salient_ssim", "salient_psnr")
    assert {ours[name] for name in scores} == {None}


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
        (("photo.png", "--json", "--size", "9" * 20), ("size_bytes",)),
        (("photo.png", "--json", "--size", "3000", "-q", "50"), ("cannot be given together",)),
        (("photo.png", "--json", "--saliency", "none"), ("content-blind encode is there anyway",)),
        (("photo.png", "--json", "--saliency", "nothing"), ("neither a file",)),
        (("photo.png", "--json", "--size", "100"), ("photo.png: no file of 100 bytes",)),
    ],
)
def test_wrong_usage_of_compare(run: Run, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    one_line(run("compare", *arguments), 2, *words)


def test_compare_of_what_cannot_be_read(run: Run) -> None:
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


@pytest.mark.parametrize(
    ("size", "size_bytes"), [("1500", 1500), ("1.5KB", 1500), ("1.5k", 1500), ("1.5KiB", 1536), ("0.0015 MB", 1500)]
)
def test_sizes_as_people_write_them(run: Run, size: str, size_bytes: int) -> None:
    report = json.loads(run("encode", "photo.png", "-o", "out.jpg", "--target-size", size, "--json").out)
    assert 0.9 * size_bytes < report["size_bytes"] <= size_bytes
    assert report["size_bytes"] == Path("out.jpg").stat().st_size


def test_targets_say_what_was_chosen(run: Run) -> None:
    assert " for a score of " in run("encode", "photo.png", "-o", "out.jpg", "--target-score", "70").out
    Image.fromarray(noisy_gradient(200, 300)).save("large.png")
    report = json.loads(run("encode", "large.png", "-o", "o.jpg", "--target-score", "70", "--verify", "--json").out)
    assert abs(report["score"] - 70) <= 1
    assert json.loads(run("encode", "photo.png", "-o", "p.jpg", "--json").out)["score"] is None


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--target-size", "12 apples"), 2, ("'12 apples'", "100KB")),
        (("--target-size", "100"), 1, ("no file of at most 100 bytes", "smallest")),
        (("--target-size", "5KB", "-q", "50"), 2, ("give one of",)),
        (("--verify",), 2, ("needs a target_score",)),
    ],
)
def test_targets_that_cannot_be_met(run: Run, arguments: tuple[str, ...], code: int, words: tuple[str, ...]) -> None:
    one_line(run("encode", "photo.png", "-o", "out.jpg", *arguments), code, *words)
    assert not Path("out.jpg").exists()
