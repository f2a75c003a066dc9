"""Luminance (Y) of a picture, and its peak signal-to-noise ratio."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foveal.jpeg import EightBitPixels

PEAK = 255.0


def luma(pixels: EightBitPixels) -> NDArray[np.float64]:
    """Return Y (H, W) of RGB pixels (H, W, 3), not rounded (T.871 clause 7, Conversion to and from RGB)."""
    return np.asarray(pixels @ np.array([0.299, 0.587, 0.114]))


def decibels(mean_squared_error: float) -> float:
    """Return the peak signal-to-noise ratio in dB for samples in [0, 255]; infinite for zero error."""
    return float(10 * np.log10(PEAK**2 / mean_squared_error)) if mean_squared_error else float("inf")


class LumaPsnrReference:
    """Original picture (H, W, 3) uint8, prepared to score decoded versions by PSNR of the luminance."""

    def __init__(self, original: EightBitPixels) -> None:
        self._luma = luma(original)

    def score(self, decoded: EightBitPixels) -> float:
        """Return the PSNR of the luminance in decibels."""
        return decibels(float(np.mean((self._luma - luma(decoded)) ** 2)))
