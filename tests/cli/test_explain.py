"""`foveal explain`: the page, its JPEG and its block."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import numpy as np
import pytest
from command_line import COMMAND, PIXELS, Run, one_line
from PIL import Image

import foveal


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
