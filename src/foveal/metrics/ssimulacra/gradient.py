"""Gradients of SSIMULACRA 2 and its errors with respect to the samples of the distorted picture, by backpropagation.

The derivatives go from the score, or an error, to the norms, the error maps and the XYB of each scale
(kernels/error_slopes.hpp), and from there over linear light to sample values (kernels/xyb_slopes.hpp). The kernels call
derivatives "slopes".
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal.metrics.srgb import light_derivative
from foveal.metrics.ssimulacra.recursive_gaussian import GAUSSIAN, impulse_response
from foveal.metrics.ssimulacra.score import (
    NEGLIGIBLE_WEIGHT,
    error_norms,
    score_derivative,
    total_error,
    weighted_channels,
    weights_of,
)
from foveal.metrics.ssimulacra.xyb import Planes, as_rgb, row_strips, xyb_scales
from foveal.threads import run_in_threads

# Exponents of the five scales of MS-SSIM (Z. Wang, E. P. Simoncelli, A. C. Bovik, "Multi-scale structural similarity
# for image quality assessment", 2003), which is defined for luminance. X and B get a part of these weights.
_MS_SSIM_EXPONENTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
_STRUCTURE_OF_COLOUR = 0.3
_Y, _COLOUR = 1, (0, 2)  # channels of XYB
_LEAST_NORM = 1e-9  # below it, the cubes of the errors underflow in single precision


def srgb_light_derivatives() -> NDArray[np.float32]:
    """Return the (256,) change of linear light for a step of 1 at each sample value."""
    return (light_derivative(np.arange(256) / 255) / 255).astype(np.float32)


_LIGHT_DERIVATIVES = srgb_light_derivatives()
_BLUR_TAPS = impulse_response(GAUSSIAN).astype(np.float32)


def gradient(reference: list[Planes], pixels: NDArray[np.uint8], threads: int) -> Planes:
    """Return the derivative of the score with respect to each sample value of a distorted picture.

    Parameters
    ----------
    reference
        XYB of the original at all scales, see `xyb_scales`.
    pixels
        (h, w, 3) or (h, w) distorted picture.
    threads
        Largest number of threads; the gradient does not depend on it.

    Returns
    -------
    ndarray
        (h, 3, w) float32; of a grey picture, as if it were RGB with equal channels.
    """
    weights = weights_of(len(reference))

    def by_norms(norms: NDArray[np.float64]) -> NDArray[np.float64]:
        return score_derivative(total_error(norms, weights)) * weights

    return _gradient(reference, pixels, weighted_channels(weights, NEGLIGIBLE_WEIGHT), by_norms, threads)


def log_error_gradient(
    reference: list[Planes], pixels: NDArray[np.uint8], structure_share: float, threads: int
) -> Planes:
    """Return the derivative of the logarithm of a mean of two errors with respect to each sample value.

    It is the weighted geometric mean of the total error of SSIMULACRA 2 and of a structural error, which is that of
    MS-SSIM, but in XYB: the mean of the structural map alone, over five scales.

    Parameters
    ----------
    reference
        XYB of the original at all scales, see `xyb_scales`.
    pixels
        (h, w, 3) or (h, w) distorted picture.
    structure_share
        Weight of the structural error in the mean, 0 to 1; the other error has the rest.
    threads
        Largest number of threads; the gradient does not depend on it.

    Returns
    -------
    ndarray
        (h, 3, w) float32; of a grey picture, as if it were RGB with equal channels.
    """
    shares = (1 - structure_share, weights_of(len(reference))), (structure_share, _structure_weights(len(reference)))
    channels = weighted_channels(np.maximum(*(weights for _, weights in shares)), NEGLIGIBLE_WEIGHT)

    def by_norms(norms: NDArray[np.float64]) -> NDArray[np.float64]:
        derivatives = np.zeros_like(norms)
        for share, weights in shares:
            error = total_error(norms, weights)
            if error > 0:
                derivatives += share / error * weights
        return derivatives

    return _gradient(reference, pixels, channels, by_norms, threads)


def _structure_weights(scales: int) -> NDArray[np.float64]:
    """Return the weights of the structural error: (channels, scales, norms, maps), see `score.WEIGHTS`."""
    weights = np.zeros((3, scales, 2, 3))
    of_scales = np.array(_MS_SSIM_EXPONENTS[:scales])
    weights[_Y, : len(of_scales), 0, 0] = of_scales
    for channel in _COLOUR:  # the full resolution, where eyes see little colour, would take most of the time
        weights[channel, 1 : len(of_scales), 0, 0] = _STRUCTURE_OF_COLOUR * of_scales[1:]
    return weights


def _gradient(
    reference: list[Planes],
    pixels: NDArray[np.uint8],
    channels: list[tuple[int, int]],
    by_norms: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    threads: int,
) -> Planes:
    """Return the derivative of a function of the norms with respect to each sample value.

    Parameters
    ----------
    channels
        (scale, channel) pairs on whose norms the function depends.
    by_norms
        Derivative of the function with respect to each norm, given the norms; both as `error_norms` returns them.
    """
    xyb = list(xyb_scales(pixels, threads))
    norms = error_norms(reference, xyb, channels, threads)
    by_errors = _error_derivatives(by_norms(norms), norms, xyb)
    return _sample_gradient(pixels, xyb, _xyb_gradients(reference, xyb, channels, by_errors, threads), threads)


def _error_derivatives(
    by_norms: NDArray[np.float64], norms: NDArray[np.float64], scales: list[Planes]
) -> NDArray[np.float64]:
    """Return the coefficients of the derivative with respect to an error e of a map: a + b e^3.

    The mean of n errors has the derivative 1 / n, and the 4-norm, (sum of e^4 / n)^(1/4), has e^3 / (n norm^3).

    Returns
    -------
    ndarray
        (channels, scales, 2, maps): a, then b.
    """
    pixels = np.array([planes.size / 3 for planes in scales])[:, None]
    coefficients = by_norms / pixels[:, None]
    four_norms = norms[:, :, 1]
    coefficients[:, :, 1] *= (four_norms > _LEAST_NORM) / np.maximum(four_norms, _LEAST_NORM) ** 3
    return np.asarray(coefficients)


def _xyb_gradients(
    reference: list[Planes],
    distorted: list[Planes],
    channels: list[tuple[int, int]],
    by_errors: NDArray[np.float64],
    threads: int,
) -> list[Planes]:
    """Return the derivatives with respect to each XYB sample at each scale.

    Parameters
    ----------
    by_errors
        (channels, scales, 2, maps) coefficients of the derivatives with respect to the errors, see
        `_error_derivatives`.
    """
    gradients = [np.zeros_like(planes) for planes in distorted]

    def fill(item: tuple[int, int]) -> None:
        scale, channel = item
        coefficients = by_errors[channel, scale].astype(np.float32)
        _kernels.error_slopes(reference[scale], distorted[scale], channel, _BLUR_TAPS, coefficients, gradients[scale])

    run_in_threads(fill, channels, threads)
    return gradients


def _sample_gradient(pixels: NDArray[np.uint8], xyb: list[Planes], gradients: list[Planes], threads: int) -> Planes:
    """Convert derivatives with respect to XYB at each scale to derivatives with respect to sample values, in place.

    From the smallest scale to the largest, derivatives with respect to XYB become derivatives with respect to linear
    light. Those of the next smaller scale are added, because its samples are means of this scale's samples.
    """
    half: Planes | None = None
    while gradients:
        by_linear, planes = gradients.pop(), xyb[len(gradients)]

        def to_linear(rows: tuple[int, int], planes: Planes = planes, by_linear: Planes = by_linear) -> None:
            _kernels.xyb_to_linear_slopes(planes[slice(*rows)], by_linear[slice(*rows)])

        run_in_threads(to_linear, row_strips(by_linear), threads)
        if half is not None:
            _add_gradient_of_half(half, by_linear, threads)
        half = by_linear

    def to_samples(rows: tuple[int, int]) -> None:
        _kernels.linear_to_sample_slopes(as_rgb(pixels[slice(*rows)]), _LIGHT_DERIVATIVES, by_linear[slice(*rows)])

    run_in_threads(to_samples, row_strips(by_linear), threads)
    return by_linear


def _add_gradient_of_half(half: Planes, gradient: Planes, threads: int) -> None:
    """Add the derivatives with respect to the samples of a halved scale to those of the samples that it averages."""

    def add(rows: tuple[int, int]) -> None:
        first, last = rows
        _kernels.add_slopes_of_half(half[first:last], gradient[2 * first : 2 * last])

    run_in_threads(add, row_strips(half), threads)
