"""How far a decoded picture is from the original."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveal.errors import MissingExtraError, ParameterError
from foveal.ssimulacra2 import Ssimulacra2Reference, ssimulacra2

__all__ = ["Ssimulacra2Reference", "psnr", "ssim", "ssimulacra2"]

SSIM_MIN_SIDE = 11


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
    _require_alike(original, decoded)
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


def ssim(original: NDArray[Any], decoded: NDArray[Any]) -> float:
    """Structural similarity with the Gaussian window of its authors [1]_, by scikit-image (extra `figure`).

    Parameters
    ----------
    original, decoded
        (H, W) or (H, W, C) of the same shape, at least 11 pixels on each side; uint8 or uint16 alike. Of several
        channels it is the mean.

    Returns
    -------
    float
        1 where the pictures agree, less elsewhere.

    Raises
    ------
    ParameterError
        Shapes or types differ, or a side is too short.
    MissingExtraError
        scikit-image is not installed.

    References
    ----------
    .. [1] Z. Wang, A. Bovik, H. Sheikh, E. Simoncelli, "Image Quality Assessment: From Error Visibility to Structural
       Similarity", IEEE Transactions on Image Processing 13, 2004.
    """
    _require_alike(original, decoded)
    if min(original.shape[:2]) < SSIM_MIN_SIDE:
        raise ParameterError(f"SSIM needs {SSIM_MIN_SIDE} pixels on each side, not {original.shape[:2]}")
    try:
        from skimage.metrics import structural_similarity
    except ImportError as error:
        raise MissingExtraError("SSIM needs scikit-image: pip install 'foveal[figure]'") from error
    peak = int(np.iinfo(original.dtype).max)
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": peak}
    channel_axis = 2 if original.ndim == 3 else None
    similarity: Any = structural_similarity  # not typed
    return float(similarity(original, decoded, channel_axis=channel_axis, **options))


def _require_alike(original: NDArray[Any], decoded: NDArray[Any]) -> None:
    if original.shape != decoded.shape or original.dtype != decoded.dtype:
        first, second = (f"{array.dtype} {array.shape}" for array in (original, decoded))
        raise ParameterError(f"{first} cannot be compared with {second}")
