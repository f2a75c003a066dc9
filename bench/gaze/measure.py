"""Gains of saliency maps on one photo with fixations: scores at the size of the content-blind file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

import foveal
from bench.gaze.maps import Map, MapSource, load_map_and_density
from bench.rd.luma import luma
from foveal import metrics
from foveal.allocate.allocation import AllocationName
from foveal.comparison import peers
from foveal.encoding.size_search import find_largest_file
from foveal.jpeg import EightBitPixels
from foveal.photo import to_eight_bits
from foveal.training.gaze_data import GazePhoto

SIZE_TOLERANCE = 0.005  # relative difference of sizes that count as equal
QUALITY_STEP = 0.01  # resolution of the search for a quality that gives a size


@dataclass(frozen=True)
class Setting:
    """Map, strength, and the quality of the content-blind file whose size is kept."""

    map_name: str
    quality: float
    strength: float


@dataclass(frozen=True)
class Gain:
    """Differences between the content-aware and the content-blind file of a photo.

    Attributes
    ----------
    setting
        Map, quality and strength of the content-aware file.
    change
        (3,) change of scores: PSNR in dB and SSIM, both weighted by fixation density, and SSIMULACRA2 of the whole
        photo.
    excess
        Relative change of the size in bytes.
    """

    setting: Setting
    change: NDArray[np.float64]
    excess: float


class DecodedScorer:
    """Scores decoded versions of one original."""

    def __init__(self, pixels: EightBitPixels) -> None:
        self._pixels = pixels
        self._luminance = luma(pixels)
        self._reference = metrics.Ssimulacra2Reference(pixels)

    def scores(self, decoded: EightBitPixels, densities: Sequence[Map]) -> list[NDArray[np.float64]]:
        """Return, for each fixation density (H, W), PSNR and SSIM weighted by it, and SSIMULACRA2 of the whole.

        SSIM is computed on the luminance with Gaussian windows of sigma 1.5, as in Z. Wang et al., "Image Quality
        Assessment: From Error Visibility to Structural Similarity", IEEE TIP 2004.
        """
        _, similarity = structural_similarity(
            self._luminance,
            luma(decoded),
            data_range=255,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            full=True,
        )
        whole = self._reference.score(decoded)
        return [
            np.array([metrics.psnr(self._pixels, decoded, density), np.average(similarity, weights=density), whole])
            for density in densities
        ]


def measure_gains(
    photo: GazePhoto,
    sources: Sequence[MapSource],
    qualities: Sequence[float],
    strengths: Sequence[float],
    allocation: AllocationName,
) -> list[Gain]:
    """Measure the gain of each map on a photo at each quality and strength.

    Raises
    ------
    ValueError
        No content-aware file has the size of the content-blind one.
    """
    opened = foveal.open(photo.path)
    pixels = to_eight_bits(opened.upright().pixels)
    scorer = DecodedScorer(pixels)
    maps, densities = zip(*(load_map_and_density(source, photo, opened) for source in sources), strict=True)

    def encode(quality: float, saliency: Map | None, strength: float = 0) -> bytes:
        return foveal.encode(
            pixels,
            quality=quality,
            saliency=saliency,
            strength=strength,
            allocation=allocation,
            subsampling="4:2:0",
            threads=1,
        )

    gains = []
    for quality in qualities:
        blind = encode(quality, None)
        blind_scores = scorer.scores(peers.decode_for_viewing(blind), densities)
        for source, saliency, density, blind_score in zip(sources, maps, densities, blind_scores, strict=True):
            near = quality
            for strength in strengths:
                encode_aware = partial(encode, saliency=saliency, strength=strength)
                aware, other, near = encode_at_equal_size(encode_aware, partial(encode, saliency=None), quality, near)
                before = blind_score if other == blind else scorer.scores(peers.decode_for_viewing(other), [density])[0]
                after = scorer.scores(peers.decode_for_viewing(aware), [density])[0]
                gains.append(Gain(Setting(source.name, quality, strength), after - before, len(aware) / len(other) - 1))
    return gains


def encode_at_equal_size(
    encode_aware: Callable[[float], bytes], encode_blind: Callable[[float], bytes], quality: float, near: float
) -> tuple[bytes, bytes, float]:
    """Find a content-aware and a content-blind file of equal size.

    Parameters
    ----------
    encode_aware, encode_blind
        Encoders of the photo, from a quality to a file.
    quality
        Quality of the content-blind file. Where no content-aware file has its size, sizes 1 or 2 % away are tried.
    near
        Quality at which the search for the content-aware file starts.

    Returns
    -------
    aware, blind
        The two files; the content-aware one is at most SIZE_TOLERANCE smaller, and never larger.
    aware_quality
        Quality of the content-aware file.
    """
    wanted = len(encode_blind(quality))
    for factor in (1, 0.99, 1.01, 0.98, 1.02):
        blind = find_largest_file(encode_blind, round(factor * wanted), quality_step=QUALITY_STEP, near=quality)
        aware = blind and find_largest_file(encode_aware, len(blind.data), quality_step=QUALITY_STEP, near=near)
        if blind and aware and len(aware.data) >= (1 - SIZE_TOLERANCE) * len(blind.data):
            return aware.data, blind.data, aware.quality
    raise ValueError(f"no files of equal size at quality {quality:g}")
