"""The entropy-coded data of a scan to levels (ITU-T T.81 F.2.2, G.2), restart interval by restart interval (E.2.4)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from foveal import _kernels
from foveal.jpeg.diagnosis import Diagnosis, malformed
from foveal.jpeg.file_reader import EntropyData, FileScan
from foveal.jpeg.frame import Frame

_MCU, _BIT_POSITION, _UNUSED_BYTES = 0, 1, 3  # fields of a state
_STATE_FIELDS = 8
_MISSING = (-1, -1)
_MAX_FAULTS = 1000  # in a scan; what comes behind them is not worth the time


class _Failure(IntEnum):
    """Why a kernel stopped (ScanFailure in kernel_table.hpp)."""

    NONE = 0
    NO_CODE = 1
    OUT_OF_RANGE = 2
    BEYOND_BLOCK = 3
    OUT_OF_DATA = 4
    NO_INTERVAL = 5


_EXPECTED = {
    _Failure.NO_CODE: "expected a code of the Huffman table, found none",
    _Failure.OUT_OF_RANGE: "expected a level of an 8-bit picture, found one far outside",
    _Failure.BEYOND_BLOCK: "expected at most 63 AC coefficients in a block, found more",
    _Failure.OUT_OF_DATA: "expected more data",
    _Failure.NO_INTERVAL: "expected more restart intervals",
}


class ScanDecoder:
    """Decodes a scan from its first MCU to its last, in as many calls as its caller likes.

    Parameters
    ----------
    file
        The whole file, for the offsets in messages.
    file_scan
        The scan.
    frame
        Its frame.
    diagnosis
        Takes what is wrong. Where it is lenient, decoding goes on with the next restart interval.
    """

    def __init__(self, file: bytes, file_scan: FileScan, frame: Frame, diagnosis: Diagnosis) -> None:
        self._file = file
        self._scan = file_scan
        self._diagnosis = diagnosis
        self.components = [frame.components[index] for index in file_scan.scan.components]
        self._interleaved = len(self.components) > 1
        if self._interleaved:
            self._mcu_columns, self._mcu_rows = frame.mcu_columns, frame.mcu_rows
        else:  # A.2.2: an MCU is a block, and only blocks of the picture are sent
            self._mcu_columns, self._mcu_rows = self.components[0].block_columns, self.components[0].block_rows
        self._parameters = [
            (
                component.h_factor if self._interleaved else 1,
                component.v_factor if self._interleaved else 1,
                dc.decoding_table if dc else None,
                ac.decoding_table if ac else None,
            )
            for component, (dc, ac) in zip(self.components, file_scan.tables, strict=True)
        ]
        self._mcu_count = self._mcu_columns * self._mcu_rows
        self._faults = 0
        self._intervals = _intervals_of(file_scan, self._mcu_count, diagnosis)
        self._state = np.zeros(_STATE_FIELDS, dtype=np.int64)

    def decode(
        self,
        blocks: Sequence[NDArray[np.int16]],
        first_mcu_row: int = 0,
        block_bits: Sequence[NDArray[np.uint32]] = (),
    ) -> None:
        """Decode the next rows.

        Parameters
        ----------
        blocks
            For each component of the scan (rows, columns, 64) levels in zig-zag order, rows of whole MCUs of the frame,
            filled in place; zero before a first scan.
        first_mcu_row
            The MCU row of the frame with which they begin.
        block_bits
            For each component (rows, columns), or none: the bits that each block takes are added.

        Raises
        ------
        FormatError
            The data is malformed, and the diagnosis is strict.
        """
        grids, first_row = list(blocks), first_mcu_row
        bits = list(block_bits)
        if not self._interleaved:
            component = self.components[0]
            first_row = first_mcu_row * component.v_factor
            rows, columns = component.block_rows - first_row, component.block_columns
            grids = [grids[0][:rows, :columns]]
            bits = [counts[:rows, :columns] for counts in bits]
        last_mcu = (first_row + grids[0].shape[0] // self._parameters[0][1]) * self._mcu_columns
        while self._state[_MCU] < last_mcu:
            failure = _kernels.decode_scan(
                self._scan.entropy_data.data,
                self._intervals,
                self._scan.restart_interval,
                self._scan.scan.band,
                self._parameters,
                grids,
                first_row,
                self._state,
                bits,
            )
            if failure != _Failure.NONE:
                self._fault(_Failure(failure))
                self._go_on()

    def finish(self) -> None:
        """Note what is left over after the last MCU."""
        unused = int(self._state[_UNUSED_BYTES])
        if self._state[_MCU] == self._mcu_count and self._intervals[-1, 0] >= 0:
            unused += int(8 * self._intervals[-1, 1] - self._state[_BIT_POSITION]) // 8
        if unused:
            offset = self._scan.entropy_data.offset
            self._diagnosis.oddity(f"byte {offset:,}: {unused:,} bytes of the scan that begins here are not needed")

    def _fault(self, failure: _Failure) -> None:
        mcu, bit_position = int(self._state[_MCU]), int(self._state[_BIT_POSITION])
        data = self._scan.entropy_data
        at_end = failure == _Failure.NO_INTERVAL
        offset = data.end if at_end else data.file_offset(self._file, bit_position // 8)
        where = f"in MCU {mcu:,} of {self._mcu_count:,}"
        self._diagnosis.fault(malformed(offset, f"{_EXPECTED[failure]} ({where})"))

    def _go_on(self) -> None:
        """Set the state to the next restart interval that is there, or to the end."""
        interval = self._scan.restart_interval or self._mcu_count
        following = int(self._state[_MCU]) // interval + 1
        there = np.flatnonzero(self._intervals[following:, 0] >= 0)
        self._faults += 1
        go_on = len(there) > 0 and self._faults < _MAX_FAULTS
        self._state[_MCU] = (following + int(there[0])) * interval if go_on else self._mcu_count


def _intervals_of(file_scan: FileScan, mcu_count: int, diagnosis: Diagnosis) -> NDArray[np.int64]:
    """Where each restart interval begins and ends in the data: (n, 2), _MISSING where it is not there."""
    data, interval = file_scan.entropy_data, file_scan.restart_interval
    expected = -(-mcu_count // interval) if interval else 1
    restarts = data.restarts
    pieces = np.empty((len(restarts) + 1, 2), dtype=np.int64)
    pieces[0, 0], pieces[-1, 1] = 0, data.size_bytes
    pieces[1:, 0] = pieces[:-1, 1] = restarts[:, 0]
    if len(pieces) == expected and (restarts[:, 2] == np.arange(expected - 1) % 8).all():
        return pieces
    _fault_restarts(data, expected, diagnosis)
    intervals = np.full((expected, 2), _MISSING, dtype=np.int64)
    position = 0
    numbers = [*restarts[:expected, 2].tolist(), 0]
    for piece, number in zip(pieces, numbers, strict=False):
        if position >= expected:
            break
        intervals[position] = piece
        # E.2.4: markers count modulo 8. The next one's number tells how many intervals are missing.
        missing = (number - position) % 8
        position += 1 + (missing if position + 1 + missing < expected else 0)
    return intervals


def _fault_restarts(data: EntropyData, expected: int, diagnosis: Diagnosis) -> None:
    for position, (_, offset, number) in enumerate(data.restarts[:expected].tolist()):
        if position + 1 == expected:
            more = len(data.restarts) - position
            diagnosis.oddity(f"byte {offset:,}: {more:,} restart intervals more than the {expected:,} of the picture")
            return
        if number != position % 8:
            diagnosis.fault(malformed(offset, f"expected RST{position % 8}, found RST{number}"))
            return
    diagnosis.fault(malformed(data.end, f"expected {expected:,} restart intervals, found {len(data.restarts) + 1:,}"))
