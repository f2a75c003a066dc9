"""How far a decoded picture is from the original."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveal.errors import MissingExtraError, ParameterError

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
        _require_weights(weights, error.shape)
        mean_error = float((error * weights).sum() / weights.sum())
    peak = float(np.iinfo(original.dtype).max)
    return float(10 * np.log10(peak**2 / mean_error)) if mean_error else float("inf")


def ssim(original: NDArray[Any], decoded: NDArray[Any], weights: NDArray[np.floating] | None = None) -> float:
    """Structural similarity with the Gaussian window of its authors [1]_, by scikit-image (extra `figure`).

    Windows reach 5 pixels to each side; pixels nearer to an edge are left out.

    Parameters
    ----------
    original, decoded
        (H, W) or (H, W, C) of the same shape, at least 11 pixels on each side; uint8 or uint16 alike. Of several
        channels it is the mean.
    weights
        (H, W), not negative: how much each pixel counts. None for all alike.

    Returns
    -------
    float
        1 where the pictures agree, less elsewhere.

    Raises
    ------
    ParameterError
        Shapes or types differ, a side is too short, or all weights (but for those near the edges) are zero.
    MissingExtraError
        scikit-image is not installed.

    References
    ----------
    .. [1] Z. Wang, A. Bovik, H. Sheikh, E. Simoncelli, "Image Quality Assessment: From Error Visibility to Structural
       Similarity", IEEE Transactions on Image Processing 13, 2004.
    """
    of_pixels = ssim_of_pixels(original, decoded)
    if weights is None:
        return float(of_pixels.mean())
    _require_weights(weights, original.shape[:2])
    counted = inside_ssim(weights)
    if not counted.any():
        raise ParameterError("weights must not be zero everywhere but near the edges")
    return float(np.average(of_pixels, weights=counted))


def ssim_of_pixels(original: NDArray[Any], decoded: NDArray[Any]) -> NDArray[np.floating]:
    """Structural similarity of the window around each pixel; parameters and errors as of `ssim`.

    Returns
    -------
    ndarray
        (H - 10, W - 10): of windows that lie in the picture.
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
    _, of_pixels = similarity(original, decoded, channel_axis=channel_axis, full=True, **options)
    return inside_ssim(of_pixels if of_pixels.ndim == 2 else of_pixels.mean(axis=2))


def inside_ssim(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """Those of (H, W) whose windows of SSIM lie in the picture; a view."""
    margin = SSIM_MIN_SIDE // 2
    return values[margin:-margin, margin:-margin]


def _require_weights(weights: NDArray[np.floating], shape: tuple[int, ...]) -> None:
    if weights.shape != shape or not weights.min() >= 0 or weights.max() == 0:
        raise ParameterError(f"weights must be {shape}, not negative and not all zero")


def _require_alike(original: NDArray[Any], decoded: NDArray[Any]) -> None:
    if original.shape != decoded.shape or original.dtype != decoded.dtype:
        first, second = (f"{array.dtype} {array.shape}" for array in (original, decoded))
        raise ParameterError(f"{first} cannot be compared with {second}")
