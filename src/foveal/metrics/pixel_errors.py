"""PSNR and SSIM of a decoded picture against the original, optionally weighted by pixel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveal.checks import describe_kind
from foveal.errors import MissingExtraError, ParameterError

SSIM_MIN_SIDE = 11  # width of the Gaussian window


def psnr(original: NDArray[Any], decoded: NDArray[Any], weights: NDArray[np.floating] | None = None) -> float:
    """Return the peak signal-to-noise ratio in decibels, optionally with a weight for each pixel.

    Parameters
    ----------
    original, decoded
        (H, W) or (H, W, C) samples, uint8 or uint16; both of the same shape and type.
    weights
        (H, W), not negative: weight of the squared error of each pixel. None weighs all pixels equally.

    Returns
    -------
    float
        Decibels; infinite if the pictures are equal wherever the weights are not zero.

    Raises
    ------
    ParameterError
        The shapes or types of the pictures differ, or the weights have another shape, are negative or all zero.
    """
    _require_comparable(original, decoded)
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
    """Return the structural similarity (SSIM) with the Gaussian window of its authors [1]_.

    It is computed by scikit-image (extra `figure`). Windows reach 5 pixels to each side; pixels nearer to an edge of
    the picture are left out.

    Parameters
    ----------
    original, decoded
        (H, W) or (H, W, C) samples, uint8 or uint16; both of the same shape and type, at least 11 pixels on each side.
        The channels are averaged.
    weights
        (H, W), not negative: weight of the similarity at each pixel. None weighs all pixels equally.

    Returns
    -------
    float
        1 for equal pictures, less for others.

    Raises
    ------
    ParameterError
        The shapes or types of the pictures differ, a side is too short, or the weights have another shape, are negative
        or are zero everywhere except near the edges.
    MissingExtraError
        scikit-image is not installed.

    References
    ----------
    .. [1] Z. Wang, A. Bovik, H. Sheikh, E. Simoncelli, "Image Quality Assessment: From Error Visibility to Structural
       Similarity", IEEE Transactions on Image Processing 13, 2004.
    """
    similarities = ssim_of_pixels(original, decoded)
    if weights is None:
        return float(similarities.mean())
    _require_weights(weights, original.shape[:2])
    inner_weights = inside_ssim(weights)
    if not inner_weights.any():
        raise ParameterError("weights must not be zero everywhere except near the edges")
    return float(np.average(similarities, weights=inner_weights))


def ssim_of_pixels(original: NDArray[Any], decoded: NDArray[Any]) -> NDArray[np.floating]:
    """Return the structural similarity of the window around each pixel; parameters and errors are those of `ssim`.

    Returns
    -------
    ndarray
        (H - 10, W - 10) similarities of the pixels whose windows lie inside the picture.
    """
    _require_comparable(original, decoded)
    if min(original.shape[:2]) < SSIM_MIN_SIDE:
        raise ParameterError(f"SSIM needs {SSIM_MIN_SIDE} pixels on each side, not {original.shape[:2]}")
    try:
        from skimage.metrics import structural_similarity
    except ImportError as error:
        raise MissingExtraError("SSIM needs scikit-image: pip install 'foveal[figure]'") from error
    peak = int(np.iinfo(original.dtype).max)
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": peak}
    channel_axis = 2 if original.ndim == 3 else None
    similarity: Any = structural_similarity  # scikit-image has no type hints
    _, similarities = similarity(original, decoded, channel_axis=channel_axis, full=True, **options)
    return inside_ssim(similarities if similarities.ndim == 2 else similarities.mean(axis=2))


def inside_ssim(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return a view of the (H, W) values at the pixels whose SSIM windows lie inside the picture."""
    margin = SSIM_MIN_SIDE // 2
    return values[margin:-margin, margin:-margin]


def _require_weights(weights: NDArray[np.floating], shape: tuple[int, ...]) -> None:
    if not isinstance(weights, np.ndarray) or weights.dtype.kind not in "fiub":
        raise ParameterError("weights must be an array of numbers")
    if weights.shape != shape or not weights.min() >= 0 or weights.max() == 0:
        raise ParameterError(f"weights must be {shape}, not negative and not all zero")


def _require_comparable(original: NDArray[Any], decoded: NDArray[Any]) -> None:
    for pixels in (original, decoded):
        if not isinstance(pixels, np.ndarray) or pixels.dtype not in (np.uint8, np.uint16):
            raise ParameterError(f"pictures must be arrays of uint8 or uint16, not {describe_kind(pixels)}")
        if pixels.ndim not in (2, 3) or pixels.size == 0:
            raise ParameterError(f"pictures must be (H, W) or (H, W, C), not {pixels.shape}")
    if original.shape != decoded.shape or original.dtype != decoded.dtype:
        first, second = (f"{array.dtype} {array.shape}" for array in (original, decoded))
        raise ParameterError(f"{first} cannot be compared with {second}")
