"""The entropy-coded data of a scan to levels (ITU-T T.81 F.2.2, G.2), restart interval by restart interval (E.2.4)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal._kernels import ScanFailure
from foveal.jpeg import limits
from foveal.jpeg.diagnosis import Diagnosis, malformed
from foveal.jpeg.entropy_data import EntropyData
from foveal.jpeg.file_reader import FileScan
from foveal.jpeg.frame import Frame

_MISSING = (-1, -1)
_WITHOUT_DATA = (ScanFailure.OUT_OF_DATA, ScanFailure.NO_INTERVAL)
_EXPECTED = {
    ScanFailure.NO_CODE: "expected a code of the Huffman table, found none",
    ScanFailure.OUT_OF_RANGE: "expected a level of an 8-bit picture, found one far outside",
    ScanFailure.BEYOND_BLOCK: "expected at most 63 AC coefficients in a block, found more",
    ScanFailure.OUT_OF_DATA: "expected more data",
    ScanFailure.NO_INTERVAL: "expected more restart intervals",
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
        Takes what is wrong. Where it is lenient, decoding goes on behind a fault.
    """

    def __init__(self, file: bytes, file_scan: FileScan, frame: Frame, diagnosis: Diagnosis) -> None:
        self._file = file
        self._scan = file_scan
        self._diagnosis = diagnosis
        self._components = [frame.components[index] for index in file_scan.parameters.components]
        self._interleaved = file_scan.parameters.is_interleaved
        if self._interleaved:
            self._mcu_columns, self._mcu_rows = frame.mcu_columns, frame.mcu_rows
        else:  # A.2.2: an MCU is a block, and only blocks of the picture are sent
            self._mcu_columns, self._mcu_rows = self._components[0].block_columns, self._components[0].block_rows
        self._parameters = [
            (
                component.h_factor if self._interleaved else 1,
                component.v_factor if self._interleaved else 1,
                dc.decoding_table if dc else None,
                ac.decoding_table if ac else None,
            )
            for component, (dc, ac) in zip(self._components, file_scan.tables, strict=True)
        ]
        self._mcu_count = self._mcu_columns * self._mcu_rows
        self._intervals = _intervals_of(file_scan, self._mcu_count, diagnosis)
        self._there = np.flatnonzero(self._intervals[:, 0] >= 0)
        self._faults_before = diagnosis.fault_count
        self._state = _kernels.DecodingState()

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
            component = self._components[0]
            first_row = first_mcu_row * component.v_factor
            rows, columns = component.block_rows - first_row, component.block_columns
            grids = [grids[0][:rows, :columns]]
            bits = [counts[:rows, :columns] for counts in bits]
        v_factor = self._parameters[0][1]
        last_mcu = (first_row + grids[0].shape[0] // v_factor) * self._mcu_columns
        while self._state.mcu < last_mcu:
            failure = _kernels.decode_scan(
                self._scan.entropy_data.data,
                self._intervals,
                self._scan.restart_interval,
                self._scan.parameters.band,
                self._parameters,
                grids,
                first_row,
                self._state,
                bits,
            )
            if failure != ScanFailure.NONE:
                self._fault(failure)
                self._go_on(failure)

    def finish(self) -> None:
        """Note what is left over after the last MCU."""
        if self._diagnosis.fault_count > self._faults_before:
            return  # and said so
        unused = self._state.unused_bytes
        interval = self._scan.restart_interval
        if not interval or self._mcu_count % interval:  # else the last interval was complete, and has been counted
            unused += int(8 * self._intervals[-1, 1] - self._state.bit_position) // 8
        if unused:
            offset = self._scan.entropy_data.offset
            self._diagnosis.oddity(f"byte {offset:,}: {unused:,} bytes of the scan that begins here are not needed")

    def _fault(self, failure: ScanFailure) -> None:
        mcu, bit_position = self._state.mcu, self._state.bit_position
        data = self._scan.entropy_data
        at_end = failure == ScanFailure.NO_INTERVAL
        offset = data.end if at_end else data.file_offset(self._file, bit_position // 8)
        where = f"in MCU {mcu + 1:,} of {self._mcu_count:,}"
        self._diagnosis.fault(malformed(offset, f"{_EXPECTED[failure]} ({where})"))

    def _go_on(self, failure: ScanFailure) -> None:
        """Set the state behind a fault: to the next MCU, or where there is no more data to the next restart interval.

        Huffman codes fall into step again after some wrong ones. What follows may then be shifted by some blocks or of
        another tone until the next restart marker, as with libjpeg.
        """
        may_go_on = self._diagnosis.fault_count < limits.MAX_FAULTS
        interval_mcus = self._scan.restart_interval or self._mcu_count
        interval = self._state.mcu // interval_mcus
        position = self._state.bit_position + (failure == ScanFailure.NO_CODE)  # or the same bits would be tried again
        has_data = failure not in _WITHOUT_DATA and position <= 8 * int(self._intervals[interval, 1])
        if may_go_on and has_data:
            self._state.mcu += 1
            self._state.bit_position = position
            return
        following = int(np.searchsorted(self._there, interval, side="right"))
        may_go_on = may_go_on and following < len(self._there)
        self._state.mcu = int(self._there[following]) * interval_mcus if may_go_on else self._mcu_count


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
    if len(pieces) == expected:  # none is missing: it is a number that is wrong
        return pieces
    return _placed(pieces, restarts[:expected, 2].tolist(), expected)


def _placed(pieces: NDArray[np.int64], numbers: list[int], expected: int) -> NDArray[np.int64]:
    """Put the pieces between restart markers of these numbers into the intervals where they belong.

    E.2.4: markers count modulo 8, so that the number of the next one tells how many intervals are missing.
    """
    intervals = np.full((expected, 2), _MISSING, dtype=np.int64)
    position = 0
    for index, piece in enumerate(pieces[: len(numbers) + 1]):
        if position >= expected:
            break
        intervals[position] = piece
        missing = (numbers[index] - position) % 8 if index < len(numbers) else 0
        position += 1 + (missing if position + 1 + missing < expected else 0)
    return intervals


def _fault_restarts(data: EntropyData, expected: int, diagnosis: Diagnosis) -> None:
    numbers = data.restarts[: expected - 1, 2]
    wrong = np.flatnonzero(numbers != np.arange(len(numbers)) % 8)
    if len(wrong):
        _, offset, number = data.restarts[wrong[0]].tolist()
        diagnosis.fault(malformed(offset, f"expected RST{wrong[0] % 8}, found RST{number}"))
    elif len(data.restarts) >= expected:
        more, offset = len(data.restarts) - expected + 1, int(data.restarts[expected - 1, 1])
        diagnosis.oddity(f"byte {offset:,}: {more:,} restart intervals more than the {expected:,} of the picture")
    else:
        found = len(data.restarts) + 1
        diagnosis.fault(malformed(data.end, f"expected {expected:,} restart intervals, found {found:,}"))
