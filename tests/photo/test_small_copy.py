"""Small copies of photos: exact means of areas, against products with matrices and against Pillow."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pictures import noisy_gradient, pictures
from PIL import Image
from PIL.ExifTags import Base

import foveal
import foveal._kernels as _kernels
from foveal.photo import to_eight_bits
from foveal.photo.small_copy import copy_of_size, small_copy


@pytest.fixture(params=_kernels.instruction_sets())
def instruction_set(request: pytest.FixtureRequest) -> Iterator[str]:
    _kernels.use_instruction_set(request.param)
    yield request.param
    _kernels.use_instruction_set(_kernels.instruction_sets()[0])


def area_means(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    out = np.full((*size, *pixels.shape[2:]), 99, np.uint8)
    _kernels.area_means(pixels, out)
    return out


def overlaps(length: int, smaller: int) -> np.ndarray:
    """Overlap of each of `length` pixels with each of `smaller` wider ones, (smaller, length), in `smaller`ths."""
    edges, cuts = np.arange(smaller + 1) * length, np.arange(length + 1) * smaller
    ends, begins = np.minimum.outer(edges[1:], cuts[1:]), np.maximum.outer(edges[:-1], cuts[:-1])
    return (ends - begins).clip(min=0)


def means_by_matrices(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    height, width = pixels.shape[:2]
    planes = np.moveaxis(np.atleast_3d(pixels), 2, 0).astype(np.float64)  # whole numbers below 2^53: exact
    sums = (overlaps(height, size[0]).astype(float) @ planes @ overlaps(width, size[1]).T.astype(float)).astype(
        np.int64
    )
    area = height * width * (1 if pixels.dtype == np.uint8 else 257)
    means = np.moveaxis((2 * sums + area) // (2 * area), 0, 2)
    return means if pixels.ndim == 3 else means[:, :, 0]


def test_overlaps_of_five_pixels_with_two() -> None:
    np.testing.assert_array_equal(overlaps(5, 2), [[2, 2, 1, 0, 0], [0, 0, 1, 2, 2]])


@st.composite
def pictures_to_shrink(draw: st.DrawFn) -> tuple[np.ndarray, tuple[int, int]]:
    pixels = draw(pictures())
    return pixels, (draw(st.integers(1, pixels.shape[0])), draw(st.integers(1, pixels.shape[1])))


@settings(max_examples=200, deadline=None)
@given(pictures_to_shrink())
@example((np.full((1, 1), 65535, np.uint16), (1, 1)))
@example((np.arange(40, dtype=np.uint8)[None], (1, 7)))
@example((np.arange(120, dtype=np.uint8).reshape(40, 1, 3), (39, 1)))
def test_means_are_exact(case: tuple[np.ndarray, tuple[int, int]]) -> None:
    pixels, size = case
    np.testing.assert_array_equal(area_means(pixels, size), means_by_matrices(pixels, size))


@pytest.mark.parametrize("shape", [(301, 517), (301, 517, 3), (90, 3600, 3)], ids=str)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_means_are_exact_by_every_instruction_set(
    shape: tuple[int, ...], dtype: type[np.generic], instruction_set: str
) -> None:
    pixels = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)
    for size in ((1, 1), (6, 240), (87, shape[1])):
        np.testing.assert_array_equal(area_means(pixels, size), means_by_matrices(pixels, size))


@pytest.mark.parametrize("factors", [(1, 1), (2, 2), (3, 5), (17, 4), (5, 1)], ids=str)
@pytest.mark.parametrize("channels", [None, 3])
def test_for_whole_factors_means_agree_with_pillow(factors: tuple[int, int], channels: int | None) -> None:
    """Pillow rounds twice, across and down. At other factors, its box filter takes pixels whole or not at all."""
    pixels = noisy_gradient(11 * factors[0], 13 * factors[1], channels)
    box = np.asarray(Image.fromarray(pixels).resize((13, 11), Image.Resampling.BOX)).astype(int)
    assert np.abs(area_means(pixels, (11, 13)) - box).max() <= 1


def test_sums_of_the_largest_samples_do_not_overflow() -> None:
    for dtype in (np.uint8, np.uint16):
        assert (area_means(np.full((70_000, 300), np.iinfo(dtype).max, dtype), (1, 1)) == 255).all()


@pytest.mark.parametrize("size", [(64, 64), (500, 333), (1300, 700), (700, 2001), (3, 900)], ids=str)
@pytest.mark.parametrize("side", [64, 240])
def test_a_copy_covers_the_whole_photo(size: tuple[int, int], side: int) -> None:
    """In the copy of a ramp, each pixel has the value of the ramp at the centre of its area."""
    height, width = size
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.stack([255 * (x + 0.5) / width, 255 * (y + 0.5) / height, np.full(size, 77)], axis=2)
    found = small_copy(foveal.Photo(np.rint(pixels).astype(np.uint8)), side).astype(float)
    rows, columns = found.shape[:2]
    assert max(rows, columns) == side
    assert np.abs(found[:, :, 0] - 255 * (np.arange(columns) + 0.5) / columns).max() <= 2.5
    if rows > 3:
        assert np.abs(found[:, :, 1] - (255 * (np.arange(rows) + 0.5) / rows)[:, None]).max() <= 2.5
    assert (found[:, :, 2] == 77).all()


@pytest.mark.parametrize("length", [239, 240, 241, 959])
def test_a_photo_of_that_size_is_unchanged_and_smaller_ones_are_enlarged(length: int) -> None:
    pixels = noisy_gradient(length, 2 * length // 3, 3)
    found = small_copy(foveal.Photo(pixels), 240)
    height, width = found.shape[:2]
    assert (height, width) == (240, round(240 * (2 * length // 3) / length))
    if length == 240:
        np.testing.assert_array_equal(found, pixels)
    elif length < 240:
        np.testing.assert_array_equal(found, Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR))
    else:
        np.testing.assert_array_equal(found, means_by_matrices(pixels, (height, width)))


def test_grey_sixteen_bits_and_views_of_arrays_give_the_same_copy() -> None:
    grey = noisy_gradient(500, 700, None)
    expected = np.repeat(means_by_matrices(grey, (171, 240))[:, :, None], 3, axis=2)
    for pixels in (grey, grey.astype(np.uint16) * 257, np.asfortranarray(grey), np.repeat(grey, 2, axis=1)[:, ::2]):
        np.testing.assert_array_equal(small_copy(foveal.Photo(pixels), 240), expected)


def test_a_copy_is_upright() -> None:
    exif = Image.Exif()
    exif[Base.Orientation] = 6  # to be turned clockwise
    pixels = noisy_gradient(300, 480, 3)
    found = small_copy(foveal.Photo(pixels, exif=exif.tobytes()), 240)
    np.testing.assert_array_equal(found, np.rot90(means_by_matrices(pixels, (150, 240)), -1))


@given(pictures(), st.integers(1, 40), st.integers(1, 40), st.integers(1, 8))
@settings(deadline=None)
def test_a_copy_of_any_size_has_it_as_displayed(pixels: np.ndarray, height: int, width: int, orientation: int) -> None:
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    turned = foveal.Photo(pixels, exif=exif.tobytes())
    found = copy_of_size(turned, (height, width))
    assert (found.shape, found.dtype) == ((height, width, 3), np.uint8)
    shown = turned.upright().pixels
    if height <= shown.shape[0] and width <= shown.shape[1]:
        means = means_by_matrices(np.ascontiguousarray(shown), (height, width))
        expected = np.broadcast_to(means if means.ndim == 3 else means[:, :, np.newaxis], (height, width, 3))
        np.testing.assert_array_equal(found, expected)
    else:
        eight_bits = to_eight_bits(shown)
        assert eight_bits.min() <= found.min() <= found.max() <= eight_bits.max()
