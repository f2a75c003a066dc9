"""Kernels that take several pixels, blocks or coefficients at once, on both sides of where a run ends."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

import foveal._kernels as _kernels

SIDES = (1, 7, 8, 9, 24, 31, 32, 33, 40, 63, 64, 65, 71)


@pytest.fixture(autouse=True, params=_kernels.instruction_sets())
def instruction_set(request: pytest.FixtureRequest) -> Iterator[str]:
    _kernels.use_instruction_set(request.param)
    yield request.param
    _kernels.use_instruction_set(_kernels.instruction_sets()[0])


def random_pixels(height: int, width: int, *, colour: bool) -> NDArray[np.uint8]:
    """Return noise around one level in each 8x8-pixel block, with a few dark, light and saturated samples."""
    random = np.random.default_rng(height * 1000 + width)
    levels = random.integers(3, 250, (-(-height // 8), -(-width // 8), 1)).repeat(8, 0).repeat(8, 1)[:height, :width]
    pixels = levels + random.integers(-3, 4, (height, width, 3))
    pixels[random.random(pixels.shape) < 0.1] = 20
    pixels[random.random(pixels.shape) < 0.1] = 220
    pixels[random.random(pixels.shape) < 0.002] = 0
    pixels[random.random(pixels.shape) < 0.002] = 255
    pixels[random.random((height, width)) < 0.001] = 0
    pixels[random.random((height, width)) < 0.001] = 255
    return np.ascontiguousarray(pixels if colour else pixels[:, :, 0], dtype=np.uint8)


def blocks_of(samples: NDArray[np.uint8]) -> Iterator[tuple[tuple[int, int], NDArray[np.int64]]]:
    """Yield the position of each 8x8-pixel block, and its samples."""
    for top in range(0, samples.shape[0], 8):
        for left in range(0, samples.shape[1], 8):
            yield (top // 8, left // 8), samples[top : top + 8, left : left + 8].astype(np.int64)


def empty_values(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.full((-(-pixels.shape[0] // 8), -(-pixels.shape[1] // 8)), 99, dtype=np.uint8)


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("height", [7, 8, 17])
@pytest.mark.parametrize("width", SIDES)
def test_saturated_blocks_are_those_with_an_extreme_sample(height: int, width: int, colour: bool) -> None:
    pixels = random_pixels(height, width, colour=colour)
    found = empty_values(pixels)
    _kernels.mark_saturated(pixels, found)
    for block, samples in blocks_of(pixels):
        extreme = np.stack([samples == 0, samples == 255])
        whole_pixel = extreme.all(axis=3) if colour else extreme
        expected = _kernels.HAS_SATURATED_PIXEL if whole_pixel.any() else _kernels.HAS_SATURATED_SAMPLE * extreme.any()
        assert found[block] == expected


@pytest.mark.parametrize(("ground_width", "contrast"), [(3, 64), (16, 144), (0, 0), (255, 255)])
@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("height", [7, 8, 17])
@pytest.mark.parametrize("width", SIDES)
def test_ground_is_counted_in_green(height: int, width: int, colour: bool, ground_width: int, contrast: int) -> None:
    pixels = random_pixels(height, width, colour=colour)
    found = empty_values(pixels)
    _kernels.ground_parts(pixels, ground_width, contrast, found)
    for block, samples in blocks_of(pixels[:, :, 1] if colour else pixels):
        darkest, lightest = samples.min(), samples.max()
        dark, light = (samples <= darkest + ground_width).sum(), (samples >= lightest - ground_width).sum()
        expected = 0 if lightest - darkest < contrast else max(dark, light) * 64 // samples.size
        assert found[block] == expected


@pytest.mark.parametrize("width", [*SIDES, 256])
def test_colours_are_those_of_libjpegs_integers(width: int) -> None:
    pixels = np.random.default_rng(width).integers(0, 256, (9, width, 3)).astype(np.uint8)
    pixels[:2] = [[[0]], [[255]]]
    pixels[2, :, 1:] = 0  # the reds, greens and blues that are furthest from grey
    pixels[3, :, :2] = [255, 255]
    red, green, blue = np.moveaxis(pixels.astype(np.int64), 2, 0)
    half = 1 << 15  # factors of T.871 in units of 2^-16, as in libjpeg's jccolor.c
    expected = np.stack(
        [
            (19595 * red + 38470 * green + 7471 * blue + half >> 16) - 128,
            (-11059 * red - 21709 * green + 32768 * blue + half - 1) >> 16,
            (32768 * red - 27439 * green - 5329 * blue + half - 1) >> 16,
        ]
    )
    planes = np.empty((3, 16, width + 3), dtype=np.float32)
    _kernels.rgb_to_whole_ycbcr(pixels, planes)
    np.testing.assert_array_equal(planes[:, :9, :width], expected)
    np.testing.assert_array_equal(planes[:, 9:, :width], np.repeat(expected[:, -1:], 7, axis=1))
    np.testing.assert_array_equal(planes[:, :9, width:], np.repeat(expected[:, :, -1:], 3, axis=2))


@pytest.mark.parametrize("step", [1, 2, 16, 17, 255 * 16, 65_535 * 16])
def test_coefficients_around_half_a_step_are_rounded(step: int) -> None:
    nearby = (multiple * step // 2 + offset for multiple in (0, 1, 2, 3) for offset in range(-2, 3))
    values = [value for value in nearby if 0 < value <= 32_767] + [32_767]
    blocks = np.zeros((2 * len(values), 64), dtype=np.int16)
    for position, value in enumerate(values):
        blocks[position, 1 + 5 * position % 63] = value
        blocks[len(values) + position, 1 + 5 * position % 63] = -value
    expected = np.sign(blocks) * np.minimum((2 * np.abs(blocks.astype(np.int64)) + step) // (2 * step), 1023)
    _kernels.quantize(blocks, np.full(64, step, np.float32))
    np.testing.assert_array_equal(blocks, expected)


def test_the_smallest_coefficient_is_clamped() -> None:
    blocks = np.full((1, 64), -32_768, dtype=np.int16)
    _kernels.quantize(blocks, np.full(64, 16, np.float32))
    assert blocks.tolist() == [[-1024] + [-1023] * 63]
