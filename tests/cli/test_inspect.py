"""`foveal inspect`: reports and bit maps of JPEG files, readable or not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from command_line import PIXELS, Run, write_jpeg
from PIL import Image

import foveal


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


def test_inspect_shows_what_optimize_would_do(run: Run) -> None:
    data = write_jpeg("in.jpg")
    run("optimize", "in.jpg", "-o", "out.jpg", "--lossless")
    size = len(Path("out.jpg").read_bytes())
    outcome = run("inspect", "in.jpg", "--plan")
    assert outcome.code == 0
    assert f"{'+0.0%':>12} {len(data):>11,}  kept\n" in outcome.out
    assert f"{f'{size / len(data) - 1:+.1%}':>12} {size:>11,}  lossless" in outcome.out
    assert "requantized" in outcome.out
    assert ", only if asked" in outcome.out
    rungs = json.loads(run("inspect", "in.jpg", "--plan", "--json").out)["plan"]
    assert [rung["rung"] for rung in rungs] == ["kept", "lossless", "requantized", "re-encoded"]
    assert [rung["size_bytes"] for rung in rungs[:2]] == [len(data), size]
    assert sum(rung["taken"] for rung in rungs) == 1
    assert "plan" not in json.loads(run("inspect", "in.jpg", "--json").out)


def test_a_broken_file_has_no_plan(run: Run) -> None:
    data = write_jpeg("in.jpg")
    Path("in.jpg").write_bytes(data[:-40])
    outcome = run("inspect", "in.jpg", "--plan")
    assert outcome.code == 0
    assert "none: byte " in outcome.out
    assert json.loads(run("inspect", "in.jpg", "--plan", "--json").out)["plan"] == []
