"""The codes of one block in one scan, read from its bits (ITU-T T.81 F.2.2, G.2).

`jpeg.scan_decoder` reads whole scans, quickly; this reads a single block, and keeps what it read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foveal.errors import FormatError
from foveal.explain.anatomy import Spot
from foveal.jpeg import MAX_CODE_BITS, SEQUENTIAL_BAND, EntropyData, Frame, HuffmanTable, HuffmanTables, Scan

_ZERO_RUN_16 = (15, 0)
_DC, _AC = 0, 1


@dataclass(frozen=True)
class Code:
    """A Huffman code, and the bits that follow it.

    Parameters
    ----------
    symbol
        What the code stands for: SSSS of a DC difference, (RRRR, SSSS) of AC; None where there is no code.
    code
        The Huffman code, of "0" and "1".
    extra
        Bits behind it: of the value, or of the length of an EOB run.
    corrections
        Bits that make earlier coefficients more exact (G.1.2.3).
    index
        Zig-zag index of the coefficient that it sends, or None.
    value
        What it sends: a DC difference, or what the coefficient is for now; of EOB, how many blocks end with it.
    """

    symbol: int | tuple[int, int] | None
    code: str = ""
    extra: str = ""
    corrections: str = ""
    index: int | None = None
    value: int = 0

    @property
    def bits(self) -> str:
        """All of its bits, in the order of the file."""
        return self.code + self.extra + self.corrections

    @property
    def is_end_of_block(self) -> bool:
        """Whether nothing comes behind it in this block."""
        return isinstance(self.symbol, tuple) and self.symbol[1] == 0 and self.symbol != _ZERO_RUN_16


def bits_of_block(
    entropy_data: EntropyData,
    scan: Scan,
    frame: Frame,
    block_bits: Sequence[NDArray[np.uint32]],
    spot: Spot,
) -> str:
    """Cut the bits of a block, of "0" and "1", out of the data of a scan without restarts.

    Parameters
    ----------
    block_bits
        What blocks take in this scan: for each component of the frame (padded_block_rows, padded_block_columns).
    spot
        Where the block is; its component is one of the scan's.
    """
    first = _bits_before(scan, frame, block_bits, spot)
    end = first + int(block_bits[spot.component][spot.row, spot.column])
    bits = np.unpackbits(entropy_data.data[first // 8 : -(-end // 8)])
    return "".join(map(str, bits[first % 8 : first % 8 + end - first].tolist()))


def _bits_before(scan: Scan, frame: Frame, block_bits: Sequence[NDArray[np.uint32]], spot: Spot) -> int:
    component, row, column = spot.component, spot.row, spot.column
    header = frame.components[component]
    if not scan.is_interleaved:  # A.2.2: row by row, blocks of the picture only
        grid = block_bits[component][:, : header.block_columns]
        return int(grid[:row].sum() + grid[row, :column].sum())
    mcus = np.concatenate([_by_mcu(block_bits[index], frame, index) for index in scan.components], axis=1)  # A.2.3
    mcu = row // header.v_factor * frame.mcu_columns + column // header.h_factor
    others = (frame.components[index] for index in scan.components if index < component)
    place = sum(other.h_factor * other.v_factor for other in others)
    place += row % header.v_factor * header.h_factor + column % header.h_factor
    return int(mcus[:mcu].sum() + mcus[mcu, :place].sum())


def _by_mcu(bits: NDArray[np.uint32], frame: Frame, component: int) -> NDArray[np.uint32]:
    """(MCUs, blocks of the component in each), in the order in which they are coded."""
    v, h = frame.components[component].v_factor, frame.components[component].h_factor
    return bits.reshape(frame.mcu_rows, v, frame.mcu_columns, h).transpose(0, 2, 1, 3).reshape(-1, v * h)


def codes_of_block(scan: Scan, tables: HuffmanTables, bits: str, before: NDArray[np.int16]) -> tuple[Code, ...]:
    """Read the codes of a block.

    Parameters
    ----------
    tables
        DC and AC table of its component in this scan.
    bits
        As from `bits_of_block`.
    before
        (64,) its levels after the scans before, in zig-zag order.

    Returns
    -------
    tuple of Code
        Together they have all of the bits. None of a block that an EOB run of an earlier one covers; one without a
        symbol where such a block still gets corrections.
    """
    source = _Bits(bits)
    dc, ac = tables
    if scan.band == SEQUENTIAL_BAND:
        codes = [_dc_difference(source, dc), *_ac_codes(source, ac, scan)]
    elif scan.spectral_end == 0:
        codes = [_dc_refinement(source)] if scan.approximation_high else [_dc_difference(source, dc)]
    elif scan.approximation_high:
        codes = _ac_refinement(source, ac, scan, before)
    else:
        codes = _ac_codes(source, ac, scan) if bits else []
    return tuple(codes)


class _Bits:
    """The bits of a block, taken from first to last."""

    def __init__(self, bits: str) -> None:
        self._bits = bits
        self._position = 0

    @property
    def left(self) -> int:
        return len(self._bits) - self._position

    def take(self, count: int) -> str:
        self._position += count
        return self._bits[self._position - count : self._position]

    def take_code(self, table: HuffmanTable | None) -> tuple[int, str]:
        """Symbol and code (C.2, F.2.2.3)."""
        assert table is not None  # noqa: S101 (the reader has found one for whatever a scan needs)
        symbols = {f"{code:0{length}b}": symbol for symbol, (code, length) in enumerate(table.codes.tolist()) if length}
        for length in range(1, MAX_CODE_BITS + 1):
            code = self._bits[self._position : self._position + length]
            if code in symbols:
                return symbols[code], self.take(length)
        raise FormatError(f"expected a code of the Huffman table, found {self._bits[self._position :]!r}")


def _signed(extra: str) -> int:
    """EXTEND (F.2.2.1): a value of so many bits, negative where the first is 0."""
    if not extra:
        return 0
    return int(extra, 2) if extra[0] == "1" else int(extra, 2) - (1 << len(extra)) + 1


def _dc_difference(source: _Bits, table: HuffmanTable | None) -> Code:
    size, code = source.take_code(table)
    extra = source.take(size)
    return Code(size, code, extra, index=0, value=_signed(extra))


def _dc_refinement(source: _Bits) -> Code:
    bit = source.take(1)
    return Code(None, extra=bit, index=0, value=int(bit))


def _end_of_block(source: _Bits, run: int, code: str) -> Code:
    """EOB, or EOBn, which also ends the blocks that follow (G.1.2.2)."""
    extra = source.take(run)
    return Code((run, 0), code, extra, value=(1 << run) + int(extra or "0", 2))


def _ac_codes(source: _Bits, table: HuffmanTable | None, scan: Scan) -> list[Code]:
    codes = []
    index = max(scan.spectral_start, 1)
    while index <= scan.spectral_end:
        symbol, code = source.take_code(table)
        run, size = symbol >> 4, symbol & 15
        if size == 0 and run < _ZERO_RUN_16[0]:
            codes.append(_end_of_block(source, run, code))
            break
        index += run
        extra = source.take(size)
        value = _signed(extra) * (1 << scan.approximation_low)
        codes.append(Code((run, size), code, extra, index=index if size else None, value=value))
        index += 1
    return codes


def _ac_refinement(source: _Bits, table: HuffmanTable | None, scan: Scan, before: NDArray[np.int16]) -> list[Code]:
    """Figure G.7."""
    index, end = scan.spectral_start, scan.spectral_end
    known = before != 0
    corrected = int(known[index : end + 1].sum())
    if source.left == corrected:  # every known coefficient gets its bit, so there is no code: a run covers the block
        return [Code(None, corrections=source.take(corrected))] if corrected else []
    codes = []
    while index <= end:
        symbol, code = source.take_code(table)
        run, size = symbol >> 4, symbol & 15
        if size == 0 and run < _ZERO_RUN_16[0]:
            ending = _end_of_block(source, run, code)
            codes.append(replace(ending, corrections=source.take(int(known[index : end + 1].sum()))))
            break
        extra = source.take(size)
        first, zeros = index, run
        while index <= end and (known[index] or zeros > 0):
            zeros -= not known[index]
            index += 1
        value = _signed(extra) * (1 << scan.approximation_low)
        corrections = source.take(int(known[first:index].sum()))
        codes.append(Code((run, size), code, extra, corrections, index if size else None, value))
        index += 1
    return codes
