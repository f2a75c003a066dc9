"""How far a decoded picture is from the original."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveal.errors import ParameterError
from foveal.ssimulacra2 import Ssimulacra2Reference, ssimulacra2

__all__ = ["Ssimulacra2Reference", "psnr", "ssimulacra2"]


def psnr(original: NDArray[Any], decoded: NDArray[Any], weights: NDArray[np.floating] | None = None) -> float:
    """Peak signal-to-noise ratio in decibels, of all pixels or of those that matter.

    Parameters
    ----------
    original, decoded
        (H, W) or (H, W, C) of the same shape; uint8 or uint16 alike.
    weights
        (H, W), not negative: how much the error of each pixel counts. None for all alike.

    Returns
    -------
    float
        Infinite where the pictures agree (wherever the weights are not zero).

    Raises
    ------
    ParameterError
        Shapes or types differ, or all weights are zero.
    """
    if original.shape != decoded.shape or original.dtype != decoded.dtype:
        first, second = (f"{array.dtype} {array.shape}" for array in (original, decoded))
        raise ParameterError(f"{first} cannot be compared with {second}")
    error = (original.astype(np.float64) - decoded.astype(np.float64)) ** 2
    if error.ndim == 3:
        error = error.mean(axis=2)
    if weights is None:
        mean_error = float(error.mean())
    else:
        if weights.shape != error.shape or not weights.min() >= 0 or weights.max() == 0:
            raise ParameterError(f"weights must be {error.shape}, not negative and not all zero")
        mean_error = float((error * weights).sum() / weights.sum())
    peak = float(np.iinfo(original.dtype).max)
    return float(10 * np.log10(peak**2 / mean_error)) if mean_error else float("inf")
