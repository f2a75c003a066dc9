"""Pictures as SSIMULACRA 2 looks at them: XYB, in up to six sizes; the loops are in kernels/xyb.hpp."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal.threads import row_ranges, run_in_threads

Planes = NDArray[np.float32]  # (rows, 3, columns): the channels of a row lie next to each other

MIN_SIDE = 8
_SIZES = 6
_PIXELS_PER_STRIP = 1 << 18


def srgb_light() -> NDArray[np.float32]:
    """Light of each sample value, 0 to 1: IEC 61966-2-1 as libjxl approximates it, good to 1e-6 and rounded as there.

    From lib/jxl/cms/transfer_functions-inl.h. With the last digit of the exact light, flat parts gather other rounding
    errors when they are blurred, and scores move by up to 0.2.
    """
    value = np.arange(256, dtype=np.float32) * np.float32(1 / 255)
    numerator = _polynomial(
        [8.210152774e-01, 7.961564959e-01, 1.624820318e-01, 1.043637593e-02, 2.200248328e-04], value
    )
    denominator = _polynomial([6.521209011e-03, -5.512498495e-02, 4.987528350e-01, 1.076976492, 2.631846970e-01], value)
    return np.where(value > np.float32(0.04045), numerator / denominator, value * np.float32(1 / 12.92))


def _polynomial(coefficients: list[float], value: NDArray[np.float32]) -> NDArray[np.float32]:
    """Horner's scheme in single precision, each step rounded once, as fused multiplication and addition does."""
    total = np.full_like(value, coefficients[0])
    for coefficient in np.array(coefficients[1:], dtype=np.float32):
        total = (total.astype(np.float64) * value + coefficient).astype(np.float32)
    return total


_LIGHT = srgb_light()


def xyb_sizes(pixels: NDArray[np.uint8], threads: int) -> Iterator[Planes]:
    """XYB of a picture in up to six sizes, each half the one before, which needs 8 pixels on each side for that."""
    linear = _linear_light(pixels, threads)
    for size in range(_SIZES):
        last = size == _SIZES - 1 or min(linear.shape[0], linear.shape[2]) < MIN_SIDE
        half = linear if last else _half(linear, threads)
        _to_xyb(linear, threads)
        yield linear
        if last:
            return
        linear = half


def _linear_light(pixels: NDArray[np.uint8], threads: int) -> Planes:
    height, width = pixels.shape[:2]
    linear = np.empty((height, 3, width), dtype=np.float32)

    def convert(rows: tuple[int, int]) -> None:
        _kernels.linear_light(as_rgb(pixels[slice(*rows)]), _LIGHT, linear[slice(*rows)])

    run_in_threads(convert, strips(linear), threads)
    return linear


def as_rgb(strip: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Rows of a picture as (h, w, 3): grey three times."""
    return np.ascontiguousarray(strip if strip.ndim == 3 else strip[:, :, None].repeat(3, axis=2))


def _to_xyb(linear: Planes, threads: int) -> None:
    run_in_threads(lambda rows: _kernels.linear_to_xyb(linear[slice(*rows)]), strips(linear), threads)


def _half(planes: Planes, threads: int) -> Planes:
    height, _, width = planes.shape
    smaller = np.empty((-(-height // 2), 3, -(-width // 2)), dtype=np.float32)

    def halve(rows: tuple[int, int]) -> None:
        first, last = rows
        _kernels.halve(planes[2 * first : 2 * last], smaller[first:last])

    run_in_threads(halve, strips(smaller), threads)
    return smaller


def strips(planes: Planes) -> list[tuple[int, int]]:
    """Rows [first, last) that a thread takes at a time."""
    return row_ranges(planes.shape[0], planes.shape[2], _PIXELS_PER_STRIP)
