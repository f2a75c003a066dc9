"""MS-SSIM: structural similarity at five sizes of a picture.

Z. Wang, E. P. Simoncelli, A. C. Bovik, "Multi-scale structural similarity for image quality assessment", 37th Asilomar
Conference on Signals, Systems and Computers, 2003. Of luminance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

from bench.rd.luma import PEAK, luma
from foveal.errors import ParameterError
from foveal.jpeg import EightBitPixels

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # of the sizes, the largest first
WINDOW_SIDE = 11
WINDOW_SIGMA = 1.5
LEAST_SIDE = WINDOW_SIDE * 2 ** (len(WEIGHTS) - 1)  # a window must fit into the smallest size
_LUMINANCE_CONSTANT = (0.01 * PEAK) ** 2
_CONTRAST_CONSTANT = (0.03 * PEAK) ** 2

_OFFSETS = np.arange(WINDOW_SIDE) - WINDOW_SIDE // 2
_WINDOW = np.exp(-(_OFFSETS**2) / (2 * WINDOW_SIGMA**2))
_WINDOW /= _WINDOW.sum()

Plane = NDArray[np.float64]


class MsSsimReference:
    """An original, (H, W, 3) uint8, that decoded versions of it are compared with.

    Raises
    ------
    ParameterError
        A side is shorter than 176 pixels.
    """

    def __init__(self, original: EightBitPixels) -> None:
        if min(original.shape[:2]) < LEAST_SIDE:
            height, width = original.shape[:2]
            raise ParameterError(f"MS-SSIM needs {LEAST_SIDE} pixels on each side, not {width} x {height}")
        self._sizes = [(plane, *_mean_and_variance(plane)) for plane in _sizes(luma(original))]

    def similarity(self, decoded: EightBitPixels) -> float:
        """MS-SSIM, 0 to 1; 1 where the luminance is equal.

        A size at which the pictures contradict each other (a negative mean) counts as 0.
        """
        similarity = 1.0
        sizes = zip(self._sizes, _sizes(luma(decoded)), WEIGHTS, strict=True)
        for index, ((plane, mean, variance), other, weight) in enumerate(sizes):
            other_mean, other_variance = _mean_and_variance(other)
            covariance = _windowed(plane * other) - mean * other_mean
            local = (2 * covariance + _CONTRAST_CONSTANT) / (variance + other_variance + _CONTRAST_CONSTANT)
            if index == len(WEIGHTS) - 1:  # luminance is compared at the smallest size only
                product, squares = mean * other_mean, mean**2 + other_mean**2
                local *= (2 * product + _LUMINANCE_CONSTANT) / (squares + _LUMINANCE_CONSTANT)
            similarity *= max(float(local.mean()), 0.0) ** weight
        return similarity

    def score(self, decoded: EightBitPixels) -> float:
        """MS-SSIM in decibels, -10 log10(1 - MS-SSIM): good scores lie less close together; infinite where equal."""
        difference = 1 - self.similarity(decoded)
        return float(-10 * np.log10(difference)) if difference > 0 else float("inf")


def _sizes(plane: Plane) -> list[Plane]:
    """A plane in five sizes, each half the one before: means of 2 x 2 samples, an odd last row or column left out."""
    sizes = [plane]
    for _ in WEIGHTS[1:]:
        height, width = (length // 2 * 2 for length in sizes[-1].shape)
        sizes.append(sizes[-1][:height, :width].reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3)))
    return sizes


def _mean_and_variance(plane: Plane) -> tuple[Plane, Plane]:
    mean = _windowed(plane)
    return mean, _windowed(plane**2) - mean**2


def _windowed(plane: Plane) -> Plane:
    """Weighted means under the Gaussian window, wherever it fits into the plane."""
    inner = slice(WINDOW_SIDE // 2, -(WINDOW_SIDE // 2))
    down = correlate1d(plane, _WINDOW, axis=0)[inner]
    return np.asarray(correlate1d(down, _WINDOW, axis=1)[:, inner])
