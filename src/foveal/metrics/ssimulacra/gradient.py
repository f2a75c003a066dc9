"""From a score back to the samples of the distorted picture: kernels/error_slopes.hpp, then kernels/xyb_slopes.hpp."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal.metrics.srgb import light_slope
from foveal.metrics.ssimulacra.recursive_gaussian import GAUSSIAN, response
from foveal.metrics.ssimulacra.score import counted, error_norms, score_slope, total_error, weights_of
from foveal.metrics.ssimulacra.xyb import Planes, as_rgb, strips, xyb_sizes
from foveal.threads import run_in_threads

_LEAST_WEIGHT = 0.002  # of a channel at a size: those below count for nothing, the largest is 225
_LEAST_NORM = 1e-9  # where errors are so small, single precision has no cubes of them


def srgb_light_slopes() -> NDArray[np.float32]:
    """Light that a step of each sample value adds."""
    return (light_slope(np.arange(256) / 255) / 255).astype(np.float32)


_LIGHT_SLOPES = srgb_light_slopes()
_RESPONSE = response(GAUSSIAN).astype(np.float32)


def gradient(reference: list[Planes], pixels: NDArray[np.uint8], threads: int) -> Planes:
    """What the score changes by for a step of each sample value.

    Parameters
    ----------
    reference
        XYB of the original in all sizes.
    pixels
        (h, w, 3) or (h, w): the distorted picture.

    Returns
    -------
    ndarray
        (h, 3, w) float32; of a grey picture, as if it were RGB.
    """
    xyb = list(xyb_sizes(pixels, threads))
    norms = error_norms(reference, xyb, threads, _LEAST_WEIGHT)
    prices = score_slope(total_error(norms)) * _norm_slopes(norms, xyb)
    return _slopes_by_sample(pixels, xyb, _slopes_by_xyb(reference, xyb, prices, threads), threads)


def _norm_slopes(norms: NDArray[np.float64], sizes: list[Planes]) -> NDArray[np.float64]:
    """(channels, sizes, 2, maps): what the total error changes by for an error of each map, and for its cube.

    The 4-norm's slope by an error is its cube over the number of pixels and over the cube of the norm.
    """
    pixels = np.array([planes.size / 3 for planes in sizes])[:, None]
    slopes = weights_of(len(sizes)) / pixels[:, None]
    fourth = norms[:, :, 1]
    slopes[:, :, 1] *= (fourth > _LEAST_NORM) / np.maximum(fourth, _LEAST_NORM) ** 3
    return np.asarray(slopes)


def _slopes_by_xyb(
    reference: list[Planes], distorted: list[Planes], prices: NDArray[np.float64], threads: int
) -> list[Planes]:
    """What errors of some prices (channels, sizes, 2, maps) change by for each sample of each size."""
    slopes = [np.zeros_like(planes) for planes in distorted]

    def fill(item: tuple[int, int]) -> None:
        size, channel = item
        arguments = reference[size], distorted[size], channel, _RESPONSE, prices[channel, size].astype(np.float32)
        _kernels.error_slopes(*arguments, slopes[size])

    run_in_threads(fill, counted(len(reference), _LEAST_WEIGHT), threads)
    return slopes


def _slopes_by_sample(pixels: NDArray[np.uint8], xyb: list[Planes], slopes: list[Planes], threads: int) -> Planes:
    """Slopes by the sample values of pixels, from those by the XYB of each size; in place."""
    half: Planes | None = None
    while slopes:
        of_size, planes = slopes.pop(), xyb[len(slopes)]

        def to_linear(rows: tuple[int, int], planes: Planes = planes, of_size: Planes = of_size) -> None:
            _kernels.xyb_to_linear_slopes(planes[slice(*rows)], of_size[slice(*rows)])

        run_in_threads(to_linear, strips(of_size), threads)
        if half is not None:
            _add_slopes_of_half(half, of_size, threads)
        half = of_size

    def to_samples(rows: tuple[int, int]) -> None:
        _kernels.linear_to_sample_slopes(as_rgb(pixels[slice(*rows)]), _LIGHT_SLOPES, of_size[slice(*rows)])

    run_in_threads(to_samples, strips(of_size), threads)
    return of_size


def _add_slopes_of_half(half: Planes, slopes: Planes, threads: int) -> None:
    def add(rows: tuple[int, int]) -> None:
        first, last = rows
        _kernels.add_slopes_of_half(half[first:last], slopes[2 * first : 2 * last])

    run_in_threads(add, strips(half), threads)
