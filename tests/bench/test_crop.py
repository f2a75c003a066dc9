"""Shares of fixations inside crops, on generated scenes in which people look at the disc."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fixation_sets import write_scene_set
from pictures import noisy_gradient
from PIL import Image

import foveal
from bench import crop_sheet
from bench.crop import METHODS, crop_by_libvips, divides_main_object, largest_share, measure, share_inside
from foveal.crop.placement import Scene
from foveal.saliency import Box
from foveal.training.gaze_data import gaze_photos


def test_shares_of_all_methods(tmp_path: Path) -> None:
    write_scene_set(tmp_path / "set", 2)
    for photo in gaze_photos(tmp_path / "set"):
        shares = measure(photo, None, 2)
        assert set(shares) <= set(METHODS)
        assert {"centre", "libvips attention", "foveal"} < set(shares)
        assert all(0 <= share <= 1 for share, _ in shares.values())
        assert shares["half of the observers"][0] == 1  # fixations are within 24 pixels, crops have 48


def test_shares_are_counted() -> None:
    fixations = np.array([[0, 0, 0], [0.499, 0.499, 0], [0.5, 0, 0], [0, 0.5, 1]], np.float32)
    photo = foveal.Photo(np.zeros((100, 200), np.uint8))
    assert share_inside(Box(0, 0, 100, 50), fixations, photo) == 0.5
    assert share_inside(Box(0, 0, 101, 51), fixations, photo) == 1


def test_the_largest_share() -> None:
    found = np.zeros((10, 20))
    found[7:9, 3:6] = 1
    photo = foveal.Photo(np.zeros((10, 20), np.uint8))
    box = largest_share(photo, found, 4, 5)
    assert box.y <= 7 <= 9 <= box.y + box.height
    assert box.x <= 3 <= 6 <= box.x + box.width


@pytest.mark.parametrize(("x", "divides"), [(0, False), (3, True), (14, True), (20, False)])
def test_divided_objects(x: int, divides: bool) -> None:
    found = np.zeros((30, 40))
    found[10:20, 2:19] = 1  # from a window at 3 it loses 6 %
    photo = foveal.Photo(np.zeros((30, 40), np.uint8))
    assert divides_main_object(Box(x, 0, 20, 30), Scene(found), photo) is divides
    assert not divides_main_object(Box(x, 0, 20, 30), Scene(np.zeros((3, 4))), photo)


def test_the_sheet_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, pixels in (("grey", noisy_gradient(40, 60, None)), ("colour", noisy_gradient(90, 50))):
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    photos = [str(path) for path in sorted(tmp_path.glob("*.png"))]
    monkeypatch.setattr("sys.argv", ["crop_sheet", str(tmp_path / "out.jpg"), "--photos", *photos])
    crop_sheet.main()
    with Image.open(tmp_path / "out.jpg") as image:
        assert image.height == 2 * crop_sheet.ROW_HEIGHT + crop_sheet.GAP


@pytest.mark.parametrize("interesting", ["attention", "entropy"])
def test_the_window_of_libvips_is_found(tmp_path: Path, interesting: str) -> None:
    rng = np.random.default_rng(1)
    pixels = np.full((80, 120, 3), 128, np.uint8)
    pixels[45:75, 70:110] = rng.integers(0, 256, (30, 40, 3))
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    box = crop_by_libvips(tmp_path / "photo.png", 40, 60, interesting)
    assert box.x > 0
    assert box.y > 0
    assert box.x + box.width <= 120
    assert box.y + box.height <= 80
