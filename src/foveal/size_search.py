"""A file of a given size from an encoder that takes a quality."""

from __future__ import annotations

import math
from collections.abc import Callable

_CLOSE_ENOUGH = 0.001  # to end a search
_MOST_ENCODES = 10
_LOG_SIZE_PER_QUALITY = 0.03  # about, between qualities 50 and 90


def of_size(encode: Callable[[float], bytes], size_bytes: int, near: float) -> tuple[bytes, float]:
    """Return the file nearest to `size_bytes` that a search finds, and its quality; it begins at a quality `near`.

    Sizes jump where many entries of the tables are rounded to the next integer at once, by more than 1 % at times.
    """
    files: dict[float, bytes] = {}
    quality = near
    while len(files) < _MOST_ENCODES:
        files[quality] = encode(quality)
        excess = {each: math.log(len(data) / size_bytes) for each, data in files.items()}
        if abs(excess[quality]) < _CLOSE_ENOUGH:
            break
        quality = _next_quality(excess)
        if quality in files:  # an end of the scale
            break
    nearest = min(files, key=lambda each: abs(excess[each]))
    return files[nearest], nearest


def _next_quality(excess: dict[float, float]) -> float:
    """Guess the quality that gives the size, from the logarithms of sizes over it that others gave.

    Where a straight line between the nearest on both sides crosses it, or one step from the nearest if all lie on one.
    """
    low = max((quality for quality in excess if excess[quality] < 0), default=0.0)
    high = min((quality for quality in excess if excess[quality] >= 0), default=100.0)
    if low < high and low in excess and high in excess:
        share = excess[low] / (excess[low] - excess[high])
        return low + (high - low) * min(max(share, 0.1), 0.9)
    known = low if low in excess else high
    return min(max(known - 1.2 * excess[known] / _LOG_SIZE_PER_QUALITY, low), high)
