"""Requantization of existing files, and the quality for it: by what a photo needs, for a score, and for a size.

Scores are SSIMULACRA2 against the original that the file was made from. It is not known, so scores are measured against
a plausible original, whose coefficients are drawn at random from the cells of the file's levels. What the file has lost
already counts, and the score of the file itself limits what is promised.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from foveal import jpeg
from foveal.encoding.size_search import find_largest_file
from foveal.encoding.smooth_borders import raise_until_borders_vanish
from foveal.encoding.targets import DEFAULT_QUALITIES, DEFAULT_SCORE
from foveal.errors import TargetError
from foveal.inspection.quality_estimate import estimate_quality
from foveal.metrics import SSIMULACRA2_MIN_SIDE, Ssimulacra2Reference
from foveal.optimization.requantization_levels import (
    RequantizationSettings,
    requantize,
    requantize_once,
    why_not_requantized,
)
from foveal.optimization.requantization_originals import fit_distributions, plausible_original

__all__ = [
    "RequantizationSettings",
    "default_quality",
    "quality_for_score",
    "quality_for_size",
    "requantize",
    "why_not_requantized",
]

LEAST_QUALITY, MOST_QUALITY = 1, 97  # qualities that are tried; finer ones have steps of 1
# A file whose own estimated score is at most so far above the wanted one is left alone.
SCORE_MARGIN = 4.0
# Points by which estimated scores are too high, by the number of luminance samples for each chrominance sample: the
# original has also lost colour by down-sampling, which nothing in the file tells. Means over photographs of Kodak and
# CID22 and files of four encoders.
_OPTIMISM = {1: 1.0, 2: 2.2}
_OPTIMISM_OF_OTHERS = 2.5
_SAMPLED_PIXELS = 1_000_000  # approximate largest number of pixels on which scores are measured
_PATCH_SIDE = 128  # pixels, at least, of the patches that a sample consists of
_QUALITY_STEP = 0.1  # of the search for a size
_ATTEMPTS = 6  # qualities that are tried for one whose result is final
_LARGEST_LOWERING = 8  # about four points: by how much a quality may fall below the one that has the score
# Files as coarse as those that usually have a score are left alone: scores, and the libjpeg qualities whose tables are
# nearest to those of files of foveal with these scores. Means of five Kodak photographs, and 3 more up to 66.7, so that
# most results are themselves left alone.
_SCORES = 0.2, 35.7, 49.9, 58.2, 66.7, 76.8, 84.6, 100.0
_USUAL_TABLES = 12.0, 40.0, 57.0, 67.0, 78.0, 87.0, 93.0, 100.0


class SourceScores:
    """Estimates of the scores of a file and of its requantizations without a map, on patches of a large file.

    Parameters
    ----------
    source
        Contents of a file that can be requantized.
    settings
        Settings of the requantization; quality and map are not used.
    """

    def __init__(self, source: jpeg.Coefficients, settings: RequantizationSettings) -> None:
        self._sample = take_patches(source)
        self._weights = np.ones(self._sample.frame.block_grid, dtype=np.float32)
        self._settings = settings
        original = plausible_original(self._sample, fit_distributions(self._sample))
        header, chrominance = source.frame.headers[0], source.frame.headers[-1]
        down_sampling = header.h_factor * header.v_factor // (chrominance.h_factor * chrominance.v_factor)
        self._optimism = _OPTIMISM.get(down_sampling, _OPTIMISM_OF_OTHERS)
        self._reference = Ssimulacra2Reference(jpeg.reconstruct(original), threads=settings.threads)

    def of_source(self) -> float:
        """Estimate the score of the file as it is."""
        return self._score(self._sample)

    def at(self, quality: float) -> float:
        """Estimate the score of the file after requantization at a quality."""
        return self._score(requantize_once(self._sample, quality, self._weights, self._settings))

    def raise_until_borders_vanish(self, quality: float, most: int) -> float:
        """Return the least quality from `quality` to `most` at which block borders of smooth areas do not show."""

        def decode_at(quality: int) -> NDArray[np.uint8]:
            return jpeg.reconstruct(requantize_once(self._sample, quality, self._weights, self._settings))

        pixels = jpeg.reconstruct(self._sample)
        return float(raise_until_borders_vanish(pixels, decode_at, int(quality), most, self._settings.threads))

    def _score(self, quantized: jpeg.Coefficients) -> float:
        return self._reference.estimate(jpeg.reconstruct(quantized), threads=self._settings.threads) - self._optimism


def default_quality(source: jpeg.Coefficients, settings: RequantizationSettings) -> float | None:
    """Return the quality to requantize a file at if the user gives none; None if the file should stay as it is.

    It is the integer quality at which the photo without saliency is estimated to have `targets.DEFAULT_SCORE`, within
    `targets.DEFAULT_QUALITIES`, or a higher one where block borders would show in smooth areas, as in `foveal.encode`.
    There is none if the file itself is hardly better than that, if no quality has that score, or if too little would be
    saved. The result of a requantization at the default quality has none.

    Parameters
    ----------
    source
        Contents of the file.
    settings
        Settings of the requantization; the quality is ignored.
    """
    return _final_quality(source, settings, _needed_quality)


def _final_quality(
    source: jpeg.Coefficients,
    settings: RequantizationSettings,
    find_quality: Callable[[jpeg.Coefficients, RequantizationSettings], float | None],
) -> float | None:
    """Return the quality that a function finds for a file, if it finds nothing more to do for the result.

    The function estimates scores from what is left of the original, anew for the result. Where it still finds a
    quality, and more could be saved, a lower quality is tried at once, until the result is final. There is none if
    that would be much lower.
    """
    if _cannot_be_scored(source):
        return None
    wanted = quality = find_quality(source, settings)
    for _ in range(_ATTEMPTS):
        if wanted is None or quality is None or quality < wanted - _LARGEST_LOWERING:
            return None
        result = requantize(source, replace(settings, quality=quality))
        if result is source:
            return None
        further = find_quality(result, settings)
        if further is None or requantize(result, replace(settings, quality=further)) is result:
            return quality
        quality = max(min(further, quality - 1), LEAST_QUALITY)
    return None


def _cannot_be_scored(source: jpeg.Coefficients) -> bool:
    side = min(source.frame.height, source.frame.width)
    return side < SSIMULACRA2_MIN_SIDE or why_not_requantized(source) is not None


def _is_coarse(source: jpeg.Coefficients, score: float) -> bool:
    """Return whether the tables of a file are as coarse as those of files that usually have a score."""
    return estimate_quality(source.tables).quality <= float(np.interp(score, _SCORES, _USUAL_TABLES))


def _scores_above(score: float, source: jpeg.Coefficients, settings: RequantizationSettings) -> SourceScores | None:
    """Return the estimates of a file; None if the file is hardly better than a score or its tables are usual for it."""
    if _is_coarse(source, score):
        return None
    scores = SourceScores(source, settings)
    return None if scores.of_source() <= score + SCORE_MARGIN else scores


def _needed_quality(source: jpeg.Coefficients, settings: RequantizationSettings) -> float | None:
    scores = _scores_above(DEFAULT_SCORE, source, settings)
    if scores is None:
        return None
    quality = _least_sufficient_quality(scores.at, DEFAULT_SCORE, DEFAULT_QUALITIES)
    return None if quality is None else scores.raise_until_borders_vanish(quality, round(DEFAULT_QUALITIES[1]))


def quality_for_score(source: jpeg.Coefficients, score: float, settings: RequantizationSettings) -> float | None:
    """Return the lowest integer quality whose requantization is estimated to have a score; None without one.

    There is none if the file cannot be requantized, if its own estimated score is hardly better than the wanted one or
    its tables are usual for that score, if no requantization has it, or if a second run would find more to do at a
    much lower quality. The quality may be up to 8 lower, so that a second run finds nothing to do.

    Parameters
    ----------
    source
        Contents of the file.
    score
        Wanted SSIMULACRA2 against the original of the file, 0 to 100.
    settings
        Settings of the requantization; quality and map are not used.
    """
    return _final_quality(source, replace(settings, saliency_map=None), partial(_quality_for_score, score=score))


def _quality_for_score(source: jpeg.Coefficients, settings: RequantizationSettings, score: float) -> float | None:
    scores = _scores_above(score, source, settings)
    return None if scores is None else _least_sufficient_quality(scores.at, score, (LEAST_QUALITY, MOST_QUALITY))


def _least_sufficient_quality(
    score_at: Callable[[float], float], score: float, limits: tuple[float, float]
) -> float | None:
    """Find the lowest integer quality within limits that has a score, by bisection; None if the highest has not."""
    low, high = round(limits[0]) - 1, round(limits[1])
    if score_at(high) < score:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if score_at(middle) >= score else (middle, high)
    return float(high)


def quality_for_size(source: jpeg.Coefficients, size_bytes: int, settings: RequantizationSettings) -> float:
    """Return the highest quality whose requantization has at most `size_bytes` bytes.

    Parameters
    ----------
    source
        Contents of the file.
    size_bytes
        Largest size of the file with its metadata, as `jpeg.write` writes it with the script of the effort.
    settings
        Settings of the requantization; the quality is ignored.

    Raises
    ------
    TargetError
        Even the smallest file is larger than the size.
    UnsupportedError
        The file cannot be requantized.
    """
    encoder = jpeg.EncoderSettings(
        script=settings.effort.script, restart_interval=source.restart_interval, threads=settings.threads
    )

    def encode(quality: float) -> bytes:
        return jpeg.write(requantize(source, replace(settings, quality=quality)), encoder)

    fitted = find_largest_file(encode, size_bytes, quality_step=_QUALITY_STEP)
    if fitted is None:
        least = len(encode(LEAST_QUALITY))
        raise TargetError(f"no file of at most {size_bytes:,} bytes: the smallest, at quality 0 or 1, has {least:,}")
    return fitted.quality


def take_patches(source: jpeg.Coefficients) -> jpeg.Coefficients:
    """Return evenly spaced patches of a file as one smaller picture of about _SAMPLED_PIXELS.

    Patches consist of whole MCUs. A file that is not larger is returned whole.
    """
    frame = source.frame
    if frame.height * frame.width <= _SAMPLED_PIXELS:
        return source
    share = np.sqrt(_SAMPLED_PIXELS / (frame.height * frame.width))
    mcu_width = jpeg.BLOCK_SIDE * frame.h_max
    if frame.height < frame.mcu_height or frame.width < mcu_width:
        return source  # no MCU is whole
    rows = _mcus_of_patches(frame.height // frame.mcu_height, frame.mcu_height, share)
    columns = _mcus_of_patches(
        frame.width // mcu_width, mcu_width, _SAMPLED_PIXELS / (len(rows) * frame.mcu_height * frame.width)
    )
    blocks = tuple(
        np.ascontiguousarray(levels[np.ix_(_blocks_of(rows, header.v_factor), _blocks_of(columns, header.h_factor))])
        for levels, header in zip(source.blocks, frame.headers, strict=True)
    )
    smaller = replace(frame, height=len(rows) * frame.mcu_height, width=len(columns) * mcu_width)
    return replace(source, frame=smaller, blocks=blocks)


def _mcus_of_patches(mcus: int, side: int, share: float) -> NDArray[np.intp]:
    """Return the indices of rows or columns of MCUs that belong to evenly spaced patches; all of a short side."""
    length = -(-_PATCH_SIDE // side)
    patches = mcus // length
    kept = min(max(1, round(patches * share)), patches)
    if patches == 0 or kept == patches:
        return np.arange(mcus)
    selected = (np.arange(kept) + 0.5) * patches // kept
    return np.add.outer(selected.astype(np.intp) * length, np.arange(length)).ravel()


def _blocks_of(mcus: NDArray[np.intp], factor: int) -> NDArray[np.intp]:
    """Return the indices of the rows or columns of a component's blocks in some MCUs."""
    return np.add.outer(mcus * factor, np.arange(factor)).ravel()
