"""Search for the scan script in which levels take the fewest bytes.

A progressive script is put together from parts that are chosen one by one, because their sizes add up:

    DC                     in one scan, or Y apart from chroma, or one scan for each component
    AC of each component   bands of coefficients, and how many of the lowest bits are sent in scans of their own

Sequential scripts are tried as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from foveal.jpeg.coefficients import Coefficients
from foveal.jpeg.file_writer import price_scans
from foveal.jpeg.frame import Frame
from foveal.jpeg.script import Scan, Script, ScriptMaker, mcu_problem, non_interleaved_script

_LAST_COEFFICIENT = 63

Band = tuple[int, int]  # first and last zig-zag index

# Bands with which the number of low bits is chosen.
_TRIED_BANDS: tuple[Band, ...] = ((1, 8), (9, _LAST_COEFFICIENT))


@dataclass(frozen=True)
class ScriptSearch:
    """A search for the scan script, sequential or progressive, in which levels take the fewest bytes.

    Parameters
    ----------
    luma_starts, chroma_starts
        Zig-zag indices at which a band of AC coefficients of the first component, and of the others, may start, in
        ascending order; the first is 1.
    max_low_bits
        Largest number of low bits of AC coefficients that are sent in scans of their own.
    smallest_sample
        Least number of MCU rows in which symbols are counted, see `ScanPlan.sample`.
    """

    luma_starts: tuple[int, ...]
    chroma_starts: tuple[int, ...]
    max_low_bits: int
    smallest_sample: int

    def find(self, coefficients: Coefficients, restart_interval: int, threads: int) -> Script:
        """Return the script that takes the fewest bytes, estimated from a sample of MCU rows.

        Parameters
        ----------
        coefficients
            Levels of any number of components.
        restart_interval
            MCUs between restart markers, 0 for none.
        threads
            Number of threads to use; the script does not depend on it.
        """
        prices = _Prices(coefficients, restart_interval, self.smallest_sample, threads)
        frame = coefficients.frame
        groupings = _legal_groupings(frame)
        sequential = [tuple(Scan(group) for group in grouping) for grouping in groupings]
        dc = [tuple(Scan(group, 0, 0) for group in grouping) for grouping in groupings]
        low_bit_trials = [
            _scans_of_bands(component, _TRIED_BANDS, low_bits)
            for component in range(len(frame.headers))
            for low_bits in range(min(self.max_low_bits, 1) + 1)
        ]
        # All that are surely needed in one call, so that threads wait less.
        prices.estimate(chain.from_iterable((*sequential, *dc, *low_bit_trials)))
        progressive = (*min(dc, key=prices.of), *self._find_ac(frame, prices))
        return min(*sequential, progressive, key=prices.of)

    def _find_ac(self, frame: Frame, prices: _Prices) -> list[Scan]:
        """Return the scans that send the AC coefficients in the fewest bytes."""
        candidates = [self._candidate_bands(component, prices) for component in range(len(frame.headers))]
        prices.estimate(scan for by_low_bits in candidates for bands in by_low_bits.values() for scan in bands.values())
        parts = [_cheapest_scans(component, by_low_bits, prices) for component, by_low_bits in enumerate(candidates)]
        return _in_order_of_use(parts)

    def _candidate_bands(self, component: int, prices: _Prices) -> dict[int, dict[Band, Scan]]:
        """Return the bands to choose from for a component, with their scans, by the number of low bits sent apart."""
        starts = self.chroma_starts if component else self.luma_starts
        low_bits = _useful_low_bits(component, self.max_low_bits, prices)
        # The number was found with _TRIED_BANDS; with the best bands, one bit less or none may take fewer bytes.
        tried = sorted({0, max(low_bits - 1, 0), low_bits})
        return {low: _possible_bands(component, starts, low) for low in tried}


# Starts are near those of the block's diagonals, 1, 3, 6, 10, 15, ... by zig-zag index, and some gain more between two
# of them. `python -m bench.scan_scripts` compares the searches.
QUICK_SEARCH = ScriptSearch((1, 2, 3, 6, 13), (1, 3), max_low_bits=2, smallest_sample=6)
THOROUGH_SEARCH = ScriptSearch((1, 2, 3, 6, 9, 13, 19), (1, 2, 3, 9), max_low_bits=3, smallest_sample=16)


class _Prices:
    """Sizes of scans in bytes, each estimated once."""

    def __init__(self, coefficients: Coefficients, restart_interval: int, smallest_sample: int, threads: int) -> None:
        self._coefficients = coefficients
        self._restart_interval = restart_interval
        self._smallest_sample = smallest_sample
        self._threads = threads
        self._sizes: dict[Scan, float] = {}

    def estimate(self, scans: Iterable[Scan]) -> None:
        """Estimate the sizes of scans, if that was not done before."""
        new = [scan for scan in dict.fromkeys(scans) if scan not in self._sizes]
        if new:
            self._sizes |= price_scans(
                self._coefficients,
                new,
                self._restart_interval,
                smallest_sample=self._smallest_sample,
                threads=self._threads,
            )

    def of(self, scans: Iterable[Scan]) -> float:
        """Return the size of some scans together."""
        scans = tuple(scans)
        self.estimate(scans)
        return sum(self._sizes[scan] for scan in scans)


def _legal_groupings(frame: Frame) -> list[tuple[tuple[int, ...], ...]]:
    """Return the ways to divide components into scans that are legal: all in one, the first apart, each apart."""
    everything = tuple(range(len(frame.headers)))
    groupings = dict.fromkeys([(everything,), ((0,), everything[1:]), tuple((each,) for each in everything)])
    return [
        grouping
        for grouping in groupings
        if all(grouping) and not any(mcu_problem(Scan(group), frame) for group in grouping)
    ]


def _scans_of_bands(component: int, bands: Sequence[Band], low_bits: int) -> Script:
    """Return the scans that send bands of a component without some low bits, and then these bits, one by one."""
    first_scans = [Scan((component,), *band, 0, low_bits) for band in bands]
    refinements = [Scan((component,), 1, _LAST_COEFFICIENT, low + 1, low) for low in reversed(range(low_bits))]
    return (*first_scans, *refinements)


def _useful_low_bits(component: int, largest: int, prices: _Prices) -> int:
    """Return how many low bits are worth scans of their own: more are added as long as that saves bytes."""
    low_bits = 0
    while low_bits < largest and prices.of(_scans_of_bands(component, _TRIED_BANDS, low_bits + 1)) < prices.of(
        _scans_of_bands(component, _TRIED_BANDS, low_bits)
    ):
        low_bits += 1
    return low_bits


def _possible_bands(component: int, starts: Sequence[int], low_bits: int) -> dict[Band, Scan]:
    """Return the scans of all bands that begin at one of the starts and end before another one, or at the last."""
    ends = [start - 1 for start in starts[1:]] + [_LAST_COEFFICIENT]
    bands = [(first, last) for first in starts for last in ends if first <= last]
    return {(first, last): Scan((component,), first, last, 0, low_bits) for first, last in bands}


def _cheapest_scans(component: int, by_low_bits: dict[int, dict[Band, Scan]], prices: _Prices) -> Script:
    """Return the scans that send the AC coefficients of a component in the fewest bytes."""
    candidates = [
        _scans_of_bands(component, _cheapest_division(bands, prices), low_bits)
        for low_bits, bands in by_low_bits.items()
    ]
    return min(candidates, key=prices.of)


def _cheapest_division(bands: dict[Band, Scan], prices: _Prices) -> list[Band]:
    """Return the division of the AC coefficients into bands that takes the fewest bytes."""
    # Dynamic programming from the last band to the first: the best division from a coefficient on is a band that
    # begins there, followed by the best division from the coefficient after it on.
    best: dict[int, tuple[float, list[Band]]] = {_LAST_COEFFICIENT + 1: (0.0, [])}
    for first in sorted({first for first, _ in bands}, reverse=True):
        best[first] = min(
            (prices.of([scan]) + best[band[1] + 1][0], [band, *best[band[1] + 1][1]])
            for band, scan in bands.items()
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


def choose_script(
    script: ScriptMaker | ScriptSearch, coefficients: Coefficients, restart_interval: int, threads: int
) -> Script:
    """Return the script that a search finds or a function makes.

    If the MCUs of the script that a function makes have too many blocks, which can be with unusual sampling factors,
    each component gets a scan of its own instead.
    """
    if isinstance(script, ScriptSearch):
        return script.find(coefficients, restart_interval, threads)
    made = script(len(coefficients.frame.headers))
    has_legal_mcus = not any(mcu_problem(scan, coefficients.frame) for scan in made)
    return made if has_legal_mcus else non_interleaved_script(len(coefficients.frame.headers))
