"""Luminance of a picture, and its peak signal-to-noise ratio."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foveal.jpeg import EightBitPixels

PEAK = 255.0


def luma(pixels: EightBitPixels) -> NDArray[np.float64]:
    """Y of (H, W, 3) RGB, not rounded: (H, W) in [0, 255] (T.871 clause 7)."""
    return np.asarray(pixels @ np.array([0.299, 0.587, 0.114]))


def decibels(mean_squared_error: float) -> float:
    """Peak signal-to-noise ratio of samples up to 255; infinite without error."""
    return float(10 * np.log10(PEAK**2 / mean_squared_error)) if mean_squared_error else float("inf")


class LumaPsnrReference:
    """An original, (H, W, 3) uint8, that decoded versions of it are compared with."""

    def __init__(self, original: EightBitPixels) -> None:
        self._luma = luma(original)

    def score(self, decoded: EightBitPixels) -> float:
        """PSNR of the luminance in decibels."""
        return decibels(float(np.mean((self._luma - luma(decoded)) ** 2)))
