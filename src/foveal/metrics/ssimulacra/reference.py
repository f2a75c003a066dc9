"""Entry points of SSIMULACRA 2: they check the pictures and run the stages of the metric."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveal.checks import MAX_THREADS, check_integer, check_number, describe_kind
from foveal.errors import ParameterError
from foveal.metrics.ssimulacra.gradient import gradient, log_error_gradient
from foveal.metrics.ssimulacra.score import NEGLIGIBLE_WEIGHT, score
from foveal.metrics.ssimulacra.xyb import MIN_SIDE, Planes, xyb_scales


class Ssimulacra2Reference:
    """An original that is prepared once to be compared with many distorted versions.

    This saves a tenth to a fifth of the time. It keeps 16 bytes for each pixel, and a comparison takes as much again
    while it runs.

    Parameters
    ----------
    reference
        (H, W, 3) RGB or (H, W) grey, uint8, sRGB, at least 8 pixels on each side.
    threads
        Largest number of threads; scores do not depend on it.

    Raises
    ------
    ParameterError
        The reference is not such an array, or `threads` is not an integer from 1 to 1,024.
    """

    def __init__(self, reference: NDArray[np.uint8], *, threads: int = 1) -> None:
        check_integer("threads", threads, 1, MAX_THREADS)
        _require_picture(reference)
        self._shape = reference.shape
        self._scales = list(xyb_scales(reference, threads))

    def score(self, distorted: NDArray[np.uint8], *, threads: int = 1) -> float:
        """Score a distorted version of the reference on the scale of `ssimulacra2`.

        Parameters
        ----------
        distorted
            Distorted picture, uint8, of the reference's shape.
        threads
            Largest number of threads; the score does not depend on it.

        Returns
        -------
        float
            100 for equal pictures, less for others, without a lower bound.

        Raises
        ------
        ParameterError
            The distorted picture is not such an array.
        """
        return self._score(distorted, threads, least_weight=0.0)

    def estimate(self, distorted: NDArray[np.uint8], *, threads: int = 1) -> float:
        """Estimate the score of a distorted version in half the time of `score`, to 0.01 points for JPEGs.

        Channels whose weights at a scale are all below 0.002 are left out. Of pictures with six scales, only Y is left
        at full resolution.

        Parameters
        ----------
        distorted
            Distorted picture, uint8, of the reference's shape.
        threads
            Largest number of threads; the estimate does not depend on it.

        Returns
        -------
        float
            100 for equal pictures, less for others, without a lower bound.

        Raises
        ------
        ParameterError
            The distorted picture is not such an array.
        """
        return self._score(distorted, threads, NEGLIGIBLE_WEIGHT)

    def gradient(self, distorted: NDArray[np.uint8], *, threads: int = 1) -> NDArray[np.float32]:
        """Return the derivative of the score with respect to each sample value of a distorted version.

        Beside the reference, it takes 32 bytes for each pixel while it runs; 12 of them are the returned array.

        Parameters
        ----------
        distorted
            Distorted picture, uint8, of the reference's shape.
        threads
            Largest number of threads; the gradient does not depend on it.

        Returns
        -------
        ndarray
            float32, of the same shape. All zeros if the pictures are equal, where the score has its maximum.

        Raises
        ------
        ParameterError
            The distorted picture is not such an array.

        Notes
        -----
        The gradient leaves out the rounding errors that are part of the score (see `ssimulacra2`), and channels whose
        weights at a scale are all below 0.002: of pictures with six scales, only Y is left at full resolution.
        """
        check_integer("threads", threads, 1, MAX_THREADS)
        self._require_comparable(distorted)
        return _as_pixels(gradient(self._scales, distorted, threads), distorted)

    def log_error_gradient(
        self, distorted: NDArray[np.uint8], structure_share: float, *, threads: int = 1
    ) -> NDArray[np.float32]:
        """Return the derivative of the logarithm of an error with respect to each sample value of a distorted version.

        The error is a weighted geometric mean of the total error of SSIMULACRA 2 and of the structural error of
        MS-SSIM, computed in XYB. Its gradient grows where either sees errors.

        Parameters
        ----------
        distorted
            Distorted picture, uint8, of the reference's shape.
        structure_share
            Weight of the structural error in the mean, 0 to 1.
        threads
            Largest number of threads; the gradient does not depend on it.

        Returns
        -------
        ndarray
            float32, of the same shape. All zeros if the pictures are equal.

        Raises
        ------
        ParameterError
            The distorted picture is not such an array, or the share is not from 0 to 1.
        """
        check_integer("threads", threads, 1, MAX_THREADS)
        check_number("structure_share", structure_share, 0, 1)
        self._require_comparable(distorted)
        return _as_pixels(log_error_gradient(self._scales, distorted, structure_share, threads), distorted)

    def _score(self, distorted: NDArray[np.uint8], threads: int, least_weight: float) -> float:
        check_integer("threads", threads, 1, MAX_THREADS)
        self._require_comparable(distorted)
        return score(self._scales, list(xyb_scales(distorted, threads)), threads, least_weight)

    def _require_comparable(self, distorted: NDArray[Any]) -> None:
        _require_picture(distorted)
        if distorted.shape != self._shape:
            raise ParameterError(f"a picture of {distorted.shape} cannot be compared with one of {self._shape}")


def _as_pixels(by_channel: Planes, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return derivatives in the shape of the pixels: a sample of a grey picture counts for all three channels."""
    return by_channel.sum(axis=1) if pixels.ndim == 2 else by_channel.swapaxes(1, 2)


