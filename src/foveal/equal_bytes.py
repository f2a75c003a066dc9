"""Files of equal bytes: the best that an encoder makes in no more than a given size."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

LEAST_QUALITY, MOST_QUALITY = 1, 100
_LOG_SIZE_PER_QUALITY = 0.03  # about, between qualities 50 and 90


class Fitted(NamedTuple):
    """A file, and the quality that made it."""

    data: bytes
    quality: float


def largest_within(
    encode: Callable[[float], bytes], size_bytes: int, *, quality_step: float = 0.1, near: float = 75
) -> Fitted | None:
    """Search for the quality, 1 to 100, whose file is not larger than a size, while that of the next quality is.

    Parameters
    ----------
    encode
        From a quality to a file, larger for higher qualities but for small exceptions.
    size_bytes
        What the file may have at most.
    quality_step
        Between qualities that are tried: 1 over a whole number.
    near
        Quality to begin with; it costs time where it is far off, nothing else.

    Returns
    -------
    Fitted or None
        None where even the file of quality 1 is larger. Sizes jump where many entries of the quantization tables are
        rounded to the next integer at once: it can be 1 % smaller than it may be.
    """
    per_quality = round(1 / quality_step)  # steps are counted: fractions would not add up to whole qualities
    low, high = LEAST_QUALITY * per_quality - 1, MOST_QUALITY * per_quality + 1  # low fits, high does not
    files: dict[int, bytes] = {}
    step = min(max(round(near * per_quality), low + 1), high - 1)
    while high - low > 1:
        files[step] = encode(step / per_quality)
        if len(files[step]) <= size_bytes:
            low = step
        else:
            high = step
        halve = len(files) % 2 == 0  # at times, lest a curve that is no line takes one step at a time
        guess = (low + high) / 2 if halve and len(files) > 2 else _guess(files, low, high, size_bytes, per_quality)
        step = min(max(round(guess), low + 1), high - 1)
    return Fitted(files[low], low / per_quality) if low in files else None


def _guess(files: dict[int, bytes], low: int, high: int, size_bytes: int, per_quality: int) -> float:
    """Where the logarithm of sizes, as a straight line, would reach the size: between two files, or beside one."""
    excess = {step: math.log(len(files[step]) / size_bytes) for step in (low, high) if step in files}
    if len(excess) == 2:
        return low + (high - low) * excess[low] / (excess[low] - excess[high])
    (known,) = excess
    return known - 1.2 * excess[known] * per_quality / _LOG_SIZE_PER_QUALITY
