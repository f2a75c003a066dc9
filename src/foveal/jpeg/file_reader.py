"""A JPEG file, segment by segment up to its scans (ITU-T T.81 B.1, B.2, E.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from numbers import Integral

import numpy as np
from numpy.typing import NDArray

from foveal import _kernels
from foveal.errors import FormatError, LimitError, ParameterError, UnsupportedError
from foveal.jpeg import headers, limits, markers
from foveal.jpeg.diagnosis import Diagnosis, malformed
from foveal.jpeg.frame import Frame
from foveal.jpeg.huffman import DEFAULT_TABLES, HuffmanTable
from foveal.jpeg.scan import MAX_MCU_BLOCKS, Scan, Script, interleaved_blocks
from foveal.jpeg.segments import Segment
from foveal.jpeg.tables import QuantizationTable

_SEQUENTIAL_BAND = (0, 63, 0, 0)
_PAYLOAD_OFFSET = 4  # marker and length come before a payload
_PADDING_BYTES = 512  # behind the data of a scan (kScanPadding in kernel_table.hpp)
_MARKER = re.compile(rb"\xff[^\x00\xff]")  # B.1.1.2; fill bytes before it are 0xFF, too
_FLAT = QuantizationTable((1,) * 64)  # for a component that a broken file never sends


@dataclass(frozen=True)
class FileSegment:
    """A marker segment where it stands in a file.

    Parameters
    ----------
    code
        Second byte of the marker.
    offset
        Of the marker's 0xFF.
    payload
        What follows the length; empty where the marker stands alone.
    size_bytes
        With marker and length.
    """

    code: int
    offset: int
    payload: bytes
    size_bytes: int

    @property
    def payload_offset(self) -> int:
        """Where the payload begins in the file."""
        return self.offset + _PAYLOAD_OFFSET


@dataclass(frozen=True, eq=False)
class EntropyData:
    """The entropy-coded data of a scan.

    Parameters
    ----------
    offset, end
        Where it begins and ends in the file.
    data
        uint8: without stuffing and markers, and with the padding that the kernels want behind it.
    restarts
        (n, 3) int64: position in `data`, offset in the file and number of each restart marker.
    """

    offset: int
    end: int
    data: NDArray[np.uint8]
    restarts: NDArray[np.int64]

    @classmethod
    def at(cls, file: bytes, offset: int) -> EntropyData:
        """Take the data that begins at an offset."""
        data, restarts, restart_count, end = _kernels.unstuff_scan(file, offset, limits.MAX_RESTARTS)
        if restart_count > limits.MAX_RESTARTS:
            raise LimitError(f"a scan of {restart_count:,} restart markers is not decoded")
        return cls(offset, end, data, restarts)

    @property
    def size_bytes(self) -> int:
        """Without the padding."""
        return len(self.data) - _PADDING_BYTES

    def file_offset(self, file: bytes, position: int) -> int:
        """Where a byte of the data stands in the file."""
        before = int(np.searchsorted(self.restarts[:, 0], position, side="right"))
        start, skipped = (self.restarts[before - 1, 1], self.restarts[before - 1, 0]) if before else (self.offset, 0)
        return _kernels.stuffed_offset(file, int(start), position - int(skipped))


@dataclass(frozen=True, eq=False)
class FileScan:
    """A scan of a file, ready to be decoded.

    Parameters
    ----------
    scan
        What it sends.
    tables
        DC and AC table of each of its components; None for one that it has no use for.
    restart_interval
        In MCUs, 0 for none.
    entropy_data
        What it sends it as.
    header_offset
        Of its SOS.
    """

    scan: Scan
    tables: tuple[tuple[HuffmanTable | None, HuffmanTable | None], ...]
    restart_interval: int
    entropy_data: EntropyData
    header_offset: int


@dataclass
class FileReader:
    """Reads a file up to one scan after the other, and holds what its segments define.

    Parameters
    ----------
    data
        The file.
    diagnosis
        Takes what is wrong with it.
    max_pixels
        Larger frames are refused.
    """

    data: bytes
    diagnosis: Diagnosis
    max_pixels: int
    position: int = 0
    sof_code: int = 0
    frame: Frame | None = None
    quantization_tables: dict[int, QuantizationTable] = field(default_factory=dict)
    huffman_tables: dict[tuple[int, int], HuffmanTable] = field(default_factory=lambda: dict(DEFAULT_TABLES))
    restart_interval: int = 0
    component_tables: dict[int, QuantizationTable] = field(default_factory=dict)  # by index in the frame
    file_segments: list[FileSegment] = field(default_factory=list)
    scans: list[FileScan] = field(default_factory=list)
    trailing: bytes = b""
    _frame_header: headers.FrameHeader | None = None
    _sent: dict[tuple[int, int], int] = field(default_factory=dict)  # (component, zig-zag index) -> bits still missing
    _scanned_samples: int = 0

    @property
    def known_frame(self) -> Frame:
        """The frame, which is known once a scan has been read."""
        if self.frame is None:
            raise ValueError("no scan has been read yet")
        return self.frame

    @property
    def tables(self) -> tuple[QuantizationTable, ...]:
        """Quantization table of each component, as far as there were scans of them."""
        return tuple(self.component_tables.get(index, _FLAT) for index in range(len(self.known_frame.headers)))

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Application segments and comments so far."""
        return tuple(Segment(s.code, s.payload) for s in self.file_segments if markers.is_application(s.code))

    @property
    def script(self) -> Script:
        """The scans so far."""
        return tuple(scan.scan for scan in self.scans)

    def next_scan(self) -> FileScan | None:
        """Read on, past the next scan's data; None at the end of the picture.

        Raises
        ------
        FormatError
            The file is malformed; where the diagnosis is lenient, only if there has been no scan yet.
        UnsupportedError
            It is of another kind than Huffman-coded 8-bit sequential or progressive DCT.
        LimitError
            It has more pixels or scans than it may.
        """
        try:
            return self._next_scan()
        except FormatError as error:
            if not self.scans:
                raise
            self.diagnosis.fault(error)
            return None

    def _next_scan(self) -> FileScan | None:
        if self.position == 0:
            self._expect_soi()
        while True:
            segment = self._next_segment()
            if segment.code == markers.EOI:
                self.trailing = self.data[self.position :]
                self._check_complete(segment.offset)
                return None
            if segment.code == markers.SOS:
                scan = self._read_scan(segment)
                self.scans.append(scan)
                return scan
            self._read_definition(segment)

    def _expect_soi(self) -> None:
        if self.data[:2] != bytes((0xFF, markers.SOI)):
            raise malformed(0, f"expected SOI (0xFFD8), found {self.data[:2].hex() or 'an empty file'}")
        self.file_segments.append(FileSegment(markers.SOI, 0, b"", 2))
        self.position = 2

    def _next_segment(self) -> FileSegment:
        """Read a marker (B.1.1.2) and, unless it stands alone, its payload (B.1.1.4)."""
        found = _MARKER.search(self.data, self.position)
        if found is None:
            raise malformed(len(self.data), "expected a marker or EOI, found the end of the file")
        if len(self.file_segments) == limits.MAX_SEGMENTS:
            raise LimitError(f"more than {limits.MAX_SEGMENTS:,} segments are not read")
        skipped = self.data[self.position : found.start()]
        if skipped.strip(b"\xff"):
            what = f"{len(skipped):,} bytes that belong to no segment"
            self.diagnosis.oddity(f"byte {self.position:,}: {what}")
        segment = self._segment_at(found.start())
        self.position = segment.offset + segment.size_bytes
        self.file_segments.append(segment)
        return segment

    def _segment_at(self, offset: int) -> FileSegment:
        data, code = self.data, self.data[offset + 1]
        if code in markers.STANDALONE:
            return FileSegment(code, offset, b"", 2)
        length = int.from_bytes(data[offset + 2 : offset + 4], "big")
        if length < 2 or offset + 4 > len(data):
            raise malformed(offset + 2, f"expected the length of {markers.name(code)}, found {length}")
        if offset + 2 + length > len(data):
            raise malformed(offset + 2, f"expected {length:,} bytes of {markers.name(code)}, found the end of the file")
        return FileSegment(code, offset, data[offset + 4 : offset + 2 + length], 2 + length)

    def _read_definition(self, segment: FileSegment) -> None:
        """Take in a segment that is not a scan."""
        code, payload, offset = segment.code, segment.payload, segment.offset
        if code in markers.UNSUPPORTED:
            raise UnsupportedError(f"{markers.UNSUPPORTED[code]} is not supported")
        if code in markers.HUFFMAN_DCT_FRAMES:
            self._read_frame(segment)
        elif code == markers.DQT:
            self.quantization_tables |= headers.quantization_tables(payload, offset, self.diagnosis)
        elif code == markers.DHT:
            self.huffman_tables |= headers.huffman_tables(payload, offset)
        elif code == markers.DRI:
            self.restart_interval = headers.restart_interval(payload, offset)
        elif code in markers.STANDALONE:
            self.diagnosis.oddity(f"byte {offset:,}: expected a segment, found {markers.name(code)}")
        elif code != markers.DNL and not markers.is_application(code):  # DNL: read with the first scan
            self.diagnosis.fault(malformed(offset, f"expected a segment of T.81, found marker {markers.name(code)}"))

    def _read_frame(self, segment: FileSegment) -> None:
        if self._frame_header is not None:
            raise malformed(segment.offset, "expected one frame header, found a second")
        header = headers.frame_header(segment.payload, segment.offset)
        self._frame_header, self.sof_code = header, segment.code
        if header.height:
            self._set_frame(header.height)

    def _set_frame(self, height: int) -> None:
        assert self._frame_header is not None  # noqa: S101 (for the type checker: the callers have looked)
        header = self._frame_header
        if header.width * height > self.max_pixels:
            raise LimitError(f"the picture has {header.width:,} x {height:,} pixels; the limit is {self.max_pixels:,}")
        self.frame = Frame(height, header.width, header.components)

    def _read_scan(self, segment: FileSegment) -> FileScan:
        if self._frame_header is None:
            raise malformed(segment.offset, "expected a frame header before the first scan")
        header = headers.scan_header(segment.payload, segment.offset)
        entropy_data = EntropyData.at(self.data, self.position)
        self.position = entropy_data.end
        if self.frame is None:
            self._set_frame(self._lines_after(entropy_data))
        scan = self._checked_scan(header, segment.offset)
        tables = tuple(self._scan_tables(scan, slots[1:], segment.offset) for slots in header.components)
        self._latch_quantization_tables(scan, segment.offset)
        return FileScan(scan, tables, self.restart_interval, entropy_data, segment.offset)

    def _lines_after(self, entropy_data: EntropyData) -> int:
        """Read the number of lines of a frame that has none: DNL follows the first scan (B.2.5)."""
        reader = FileReader(self.data, Diagnosis(strict=False), self.max_pixels, position=entropy_data.end)
        segment = reader._next_segment()
        if segment.code != markers.DNL:
            raise malformed(
                segment.offset, f"expected DNL, as the frame has no height; found {markers.name(segment.code)}"
            )
        return headers.number_of_lines(segment.payload, segment.offset)

    def _checked_scan(self, header: headers.ScanHeader, offset: int) -> Scan:
        identifiers = [component.identifier for component in self.known_frame.headers]
        chosen = [identifier for identifier, _, _ in header.components]
        if len(set(chosen)) < len(chosen) or not set(chosen) <= set(identifiers):
            raise malformed(offset + 4, f"expected components among {identifiers}, each once; found {chosen}")
        components = tuple(identifiers.index(identifier) for identifier in chosen)
        scan = Scan(components, *self._checked_band(header.band, len(components), offset))
        mcu_blocks = interleaved_blocks(scan, self.known_frame)
        if mcu_blocks > MAX_MCU_BLOCKS:
            what = f"expected at most {MAX_MCU_BLOCKS} blocks in an MCU, found {mcu_blocks}"
            self.diagnosis.fault(malformed(offset, what))
        self._count(scan)
        self._follow_progression(scan, offset)
        return scan

    def _checked_band(self, band: tuple[int, int, int, int], count: int, offset: int) -> tuple[int, int, int, int]:
        first, last, high, low = band
        at = offset + 5 + 2 * count
        if self.sof_code != markers.SOF2:
            if band != _SEQUENTIAL_BAND:  # some write zeros; the picture is what it would be without them
                self.diagnosis.oddity(f"byte {at:,}: expected a scan of 0..63, 0, 0 in a sequential file, found {band}")
            return _SEQUENTIAL_BAND
        if not 0 <= first <= last <= 63 or (first == 0) != (last == 0) or (first > 0 and count > 1):
            raise malformed(at, f"expected a spectral band of a progressive scan, found {first}..{last}")
        if low > 13 or high not in (0, low + 1):
            raise malformed(at + 2, f"expected a bit position and the one before it, found Ah = {high}, Al = {low}")
        return band

    def _count(self, scan: Scan) -> None:
        planes = (self.known_frame.components[component] for component in scan.components)
        self._scanned_samples += sum(plane.block_rows * plane.block_columns * 64 for plane in planes)
        if len(self.scans) == limits.MAX_SCANS or self._scanned_samples > limits.MAX_SCANNED_SAMPLES:
            raise LimitError(f"more than {len(self.scans)} scans of a picture of this size are not decoded")

    def _follow_progression(self, scan: Scan, offset: int) -> None:
        """Fault a scan that does not go on where those before it ended (G.1.1)."""
        first, last, high, low = scan.band
        for component in scan.components:
            if self.sof_code != markers.SOF2 and (component, 0) in self._sent:
                raise malformed(offset, f"expected one scan of component {component + 1}, found a second")
            if first > 0 and (component, 0) not in self._sent:
                self.diagnosis.fault(malformed(offset, "expected a scan of DC before those of AC"))
            for index in range(first, last + 1):
                if self._sent.get((component, index), 0) != high or ((component, index) in self._sent and high == 0):
                    self.diagnosis.fault(
                        malformed(offset, f"coefficient {index} of component {component + 1} is sent out of order")
                    )
                    break
            self._sent |= {(component, index): low for index in range(first, last + 1)}

    def _scan_tables(
        self, scan: Scan, slots: tuple[int, int], offset: int
    ) -> tuple[HuffmanTable | None, HuffmanTable | None]:
        """DC and AC table of a component whose slots these are, as far as the scan needs them."""
        needed = scan.spectral_start == 0 and scan.approximation_high == 0, scan.spectral_end > 0
        for kind in (0, 1):
            if needed[kind] and (kind, slots[kind]) not in self.huffman_tables:
                raise malformed(offset, f"expected {('DC', 'AC')[kind]} Huffman table {slots[kind]} before the scan")
        dc, ac = (self.huffman_tables[kind, slots[kind]] if needed[kind] else None for kind in (0, 1))
        return dc, ac

    def _latch_quantization_tables(self, scan: Scan, offset: int) -> None:
        """Give components in their first scan the table that then stands in their slot (B.2.2)."""
        for component in scan.components:
            if component in self.component_tables:
                continue
            slot = self.known_frame.headers[component].table_slot
            if slot not in self.quantization_tables:
                raise malformed(offset, f"expected quantization table {slot} before the scan")
            self.component_tables[component] = self.quantization_tables[slot]

    def _check_complete(self, offset: int) -> None:
        if not self.scans:
            raise malformed(offset, "expected a picture before EOI")
        for index in range(len(self.known_frame.headers)):
            if index not in self.component_tables:
                self.diagnosis.fault(malformed(offset, f"expected a scan of component {index + 1} before EOI"))


def open_reader(data: bytes, *, strict: bool, max_pixels: int) -> FileReader:
    """Check the arguments that the public functions share, and begin to read.

    Raises
    ------
    ParameterError
        One is of the wrong kind.
    """
    if not isinstance(data, bytes | bytearray | memoryview):
        raise ParameterError(f"data must be the bytes of a file, not {type(data).__name__}")
    if not isinstance(max_pixels, Integral):
        raise ParameterError(f"max_pixels must be an integer, not {max_pixels!r}")
    return FileReader(bytes(data), Diagnosis(strict=bool(strict)), int(max_pixels))
