"""How far files are from the photo: as a whole, and where people look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from foveal import metrics
from foveal.comparison.regions import Region
from foveal.jpeg import EightBitPixels

SSIM_NEEDS = "scikit-image (pip install 'foveal[compare]')"


@dataclass(frozen=True)
class Scores:
    """Scores of a decoded file, higher is better.

    None where the photo is too small for a score, or all weights lie at its edge, or scikit-image is missing.

    Parameters
    ----------
    ssimulacra2, ssim, psnr
        Of the whole photo; SSIM is the mean of R, G and B, PSNR in decibels, infinite where nothing is lost.
    salient_ssimulacra2
        Of the salient region alone: SSIMULACRA 2 looks at six sizes, and cannot be weighted by pixels.
    salient_ssim, salient_psnr
        Of the whole photo, each pixel weighted by the map.
    """

    ssimulacra2: float | None
    ssim: float | None
    psnr: float
    salient_ssimulacra2: float | None
    salient_ssim: float | None
    salient_psnr: float


class Judge:
    """A photo, prepared to score decoded versions of it.

    Parameters
    ----------
    original
        (H, W, 3) uint8.
    weights
        (H, W): how much each pixel counts where people look.
    salient
        The salient region.
    """

    def __init__(self, original: EightBitPixels, weights: NDArray[np.float32], salient: Region) -> None:
        self._original, self._weights, self._salient = original, weights, salient
        self._whole_ssimulacra2 = _ssimulacra2_of(original)
        self._salient_ssimulacra2 = _ssimulacra2_of(original[salient.slices])

    def scores(self, decoded: EightBitPixels) -> Scores:
        """Score (H, W, 3) uint8."""
        ssim, salient_ssim = self._ssim(decoded)
        return Scores(
            ssimulacra2=self._whole_ssimulacra2(decoded),
            ssim=ssim,
            psnr=metrics.psnr(self._original, decoded),
            salient_ssimulacra2=self._salient_ssimulacra2(decoded[self._salient.slices]),
            salient_ssim=salient_ssim,
            salient_psnr=metrics.psnr(self._original, decoded, self._weights),
        )

    def _ssim(self, decoded: EightBitPixels) -> tuple[float | None, float | None]:
        """Of the whole, and weighted; `metrics.ssim` twice would take twice as long."""
        if not has_ssim() or min(decoded.shape[:2]) < metrics.SSIM_MIN_SIDE:
            return None, None
        of_pixels = metrics.ssim_of_pixels(self._original, decoded)
        weights = metrics.inside_ssim(self._weights)
        return float(of_pixels.mean()), float(np.average(of_pixels, weights=weights)) if weights.any() else None


def has_ssim() -> bool:
    """Whether scikit-image is installed, which SSIM needs."""
    return find_spec("skimage") is not None


def _ssimulacra2_of(original: EightBitPixels) -> Callable[[EightBitPixels], float | None]:
    """From a decoded picture to its score."""
    if min(original.shape[:2]) < metrics.SSIMULACRA2_MIN_SIDE:
        return lambda _: None
    return metrics.Ssimulacra2Reference(np.ascontiguousarray(original)).score
