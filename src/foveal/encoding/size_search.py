"""Search for the highest quality at which the file of any encoder fits a given size."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

LEAST_QUALITY, MOST_QUALITY = 1, 100
MAX_SIZE_BYTES = 2**40  # larger than any JPEG file
_LOG_SIZE_PER_QUALITY = 0.03  # typical slope of log(size) over quality, between qualities 50 and 90
_FIRST_STEP_FACTOR = 1.2  # lengthens the step from the first file, so that it passes the target rather than falls short
_SHIFT_SHARE = 0.05  # shift of an interpolated step, as a fraction of the width between two known sizes


class Fitted(NamedTuple):
    """A file that fits the size, with its quality."""

    data: bytes
    quality: float


def find_largest_file(
    encode: Callable[[float], bytes],
    size_bytes: int,
    *,
    estimate_size: Callable[[float], float] | None = None,
    quality_step: float = 0.1,
    near: float = 75,
) -> Fitted | None:
    """Find a quality, 1 to 100, whose file has at most `size_bytes` bytes while the file of the next quality has more.

    Parameters
    ----------
    encode
        Function that encodes a file at a quality. Sizes should rise with the quality; small exceptions do no harm.
    size_bytes
        Largest size of the file in bytes.
    estimate_size
        Function that estimates the size of the file at a quality, faster than `encode`. The estimates may be wrong by a
        factor that is nearly the same for neighbouring qualities: only files of about the wanted size are encoded, and
        each of them corrects the factor.
    quality_step
        Distance between neighbouring qualities: 1 divided by an integer.
    near
        Quality to start from. The result does not depend on it if sizes rise with the quality; the time does.

    Returns
    -------
    Fitted or None
        The file and its quality; None if even the file of quality 1 is larger. Sizes jump where many steps of the
        quantization tables round to the next integer at once, so that the file can be 1 % smaller than allowed.
    """
    # Bracketing: `low` is the highest known step that fits, `high` the next known one, which does not. Interpolation of
    # log(size), or bisection where that converges slowly, picks a step between them until they are neighbours. Sizes
    # may be estimates until then; at the end both neighbours are encoded, and the search goes on if they disagree.
    per_quality = round(1 / quality_step)  # the search counts integer steps, since sums of fractions are not exact
    least, most = LEAST_QUALITY * per_quality, MOST_QUALITY * per_quality
    estimates: dict[int, float] = {}
    files: dict[int, bytes] = {}
    step, width = min(max(round(near * per_quality), least), most), math.inf
    while True:
        if estimate_size and step not in estimates:
            estimates[step] = estimate_size(step / per_quality)
        else:
            files[step] = encode(step / per_quality)
            estimates.setdefault(step, len(files[step]))
        sizes = _correct_estimates(estimates, files)
        low = max((known for known, size in sizes.items() if size <= size_bytes), default=least - 1)
        high = min((known for known in sizes if known > low), default=most + 1)
        if high - low > 1:
            bisect = high - low > width / 2  # the last interpolation did not halve the width
            step = (low + high) // 2 if bisect else _interpolate(low, high, sizes, size_bytes, per_quality)
            width = high - low
        elif only_estimated := [known for known in (low, high) if known in estimates and known not in files]:
            step = only_estimated[0]
        else:
            return Fitted(files[low], low / per_quality) if low in files else None


def _correct_estimates(estimates: dict[int, float], files: dict[int, bytes]) -> dict[int, float]:
    """Return the size at each known step: that of the file, or the estimate times the factor of the nearest files.

    The factor is a file's size divided by its estimate. It is interpolated linearly between steps with files.
    """
    if not files:
        return estimates
    encoded = sorted(files)
    factors = np.interp(list(estimates), encoded, [len(files[step]) / estimates[step] for step in encoded])
    corrected = {step: factor * size for (step, size), factor in zip(estimates.items(), factors.tolist(), strict=True)}
    return corrected | {step: len(files[step]) for step in encoded}


def _interpolate(low: int, high: int, sizes: dict[int, float], size_bytes: int, per_quality: int) -> int:
    """Return the step between `low` and `high` at which log(size) reaches the wanted size by linear interpolation.

    The result is shifted a little towards the middle, so that the wanted size falls between it and the nearer of the
    two. If the size of only one of them is known, a typical slope is assumed instead.
    """
    excess = {step: math.log(sizes[step] / size_bytes) for step in (low, high) if step in sizes}  # 0 at the wanted size
    if len(excess) == 2:
        guess = low + (high - low) * excess[low] / (excess[low] - excess[high])
        to_middle = (low + high) / 2 - guess
        guess += math.copysign(min(max(1, _SHIFT_SHARE * (high - low)), abs(to_middle)), to_middle)
    else:
        ((known, excess_of_known),) = excess.items()
        guess = known - _FIRST_STEP_FACTOR * excess_of_known * per_quality / _LOG_SIZE_PER_QUALITY
    return min(max(round(guess), low + 1), high - 1)
