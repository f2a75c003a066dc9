"""Encoding to a target: a predicted or measured score, or a size in bytes.

Each function searches for the quality that meets the target best.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Literal, NamedTuple, TypeVar

from foveal import jpeg
from foveal.allocate.score_prediction import CEILING
from foveal.encoding.size_search import LEAST_QUALITY, MOST_QUALITY, find_largest_file
from foveal.encoding.smooth_borders import raise_until_borders_vanish
from foveal.encoding.weighed_photo import WeighedPhoto
from foveal.errors import TargetError
from foveal.metrics import SSIMULACRA2_MIN_SIDE, Ssimulacra2Reference
from foveal.photo import to_eight_bits

# The authors of SSIMULACRA2 call a score of 70 high quality and 90 visually lossless. At scores between, artifacts are
# hard to find without flipping between the pictures (https://github.com/cloudinary/ssimulacra2).
DEFAULT_SCORE = 80.0
DEFAULT_QUALITIES = 60, 95  # limits of the default quality, for pictures whose score says little, such as flat ones

# Approximate largest numbers of pixels in samples of a photo, see `WeighedPhoto.sample`. The default quality, which
# promises less, takes less time: with 66,000, the scores of 56 photographs had a standard deviation of 0.9, and hardly
# less with twice as many. Samples of that size score a little more than the photo, 0.8 points in the mean.
_SAMPLED_PIXELS, _PIXELS_FOR_DEFAULT = 1_000_000, 66_000
_EXCESS_OF_SMALL_SAMPLES = 0.8
# The search for the default quality begins at the first of these numbers, near which photographs score 80. Up
# to 100 points, log(102 - score) falls by the second per unit of quality: by 0.021 to 0.027 in nine of ten photographs.
_USUAL_QUALITY, _USUAL_FALL = 80, 0.023

# Tolerances in points of SSIMULACRA2.
_SEARCH_TOLERANCE = 0.2  # ends a search by predicted scores
_MEASURED_SEARCH_TOLERANCE = 0.5  # ends a search by measured scores
_PROMISED_TOLERANCE = 1.0  # promised by `foveal.encode`
_CORRECTED_ERROR = 4.0  # largest error of the default score that is corrected without measuring again
_TRUSTED_ERROR = 5.0  # largest accepted error of a prediction; without a map, nine of ten photographs are within 3

# A measured score corrects the predictions for qualities at this distance or less; so many scores are measured at most.
_NEAR_QUALITIES, _MOST_CORRECTIONS = 2.0, 3

_SUFFICIENT_FILL = 0.97  # a file of at least this fraction of the allowed size is good enough
_QUALITY_STEP = 0.02  # step of the search for a size; at the finest tables, a step of 0.1 can change the size by 5 %
_MAX_SEARCH_STEPS = 12

ScoreSource = Literal["predicted", "measured on a sample", "measured"]


class TargetResult(NamedTuple):
    """A file that was encoded to a target, with its quality and score.

    Parameters
    ----------
    photo
        Photo that was encoded, with its final subsampling.
    data
        The JPEG file.
    quality
        Quality of the file, 0 to 100 on libjpeg's scale.
    score
        SSIMULACRA2, predicted or measured as `score_is` says; None if the target was not a score.
    score_is
        Source of the score: "predicted", "measured on a sample" or "measured"; None if there is no score.
    """

    photo: WeighedPhoto
    data: bytes
    quality: float
    score: float | None = None
    score_is: ScoreSource | None = None


Result = TypeVar("Result", bound=TargetResult | None)


def encode_to_default_score(photo: WeighedPhoto) -> TargetResult:
    """Encode at the quality at which the photo without saliency has DEFAULT_SCORE, estimated from a sample.

    The quality is an integer within DEFAULT_QUALITIES. The salient part keeps the score; the rest gets a lower one.
    Where large smooth areas would show block borders, the quality is higher.
    """
    sample = photo.sample(_PIXELS_FOR_DEFAULT)
    wanted = DEFAULT_SCORE if sample is photo else DEFAULT_SCORE + _EXCESS_OF_SMALL_SAMPLES
    sample = sample.without_saliency()
    quality = raise_until_borders_vanish(
        sample.pixels,
        lambda quality: jpeg.reconstruct(sample.quantize(quality)),
        _find_default_quality(sample, wanted),
        DEFAULT_QUALITIES[1],
        photo.settings.threads,
    )
    return TargetResult(photo, photo.encode(quality), quality)


def encode_to_predicted_score(photo: WeighedPhoto, score: float) -> TargetResult:
    """Encode at the quality at which the score of a sample, predicted or measured, is nearest to the wanted one."""

    def encode(photo: WeighedPhoto) -> TargetResult:
        found = _find_quality_on_sample(photo.sample(_SAMPLED_PIXELS), score)
        return TargetResult(photo, photo.encode(found.quality), *found)

    def error(result: TargetResult) -> float:
        return abs((result.score or 0) - score)

    return _encode_with_best_subsampling(photo, encode, error, _PROMISED_TOLERANCE)


def encode_to_measured_score(photo: WeighedPhoto, score: float) -> TargetResult:
    """Encode at the quality at which the whole photo has the wanted score, measured on the decoded file.

    Raises
    ------
    TargetError
        No quality gives a measured score within 1 point of the wanted one.
    """
    threads = photo.settings.threads
    reference = Ssimulacra2Reference(to_eight_bits(photo.pixels), threads=threads)

    def encode(photo: WeighedPhoto) -> TargetResult:
        files: dict[float, bytes] = {}

        def measure_score(quality: float) -> float:
            files[quality] = photo.encode(quality)
            return reference.score(jpeg.decode(files[quality]), threads=threads)

        quality, found_score = _find_quality_of_score(measure_score, score, _MEASURED_SEARCH_TOLERANCE)
        return TargetResult(photo, files[quality], quality, found_score, "measured")

    def error(result: TargetResult) -> float:
        return abs((result.score or 0) - score)

    result = _encode_with_best_subsampling(photo, encode, error, _PROMISED_TOLERANCE)
    if error(result) > _PROMISED_TOLERANCE:
        raise TargetError(
            f"no file scores {score:g}; the nearest score is {result.score:.1f}, at quality {result.quality:g}"
        )
    return result


def encode_to_size(photo: WeighedPhoto, size_bytes: int) -> TargetResult:
    """Encode at the highest quality whose file has at most `size_bytes` bytes.

    Raises
    ------
    TargetError
        Even the smallest file is larger than the size.
    """

    def encode(photo: WeighedPhoto) -> TargetResult | None:
        estimate = functools.partial(photo.estimate_size, sample=photo.sample(_SAMPLED_PIXELS))
        fitted = find_largest_file(photo.encode, size_bytes, estimate_size=estimate, quality_step=_QUALITY_STEP)
        return TargetResult(photo, *fitted) if fitted else None

    def unused_share(result: TargetResult | None) -> float:
        return 1 - len(result.data) / size_bytes if result else 1

    result = _encode_with_best_subsampling(photo, encode, unused_share, 1 - _SUFFICIENT_FILL)
    if result is None:
        least = len(photo.encode(LEAST_QUALITY))
        raise TargetError(f"no file of at most {size_bytes:,} bytes: the smallest, at quality 0 or 1, has {least:,}")
    return result


def _encode_with_best_subsampling(
    photo: WeighedPhoto,
    encode: Callable[[WeighedPhoto], Result],
    error: Callable[[Result], float],
    tolerance: float,
) -> Result:
    """Encode to a target; if the error exceeds the tolerance, encode again at 4:4:4, and return the better result.

    Sizes and scores jump at the quality at which subsampling "auto" changes from 4:2:0 to 4:4:4. A target
    inside the jump is reached with 4:4:4 at a quality below the change. Such a file looks better than a 4:2:0 file of
    the same size.
    """
    result = encode(photo)
    if error(result) <= tolerance or not photo.subsampling.changes:
        return result
    return min(result, encode(photo.with_subsampling_of(MOST_QUALITY)), key=error)


def _find_default_quality(sample: WeighedPhoto, wanted: float) -> int:
    """Find the quality within DEFAULT_QUALITIES at which a sample has the wanted score, by measuring it.

    It is found by the secant method on log(CEILING - score), which is nearly linear in the quality. Mostly one
    measurement is enough, because photographs have about the same slope. Drawings do not, and are measured again.
    """
    if min(sample.pixels.shape[:2]) < SSIMULACRA2_MIN_SIDE:
        return DEFAULT_QUALITIES[1]  # there is no score, and so small a file is hardly more than its headers
    threads = sample.settings.threads
    reference = Ssimulacra2Reference(to_eight_bits(sample.pixels), threads=threads)
    quality, fall, tried = _USUAL_QUALITY, _USUAL_FALL, dict[int, float]()
    while quality not in tried and len(tried) < _MAX_SEARCH_STEPS:
        score = reference.estimate(jpeg.reconstruct(sample.quantize(quality)), threads=threads)
        tried[quality] = math.log(CEILING - score)
        if len(tried) > 1:
            (first, before), (second, after) = list(tried.items())[-2:]
            fall = min(max((before - after) / (second - first), _USUAL_FALL / 4), _USUAL_FALL * 4)
        quality = _as_default(quality + (tried[quality] - math.log(CEILING - wanted)) / fall)
        if abs(score - wanted) <= _CORRECTED_ERROR:
            return quality
    return min(tried, key=lambda each: abs(tried[each] - math.log(CEILING - wanted)))


def _as_default(quality: float) -> int:
    least, most = DEFAULT_QUALITIES
    return min(max(round(quality), least), most)


class _ScoredQuality(NamedTuple):
    """A quality, its score, and the source of the score."""

    quality: float
    score: float
    score_is: ScoreSource


def _find_quality_on_sample(sample: WeighedPhoto, score: float) -> _ScoredQuality:
    """Find the quality at which a sample has the wanted score, by prediction or, if that is wrong, by measurement.

    The prediction is fitted to photographs: for drawings and pages of text it can be off by 40 points. So the score of
    the sample is measured at the quality found. If that contradicts the prediction, the search is repeated with
    measured scores; otherwise with predictions that the measurement has corrected. The correction holds for
    neighbouring qualities with the same subsampling. If the new quality is not one of them, it is measured, too.
    """
    predict = functools.cache(sample.predict_score)
    quality, predicted = _find_quality_of_score(predict, score, _SEARCH_TOLERANCE)
    if min(sample.pixels.shape[:2]) < SSIMULACRA2_MIN_SIDE:
        return _ScoredQuality(quality, predicted, "predicted")
    reference = Ssimulacra2Reference(to_eight_bits(sample.pixels), threads=sample.settings.threads)

    def measure_score(quality: float) -> float:
        return reference.estimate(jpeg.reconstruct(sample.quantize(quality)), threads=sample.settings.threads)

    for _ in range(_MOST_CORRECTIONS):
        measured, error = quality, measure_score(quality) - predict(quality)
        if abs(error) > _TRUSTED_ERROR:
            break
        quality, predicted = _find_quality_of_score(_raised_by(error, predict), score, _SEARCH_TOLERANCE)
        is_near = abs(quality - measured) <= _NEAR_QUALITIES
        if is_near and sample.subsampling.at(quality) == sample.subsampling.at(measured):
            return _ScoredQuality(quality, predicted, "predicted")
    found = _find_quality_of_score(measure_score, score, _MEASURED_SEARCH_TOLERANCE)
    return _ScoredQuality(*found, "measured on a sample")


def _raised_by(difference: float, score_at: Callable[[float], float]) -> Callable[[float], float]:
    return lambda quality: score_at(quality) + difference


def _find_quality_of_score(score_at: Callable[[float], float], target: float, tolerance: float) -> tuple[float, float]:
    """Find a quality whose score is within a tolerance of the target.

    Returns
    -------
    quality, score
        The tried quality whose score is nearest to the target, and its score.
    """
    # Scores rise with quality, but not linearly. So steps alternate between the secant method, through the nearest
    # qualities on both sides of the target (regula falsi), and bisection.
    scores: dict[float, float] = {}
    low, high, quality = float(LEAST_QUALITY), float(MOST_QUALITY), 75.0
    for step in range(_MAX_SEARCH_STEPS):
        scores[quality] = score_at(quality)
        if abs(scores[quality] - target) <= tolerance:
            break
        low, high = (quality, high) if scores[quality] < target else (low, quality)
        if low in scores and high in scores and scores[high] > scores[low] and step % 2 == 0:
            share = (target - scores[low]) / (scores[high] - scores[low])
            quality = low + (high - low) * min(max(share, 0.05), 0.95)
        else:
            quality = high if low in scores and high not in scores and high - low < 5 else (low + high) / 2
        quality = round(quality, 2)
        if quality in scores:
            break
    nearest = min(scores, key=lambda each: abs(scores[each] - target))
    return nearest, scores[nearest]
