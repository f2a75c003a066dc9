"""Scans: which coefficients go where (ITU-T T.81 B.2.3, G.1.1), and their entropy coding (F.1.2, G.1.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from foveal import _kernels
from foveal.errors import ParameterError
from foveal.jpeg.frame import Frame
from foveal.jpeg.huffman import HuffmanTable
from foveal.jpeg.strips import in_threads, row_ranges

MAX_MCU_BLOCKS = 10  # of an interleaved scan (B.2.3)
_TABLE_SLOTS = 2
_COEFFICIENTS_PER_STRIP = 1 << 18


@dataclass(frozen=True)
class Scan:
    """The parameters of a scan header.

    Parameters
    ----------
    components
        Indices of the frame's components.
    spectral_start, spectral_end
        Ss and Se: zig-zag indices of the first and the last coefficient. 0 and 63 in a sequential scan.
    approximation_high, approximation_low
        Ah and Al: the bit position sent before (0 in a first scan) and the one sent now.
    """

    components: tuple[int, ...]
    spectral_start: int = 0
    spectral_end: int = 63
    approximation_high: int = 0
    approximation_low: int = 0

    @property
    def band(self) -> tuple[int, int, int, int]:
        """Ss, Se, Ah, Al."""
        return self.spectral_start, self.spectral_end, self.approximation_high, self.approximation_low


Script = tuple[Scan, ...]
ScriptMaker = Callable[[int], Script]  # by the number of components


def sequential_script(component_count: int) -> Script:
    """One interleaved scan of everything."""
    return (Scan(tuple(range(component_count))),)


def spectral_selection_script(component_count: int) -> Script:
    """Progressive by spectral selection: DC, the coarse waves of Y, then colour, then the detail."""
    scans = [Scan(tuple(range(component_count)), 0, 0), Scan((0,), 1, 8)]
    scans += [Scan((component,), 1, 63) for component in range(1, component_count)]
    return (*scans, Scan((0,), 9, 63))


def successive_approximation_script(component_count: int) -> Script:
    """Progressive by spectral selection and successive approximation, every coefficient in two or three steps."""
    everything = tuple(range(component_count))
    chroma = range(1, component_count)
    return (
        Scan(everything, 0, 0, 0, 1),
        Scan((0,), 1, 5, 0, 2),
        *(Scan((component,), 1, 63, 0, 1) for component in chroma),
        Scan((0,), 6, 63, 0, 2),
        Scan((0,), 1, 63, 2, 1),
        Scan(everything, 0, 0, 1, 0),
        *(Scan((component,), 1, 63, 1, 0) for component in chroma),
        Scan((0,), 1, 63, 1, 0),
    )


def is_progressive(script: Sequence[Scan]) -> bool:
    """Whether the script needs SOF2."""
    return any(scan.band != (0, 63, 0, 0) for scan in script)


def check_script(script: Script, component_count: int) -> None:
    """Raise ParameterError unless the script sends every coefficient once, in a legal order (G.1.1)."""
    sent: dict[tuple[int, int], int] = {}  # (component, zig-zag index) -> lowest bit position sent so far
    progressive = is_progressive(script)
    for scan in script:
        first, last, high, low = scan.band
        if not scan.components or not all(0 <= c < component_count for c in scan.components):
            raise ParameterError(f"scan names components that are not there: {scan.components}")
        if list(scan.components) != sorted(set(scan.components)):
            raise ParameterError(f"components of a scan must be in the order of the frame: {scan.components}")
        if not 0 <= first <= last <= 63 or (progressive and (first == 0) != (last == 0)):
            raise ParameterError(f"not a legal spectral band: {first}..{last}")
        if first > 0 and len(scan.components) > 1:
            raise ParameterError("a scan of AC coefficients has one component")
        if not 0 <= low <= 13 or (high != 0 and high != low + 1):
            raise ParameterError(f"not a legal successive approximation: {high} to {low}")
        for component in scan.components:
            for index in range(first, last + 1):
                if index > 0 and (component, 0) not in sent and first > 0:
                    raise ParameterError("the DC scan of a component must come before its AC scans")
                before = sent.get((component, index), 0 if high == 0 else -1)
                if before != high or ((component, index) in sent and high == 0):
                    raise ParameterError(f"coefficient {index} of component {component} is sent out of order")
                sent[component, index] = low
    if len(sent) != 64 * component_count or any(low != 0 for low in sent.values()):
        raise ParameterError("the script does not send every coefficient in full")


def interleaved_blocks(scan: Scan, frame: Frame) -> int:
    """Blocks of an MCU of a scan (A.2.3); 1 where it is not interleaved."""
    headers = [frame.headers[component] for component in scan.components]
    return sum(header.h_factor * header.v_factor for header in headers) if len(headers) > 1 else 1


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


@dataclass(frozen=True, eq=False)
class ScanStatistics:
    """Symbols of a scan, counted.

    Parameters
    ----------
    histogram
        (2, slots, 256) uint32: count by table class (DC, AC), table slot and symbol.
    raw_bits
        Bits that are not Huffman codes.
    """

    histogram: NDArray[np.uint32]
    raw_bits: int

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
        """Bytes of the entropy-coded data, before byte stuffing and restart markers."""
        bits = self.raw_bits + int((self.histogram.astype(np.uint64) * self.codes[..., 1]).sum())
        return -(-bits // 8)


def tally(plan: ScanPlan, threads: int) -> ScanStatistics:
    """Count the symbols that coding the scan writes."""

    def tally_rows(rows: tuple[int, int]) -> tuple[NDArray[np.uint32], int]:
        histogram = np.zeros((2, _TABLE_SLOTS, 256), dtype=np.uint32)
        raw_bits = _kernels.tally_scan(plan.grids, plan.factors, plan.band, plan.restart_interval, *rows, histogram)
        return histogram, raw_bits

    tallied = in_threads(tally_rows, plan.row_ranges, threads)
    histogram = np.stack([histogram for histogram, _ in tallied]).sum(axis=0, dtype=np.uint32)
    return ScanStatistics(histogram, sum(raw_bits for _, raw_bits in tallied))


def write(plan: ScanPlan, statistics: ScanStatistics, threads: int) -> bytes:
    """Code the scan with the tables of its statistics: bytes with stuffing and restart markers."""
    codes = statistics.codes

    def write_rows(rows: tuple[int, int]) -> tuple[bytes, int, list[int]]:
        return _kernels.write_scan(plan.grids, plan.factors, plan.band, plan.restart_interval, *rows, codes)

    return _kernels.join_strips(in_threads(write_rows, plan.row_ranges, threads))
