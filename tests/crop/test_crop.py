"""`foveal.best_crop`, and crops of several aspects by one look."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pictures import noisy_gradient
from PIL import Image

import foveal
from foveal import jpeg
from foveal.crop import CropRequest, cut_map, find_crops
from foveal.errors import ParameterError, UnsupportedError
from foveal.saliency import Box, SaliencyResult

PHOTO = noisy_gradient(60, 90)


def corner(height: int = 60, width: int = 90) -> np.ndarray:
    """A map whose lower right ninth is salient."""
    found = np.zeros((height, width), np.float32)
    found[height * 2 // 3 :, width * 2 // 3 :] = 1
    return found


def test_the_network_finds_the_cat(chelsea: np.ndarray) -> None:
    box = foveal.best_crop(chelsea, aspect="1:1")
    assert (box.width, box.height, box.y) == (300, 300, 0)
    assert box == foveal.best_crop(Image.fromarray(chelsea), aspect=(1, 1)) == foveal.best_crop(chelsea, aspect=1.0)


def test_a_map_decides() -> None:
    assert foveal.best_crop(PHOTO, aspect="1:1", saliency=corner()) == Box(30, 0, 60, 60)
    assert foveal.best_crop(PHOTO, size="30x20", saliency=corner()) == Box(60, 40, 30, 20)
    assert foveal.best_crop(PHOTO, zoom=3, saliency=corner() > 0) == Box(60, 40, 30, 20)
    assert foveal.best_crop(PHOTO, aspect="1:1", saliency=None) == Box(15, 0, 60, 60)
    assert foveal.best_crop(PHOTO) == Box(0, 0, 90, 60)


def test_a_transparent_picture_needs_a_background() -> None:
    transparent = np.dstack([PHOTO, np.zeros((60, 90), np.uint8)])
    with pytest.raises(UnsupportedError):
        foveal.best_crop(transparent, aspect=1, saliency=corner())
    assert foveal.best_crop(transparent, aspect=1, saliency=corner(), background="white") == Box(30, 0, 60, 60)


@pytest.mark.parametrize(
    "arguments",
    [
        {"aspect": "wide"},
        {"aspect": "1:1", "size": "3x3"},
        {"size": "91x60"},
        {"zoom": 0},
        {"saliency": "nothing"},
        {"saliency": np.zeros(3)},
        {"saliency": np.zeros((0, 3))},
        {"saliency": np.zeros((2, 2), np.uint8)},
        {"saliency": np.full((2, 2), 1.1)},
        {"saliency": np.full((2, 2), np.nan)},
        {"saliency": np.full((2, 2), -0.1)},
    ],
)
def test_wrong_arguments(arguments: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        foveal.best_crop(PHOTO, **arguments)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_box_is_of_the_displayed_photo(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = foveal.Photo(PHOTO, exif=exif.tobytes())
    height, width = photo.displayed_size
    box = foveal.best_crop(photo, size=(20, 10), saliency=corner(height, width))
    assert box.x >= width * 2 // 3
    assert box.y >= height * 2 // 3
    assert box.x + box.width <= width
    assert box.y + box.height <= height


def test_several_aspects_by_one_look() -> None:
    requests = [CropRequest("1:1"), CropRequest("16:9"), CropRequest((9, 16))]
    crops = find_crops(foveal.Photo(PHOTO), SaliencyResult("map", corner()), requests)
    expected = [foveal.best_crop(PHOTO, aspect=each, saliency=corner()) for each in ("1:1", "16:9", "9:16")]
    assert [crop.box for crop in crops] == expected
    assert find_crops(foveal.Photo(PHOTO), None, requests[:1])[0].box == Box(15, 0, 60, 60)


def test_what_is_said_of_a_crop() -> None:
    found = SaliencyResult("map", corner())
    whole, square, tight = find_crops(
        foveal.Photo(PHOTO), found, [CropRequest(), CropRequest("1:1"), CropRequest(size="30x30")]
    )
    assert (whole.kept, whole.zoom) == pytest.approx((1, 1))
    assert whole.focal_point == pytest.approx((75 / 90, 50 / 60), abs=1e-6)
    assert whole.object_position == pytest.approx((100 * 75 / 90, 100 * 50 / 60), abs=1e-4)
    assert square.object_position == pytest.approx((100, 100 * 50 / 60), abs=1e-4)  # at the right end
    assert (square.kept, square.zoom) == pytest.approx((1, 1))
    assert tight.zoom == pytest.approx(2)  # of 60 x 60
    assert tight.object_position == pytest.approx((100, 100))


def test_object_position_shows_the_window_in_a_box_of_its_aspect() -> None:
    """CSS Backgrounds 3, background-position: the percentage of the free length that is left of the picture."""
    found = np.zeros((60, 90), np.float32)
    found[20:40, 30:50] = 1
    (crop,) = find_crops(foveal.Photo(PHOTO), SaliencyResult("map", found), [CropRequest("1:2")])
    assert (crop.box.width, crop.box.height) == (30, 60)
    shown_from = crop.object_position[0] / 100 * (90 - 30)
    assert shown_from == pytest.approx(crop.box.x)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("factors", [(1, 1), (2, 1), (1, 2), (2, 2)])
def test_lossless_windows_begin_with_an_mcu(orientation: int, factors: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = foveal.Photo(noisy_gradient(70, 101), exif=exif.tobytes())
    frame = jpeg.Frame.of_picture(70, 101, factors)
    rng = np.random.default_rng(orientation)
    found = SaliencyResult("map", rng.random(photo.displayed_size).astype(np.float32))
    (crop,) = find_crops(photo, found, [CropRequest(size="33x27")], frame)
    flags = np.zeros(photo.displayed_size, bool)
    flags[crop.box.y : crop.box.y + 27, crop.box.x : crop.box.x + 33] = True
    stored = foveal.photo.orientation.to_stored(flags, orientation)
    rows, columns = np.nonzero(stored)
    assert rows.min() % (8 * factors[1]) == 0
    assert columns.min() % (8 * factors[0]) == 0


def test_maps_are_cut() -> None:
    found = corner()
    np.testing.assert_array_equal(cut_map(found, Box(60, 40, 30, 20), (60, 90)), np.ones((20, 30)))
    np.testing.assert_array_equal(cut_map(found, Box(0, 0, 30, 20), (60, 90)), np.zeros((20, 30)))
    small = cut_map(np.array([[0.0, 1.0]]), Box(0, 0, 100, 50), (50, 200))
    assert small.shape == (50, 100)
    assert small[:, 0].max() == 0
