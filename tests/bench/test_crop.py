"""Shares of fixations inside crops, on generated scenes in which people look at the disc."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fixation_sets import write_scene_set
from PIL import Image

import foveal
from bench.crop import METHODS, crop_by_libvips, largest_share, measure, share_inside
from foveal.saliency import Box
from foveal.training.gaze_data import gaze_photos


def test_shares_of_all_methods(tmp_path: Path) -> None:
    write_scene_set(tmp_path / "set", 2)
    for photo in gaze_photos(tmp_path / "set"):
        shares = measure(photo, None, 2)
        assert set(shares) <= set(METHODS)
        assert {"centre", "libvips attention", "foveal"} < set(shares)
        assert all(0 <= share <= 1 for share in shares.values())
        assert shares["half of the observers"] == 1  # fixations are within 24 pixels, crops have 48


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
