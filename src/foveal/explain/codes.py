"""The Huffman codes of one block in one scan, read from its bits (ITU-T T.81 F.2.2 and G.2, decoding procedures).

`jpeg.scan_decoder` decodes whole scans fast. This module decodes a single block and keeps every code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foveal.errors import FormatError
from foveal.explain.anatomy import BlockPosition
from foveal.jpeg import MAX_CODE_BITS, SEQUENTIAL_BAND, EntropyData, Frame, HuffmanTable, HuffmanTables, Scan

_ZERO_RUN_16 = (15, 0)
_DC, _AC = 0, 1


@dataclass(frozen=True)
class Code:
    """A Huffman code and the bits that follow it; bits are strings of "0" and "1".

    Parameters
    ----------
    symbol
        Symbol of the code: SSSS of a DC difference, (RRRR, SSSS) of AC coefficients; None for bits without a code.
    code
        The Huffman code.
    extra
        Additional bits after the code: of the value, or of the length of an EOB run.
    corrections
        Correction bits of coefficients that earlier scans sent (T.81 G.1.2.3, Coding model for subsequent scans of
        successive approximation).
    index
        Zig-zag index of the coefficient that is sent, or None.
    value
        DC difference, or value of the coefficient as far as it is known after this scan; of an EOB, the number of
        blocks that end with it.
    """

    symbol: int | tuple[int, int] | None
    code: str = ""
    extra: str = ""
    corrections: str = ""
    index: int | None = None
    value: int = 0

    @property
    def bits(self) -> str:
        """All bits of the code, in the order of the file."""
        return self.code + self.extra + self.corrections

    @property
    def is_end_of_block(self) -> bool:
        """Whether the code is an EOB, the last code of the block."""
        return isinstance(self.symbol, tuple) and self.symbol[1] == 0 and self.symbol != _ZERO_RUN_16


def cut_block_bits(
    entropy_data: EntropyData,
    scan: Scan,
    frame: Frame,
    block_bits: Sequence[NDArray[np.uint32]],
    position: BlockPosition,
) -> str:
    """Cut the bits of a block out of the entropy-coded data of a scan without restart intervals.

    Parameters
    ----------
    entropy_data
        Entropy-coded data of the scan.
    scan, frame
        Parameters of the scan and of the file.
    block_bits
        Bits of each block in this scan: for each component of the frame (padded_block_rows, padded_block_columns).
    position
        Position of the block in a component of the scan.

    Returns
    -------
    str
        The bits as "0" and "1".
    """
    first = _count_bits_before(scan, frame, block_bits, position)
    end = first + int(block_bits[position.component][position.row, position.column])
    bits = np.unpackbits(entropy_data.data[first // 8 : -(-end // 8)])
    return "".join(map(str, bits[first % 8 : first % 8 + end - first].tolist()))


def _count_bits_before(
    scan: Scan, frame: Frame, block_bits: Sequence[NDArray[np.uint32]], position: BlockPosition
) -> int:
    """Count the bits of the blocks that a scan codes before a block."""
    component, row, column = position.component, position.row, position.column
    header = frame.components[component]
    if not scan.is_interleaved:  # T.81 A.2.2, Non-interleaved order: row by row, without the padding to whole MCUs
        grid = block_bits[component][:, : header.block_columns]
        return int(grid[:row].sum() + grid[row, :column].sum())
    # T.81 A.2.3, Interleaved order: in each MCU, the blocks of each component row by row.
    mcus = np.concatenate([_group_by_mcu(block_bits[index], frame, index) for index in scan.components], axis=1)
    mcu = row // header.v_factor * frame.mcu_columns + column // header.h_factor
    others = (frame.components[index] for index in scan.components if index < component)
    place = sum(other.h_factor * other.v_factor for other in others)
    place += row % header.v_factor * header.h_factor + column % header.h_factor
    return int(mcus[:mcu].sum() + mcus[mcu, :place].sum())


def _group_by_mcu(bits: NDArray[np.uint32], frame: Frame, component: int) -> NDArray[np.uint32]:
    """Arrange the bits of the blocks of a component as (MCUs, blocks per MCU), in coding order."""
    v, h = frame.components[component].v_factor, frame.components[component].h_factor
    return bits.reshape(frame.mcu_rows, v, frame.mcu_columns, h).transpose(0, 2, 1, 3).reshape(-1, v * h)


def read_block_codes(
    scan: Scan, tables: HuffmanTables, bits: str, levels_before: NDArray[np.int16]
) -> tuple[Code, ...]:
    """Read the codes of a block in a scan.

    Parameters
    ----------
    scan
        Parameters of the scan.
    tables
        DC and AC Huffman table of the component in this scan.
    bits
        Bits of the block, see `cut_block_bits`.
    levels_before
        Levels of the block after the earlier scans, (64,) in zig-zag order.

    Returns
    -------
    tuple of Code
        Codes that contain all of the bits, in order. A block inside the EOB run of an earlier block has no codes, or
        one Code without a symbol if it has correction bits.
    """
    reader = _BitReader(bits)
    dc, ac = tables
    if scan.band == SEQUENTIAL_BAND:
        codes = [_read_dc_difference(reader, dc), *_read_ac_codes(reader, ac, scan)]
    elif scan.spectral_end == 0:
        codes = [_read_dc_refinement(reader)] if scan.approximation_high else [_read_dc_difference(reader, dc)]
    elif scan.approximation_high:
        codes = _read_ac_refinement(reader, ac, scan, levels_before)
    else:
        codes = _read_ac_codes(reader, ac, scan) if bits else []
    return tuple(codes)


class _BitReader:
    """A reader of the bits of a block, from first to last."""

    def __init__(self, bits: str) -> None:
        self._bits = bits
        self._position = 0

    @property
    def remaining(self) -> int:
        return len(self._bits) - self._position

    def take(self, count: int) -> str:
        self._position += count
        return self._bits[self._position - count : self._position]

    def take_code(self, table: HuffmanTable | None) -> tuple[int, str]:
        """Take a Huffman code; return its symbol and its bits (T.81 F.2.2.3, The DECODE procedure)."""
        assert table is not None  # noqa: S101 (`file_scans` reads only files that have all tables)
        symbols = {f"{code:0{length}b}": symbol for symbol, (code, length) in enumerate(table.codes.tolist()) if length}
        for length in range(1, MAX_CODE_BITS + 1):
            code = self._bits[self._position : self._position + length]
            if code in symbols:
                return symbols[code], self.take(length)
        raise FormatError(f"expected a code of the Huffman table, found {self._bits[self._position :]!r}")


def _extend(extra: str) -> int:
    """Convert additional bits to a value, negative if the first bit is 0 (T.81 F.2.2.1, Figure F.12, EXTEND)."""
    if not extra:
        return 0
    return int(extra, 2) if extra[0] == "1" else int(extra, 2) - (1 << len(extra)) + 1


def _read_dc_difference(reader: _BitReader, table: HuffmanTable | None) -> Code:
    size, code = reader.take_code(table)
    extra = reader.take(size)
    return Code(size, code, extra, index=0, value=_extend(extra))


def _read_dc_refinement(reader: _BitReader) -> Code:
    bit = reader.take(1)
    return Code(None, extra=bit, index=0, value=int(bit))


def _read_end_of_block(reader: _BitReader, run: int, code: str) -> Code:
    """Read the additional bits of EOBn, which also ends the blocks that follow (T.81 G.1.2.2); EOB is EOB0."""
    extra = reader.take(run)
    return Code((run, 0), code, extra, value=(1 << run) + int(extra or "0", 2))


def _read_ac_codes(reader: _BitReader, table: HuffmanTable | None, scan: Scan) -> list[Code]:
    codes = []
    index = max(scan.spectral_start, 1)
    while index <= scan.spectral_end:
        symbol, code = reader.take_code(table)
        run, size = symbol >> 4, symbol & 15
        if size == 0 and run < _ZERO_RUN_16[0]:
            codes.append(_read_end_of_block(reader, run, code))
            break
        index += run
        extra = reader.take(size)
        value = _extend(extra) * (1 << scan.approximation_low)
        codes.append(Code((run, size), code, extra, index=index if size else None, value=value))
        index += 1
    return codes


def _read_ac_refinement(
    reader: _BitReader, table: HuffmanTable | None, scan: Scan, levels_before: NDArray[np.int16]
) -> list[Code]:
    """Read the codes of a refinement scan.

    A run counts only the zeros that are still zero. The correction bits of the nonzero coefficients that it passes
    follow the code (T.81 G.1.2.3, Figure G.7).
    """
    index, end = scan.spectral_start, scan.spectral_end
    known = levels_before != 0
    corrected = int(known[index : end + 1].sum())
    if reader.remaining == corrected:  # correction bits only: an earlier EOB run covers the block
        return [Code(None, corrections=reader.take(corrected))] if corrected else []
    codes = []
    while index <= end:
        symbol, code = reader.take_code(table)
        run, size = symbol >> 4, symbol & 15
        if size == 0 and run < _ZERO_RUN_16[0]:
            ending = _read_end_of_block(reader, run, code)
            codes.append(replace(ending, corrections=reader.take(int(known[index : end + 1].sum()))))
            break
        extra = reader.take(size)
        first, zeros = index, run
        while index <= end and (known[index] or zeros > 0):
            zeros -= not known[index]
            index += 1
        value = _extend(extra) * (1 << scan.approximation_low)
        corrections = reader.take(int(known[first:index].sum()))
        codes.append(Code((run, size), code, extra, corrections, index if size else None, value))
        index += 1
    return codes
