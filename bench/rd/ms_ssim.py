"""MS-SSIM: structural similarity of the luminance at five scales.

Z. Wang, E. P. Simoncelli, A. C. Bovik, "Multi-scale structural similarity for image quality assessment", 37th Asilomar
Conference on Signals, Systems and Computers, 2003.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

from bench.rd.luma import PEAK, luma
from foveal.errors import ParameterError
from foveal.jpeg import EightBitPixels

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # exponents of the scales, the finest first
WINDOW_SIDE = 11
WINDOW_SIGMA = 1.5
LEAST_SIDE = WINDOW_SIDE * 2 ** (len(WEIGHTS) - 1)  # so that a window fits into the coarsest scale
_LUMINANCE_CONSTANT = (0.01 * PEAK) ** 2
_CONTRAST_CONSTANT = (0.03 * PEAK) ** 2

_OFFSETS = np.arange(WINDOW_SIDE) - WINDOW_SIDE // 2
_WINDOW = np.exp(-(_OFFSETS**2) / (2 * WINDOW_SIGMA**2))
_WINDOW /= _WINDOW.sum()

Plane = NDArray[np.float64]


class MsSsimReference:
    """Original picture (H, W, 3) uint8, prepared to score decoded versions by MS-SSIM.

    Raises
    ------
    ParameterError
        A side is shorter than 176 pixels.
    """

    def __init__(self, original: EightBitPixels) -> None:
        if min(original.shape[:2]) < LEAST_SIDE:
            height, width = original.shape[:2]
            raise ParameterError(f"MS-SSIM needs {LEAST_SIDE} pixels on each side, not {width} x {height}")
        self._scales = [(plane, *_mean_and_variance(plane)) for plane in _make_scales(luma(original))]

    def similarity(self, decoded: EightBitPixels) -> float:
        """Return MS-SSIM in [0, 1]; 1 for equal luminance.

        A scale with a negative mean (anticorrelated pictures) counts as 0.
        """
        similarity = 1.0
        scales = zip(self._scales, _make_scales(luma(decoded)), WEIGHTS, strict=True)
        for index, ((plane, mean, variance), other, weight) in enumerate(scales):
            other_mean, other_variance = _mean_and_variance(other)
            covariance = _filter(plane * other) - mean * other_mean
            local = (2 * covariance + _CONTRAST_CONSTANT) / (variance + other_variance + _CONTRAST_CONSTANT)
            if index == len(WEIGHTS) - 1:  # luminance is compared at the coarsest scale only
                product, squares = mean * other_mean, mean**2 + other_mean**2
                local *= (2 * product + _LUMINANCE_CONSTANT) / (squares + _LUMINANCE_CONSTANT)
            similarity *= max(float(local.mean()), 0.0) ** weight
        return similarity

    def score(self, decoded: EightBitPixels) -> float:
        """Return MS-SSIM in decibels, -10 log10(1 - MS-SSIM), which spreads out high values; infinite if equal."""
        difference = 1 - self.similarity(decoded)
        return float(-10 * np.log10(difference)) if difference > 0 else float("inf")


def _make_scales(plane: Plane) -> list[Plane]:
    """Halve a plane four times by means of 2 x 2 samples; an odd last row or column is left out."""
    scales = [plane]
    for _ in WEIGHTS[1:]:
        height, width = (length // 2 * 2 for length in scales[-1].shape)
        scales.append(scales[-1][:height, :width].reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3)))
    return scales


def _mean_and_variance(plane: Plane) -> tuple[Plane, Plane]:
    mean = _filter(plane)
    return mean, _filter(plane**2) - mean**2


def _filter(plane: Plane) -> Plane:
    """Filter a plane by the Gaussian window, at the positions where the window fits."""
    inner = slice(WINDOW_SIDE // 2, -(WINDOW_SIDE // 2))
    down = correlate1d(plane, _WINDOW, axis=0)[inner]
    return np.asarray(correlate1d(down, _WINDOW, axis=1)[:, inner])
