"""Search for the scan script in which the coefficients of a file take the fewest bytes.

A progressive script is put together from parts that are chosen one by one, because their sizes add up:

    DC                     in one scan, or Y apart from chroma, or one scan for each component
    AC of each component   bands of coefficients, and how many of the lowest bits are sent in scans of their own

Sequential scripts are tried as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from foveal import jpeg
from foveal.jpeg import Scan, Script
from foveal.jpeg.script import mcu_problem

# First coefficients of bands, by zig-zag index: diagonals of the block begin at 1, 3, 6, 10, 15, ...
_FIRST_OF_LUMA = (1, 2, 3, 6, 9, 13, 19)
_FIRST_OF_CHROMA = (1, 2, 3, 9)
_LAST_COEFFICIENT = 63
_MAX_LOW_BITS = 3  # low bits of AC coefficients that may be sent in scans of their own
_TRIED_SPLIT = 9  # the number of low bits is chosen with the bands 1..8 and 9..63
_SMALLEST_SAMPLE = 16  # MCU rows; with 8, files of a quarter of a megapixel can be 0.1 % larger

Band = tuple[int, int]  # first and last zig-zag index


def cheapest_script(coefficients: jpeg.Coefficients, threads: int) -> Script:
    """Return the script, sequential or progressive, that takes the fewest bytes, estimated from a sample of MCU rows.

    Parameters
    ----------
    coefficients
        Levels of any number of components.
    threads
        Number of threads to use.
    """
    prices = _Prices(coefficients, threads)
    groupings = [
        tuple(Scan(group) for group in grouping) for grouping in _legal_groupings(coefficients.frame)
    ]  # sequential scripts
    sequential = min(groupings, key=prices.of)
    progressive = _progressive_script(coefficients.frame, prices)
    return min(sequential, progressive, key=prices.of)


class _Prices:
    """Sizes of scans in bytes, each estimated once."""

    def __init__(self, coefficients: jpeg.Coefficients, threads: int) -> None:
        self._coefficients = coefficients
        self._threads = threads
        self._sizes: dict[Scan, float] = {}

    def of(self, scans: Iterable[Scan]) -> float:
        """Return the size of some scans together."""
        scans = tuple(scans)
        new = [scan for scan in dict.fromkeys(scans) if scan not in self._sizes]
        if new:
            self._sizes |= jpeg.price_scans(
                self._coefficients, new, smallest_sample=_SMALLEST_SAMPLE, threads=self._threads
            )
        return sum(self._sizes[scan] for scan in scans)


def _legal_groupings(frame: jpeg.Frame) -> list[tuple[tuple[int, ...], ...]]:
    """Return the ways to divide components into scans: all in one, the first apart, each apart."""
    everything = tuple(range(len(frame.headers)))
    groupings = dict.fromkeys([(everything,), ((0,), everything[1:]), tuple((each,) for each in everything)])
    return [
        grouping
        for grouping in groupings
        if all(grouping) and not any(mcu_problem(Scan(group), frame) for group in grouping)
    ]


def _progressive_script(frame: jpeg.Frame, prices: _Prices) -> Script:
    dc = min(
        (tuple(Scan(group, 0, 0) for group in grouping) for grouping in _legal_groupings(frame)),
        key=prices.of,
    )
    parts = [_scans_of_component(component, prices) for component in range(len(frame.headers))]
    return (*dc, *_in_order_of_use(parts))


def _scans_of_component(component: int, prices: _Prices) -> Script:
    """Return the scans that send the AC coefficients of a component in the fewest bytes."""

    def refinements(low_bits: int) -> list[Scan]:
        return [Scan((component,), 1, _LAST_COEFFICIENT, low + 1, low) for low in reversed(range(low_bits))]

    def scans_of(bands: Sequence[Band], low_bits: int) -> list[Scan]:
        return [Scan((component,), *band, 0, low_bits) for band in bands] + refinements(low_bits)

    tried_bands = [(1, _TRIED_SPLIT - 1), (_TRIED_SPLIT, _LAST_COEFFICIENT)]
    low_bits = 0
    while low_bits < _MAX_LOW_BITS and prices.of(scans_of(tried_bands, low_bits + 1)) < prices.of(
        scans_of(tried_bands, low_bits)
    ):
        low_bits += 1
    return tuple(scans_of(_cheapest_bands(component, low_bits, prices), low_bits))


def _cheapest_bands(component: int, low_bits: int, prices: _Prices) -> list[Band]:
    """Return the division of the AC coefficients into bands that takes the fewest bytes."""
    # Dynamic programming from the last band to the first: the best division from a coefficient on is a band that
    # begins there, followed by the best division from the coefficient after it on.
    first_coefficients = _FIRST_OF_CHROMA if component else _FIRST_OF_LUMA
    last_coefficients = [first - 1 for first in first_coefficients[1:]] + [_LAST_COEFFICIENT]
    scans = {
        (first, last): Scan((component,), first, last, 0, low_bits)
        for first in first_coefficients
        for last in last_coefficients
        if first <= last
    }
    prices.of(scans.values())  # all at once, which is faster
    best: dict[int, tuple[float, list[Band]]] = {_LAST_COEFFICIENT + 1: (0.0, [])}
    for first in reversed(first_coefficients):
        best[first] = min(
            (prices.of([scan]) + best[band[1] + 1][0], [band, *best[band[1] + 1][1]])
            for band, scan in scans.items()
            if band[0] == first
        )
    return best[1][1]


def _in_order_of_use(parts: Sequence[Script]) -> list[Scan]:
    """Join the scans of all components so that a part of the file shows as much as it can.

    Upper bits come before lower bits; among the first scans, low frequencies of Y come before chroma, and the other
    frequencies of Y after it.
    """
    first_scans = [[scan for scan in part if scan.approximation_high == 0] for part in parts]
    luma, chroma = first_scans[0], [scan for part in first_scans[1:] for scan in part]
    refinements = sorted(
        (scan for part in parts for scan in part if scan.approximation_high > 0),
        key=lambda scan: (-scan.approximation_high, -scan.components[0]),
    )
    return [*luma[:1], *chroma, *luma[1:], *refinements]
