"""`foveal saliency`: maps as pictures, side by side, and in numbers."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from command_line import COMMAND, PIXELS, Run
from pictures import noisy_gradient
from PIL import Image
from PIL.ExifTags import Base

import foveal
from foveal.drawing import maps
from foveal.photo.small_copy import small_copy
from foveal.saliency import default_model, look


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
    result = look(foveal.Photo(PIXELS))
    assert report["confidence"] == pytest.approx(result.confidence, abs=1e-4)
    assert report["expected_nss"] == pytest.approx(result.expected_nss, abs=0.01)
    assert (report["model"], report["threshold"]) == ("network.onnx", default_model().threshold)
    assert [(each["name"], tuple(each["box"].values())) for each in report["classes"]] == [
        (seen.name, (seen.box.x, seen.box.y, seen.box.width, seen.box.height)) for seen in result.classes
    ]
    for each in report["classes"]:
        assert 0 <= each["score"] <= 1
        assert list(each["box"]) == ["x", "y", "width", "height"]
    assert sorted(path.name for path in Path().iterdir()) == ["photo.png"]


def test_saliency_in_numbers_by_a_method_without_a_network(run: Run) -> None:
    report = json.loads(run("saliency", "photo.png", "--json", "--method", "spectral", "-o", "map.png").out)
    assert (report["method"], report["confidence"], report["output"]) == ("spectral", 1, "map.png")
    assert report["expected_nss"] is None
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
    small = small_copy(foveal.Photo(pixels), 320)
    assert small.shape[:2] == panel
    for index, method in enumerate(("photo", "spectral", "cam", "msroi", "gaze")):
        left = 8 + index * column
        expected = small
        if method != "photo":
            found = look(foveal.Photo(pixels), method).resized(panel)
            expected = maps.draw_over_photo(foveal.Photo(small), found)
        np.testing.assert_array_equal(sheet[top : top + panel[0], left : left + panel[1]], expected, err_msg=method)
        assert (sheet[:top, left : left + column] < 128).any()  # a label


def test_the_report_steps_aside_for_a_picture_on_standard_output(photo_png: bytes) -> None:
    for options in (("-o", "-"), ("--compare", "-")):
        command = [*COMMAND, "saliency", "-", *options, "--json"]
        done = subprocess.run(command, input=photo_png, capture_output=True, check=True)
        assert done.stdout.startswith(b"\x89PNG")
        assert json.loads(done.stderr)["method"] == "gaze"


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
