"""A JPEG file up to one scan after the other: what its segments define (ITU-T T.81 B.2)."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral

from foveal.errors import FormatError, LimitError, ParameterError, UnsupportedError
from foveal.jpeg import headers, limits, markers
from foveal.jpeg.color_model import says_color_model
from foveal.jpeg.diagnosis import Diagnosis, malformed
from foveal.jpeg.entropy_data import EntropyData
from foveal.jpeg.frame import Frame
from foveal.jpeg.huffman import DEFAULT_TABLES, HuffmanTable
from foveal.jpeg.script import SEQUENTIAL_BAND, Progression, Scan, band_problem, mcu_problem
from foveal.jpeg.segment_reader import FileSegment, SegmentReader
from foveal.jpeg.segments import Segment
from foveal.jpeg.tables import QuantizationTable

_FLAT = QuantizationTable((1,) * 64)  # for a component that a broken file never sends

HuffmanTables = tuple[HuffmanTable | None, HuffmanTable | None]  # DC, AC; None for one that is not needed


@dataclass(frozen=True, eq=False)
class FileScan:
    """A scan of a file, ready to be decoded.

    Parameters
    ----------
    parameters
        What it sends.
    tables
        DC and AC table of each of its components.
    restart_interval
        In MCUs, 0 for none.
    entropy_data
        What it sends it as.
    header_offset
        Of its SOS.
    """

    parameters: Scan
    tables: tuple[HuffmanTables, ...]
    restart_interval: int
    entropy_data: EntropyData
    header_offset: int


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

    Attributes
    ----------
    sof_code
        Second byte of the frame's marker: SOF0, SOF1 or SOF2.
    restart_intervals
        Of each scan so far, in MCUs.
    script
        The scans so far.
    trailing
        What follows EOI.
    """

    def __init__(self, data: bytes, diagnosis: Diagnosis, max_pixels: int) -> None:
        self.data = data
        self.diagnosis = diagnosis
        self.sof_code = 0
        self.script: list[Scan] = []
        self.restart_intervals: list[int] = []
        self.trailing = b""
        self._max_pixels = max_pixels
        self._segments = SegmentReader(data, diagnosis)
        self._frame_header: headers.FrameHeader | None = None
        self._frame: Frame | None = None
        self._quantization_tables: dict[int, QuantizationTable] = {}
        self._huffman_tables: dict[tuple[int, int], HuffmanTable] = dict(DEFAULT_TABLES)
        self._restart_interval = 0
        self._component_tables: dict[int, QuantizationTable] = {}  # by index in the frame
        self._progression = Progression()
        self._scanned_samples = 0
        self._first_scan_offset = len(data)

    @property
    def frame(self) -> Frame:
        """The frame, which is known once a scan has been read."""
        if self._frame is None:
            raise ValueError("there has been no frame header yet")
        return self._frame

    @property
    def tables(self) -> tuple[QuantizationTable, ...]:
        """Quantization table of each component; steps of 1 for one of which there was no scan."""
        return tuple(self._component_tables.get(index, _FLAT) for index in range(len(self.frame.headers)))

    @property
    def file_segments(self) -> tuple[FileSegment, ...]:
        """All segments so far."""
        return tuple(self._segments.segments)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Application segments and comments so far.

        Segments that say what the components stand for count before the first scan only (as in libjpeg): later ones are
        left out, so that whoever writes them all in front does not change the colours.
        """
        return tuple(
            found.segment
            for found in self._segments.segments
            if markers.is_application(found.code)
            and not (self._first_scan_offset < found.offset and says_color_model(found.segment))
        )

    def next_scan(self) -> FileScan | None:
        """Read on, past the next scan's data; None at the end of the picture.

        Raises
        ------
        FormatError
            The file is malformed; where the diagnosis is lenient, only if there has been no scan yet.
        UnsupportedError
            It is of another kind than Huffman-coded 8-bit sequential or progressive DCT.
        LimitError
            It has more pixels, scans, segments or restart markers than it may.
        """
        try:
            return self._next_scan()
        except FormatError as error:
            if not self.script:
                raise
            self.diagnosis.fault(error)
            return None

    def _next_scan(self) -> FileScan | None:
        if self._segments.position == 0:
            self._segments.expect_soi()
        while True:
            segment = self._segments.next_segment()
            if segment.code == markers.EOI:
                self.trailing = self.data[self._segments.position :]
                self._check_complete(segment.offset)
                return None
            if segment.code == markers.SOS:
                return self._read_scan(segment)
            self._read_definition(segment)

    def _read_definition(self, segment: FileSegment) -> None:
        """Take in a segment that is not a scan."""
        code, offset = segment.code, segment.offset
        if code in markers.UNSUPPORTED and self.script:  # broken data looks like that, too
            raise malformed(offset, f"expected the end of the picture, found {markers.UNSUPPORTED[code]}")
        if code in markers.UNSUPPORTED:
            raise UnsupportedError(f"{markers.UNSUPPORTED[code]} is not supported")
        if code in markers.HUFFMAN_DCT_FRAMES:
            self._read_frame(segment)
        elif code == markers.DQT:
            self._quantization_tables |= headers.quantization_tables(segment, self.diagnosis)
        elif code == markers.DHT:
            self._huffman_tables |= headers.huffman_tables(segment)
        elif code == markers.DRI:
            self._restart_interval = headers.restart_interval(segment)
        elif code in markers.STANDALONE:
            self.diagnosis.oddity(f"byte {offset:,}: expected a segment, found {markers.name(code)}")
        elif code != markers.DNL and not markers.is_application(code):  # DNL: read with the first scan
            self.diagnosis.fault(malformed(offset, f"expected a segment of T.81, found marker {markers.name(code)}"))

    def _read_frame(self, segment: FileSegment) -> None:
        if self._frame_header is not None:
            raise malformed(segment.offset, "expected one frame header, found a second")
        header = headers.frame_header(segment)
        self._frame_header, self.sof_code = header, segment.code
        if header.height:
            self._frame = self._frame_of(header, header.height)

    def _frame_of(self, header: headers.FrameHeader, height: int) -> Frame:
        if header.width * height > self._max_pixels:
            size = f"{header.width:,} x {height:,}"
            raise LimitError(f"the picture has {size} pixels; the limit is {self._max_pixels:,}")
        return Frame(height, header.width, header.components)

    def _read_scan(self, segment: FileSegment) -> FileScan:
        if self._frame_header is None:
            raise malformed(segment.offset, "expected a frame header before the first scan")
        header = headers.scan_header(segment)
        entropy_data = EntropyData.at(self.data, self._segments.position)
        self._segments.position = entropy_data.end
        if self._frame is None:
            self._frame = self._frame_of(self._frame_header, self._lines_after(entropy_data))
        scan = self._checked_scan(header, segment)
        self._check_limits(scan)
        tables = tuple(self._huffman_tables_of(scan, component, segment) for component in header.components)
        self._latch_quantization_tables(scan, segment.offset)
        self._first_scan_offset = min(self._first_scan_offset, segment.offset)
        self._progression.add(scan)
        self.script.append(scan)
        self.restart_intervals.append(self._restart_interval)
        return FileScan(scan, tables, self._restart_interval, entropy_data, segment.offset)

    def _lines_after(self, entropy_data: EntropyData) -> int:
        """Read the number of lines of a frame that has none: DNL follows the first scan (B.2.5)."""
        segment = SegmentReader(self.data, Diagnosis(strict=False), entropy_data.end).next_segment()
        if segment.code != markers.DNL:
            found = markers.name(segment.code)
            raise malformed(segment.offset, f"expected DNL, as the frame has no height; found {found}")
        return headers.number_of_lines(segment)

    def _checked_scan(self, header: headers.ScanHeader, segment: FileSegment) -> Scan:
        """Parameters of a scan, as far as they make sense in this file, coming after the others."""
        identifiers = [component.identifier for component in self.frame.headers]
        chosen = [component.identifier for component in header.components]
        if len(set(chosen)) < len(chosen) or not set(chosen) <= set(identifiers):
            what = f"expected components among {identifiers}, each once; found {chosen}"
            raise malformed(segment.payload_offset, what)
        components = tuple(identifiers.index(identifier) for identifier in chosen)
        if list(components) != sorted(components):
            self.diagnosis.oddity(f"byte {segment.offset:,}: expected components in the order of the frame (B.2.3)")
        if self.sof_code == markers.SOF2:
            return self._checked_progressive(Scan(components, *header.band), segment.offset)
        return self._checked_sequential(Scan(components), header, segment)

    def _checked_sequential(self, scan: Scan, header: headers.ScanHeader, segment: FileSegment) -> Scan:
        if header.band != SEQUENTIAL_BAND:  # old writers leave zeros there, and libjpeg never minds
            where = segment.offset + segment.size_bytes - 3
            self.diagnosis.oddity(f"byte {where:,}: expected the band 0..63, 0, 0 of a sequential scan")
        for component in scan.components:
            if self._progression.has_begun(component):
                raise malformed(segment.offset, f"expected one scan of component {component + 1}, found a second")
        self._fault(mcu_problem(scan, self.frame), segment.offset)
        return scan

    def _checked_progressive(self, scan: Scan, offset: int) -> Scan:
        problem = band_problem(scan)
        if problem:
            raise malformed(offset, f"expected a legal scan: {problem}")
        self._fault(mcu_problem(scan, self.frame), offset)
        self._fault(self._progression.problem_of(scan), offset)
        return scan

    def _fault(self, problem: str | None, offset: int) -> None:
        if problem:
            self.diagnosis.fault(malformed(offset, f"expected a legal scan: {problem}"))

    def _check_limits(self, scan: Scan) -> None:
        if len(self.script) == limits.MAX_SCANS:
            raise LimitError(f"more than {limits.MAX_SCANS:,} scans are not decoded")
        planes = (self.frame.components[component] for component in scan.components)
        self._scanned_samples += sum(plane.block_rows * plane.block_columns * 64 for plane in planes)
        if self._scanned_samples > limits.MAX_PICTURES_SCANNED * max(self._max_pixels, limits.MAX_PIXELS):
            raise LimitError(f"more than {len(self.script)} scans of a picture of this size are not decoded")

    def _huffman_tables_of(
        self, scan: Scan, component: headers.ScanComponent, segment: FileSegment
    ) -> tuple[HuffmanTable | None, HuffmanTable | None]:
        """DC and AC table of a component, as far as the scan needs them."""
        needs_dc = scan.spectral_start == 0 and scan.approximation_high == 0
        dc = self._huffman_table(0, component.dc_slot, segment) if needs_dc else None
        ac = self._huffman_table(1, component.ac_slot, segment) if scan.spectral_end > 0 else None
        return dc, ac

    def _huffman_table(self, table_class: int, slot: int, segment: FileSegment) -> HuffmanTable:
        if (table_class, slot) not in self._huffman_tables:
            kind = "AC" if table_class else "DC"
            raise malformed(segment.offset, f"expected {kind} Huffman table {slot} before the scan")
        return self._huffman_tables[table_class, slot]

    def _latch_quantization_tables(self, scan: Scan, offset: int) -> None:
        """Give components in their first scan the table that then stands in their slot (B.2.2)."""
        for component in scan.components:
            if component in self._component_tables:
                continue
            slot = self.frame.headers[component].table_slot
            if slot not in self._quantization_tables:
                raise malformed(offset, f"expected quantization table {slot} before the scan")
            self._component_tables[component] = self._quantization_tables[slot]

    def _check_complete(self, offset: int) -> None:
        if not self.script:
            raise malformed(offset, "expected a picture before EOI")
        for index in range(len(self.frame.headers)):
            if index not in self._component_tables:
                self.diagnosis.fault(malformed(offset, f"expected a scan of component {index + 1} before EOI"))
        if not self._progression.is_complete(len(self.frame.headers)):
            self.diagnosis.oddity(f"byte {offset:,}: the scans before EOI do not send every coefficient in full")


def open_reader(data: bytes | bytearray | memoryview, *, strict: bool, max_pixels: int) -> FileReader:
    """Check the arguments that the public functions share, and return a reader at the beginning of the file.

    Raises
    ------
    ParameterError
        One is of the wrong kind.
    """
    if not isinstance(data, bytes | bytearray | memoryview):
        raise ParameterError(f"data must be the bytes of a file, not {type(data).__name__}")
    if not isinstance(strict, bool):
        raise ParameterError(f"strict must be True or False, not {strict!r}")
    if not isinstance(max_pixels, Integral):
        raise ParameterError(f"max_pixels must be an integer, not {max_pixels!r}")
    return FileReader(bytes(data), Diagnosis(strict=strict), int(max_pixels))
