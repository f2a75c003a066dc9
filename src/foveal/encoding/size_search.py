"""The search for the highest quality whose file fits in a given number of bytes, for any encoder."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

LEAST_QUALITY, MOST_QUALITY = 1, 100
MAX_SIZE_BYTES = 2**40  # more than any JPEG has
_LOG_SIZE_PER_QUALITY = 0.03  # about, between qualities 50 and 90
_FIRST_STEP_FACTOR = 1.2  # of the step from the first file: beyond the target rather than short of it
_SHIFT_SHARE = 0.05  # of the width between two known sizes


class Fitted(NamedTuple):
    """A file that fits in the size, and its quality."""

    data: bytes
    quality: float


def find_largest_file(
    encode: Callable[[float], bytes],
    size_bytes: int,
    *,
    price: Callable[[float], float] | None = None,
    quality_step: float = 0.1,
    near: float = 75,
) -> Fitted | None:
    """Search for the quality, 1 to 100, whose file is not larger than a size, while that of the next quality is.

    Parameters
    ----------
    encode
        Function that makes a file of a quality. Files grow with the quality, with small exceptions.
    size_bytes
        Largest size of the file.
    price
        Function that estimates the size of the file of a quality in less time than `encode` takes, up to a factor that
        is nearly the same for near qualities. With it, only files of about the wanted size are made, and each of them
        corrects the factor.
    quality_step
        Step between the qualities that are tried: 1 divided by a whole number.
    near
        Quality to start from. A start that is far off costs time and nothing else.

    Returns
    -------
    Fitted or None
        None where even the file of quality 1 is larger. Sizes jump where many steps of the quantization tables are
        rounded to the next integer at once, so the file can be 1 % smaller than allowed.
    """
    per_quality = round(1 / quality_step)  # qualities are counted in steps: fractions would not add up to whole ones
    least, most = LEAST_QUALITY * per_quality, MOST_QUALITY * per_quality
    prices: dict[int, float] = {}
    files: dict[int, bytes] = {}
    step, width = min(max(round(near * per_quality), least), most), math.inf
    while True:
        if price and step not in prices:
            prices[step] = price(step / per_quality)
        else:
            files[step] = encode(step / per_quality)
            prices.setdefault(step, len(files[step]))
        sizes = _estimate_sizes(prices, files)
        low = max((known for known, size in sizes.items() if size <= size_bytes), default=least - 1)
        high = min((known for known in sizes if known > low), default=most + 1)
        if high - low > 1:
            bisect = high - low > width / 2  # interpolation did not halve the width: sizes are not a line there
            step = (low + high) // 2 if bisect else _interpolate(low, high, sizes, size_bytes, per_quality)
            width = high - low
        elif only_priced := [known for known in (low, high) if known in prices and known not in files]:
            step = only_priced[0]
        else:
            return Fitted(files[low], low / per_quality) if low in files else None


def _estimate_sizes(prices: dict[int, float], files: dict[int, bytes]) -> dict[int, float]:
    """Return the sizes of files by step; where only a price is known, the price corrected by the nearest files."""
    if not files:
        return prices
    made = sorted(files)
    factors = np.interp(list(prices), made, [len(files[step]) / prices[step] for step in made])
    expected = {step: factor * price for (step, price), factor in zip(prices.items(), factors.tolist(), strict=True)}
    return expected | {step: len(files[step]) for step in made}


def _interpolate(low: int, high: int, sizes: dict[int, float], size_bytes: int, per_quality: int) -> int:
    """Return the step at which the logarithm of sizes, as a straight line, reaches the size.

    Between two known steps, the result is shifted a little towards their middle, so that the target falls between it
    and the nearer of them. Beside a single known step, a typical slope is assumed.
    """
    excess = {step: math.log(sizes[step] / size_bytes) for step in (low, high) if step in sizes}
    if len(excess) == 2:
        guess = low + (high - low) * excess[low] / (excess[low] - excess[high])
        to_middle = (low + high) / 2 - guess
        guess += math.copysign(min(max(1, _SHIFT_SHARE * (high - low)), abs(to_middle)), to_middle)
    else:
        ((known, excess_of_known),) = excess.items()
        guess = known - _FIRST_STEP_FACTOR * excess_of_known * per_quality / _LOG_SIZE_PER_QUALITY
    return min(max(round(guess), low + 1), high - 1)