def ssimulacra2(reference: NDArray[np.uint8], distorted: NDArray[np.uint8], *, threads: int = 1) -> float:
    """Score a distorted picture against its original by SSIMULACRA 2, which predicts people's opinion.

    A score of 30 means low quality, 50 medium, 70 high, 80 hard to tell from the original side by side, 90 hard to tell
    from it even when the two are shown in turn, 100 equal. The scale has no lower end. The order of the pictures
    matters: edges gained and edges lost have different weights.

    Parameters
    ----------
    reference, distorted
        (H, W, 3) RGB or (H, W) grey, uint8, sRGB, both of the same shape, at least 8 pixels on each side. The
        reference tool accepts no smaller ones either. As there, pictures with a side below 113 are compared at fewer
        scales, and their Y and B get weights that were fitted for other channels and scales.
    threads
        Largest number of threads; the score does not depend on it.

    Returns
    -------
    float
        100 for equal pictures, less for others, without a lower bound.

    Raises
    ------
    ParameterError
        The pictures are not such arrays.

    Notes
    -----
    After J. Sneyers, SSIMULACRA 2.1, https://github.com/cloudinary/ssimulacra2. The caller applies the colour profile,
    if there is one. As in the reference tool, rounding errors of the blur lower the score where a picture is flat and
    bright: by 1.5 points for a nearly perfect copy of 0.4 megapixels, by 5 for one of 6 megapixels.
    """
    return Ssimulacra2Reference(reference, threads=threads).score(distorted, threads=threads)


def _require_picture(pixels: NDArray[Any]) -> None:
    if not isinstance(pixels, np.ndarray):
        raise ParameterError(f"SSIMULACRA 2 takes arrays, not {describe_kind(pixels)}")
    if pixels.dtype != np.uint8 or not (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)):
        raise ParameterError(f"SSIMULACRA 2 takes uint8 (H, W, 3) or (H, W), not {pixels.dtype} {pixels.shape}")
    if min(pixels.shape[:2]) < MIN_SIDE:
        raise ParameterError(
            f"SSIMULACRA 2 needs {MIN_SIDE} pixels on each side, not {pixels.shape[1]} x {pixels.shape[0]}"
        )
