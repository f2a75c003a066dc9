"""Scores of decoded files against the photo: of the whole photo, and of the parts where people look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from foveal import metrics
from foveal.comparison.regions import Region
from foveal.jpeg import EightBitPixels

SSIM_REQUIREMENT = "scikit-image (pip install 'foveal[compare]')"


@dataclass(frozen=True)
class Scores:
    """Scores of a decoded file; higher is better.

    A score is None if the photo is too small for it, if scikit-image, which SSIM needs, is not installed, or, for
    `salient_ssim`, if only pixels near the edges have a weight.

    Parameters
    ----------
    ssimulacra2, ssim, psnr
        Scores of the whole photo. SSIM is the mean of R, G and B. PSNR is in decibels, infinite for a lossless file.
    salient_ssimulacra2
        SSIMULACRA 2 of the salient region alone: it compares six resolutions and cannot be weighted by pixels.
    salient_ssim, salient_psnr
        Scores of the whole photo in which each pixel is weighted by the saliency map.
    """

    ssimulacra2: float | None
    ssim: float | None
    psnr: float
    salient_ssimulacra2: float | None
    salient_ssim: float | None
    salient_psnr: float


class ScoreReference:
    """A photo prepared for scoring several decoded versions of it.

    Parameters
    ----------
    original
        Pixels of the photo, (H, W, 3) uint8.
    weights
        Weight of each pixel in the weighted scores, (H, W) float32.
    salient
        Most salient region of the photo.
    """

    def __init__(self, original: EightBitPixels, weights: NDArray[np.float32], salient: Region) -> None:
        self._original, self._weights, self._salient = original, weights, salient
        self._score_whole = _ssimulacra2_against(original)
        self._score_salient = _ssimulacra2_against(original[salient.slices])

    def score(self, decoded: EightBitPixels) -> Scores:
        """Return the scores of a decoded file, (H, W, 3) uint8."""
        ssim, salient_ssim = self._score_ssim(decoded)
        return Scores(
            ssimulacra2=self._score_whole(decoded),
            ssim=ssim,
            psnr=metrics.psnr(self._original, decoded),
            salient_ssimulacra2=self._score_salient(decoded[self._salient.slices]),
            salient_ssim=salient_ssim,
            salient_psnr=metrics.psnr(self._original, decoded, self._weights),
        )

    def _score_ssim(self, decoded: EightBitPixels) -> tuple[float | None, float | None]:
        """Return SSIM and weighted SSIM; both need the same map, which takes most of the time."""
        if not has_ssim() or min(decoded.shape[:2]) < metrics.SSIM_MIN_SIDE:
            return None, None
        ssim_map = metrics.ssim_of_pixels(self._original, decoded)
        weights = metrics.inside_ssim(self._weights)
        return float(ssim_map.mean()), float(np.average(ssim_map, weights=weights)) if weights.any() else None


def has_ssim() -> bool:
    """Return whether scikit-image, which SSIM needs, is installed."""
    return find_spec("skimage") is not None


def _ssimulacra2_against(original: EightBitPixels) -> Callable[[EightBitPixels], float | None]:
    """Return a function that scores decoded pixels by SSIMULACRA 2, or returns None if the original is too small."""
    if min(original.shape[:2]) < metrics.SSIMULACRA2_MIN_SIDE:
        return lambda _: None
    return metrics.Ssimulacra2Reference(np.ascontiguousarray(original)).score
