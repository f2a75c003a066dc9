"""Pictures as SSIMULACRA 2 compares them: in XYB, at up to six scales. The loops are in kernels/xyb.hpp."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal.threads import row_ranges, run_in_threads

Planes = NDArray[np.float32]  # (rows, 3, columns): the three channels of a row are adjacent in memory

MIN_SIDE = 8
_SCALES = 6
_PIXELS_PER_STRIP = 1 << 18


def srgb_light() -> NDArray[np.float32]:
    """Return the (256,) linear light of each sample value, 0 to 1, rounded as libjxl rounds it.

    This is the transfer function of IEC 61966-2-1 in the rational approximation of libjxl
    (lib/jxl/cms/transfer_functions-inl.h), accurate to 1e-6. With exact values, flat areas accumulate other rounding
    errors in the blur, and scores change by up to 0.2.
    """
    value = np.arange(256, dtype=np.float32) * np.float32(1 / 255)
    numerator = _polynomial(
        [8.210152774e-01, 7.961564959e-01, 1.624820318e-01, 1.043637593e-02, 2.200248328e-04], value
    )
    denominator = _polynomial([6.521209011e-03, -5.512498495e-02, 4.987528350e-01, 1.076976492, 2.631846970e-01], value)
    return np.where(value > np.float32(0.04045), numerator / denominator, value * np.float32(1 / 12.92))


def _polynomial(coefficients: list[float], value: NDArray[np.float32]) -> NDArray[np.float32]:
    """Evaluate a polynomial by Horner's scheme in single precision, each step rounded once (fused multiply-add)."""
    total = np.full_like(value, coefficients[0])
    for coefficient in np.array(coefficients[1:], dtype=np.float32):
        total = (total.astype(np.float64) * value + coefficient).astype(np.float32)
    return total


_LIGHT = srgb_light()


def xyb_scales(pixels: NDArray[np.uint8], threads: int) -> Iterator[Planes]:
    """Yield the XYB planes of a picture at full resolution, then at each scale half as large as the one before.

    There are at most six scales, and fewer if the picture is small: a scale is halved only if both of its sides have 8
    pixels or more.
    """
    linear = _linear_light(pixels, threads)
    for scale in range(_SCALES):
        last = scale == _SCALES - 1 or min(linear.shape[0], linear.shape[2]) < MIN_SIDE
        # Scales are averaged in linear light, so the next one is made before this one is converted in place.
        half = linear if last else _halve(linear, threads)
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

    run_in_threads(convert, row_strips(linear), threads)
    return linear


def as_rgb(strip: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return rows of a picture as contiguous (h, w, 3); a grey sample is repeated for all three channels."""
    return np.ascontiguousarray(strip if strip.ndim == 3 else strip[:, :, None].repeat(3, axis=2))


def _to_xyb(linear: Planes, threads: int) -> None:
    """Convert planes of linear light to XYB in place."""
    run_in_threads(lambda rows: _kernels.linear_to_xyb(linear[slice(*rows)]), row_strips(linear), threads)


def _halve(planes: Planes, threads: int) -> Planes:
    """Average 2 x 2 samples of each plane; an odd last row or column is repeated."""
    height, _, width = planes.shape
    smaller = np.empty((-(-height // 2), 3, -(-width // 2)), dtype=np.float32)

    def halve(rows: tuple[int, int]) -> None:
        first, last = rows
        _kernels.halve(planes[2 * first : 2 * last], smaller[first:last])

    run_in_threads(halve, row_strips(smaller), threads)
    return smaller


def row_strips(planes: Planes) -> list[tuple[int, int]]:
    """Split planes into ranges of rows [first, last), each of which is the work of one thread at a time."""
    return row_ranges(planes.shape[0], planes.shape[2], _PIXELS_PER_STRIP)
