"""Decoder of scans: entropy-coded data to quantized coefficients (levels).

The kernels decode blocks (ITU-T T.81 F.2.2, Baseline Huffman decoding procedures; G.2, Progressive decoding of the
DCT). This module finds the restart intervals in the data (E.2.4, Control procedure for decoding a restart interval),
reports faults, and decides where decoding resumes after a fault.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal._kernels import ScanFailure
from foveal.jpeg import limits
from foveal.jpeg.diagnosis import Diagnosis, malformed_error
from foveal.jpeg.entropy_data import EntropyData
from foveal.jpeg.file_reader import FileScan
from foveal.jpeg.frame import Frame

_MISSING_INTERVAL = (-1, -1)
_OUT_OF_DATA_FAILURES = (ScanFailure.OUT_OF_DATA, ScanFailure.NO_INTERVAL)
_FAILURE_MESSAGES = {
    ScanFailure.NO_CODE: "expected a code of the Huffman table, found none",
    ScanFailure.OUT_OF_RANGE: "expected a level in the range of an 8-bit picture, found one far outside",
    ScanFailure.BEYOND_BLOCK: "expected at most 63 AC coefficients in a block, found more",
    ScanFailure.OUT_OF_DATA: "expected more data",
    ScanFailure.NO_INTERVAL: "expected more restart intervals",
}


class ScanDecoder:
    """Decoder of one scan, from its first MCU to its last, in one call of `decode` or several.

    Parameters
    ----------
    file
        Bytes of the whole file, for the offsets in messages.
    file_scan
        The scan to decode.
    frame
        Frame of the file.
    diagnosis
        Collector of the faults and oddities of the file. If it is lenient, decoding resumes after a fault.
    """

    def __init__(self, file: bytes, file_scan: FileScan, frame: Frame, diagnosis: Diagnosis) -> None:
        self._file = file
        self._scan = file_scan
        self._diagnosis = diagnosis
        self._components = [frame.components[index] for index in file_scan.parameters.components]
        self._interleaved = file_scan.parameters.is_interleaved
        if self._interleaved:
            self._mcu_columns, self._mcu_rows = frame.mcu_columns, frame.mcu_rows
        else:
            # T.81 A.2.1, Minimum coded unit: an MCU of a non-interleaved scan is one block. Blocks that only complete
            # partial MCUs (A.2.4, Completion of partial MCU) are not in such a scan.
            self._mcu_columns, self._mcu_rows = self._components[0].block_columns, self._components[0].block_rows
        self._kernel_components = [
            (
                component.h_factor if self._interleaved else 1,
                component.v_factor if self._interleaved else 1,
                dc.decoding_table if dc else None,
                ac.decoding_table if ac else None,
            )
            for component, (dc, ac) in zip(self._components, file_scan.tables, strict=True)
        ]
        self._mcu_count = self._mcu_columns * self._mcu_rows
        self._intervals = _locate_intervals(file_scan, self._mcu_count, diagnosis)
        self._present_intervals = np.flatnonzero(self._intervals[:, 0] >= 0)
        self._faults_before = diagnosis.fault_count
        self._state = _kernels.DecodingState()

    def decode(
        self,
        blocks: Sequence[NDArray[np.int16]],
        first_mcu_row: int = 0,
        block_bits: Sequence[NDArray[np.uint32]] = (),
    ) -> None:
        """Decode the next MCU rows, which must follow those of the previous call.

        Parameters
        ----------
        blocks
            Levels of each component of the scan: (rows, columns, 64) int16 in zig-zag order, for whole MCU rows of the
            frame. They are changed in place, and must be zero before the first scan of their coefficients.
        first_mcu_row
            MCU row of the frame at which `blocks` begin.
        block_bits
            Counters for each component of the scan: (rows, columns) uint32, to which the number of bits of each block
            is added. Empty if bits are not to be counted.

        Raises
        ------
        FormatError
            The data is malformed and the diagnosis is strict.
        """
        grids, first_row = list(blocks), first_mcu_row
        bits = list(block_bits)
        if not self._interleaved:
            component = self._components[0]
            first_row = first_mcu_row * component.v_factor
            rows, columns = component.block_rows - first_row, component.block_columns
            grids = [grids[0][:rows, :columns]]
            bits = [counts[:rows, :columns] for counts in bits]
        v_factor = self._kernel_components[0][1]
        last_mcu = (first_row + grids[0].shape[0] // v_factor) * self._mcu_columns
        while self._state.mcu < last_mcu:
            failure = _kernels.decode_scan(
                self._scan.entropy_data.data,
                self._intervals,
                self._scan.restart_interval,
                self._scan.parameters.band,
                self._kernel_components,
                grids,
                first_row,
                self._state,
                bits,
            )
            if failure != ScanFailure.NONE:
                self._report_failure(failure)
                self._resume_after(failure)

    def finish(self) -> None:
        """Report bytes that are left over after the last MCU."""
        if self._diagnosis.fault_count > self._faults_before:
            return  # the faults explain what is left over
        unused = self._state.unused_bytes
        interval = self._scan.restart_interval
        if not interval or self._mcu_count % interval:  # the kernel counts unused bytes only in complete intervals
            unused += int(8 * self._intervals[-1, 1] - self._state.bit_position) // 8
        if unused:
            offset = self._scan.entropy_data.offset
            message = f"{unused:,} bytes of the scan that begins here are left over after its last MCU"
            self._diagnosis.report_oddity(f"byte {offset:,}: {message}")

    def _report_failure(self, failure: ScanFailure) -> None:
        mcu, bit_position = self._state.mcu, self._state.bit_position
        data = self._scan.entropy_data
        at_end = failure == ScanFailure.NO_INTERVAL
        offset = data.end if at_end else data.file_offset(self._file, bit_position // 8)
        message = f"{_FAILURE_MESSAGES[failure]} (in MCU {mcu + 1:,} of {self._mcu_count:,})"
        self._diagnosis.report_fault(malformed_error(offset, message))

    def _resume_after(self, failure: ScanFailure) -> None:
        """Set the state to the MCU and the bit at which decoding resumes after a failure."""
        # While data is left in the restart interval, decoding resumes with the next MCU: Huffman codes synchronize
        # again after a few wrong codes. As with libjpeg, the blocks may then be shifted or have a wrong DC up to the
        # next restart marker. If no data is left, decoding resumes with the next restart interval that is present.
        may_resume = self._diagnosis.fault_count < limits.MAX_FAULTS
        interval_mcus = self._scan.restart_interval or self._mcu_count
        interval = self._state.mcu // interval_mcus
        position = self._state.bit_position + (failure == ScanFailure.NO_CODE)  # else the same bits would fail again
        has_data = failure not in _OUT_OF_DATA_FAILURES and position <= 8 * int(self._intervals[interval, 1])
        if may_resume and has_data:
            self._state.mcu += 1
            self._state.bit_position = position
            return
        following = int(np.searchsorted(self._present_intervals, interval, side="right"))
        may_resume = may_resume and following < len(self._present_intervals)
        self._state.mcu = int(self._present_intervals[following]) * interval_mcus if may_resume else self._mcu_count


def _locate_intervals(file_scan: FileScan, mcu_count: int, diagnosis: Diagnosis) -> NDArray[np.int64]:
    """Find the restart intervals of a scan in its data, and report irregular restart markers.

    Returns
    -------
    ndarray
        (n, 2) int64: first byte and end of each interval in the data; _MISSING_INTERVAL for one that is missing.
    """
    data, interval = file_scan.entropy_data, file_scan.restart_interval
    expected = -(-mcu_count // interval) if interval else 1
    restart_markers = data.restart_markers
    pieces = np.empty((len(restart_markers) + 1, 2), dtype=np.int64)  # data between restart markers
    pieces[0, 0], pieces[-1, 1] = 0, data.size_bytes
    pieces[1:, 0] = pieces[:-1, 1] = restart_markers[:, 0]
    if len(pieces) == expected and (restart_markers[:, 2] == np.arange(expected - 1) % 8).all():
        return pieces
    _report_restart_markers(data, expected, diagnosis)
    if len(pieces) == expected:  # no interval is missing: only the number of a marker is wrong
        return pieces
    return _place_pieces(pieces, restart_markers[:expected, 2].tolist(), expected)


def _place_pieces(pieces: NDArray[np.int64], numbers: list[int], expected: int) -> NDArray[np.int64]:
    """Assign the pieces of damaged data to restart intervals.

    Parameters
    ----------
    pieces
        (n, 2) int64: first byte and end of each piece of data between restart markers.
    numbers
        Number m of the marker RSTm after each piece, except the last.
    expected
        Number of restart intervals of the scan.

    Returns
    -------
    ndarray
        (expected, 2) int64 as from `_locate_intervals`.
    """
    # RSTm count modulo 8 (T.81 B.2.1, High-level syntax), so the number after a piece tells how many intervals are lost
    # before the next piece, modulo 8. A number that would place the next piece beyond the picture is ignored.
    #
    #     data      piece 0  RST0  piece 1  RST3  piece 2  RST4  ...
    #     interval     0              1              4            (2 and 3 are lost)
    intervals = np.full((expected, 2), _MISSING_INTERVAL, dtype=np.int64)
    position = 0
    for index, piece in enumerate(pieces[: len(numbers) + 1]):
        if position >= expected:
            break
        intervals[position] = piece
        missing = (numbers[index] - position) % 8 if index < len(numbers) else 0
        position += 1 + (missing if position + 1 + missing < expected else 0)
    return intervals


def _report_restart_markers(data: EntropyData, expected: int, diagnosis: Diagnosis) -> None:
    """Report the first restart marker with a wrong number; if there is none, report the wrong number of intervals."""
    numbers = data.restart_markers[: expected - 1, 2]
    wrong = np.flatnonzero(numbers != np.arange(len(numbers)) % 8)
    if len(wrong):
        _, offset, number = data.restart_markers[wrong[0]].tolist()
        diagnosis.report_fault(malformed_error(offset, f"expected RST{wrong[0] % 8}, found RST{number}"))
    elif len(data.restart_markers) >= expected:
        more, offset = len(data.restart_markers) - expected + 1, int(data.restart_markers[expected - 1, 1])
        message = f"{more:,} more restart intervals than the {expected:,} of the picture"
        diagnosis.report_oddity(f"byte {offset:,}: {message}")
    else:
        found = len(data.restart_markers) + 1
        message = f"expected {expected:,} restart intervals, found {found:,}"
        diagnosis.report_fault(malformed_error(data.end, message))
