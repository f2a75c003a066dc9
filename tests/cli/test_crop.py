"""`foveal crop`: the files it writes, what it reports, and what it refuses."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from command_line import PIXELS, Run, one_line, write_jpeg
from multi_picture_files import GAIN_MAP, PRIMARY, with_index
from other_readers import pillow_pixels
from pictures import noisy_gradient
from PIL import Image

import foveal
from foveal.saliency import Box

SALIENT_RIGHT = np.zeros((40, 56), np.uint8)
SALIENT_RIGHT[:, 40:] = 255


@pytest.fixture
def map_png(run: Run) -> str:
    Image.fromarray(SALIENT_RIGHT).save("map.png")
    return "map.png"


def test_the_file_is_the_encoded_window(run: Run) -> None:
    outcome = run("crop", "photo.png", "-o", "out.jpg", "--aspect", "1:1", "-q", "70", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    report = json.loads(outcome.out)
    assert (report["input"], report["width"], report["height"], report["saliency"]) == ("photo.png", 56, 40, "gaze")
    (crop,) = report["crops"]
    box = foveal.best_crop(PIXELS, aspect="1:1")
    assert Box(crop["x"], crop["y"], crop["width"], crop["height"]) == box
    window = np.ascontiguousarray(PIXELS[box.y : box.y + box.height, box.x : box.x + box.width])
    assert Path("out.jpg").read_bytes() == foveal.encode(window, quality=70)
    assert crop["size_bytes"] == len(Path("out.jpg").read_bytes())
    assert (crop["output"], crop["aspect"], crop["quality"], crop["zoom"]) == ("out.jpg", "1:1", 70, 1)
    assert crop["output_size"] == {"width": 40, "height": 40}
    assert 0 <= crop["focal_point"]["x"] <= 1


def test_the_map_of_a_file_decides_and_is_cut(run: Run, map_png: str) -> None:
    outcome = run("crop", "photo.png", "-o", "out.jpg", "--size", "20x20", "-q", "70", "--saliency", map_png, "--json")
    (crop,) = json.loads(outcome.out)["crops"]
    assert crop["x"] + 20 >= 54
    window = np.ascontiguousarray(PIXELS[crop["y"] : crop["y"] + 20, crop["x"] : crop["x"] + 20])
    part = (SALIENT_RIGHT[:20, crop["x"] : crop["x"] + 20] / np.float32(255)).astype(np.float32)
    assert Path("out.jpg").read_bytes() == foveal.encode(window, quality=70, saliency=part)


def test_without_saliency_it_is_the_middle(run: Run) -> None:
    outcome = run("crop", "photo.png", "--json", "--zoom", "2", "--saliency", "none")
    report = json.loads(outcome.out)
    (crop,) = report["crops"]
    assert (crop["x"], crop["y"], crop["width"], crop["height"]) == (14, 10, 28, 20)
    assert report["saliency"] == "none"
    assert (crop["output"], crop["size_bytes"], crop["zoom"]) == (None, None, 2)
    assert crop["object_position"] == "50.00% 50.00%"
    assert sorted(path.name for path in Path().iterdir()) == ["photo.png"]


def test_several_aspects(run: Run) -> None:
    Path("out").mkdir()
    outcome = run("crop", "photo.png", "-o", "out", "--aspects", "1:1,16:9,9:16", "-q", "50")
    assert outcome.code == 0
    assert outcome.out.count("\n") == 3
    boxes = [foveal.best_crop(PIXELS, aspect=each) for each in ("1:1", "16:9", "9:16")]
    for name, box in zip(("1x1", "16x9", "9x16"), boxes, strict=True):
        with Image.open(f"out/photo-{name}.jpg") as image:
            assert image.size == (box.width, box.height)
    assert run("crop", "photo.png", "-o", "out/p {aspect}.jpg", "--aspects", "1:1,1.5", "-q", "50").code == 0
    assert {"p 1x1.jpg", "p 1.5.jpg"} < {path.name for path in Path("out").iterdir()}


def test_output_sizes(run: Run) -> None:
    assert run("crop", "photo.png", "-o", "out.jpg", "--output-size", "20x20", "-q", "50").err == ""
    with Image.open("out.jpg") as image:
        assert image.size == (20, 20)
    outcome = run("crop", "photo.png", "-o", "out.jpg", "--aspect", "1:1", "--output-size", "41x41", "-q", "50")
    assert "enlarged" in outcome.err
    with Image.open("out.jpg") as image:
        assert image.size == (41, 41)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_lossless_crops_are_blocks_of_the_source(run: Run, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(noisy_gradient(100, 150)).save("in.jpg", quality=80, subsampling="4:2:0", exif=exif)
    outcome = run("crop", "in.jpg", "-o", "out.jpg", "--size", "50x40", "--lossless", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    report = json.loads(outcome.out)
    (crop,) = report["crops"]
    assert (report["width"], report["height"]) == ((150, 100) if orientation < 5 else (100, 150))
    assert crop["quality"] is None
    with Image.open("in.jpg") as image, Image.open("out.jpg") as cropped:
        assert cropped.getexif()[0x0112] == orientation
        shown = np.asarray(foveal.open("in.jpg").upright().pixels, int)
        found = np.asarray(foveal.open("out.jpg").upright().pixels, int)
        assert image.size != cropped.size
    window = shown[crop["y"] : crop["y"] + 40, crop["x"] : crop["x"] + 50]
    assert found.shape == window.shape
    # Chroma is interpolated over the border of the window in the source, but not in the crop.
    np.testing.assert_array_equal(found[2:-2, 2:-2], window[2:-2, 2:-2])


def test_gain_maps_are_said_to_be_left_out(run: Run) -> None:
    file = io.BytesIO()
    PRIMARY.save(file, "JPEG")
    Path("in.jpg").write_bytes(with_index(file.getvalue(), "<", [GAIN_MAP]))
    for options in (["--lossless"], ["-q", "50"]):
        outcome = run("crop", "in.jpg", "-o", "out.jpg", "--size", "40x40", *options)
        assert outcome.code == 0
        assert outcome.err.count("\n") == 1
        assert "bytes after the picture are left out" in outcome.err
        assert pillow_pixels(Path("out.jpg").read_bytes()).shape == (40, 40, 3)


def test_metadata_policies(run: Run) -> None:
    exif = Image.Exif()
    exif[0x010E], exif[0x8298] = "a description", "a copyright"
    write_jpeg("in.jpg", exif=exif.tobytes())
    for options in (["--lossless"], ["-q", "50"]):
        for policy, tags in (("keep", {0x010E, 0x8298}), ("safe", {0x8298}), ("none", set())):
            assert run("crop", "in.jpg", "-o", "out.jpg", "--zoom", "2", "--metadata", policy, *options).code == 0
            with Image.open("out.jpg") as image:
                assert set(image.getexif()) == tags


def test_standard_streams(run: Run, monkeypatch: pytest.MonkeyPatch, photo_png: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(photo_png)))
    outcome = run("crop", "-", "--json", "--zoom", "2")
    assert json.loads(outcome.out)["input"] == "-"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-o", "out.jpg"], ["nothing to crop"]),
        (["--zoom", "2"], ["-o", "--json"]),
        (["-o", "out.jpg", "--aspect", "1:1", "--size", "3x3"], ["--aspect and --size"]),
        (["-o", "out.jpg", "--aspect", "1:1", "--aspects", "1:1"], ["--aspect and --aspects"]),
        (["-o", "out.jpg", "--size", "3x3", "--zoom", "2"], ["--size and --zoom"]),
        (["-o", "out.jpg", "--aspect", "square"], ["--aspect", "square"]),
        (["-o", "out.jpg", "--size", "3"], ["--size"]),
        (["-o", "out.jpg", "--zoom", "nan"], ["--zoom"]),
        (["-o", "out.jpg", "--zoom", "0.5"], ["--zoom"]),
        (["-o", "out.jpg", "--size", "57x40"], ["photo.png", "does not fit"]),
        (["-o", "out.jpg", "--aspects", "1:1,2:1"], ["{aspect}"]),
        (["-o", "-", "--aspects", "1:1,2:1"], ["{aspect}"]),
        (["-o", "a{aspect}.jpg", "--aspects", "1:1,1/1"], ["twice"]),
        (["-o", "out.png", "--zoom", "2"], ["JPEG"]),
        (["-o", "photo.png", "--zoom", "2"], ["photo.png"]),
        (["-o", "out.jpg", "--zoom", "2", "--lossless", "-q", "3"], ["--quality has no effect"]),
        (["-o", "out.jpg", "--zoom", "2", "--lossless", "--strength", "1"], ["--strength has no effect"]),
        (["-o", "out.jpg", "--output-size", "3x3", "--lossless"], ["--lossless and --output-size"]),
        (["-o", "out.jpg", "--zoom", "2", "--lossless", "--lenient"], ["--lossless and --lenient"]),
    ],
)
def test_wrong_usage(run: Run, arguments: list[str], words: list[str]) -> None:
    one_line(run("crop", "photo.png", *arguments), 2, *words)
    assert sorted(path.name for path in Path().iterdir()) == ["photo.png"]


def test_only_jpegs_are_cropped_without_loss(run: Run) -> None:
    one_line(run("crop", "photo.png", "-o", "out.jpg", "--zoom", "2", "--lossless"), 1, "photo.png", "JPEG files only")


@pytest.mark.parametrize("options", [[], ["--lossless"]])
def test_inputs_that_cannot_be_read(run: Run, options: list[str]) -> None:
    Path("cut.jpg").write_bytes(write_jpeg("whole.jpg")[:600])
    one_line(run("crop", "missing.jpg", "-o", "out.jpg", "--zoom", "2", *options), 1, "missing.jpg", "no such file")
    one_line(run("crop", "cut.jpg", "-o", "out.jpg", "--zoom", "2", *options), 1, "cut.jpg")
    one_line(run("crop", ".", "-o", "out.jpg", "--zoom", "2", *options), 1, "is a folder")
    assert not Path("out.jpg").exists()


def test_lenient_crops_of_broken_pictures(run: Run) -> None:
    Path("cut.jpg").write_bytes(write_jpeg("whole.jpg")[:-100])
    outcome = run("crop", "cut.jpg", "-o", "out.jpg", "--zoom", "2", "--lenient", "-q", "50")
    assert outcome.code == 0
    assert "warning: cut.jpg" in outcome.err
