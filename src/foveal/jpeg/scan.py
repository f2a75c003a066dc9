"""The entropy coding of a scan (ITU-T T.81 F.1.2, G.1.2), and what it takes. The other way round: scan_decoder.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from foveal import _kernels
from foveal.jpeg.frame import Frame
from foveal.jpeg.huffman import HuffmanTable
from foveal.jpeg.script import Scan
from foveal.jpeg.strips import in_threads, row_ranges

_TABLE_SLOTS = 2
_RESTART_BITS = 20  # a marker, and half of the byte before it
_COEFFICIENTS_PER_STRIP = 1 << 18


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
    """

    grids: list[NDArray[np.int16]]
    factors: list[tuple[int, int, int]]
    band: tuple[int, int, int, int]
    restart_interval: int
    row_ranges: list[tuple[int, int]]

    @classmethod
    def of(cls, scan: Scan, frame: Frame, blocks: Sequence[NDArray[np.int16]], restart_interval: int) -> ScanPlan:
        """Plan a scan; `blocks` are `Coefficients.blocks` of the frame."""
        components = [frame.components[index] for index in scan.components]
        grids = [blocks[index] for index in scan.components]
        factors = [(c.h_factor, c.v_factor, c.huffman_slot) for c in components]
        if len(components) == 1:  # A.2.2: not interleaved, an MCU is a block and only blocks of the picture are sent
            grids = [grids[0][: components[0].block_rows, : components[0].block_columns]]
            factors = [(1, 1, components[0].huffman_slot)]
        mcu_rows = grids[0].shape[0] // factors[0][1]
        coefficients_per_row = sum(grid.size for grid in grids) // mcu_rows
        ranges = row_ranges(mcu_rows, coefficients_per_row, _COEFFICIENTS_PER_STRIP)
        return cls(grids, factors, scan.band, restart_interval, ranges)

    @property
    def restart_markers(self) -> int:
        """How many there will be."""
        mcus = (self.grids[0].shape[0] // self.factors[0][1]) * (self.grids[0].shape[1] // self.factors[0][0])
        return (mcus - 1) // self.restart_interval if self.restart_interval else 0


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
        How many there will be.
    """

    histogram: NDArray[np.uint32]
    raw_bits: int
    restart_markers: int = 0

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


def tally(plan: ScanPlan, threads: int) -> ScanStatistics:
    """Count the symbols that coding the scan writes."""

    def tally_rows(rows: tuple[int, int]) -> tuple[NDArray[np.uint32], int]:
        histogram = np.zeros((2, _TABLE_SLOTS, 256), dtype=np.uint32)
        raw_bits = _kernels.tally_scan(plan.grids, plan.factors, plan.band, plan.restart_interval, *rows, histogram)
        return histogram, raw_bits

    tallied = in_threads(tally_rows, plan.row_ranges, threads)
    histogram = np.stack([histogram for histogram, _ in tallied]).sum(axis=0, dtype=np.uint32)
    return ScanStatistics(histogram, sum(raw_bits for _, raw_bits in tallied), plan.restart_markers)


def write_scan(plan: ScanPlan, statistics: ScanStatistics, threads: int) -> bytes:
    """Code the scan with the tables of its statistics: bytes with stuffing and restart markers."""
    codes = statistics.codes

    def write_rows(rows: tuple[int, int]) -> tuple[bytes, int, list[int]]:
        return _kernels.write_scan(plan.grids, plan.factors, plan.band, plan.restart_interval, *rows, codes)

    return _kernels.join_strips(in_threads(write_rows, plan.row_ranges, threads))
