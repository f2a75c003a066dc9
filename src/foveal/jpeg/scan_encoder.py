"""The entropy coding of a scan (ITU-T T.81 F.1.2, G.1.2), and what it takes. The other way round: scan_decoder.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal.jpeg.frame import Frame
from foveal.jpeg.huffman import HuffmanTable
from foveal.jpeg.script import Scan
from foveal.threads import row_ranges, run_in_threads

_TABLE_SLOTS = 2
_RESTART_BITS = 20  # a marker, and half of the byte before it
_COEFFICIENTS_PER_STRIP = 1 << 18
_SAMPLE_EVERY = 16
_SMALLEST_SAMPLE = 16  # rows of MCUs of the frame; less high pictures are sampled more densely, down to every row

Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class ScanPlan:
    """A scan of a picture as the kernels take it.

    Parameters
    ----------
    grids
        (rows, columns, 64) int16 levels in zig-zag order of each component, whole MCUs.
    factors
        (h_factor, v_factor, table slot) of each component.
    band
        Ss, Se, Ah, Al.
    restart_interval
        In MCUs, 0 for none.
    row_ranges
        Rows of MCUs [first, last) that are coded together.
    row_step
        Rows of the scan's MCUs that make a row of the frame's.
    """

    grids: list[NDArray[np.int16]]
    factors: list[tuple[int, int, int]]
    band: tuple[int, int, int, int]
    restart_interval: int
    row_ranges: list[tuple[int, int]]
    row_step: int = 1

    @classmethod
    def of(cls, scan: Scan, frame: Frame, blocks: Sequence[NDArray[np.int16]], restart_interval: int) -> ScanPlan:
        """Plan a scan; `blocks` are `Coefficients.blocks` of the frame."""
        components = [frame.components[index] for index in scan.components]
        grids = [blocks[index] for index in scan.components]
        factors = [(c.h_factor, c.v_factor, c.huffman_slot) for c in components]
        row_step = 1
        if len(components) == 1:  # A.2.2: not interleaved, an MCU is a block and only blocks of the picture are sent
            grids = [grids[0][: components[0].block_rows, : components[0].block_columns]]
            factors = [(1, 1, components[0].huffman_slot)]
            row_step = components[0].v_factor
        mcu_rows = grids[0].shape[0] // factors[0][1]
        coefficients_per_row = sum(grid.size for grid in grids) // mcu_rows
        ranges = row_ranges(mcu_rows, coefficients_per_row, _COEFFICIENTS_PER_STRIP)
        return cls(grids, factors, scan.band, restart_interval, ranges, row_step)

    def sample(self) -> ScanPlan:
        """Return the plan of some rows, evenly spaced, the same ones for all scans of a frame; of all if there are few.

        Near enough to choose a script: on photographs of 0.3 to 14 MP that costs 0.001 % of bytes, at worst 0.1 %.
        """
        frame_rows = -(-self.mcu_rows // self.row_step)
        every = min(_SAMPLE_EVERY, frame_rows // _SMALLEST_SAMPLE)
        if every <= 1:
            return self
        first_rows = range(every // 2 * self.row_step, self.mcu_rows, every * self.row_step)
        return replace(self, row_ranges=[(row, min(row + self.row_step, self.mcu_rows)) for row in first_rows])

    @property
    def mcu_rows(self) -> int:
        """Rows of MCUs of the scan."""
        return int(self.grids[0].shape[0]) // self.factors[0][1]

    @property
    def covered(self) -> float:
        """Share of the scan's rows that are in the plan: 1, but for a sample."""
        return sum(last - first for first, last in self.row_ranges) / self.mcu_rows

    @property
    def restart_markers(self) -> int:
        """How many there will be; of a sample, its share."""
        mcus = self.mcu_rows * (self.grids[0].shape[1] // self.factors[0][0])
        return round((mcus - 1) // self.restart_interval * self.covered) if self.restart_interval else 0


@dataclass(frozen=True, eq=False)
class ScanStatistics:
    """Symbols of a scan, counted.

    Parameters
    ----------
    histogram
        (2, slots, 256) uint32: count by table class (DC, AC), table slot and symbol.
    raw_bits
        Bits that are not Huffman codes.
    restart_markers
        How many there will be among them.
    """

    histogram: NDArray[np.uint32]
    raw_bits: int
    restart_markers: int = 0

    @classmethod
    def of_strips(cls, plan: ScanPlan, strips: Sequence[tuple[NDArray[np.uint32], int]]) -> ScanStatistics:
        """Add up histograms and raw bits of the strips of a plan."""
        histogram = np.stack([histogram for histogram, _ in strips]).sum(axis=0, dtype=np.uint32)
        return cls(histogram, sum(raw_bits for _, raw_bits in strips), plan.restart_markers)

    @cached_property
    def tables(self) -> dict[tuple[int, int], HuffmanTable]:
        """The best tables for these symbols, by (class, slot), as far as any are needed."""
        used = np.argwhere(self.histogram.any(axis=2)).tolist()
        return {(kind, slot): HuffmanTable.optimal(self.histogram[kind, slot]) for kind, slot in used}

    @cached_property
    def codes(self) -> NDArray[np.uint32]:
        """(2, slots, 256, 2) uint32: code and length of each symbol in those tables."""
        codes = np.zeros((*self.histogram.shape, 2), dtype=np.uint32)
        for key, table in self.tables.items():
            codes[key] = table.codes
        return codes

    @property
    def size_bytes(self) -> int:
        """Bytes of the entropy-coded data before byte stuffing; of what fills up bytes before restarts, the average."""
        bits = self.raw_bits + int((self.histogram.astype(np.uint64) * self.codes[..., 1]).sum())
        return -(-(bits + self.restart_markers * _RESTART_BITS) // 8)


@dataclass(frozen=True, eq=False)
class RecordedScan:
    """Symbols of a scan, strip by strip.

    Parameters
    ----------
    statistics
        The same symbols, counted.
    strips
        Of each strip (n,) uint32, as the kernels keep symbols and their extra bits.
    """

    statistics: ScanStatistics
    strips: list[NDArray[np.uint32]]


def tally(plans: Sequence[ScanPlan], threads: int) -> list[ScanStatistics]:
    """Count the symbols that coding each of several scans writes."""

    def tally_rows(plan: ScanPlan, rows: tuple[int, int]) -> tuple[NDArray[np.uint32], int]:
        histogram = np.zeros((2, _TABLE_SLOTS, 256), dtype=np.uint32)
        raw_bits = _kernels.tally_scan(plan.grids, plan.factors, plan.band, plan.restart_interval, *rows, histogram)
        return histogram, raw_bits

    tallied = _by_plan(tally_rows, plans, threads)
    return [ScanStatistics.of_strips(plan, strips) for plan, strips in zip(plans, tallied, strict=True)]


def record(plans: Sequence[ScanPlan], threads: int) -> list[RecordedScan]:
    """Count the symbols of several scans, and keep them until there are codes to write them with."""

    def record_rows(plan: ScanPlan, rows: tuple[int, int]) -> tuple[NDArray[np.uint32], tuple[NDArray[np.uint32], int]]:
        histogram = np.zeros((2, _TABLE_SLOTS, 256), dtype=np.uint32)
        words, raw_bits = _kernels.record_scan(
            plan.grids, plan.factors, plan.band, plan.restart_interval, *rows, histogram
        )
        return words, (histogram, raw_bits)

    recorded = []
    for plan, strips in zip(plans, _by_plan(record_rows, plans, threads), strict=True):
        statistics = ScanStatistics.of_strips(plan, [counts for _, counts in strips])
        recorded.append(RecordedScan(statistics, [words for words, _ in strips]))
    return recorded


def write_scans(scans: Sequence[RecordedScan], threads: int) -> list[bytes]:
    """Code scans with the tables of their statistics: of each the bytes with stuffing and restart markers."""
    strips = [(words, scan.statistics.codes) for scan in scans for words in scan.strips]
    written = iter(run_in_threads(lambda strip: _kernels.write_recorded(*strip), strips, threads))
    by_scan = [list(islice(written, len(scan.strips))) for scan in scans]
    return run_in_threads(_kernels.join_strips, by_scan, threads)


def _by_plan(
    function: Callable[[ScanPlan, tuple[int, int]], Result], plans: Sequence[ScanPlan], threads: int
) -> list[list[Result]]:
    """Apply a function to every strip of every plan.

    All in one go, so that no thread has to wait, and from the top of the picture down, as coefficients that one scan
    has just used are in the cache for the next one.
    """
    strips = [(index, rows) for index, plan in enumerate(plans) for rows in plan.row_ranges]
    strips.sort(key=lambda strip: strip[1][0] / plans[strip[0]].mcu_rows)
    results: list[list[Result]] = [[] for _ in plans]
    done = run_in_threads(lambda strip: function(plans[strip[0]], strip[1]), strips, threads)
    for (index, _), result in zip(strips, done, strict=True):
        results[index].append(result)
    return results
