"""The quality that meets a target: a score, predicted or measured, or a size."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeVar

from foveal import jpeg
from foveal.encoding.size_search import LEAST_QUALITY, MOST_QUALITY, largest_within
from foveal.encoding.weighed_photo import WeighedPhoto
from foveal.errors import TargetError
from foveal.metrics.ssimulacra import MIN_SIDE, Ssimulacra2Reference
from foveal.photo import eight_bits

# SSIMULACRA2 calls 70 high quality and 90 visually lossless; between them artifacts are hard to find without flipping
# between the pictures (https://github.com/cloudinary/ssimulacra2).
DEFAULT_SCORE = 80.0
DEFAULT_QUALITIES = (60.0, 95.0)  # between which it is looked for: where a score says little, as of a flat picture
_SCORE_TOLERANCE = 0.2  # of a search
_VERIFIED_TOLERANCE = 0.5
_PROMISED_TOLERANCE = 1.0
_TRUSTED = 5.0  # points that a prediction may be off: those for photographs are within 3 nine times of ten
_WELL_USED = 0.97  # of a size
_QUALITY_STEP = 0.02  # of sizes: where tables are finest, 0.1 can be 5 % of the bytes
_MOST_STEPS = 12

PREDICTED, SAMPLED, MEASURED = "predicted", "measured on a sample", "measured"  # what a score is


class MetTarget(NamedTuple):
    """A file that meets a target.

    Parameters
    ----------
    photo
        With the options that made it.
    data
        The JPEG file.
    quality
        That made it, 0 to 100.
    score
        SSIMULACRA2, where the target was one.
    score_is
        PREDICTED, SAMPLED or MEASURED, where there is a score.
    """

    photo: WeighedPhoto
    data: bytes
    quality: float
    score: float | None = None
    score_is: str | None = None


Found = TypeVar("Found", bound=MetTarget | None)


def of_default_score(photo: WeighedPhoto) -> MetTarget:
    """File whose salient part scores DEFAULT_SCORE, as predicted for an encode without saliency."""
    found = _found_on_sample(photo.sample().without_saliency(), DEFAULT_SCORE)
    quality = min(max(round(found.quality), DEFAULT_QUALITIES[0]), DEFAULT_QUALITIES[1])
    return MetTarget(photo, photo.encode(quality), quality)


def of_predicted_score(photo: WeighedPhoto, score: float) -> MetTarget:
    """File that scores as wanted over the whole photo, as a sample tells; the nearest there is where none does."""

    def met(photo: WeighedPhoto) -> MetTarget:
        found = _found_on_sample(photo.sample(), score)
        return MetTarget(photo, photo.encode(found.quality), *found)

    return _in_one_subsampling(met, photo, lambda found: _points_off(found, score), _PROMISED_TOLERANCE)


def of_measured_score(photo: WeighedPhoto, score: float) -> MetTarget:
    """File that scores as wanted over the whole photo, measured.

    Raises
    ------
    TargetError
        No quality scores so high, or so low.
    """
    threads = photo.settings.threads
    reference = Ssimulacra2Reference(eight_bits(photo.pixels), threads=threads)

    def met(photo: WeighedPhoto) -> MetTarget:
        files: dict[float, bytes] = {}

        def measured(quality: float) -> float:
            files[quality] = photo.encode(quality)
            return reference.score(jpeg.decode(files[quality]), threads=threads)

        quality, found = _quality_of_score(measured, score, _VERIFIED_TOLERANCE)
        return MetTarget(photo, files[quality], quality, found, MEASURED)

    found = _in_one_subsampling(met, photo, lambda found: _points_off(found, score), _PROMISED_TOLERANCE)
    if _points_off(found, score) > _PROMISED_TOLERANCE:
        raise TargetError(f"no file scores {score:g}: at quality {found.quality:g} it is {found.score:.1f}")
    return found


def of_size(photo: WeighedPhoto, size_bytes: int) -> MetTarget:
    """File of the largest quality that is not larger than a size.

    Raises
    ------
    TargetError
        Even the smallest file is larger.
    """

    def met(photo: WeighedPhoto) -> MetTarget | None:
        price = partial(photo.price, sample=photo.sample())
        fitted = largest_within(photo.encode, size_bytes, price=price, quality_step=_QUALITY_STEP)
        return MetTarget(photo, *fitted) if fitted else None

    def unused(found: MetTarget | None) -> float:
        return 1 - len(found.data) / size_bytes if found else 1

    found = _in_one_subsampling(met, photo, unused, 1 - _WELL_USED)
    if found is None:
        least = len(photo.encode(LEAST_QUALITY))
        raise TargetError(f"no file of at most {size_bytes:,} bytes: the smallest, at quality 1, has {least:,}")
    return found


def _in_one_subsampling(
    met: Callable[[WeighedPhoto], Found], photo: WeighedPhoto, missed_by: Callable[[Found], float], tolerance: float
) -> Found:
    """What meets a target.

    Where the subsampling changes, sizes and scores jump. A target between both ends of the jump is met with all colour
    samples, at a lower quality: from there on that looks better for its bytes.
    """
    found = met(photo)
    if missed_by(found) <= tolerance or not photo.subsampling.changes:
        return found
    return min(found, met(photo.with_subsampling_of(MOST_QUALITY)), key=missed_by)


class _Scored(NamedTuple):
    """A quality, its score, and what that is."""

    quality: float
    score: float
    score_is: str


def _found_on_sample(sample: WeighedPhoto, score: float) -> _Scored:
    """Quality that a score is predicted for.

    Predictions are for photographs: drawings and pages of text can be 40 points off. So the sample is measured once,
    and where it contradicts, the search begins anew with measured scores.
    """
    quality, predicted = _quality_of_score(sample.predicted_score, score, _SCORE_TOLERANCE)
    if min(sample.pixels.shape[:2]) < MIN_SIDE:
        return _Scored(quality, predicted, PREDICTED)
    reference = Ssimulacra2Reference(eight_bits(sample.pixels), threads=sample.settings.threads)

    def measured(quality: float) -> float:
        return reference.score(jpeg.reconstruct(sample.quantized(quality)), threads=sample.settings.threads)

    if abs(measured(quality) - predicted) <= _TRUSTED:
        return _Scored(quality, predicted, PREDICTED)
    return _Scored(*_quality_of_score(measured, score, _VERIFIED_TOLERANCE), SAMPLED)


def _points_off(found: MetTarget, score: float) -> float:
    return abs((found.score or 0) - score)


def _quality_of_score(score_at: Callable[[float], float], wanted: float, tolerance: float) -> tuple[float, float]:
    """Quality whose score is within a tolerance of the wanted one, or the nearest that was seen, and its score.

    A secant between the nearest qualities on both sides, halved every other time: scores rise with quality, but in no
    straight line.
    """
    seen: dict[float, float] = {}
    low, high, quality = float(LEAST_QUALITY), float(MOST_QUALITY), 75.0
    for step in range(_MOST_STEPS):
        seen[quality] = score_at(quality)
        if abs(seen[quality] - wanted) <= tolerance:
            break
        low, high = (quality, high) if seen[quality] < wanted else (low, quality)
        if low in seen and high in seen and seen[high] > seen[low] and step % 2 == 0:
            share = (wanted - seen[low]) / (seen[high] - seen[low])
            quality = low + (high - low) * min(max(share, 0.05), 0.95)
        else:
            quality = high if low in seen and high not in seen and high - low < 5 else (low + high) / 2
        quality = round(quality, 2)
        if quality in seen:
            break
    nearest = min(seen, key=lambda each: abs(seen[each] - wanted))
    return nearest, seen[nearest]
