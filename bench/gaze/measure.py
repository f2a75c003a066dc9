"""One photo with known fixations: what maps gain where people looked, at the bytes of the content-blind encode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

import foveal
from foveal import metrics
from foveal.allocate.allocation import AllocationName
from foveal.comparison import peers
from foveal.encoding.size_search import find_largest_file
from foveal.jpeg import EightBitPixels
from foveal.photo import Photo, to_eight_bits
from foveal.saliency import look, map_of_picture
from foveal.training.gaze_data import GazePhoto, fixation_density, observer_halves

Map = NDArray[np.floating]

FIXATIONS = "fixations"
HALF = "half"
SIZE_TOLERANCE = 0.005  # what passes for equal bytes
QUALITY_STEP = 0.01  # of the search for them


@dataclass(frozen=True)
class MapSource:
    """Where the map of a photo comes from.

    Attributes
    ----------
    name
        `FIXATIONS` for the density of all fixations, `HALF` for that of every second observer's (judged on the others'
        fixations), or the name of a method, or what the maps in `folder` are to be called.
    folder
        Holds a map for each photo: `<stem>.npy`, floats in [0, 1], or `<stem>.png`, grey of 8 or 16 bits.
    """

    name: str
    folder: Path | None = None


@dataclass(frozen=True)
class Setting:
    """How a photo is encoded: at the bytes of the content-blind encode of `quality`."""

    map_name: str
    quality: float
    strength: float


@dataclass(frozen=True)
class Gain:
    """Scores less those of the content-blind encode.

    Attributes
    ----------
    change
        (3,): PSNR in dB and SSIM where people looked, SSIMULACRA2 of the whole photo.
    excess
        Bytes more than those of the content-blind encode, as a share.
    """

    setting: Setting
    change: NDArray[np.float64]
    excess: float


class Judge:
    """An original, prepared to judge decoded versions of it."""

    def __init__(self, pixels: EightBitPixels) -> None:
        self._pixels = pixels
        self._luminance = _luminance(pixels)
        self._reference = metrics.Ssimulacra2Reference(pixels)

    def scores(self, decoded: EightBitPixels, densities: Sequence[Map]) -> list[NDArray[np.float64]]:
        """For each density of fixations (H, W): PSNR and SSIM weighted by it, and SSIMULACRA2 of the whole.

        SSIM is that of Z. Wang et al., "Image Quality Assessment: From Error Visibility to Structural Similarity", IEEE
        TIP 2004, of the luminance: Gaussian windows of sigma 1.5.
        """
        _, similarity = structural_similarity(
            self._luminance,
            _luminance(decoded),
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


def _luminance(pixels: EightBitPixels) -> NDArray[np.float64]:
    return np.asarray(pixels @ np.array([0.299, 0.587, 0.114]))


def gains(
    photo: GazePhoto,
    sources: Sequence[MapSource],
    qualities: Sequence[float],
    strengths: Sequence[float],
    allocation: AllocationName,
) -> list[Gain]:
    """What each map gains on a photo at each quality and strength; ValueError where no equal bytes are found."""
    opened = foveal.open(photo.path)
    pixels = to_eight_bits(opened.upright().pixels)
    judge = Judge(pixels)
    maps, densities = zip(*(map_and_density(source, photo, opened) for source in sources), strict=True)

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

    found = []
    for quality in qualities:
        blind = encode(quality, None)
        blind_scores = judge.scores(peers.decode_for_viewing(blind), densities)
        for source, saliency, density, blind_score in zip(sources, maps, densities, blind_scores, strict=True):
            near = quality
            for strength in strengths:
                aware_at = partial(encode, saliency=saliency, strength=strength)
                aware, other, near = of_equal_bytes(aware_at, partial(encode, saliency=None), quality, near)
                before = blind_score if other == blind else judge.scores(peers.decode_for_viewing(other), [density])[0]
                after = judge.scores(peers.decode_for_viewing(aware), [density])[0]
                found.append(Gain(Setting(source.name, quality, strength), after - before, len(aware) / len(other) - 1))
    return found


def of_equal_bytes(
    aware_at: Callable[[float], bytes], blind_at: Callable[[float], bytes], quality: float, near: float
) -> tuple[bytes, bytes, float]:
    """Files of two encoders, the first smaller by SIZE_TOLERANCE at most, and its quality, sought `near` one.

    The second's is of `quality`, or a little beside it where the first makes no file of that size.
    """
    wanted = len(blind_at(quality))
    for share in (1, 0.99, 1.01, 0.98, 1.02):
        blind = find_largest_file(blind_at, round(share * wanted), quality_step=QUALITY_STEP, near=quality)
        aware = blind and find_largest_file(aware_at, len(blind.data), quality_step=QUALITY_STEP, near=near)
        if blind and aware and len(aware.data) >= (1 - SIZE_TOLERANCE) * len(blind.data):
            return aware.data, blind.data, aware.quality
    raise ValueError(f"no files of equal bytes at quality {quality:g}")


def map_and_density(source: MapSource, photo: GazePhoto, opened: Photo) -> tuple[Map, Map]:
    """Map of a photo in [0, 1], and the density of the fixations that it is judged on."""
    assert photo.fixations is not None  # noqa: S101 (the caller chooses such photos)
    height, width = opened.displayed_size
    density = fixation_density(photo.fixations, height, width)
    if source.folder is not None:
        return _read_map(source.folder, photo.path.stem), density
    if source.name == FIXATIONS:
        return density / density.max(), density
    if source.name == HALF:
        halves = observer_halves(photo.fixations)
        judged, predicting = (fixation_density(half, height, width) for half in halves)
        return predicting / predicting.max(), judged
    return np.asarray(look(opened, source.name).spending_map, np.float32), density


def _read_map(folder: Path, stem: str) -> Map:
    array = folder / f"{stem}.npy"
    return np.load(array) if array.exists() else map_of_picture(foveal.open(folder / f"{stem}.png"))
