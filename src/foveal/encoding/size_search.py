"""Files of equal bytes: the best that an encoder makes in no more than a given size."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

LEAST_QUALITY, MOST_QUALITY = 1, 100
MAX_SIZE_BYTES = 2**40  # more than any JPEG has
_LOG_SIZE_PER_QUALITY = 0.03  # about, between qualities 50 and 90
_SHIFT = 0.05  # of the width between two known sizes


class Fitted(NamedTuple):
    """A file, and the quality that made it."""

    data: bytes
    quality: float


def largest_within(
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
        From a quality to a file, larger for higher qualities but for small exceptions.
    size_bytes
        What the file may have at most.
    price
        Bytes that the file of a quality will have, up to a factor that is nearly the same for qualities close by; where
        that is quicker to tell than to make the file. Then only those files are made that are about as large as wanted,
        and each corrects the factor.
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
        sizes = _sizes(prices, files)
        low = max((known for known, size in sizes.items() if size <= size_bytes), default=least - 1)
        high = min((known for known in sizes if known > low), default=most + 1)
        if high - low > 1:
            halve = high - low > width / 2  # the last step did not: sizes are no line there
            step = (low + high) // 2 if halve else _guess(low, high, sizes, size_bytes, per_quality)
            width = high - low
        elif only_priced := [known for known in (low, high) if known in prices and known not in files]:
            step = only_priced[0]
        else:
            return Fitted(files[low], low / per_quality) if low in files else None


def _sizes(prices: dict[int, float], files: dict[int, bytes]) -> dict[int, float]:
    """Sizes of files; of others their price, times what those of the nearest files are off by."""
    if not files:
        return prices
    made = sorted(files)
    factors = np.interp(list(prices), made, [len(files[step]) / prices[step] for step in made])
    expected = {step: factor * price for (step, price), factor in zip(prices.items(), factors.tolist(), strict=True)}
    return expected | {step: len(files[step]) for step in made}


def _guess(low: int, high: int, sizes: dict[int, float], size_bytes: int, per_quality: int) -> int:
    """Step at which the logarithm of sizes, as a straight line, would reach the size: between two, or beside one.

    Between two, a little towards their middle: so that it lies between the guess and the nearer of them.
    """
    excess = {step: math.log(sizes[step] / size_bytes) for step in (low, high) if step in sizes}
    if len(excess) == 2:
        guess = low + (high - low) * excess[low] / (excess[low] - excess[high])
        to_middle = (low + high) / 2 - guess
        guess += math.copysign(min(max(1, _SHIFT * (high - low)), abs(to_middle)), to_middle)
    else:
        ((known, excess_of_known),) = excess.items()
        guess = known - 1.2 * excess_of_known * per_quality / _LOG_SIZE_PER_QUALITY
    return min(max(round(guess), low + 1), high - 1)
