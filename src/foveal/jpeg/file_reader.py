"""Reader of a JPEG file, one scan at a time (ITU-T T.81 B.2, General sequential and progressive syntax).

    SOI | APPn  DQT  SOF  DHT | SOS  data | DHT | SOS  data | ... | EOI | trailing bytes
          definitions           first scan        second scan

Tables and the restart interval hold until a segment redefines them. Each scan is returned with its Huffman tables and
restart interval; the reader keeps the quantization table of each component.

As in libjpeg, what has no effect is no fault: impossible values in a table that no component uses, and DAC, the tables
of arithmetic coding, in a Huffman-coded file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from numbers import Integral

from foveal.checks import describe
from foveal.errors import FormatError, LimitError, ParameterError, UnsupportedError
from foveal.jpeg import headers, limits, markers
from foveal.jpeg.color_model import affects_color_model
from foveal.jpeg.diagnosis import Diagnosis, malformed_error
from foveal.jpeg.entropy_data import EntropyData
from foveal.jpeg.frame import ComponentHeader, Frame
from foveal.jpeg.huffman import DEFAULT_TABLES, HuffmanTable
from foveal.jpeg.script import SEQUENTIAL_BAND, Progression, Scan, band_problem, mcu_problem
from foveal.jpeg.segment_reader import FileSegment, SegmentReader
from foveal.jpeg.segments import Segment
from foveal.jpeg.tables import QuantizationTable

_PLACEHOLDER_TABLE = QuantizationTable((1,) * 64)  # for a component without a scan, in a broken file

HuffmanTables = tuple[HuffmanTable | None, HuffmanTable | None]  # DC and AC table; None for one that is not needed


@dataclass(frozen=True, eq=False)
class FileScan:
    """A scan of a file, ready to be decoded.

    Parameters
    ----------
    parameters
        Components, spectral band and bit positions of the scan.
    tables
        DC and AC Huffman table of each component of the scan.
    restart_interval
        MCUs between restart markers, 0 for none.
    entropy_data
        Entropy-coded data of the scan.
    header_offset
        Offset of its SOS marker in the file.
    """

    parameters: Scan
    tables: tuple[HuffmanTables, ...]
    restart_interval: int
    entropy_data: EntropyData
    header_offset: int


class FileReader:
    """Reader of a file, scan by scan, which keeps what the segments define.

    Some files have components of equal identifiers. Their scans are matched to components as by libjpeg-turbo: an
    identifier names the first component of that identifier from the position in the scan on. In `frame`, such
    components have other identifiers, all different, so that the file can be written again.

    Parameters
    ----------
    data
        Bytes of the file.
    diagnosis
        Receives the faults and oddities of the file.
    max_pixels
        Largest number of pixels of a frame; larger ones raise LimitError.

    Attributes
    ----------
    sof_code
        Second byte of the frame header's marker: SOF0, SOF1 or SOF2.
    restart_intervals
        Restart interval of each scan so far, in MCUs.
    script
        Parameters of each scan so far.
    trailing
        Bytes after EOI.
    """

    def __init__(self, data: bytes, diagnosis: Diagnosis, max_pixels: int) -> None:
        self.data = data
        self.diagnosis = diagnosis
        self.sof_code = 0
        self.script: list[Scan] = []
        self.restart_intervals: list[int] = []
        self.trailing = b""
        self._max_pixels = max_pixels
        self._segment_reader = SegmentReader(data, diagnosis)
        self._frame_header: headers.FrameHeader | None = None
        self._frame: Frame | None = None
        self._quantization_tables: dict[int, headers.FileTable[QuantizationTable]] = {}
        self._huffman_tables = {key: headers.FileTable(table, None) for key, table in DEFAULT_TABLES.items()}
        self._unused_faults: list[FormatError] = []  # of tables that no component has used yet
        self._restart_interval = 0
        self._component_tables: dict[int, QuantizationTable] = {}  # by index of the component
        self._progression = Progression()
        self._scanned_samples = 0
        self._first_scan_offset = len(data)

    @property
    def frame(self) -> Frame:
        """The frame; known once the first scan has been read."""
        if self._frame is None:
            raise ValueError("the frame is not known yet")
        return self._frame

    @property
    def tables(self) -> tuple[QuantizationTable, ...]:
        """Quantization table of each component; a component without a scan has steps of 1."""
        return tuple(self._component_tables.get(index, _PLACEHOLDER_TABLE) for index in range(len(self.frame.headers)))

    @property
    def file_segments(self) -> tuple[FileSegment, ...]:
        """All segments read so far, in the order of the file."""
        return tuple(self._segment_reader.segments)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Application segments and comments read so far.

        JFIF and Adobe segments after the first scan are left out. They have no effect there (as in libjpeg), but would
        change the colour model in a rewritten file, which has all segments before the first scan.
        """
        return tuple(
            found.segment
            for found in self._segment_reader.segments
            if markers.is_application(found.code) and not self._is_without_effect(found)
        )

    @property
    def segments_without_effect(self) -> tuple[Segment, ...]:
        """JFIF and Adobe segments after the first scan, which `segments` leaves out."""
        return tuple(found.segment for found in self._segment_reader.segments if self._is_without_effect(found))

    @property
    def is_complete(self) -> bool:
        """Whether the scans so far send every bit of every coefficient."""
        return self._progression.is_complete(len(self.frame.headers))

    def _is_without_effect(self, found: FileSegment) -> bool:
        return self._first_scan_offset < found.offset and affects_color_model(found.segment)

    def next_scan(self) -> FileScan | None:
        """Read up to the end of the next scan and return it; None at the end of the picture.

        Raises
        ------
        FormatError
            The file is malformed. With a lenient diagnosis, this is raised only until the first scan has been read;
            later faults are reported to the diagnosis.
        UnsupportedError
            The picture is not a Huffman-coded sequential or progressive DCT of 8-bit samples.
        LimitError
            The file has too many pixels, scans, segments or restart markers.
        """
        try:
            return self._next_scan()
        except FormatError as error:
            if not self.script:
                raise
            self.diagnosis.report_fault(error)
            return None

    def _next_scan(self) -> FileScan | None:
        if self._segment_reader.position == 0:
            self._segment_reader.read_soi()
        while True:
            segment = self._segment_reader.next_segment()
            if segment.code == markers.EOI:
                self.trailing = self.data[self._segment_reader.position :]
                self._check_complete(segment.offset)
                return None
            if segment.code == markers.SOS:
                return self._read_scan(segment)
            self._read_definition(segment)

    def _read_definition(self, segment: FileSegment) -> None:
        """Read a segment other than SOS and EOI, and keep what it defines."""
        code, offset = segment.code, segment.offset
        if code == markers.DAC:
            self.diagnosis.report_oddity(f"byte {offset:,}: expected no DAC in a Huffman-coded file; it is skipped")
        elif code in markers.UNSUPPORTED and self.script:  # more likely damaged data than another coding process
            raise malformed_error(offset, f"expected the end of the picture, found {markers.UNSUPPORTED[code]}")
        elif code in markers.UNSUPPORTED:
            raise UnsupportedError(f"{markers.UNSUPPORTED[code]} is not supported")
        elif code in markers.HUFFMAN_DCT_FRAMES:
            self._read_frame_header(segment)
        elif code == markers.DQT:
            quantization_tables = headers.read_quantization_tables(segment)
            self._quantization_tables |= quantization_tables
            self._unused_faults += [table.fault for table in quantization_tables.values() if table.fault]
        elif code == markers.DHT:
            huffman_tables = headers.read_huffman_tables(segment)
            self._huffman_tables |= huffman_tables
            self._unused_faults += [table.fault for table in huffman_tables.values() if table.fault]
        elif code == markers.DRI:
            self._restart_interval = headers.read_restart_interval(segment)
        elif code in markers.STANDALONE:
            self.diagnosis.report_oddity(f"byte {offset:,}: expected a segment, found {markers.name(code)}")
        elif code != markers.DNL and not markers.is_application(code):  # needed DNLs have been read
            message = f"expected a segment of T.81, found marker {markers.name(code)}"
            self.diagnosis.report_fault(malformed_error(offset, message))

    def _read_frame_header(self, segment: FileSegment) -> None:
        if self._frame_header is not None:
            raise malformed_error(segment.offset, "expected one frame header, found a second")
        header = headers.read_frame_header(segment)
        self._frame_header, self.sof_code = header, segment.code
        identifiers = [component.identifier for component in header.components]
        if len(set(identifiers)) < len(identifiers):
            message = f"expected a different identifier for each component, found {identifiers}; they go by position"
            self.diagnosis.report_oddity(f"byte {segment.offset:,}: {message}")
        if header.height:
            self._frame = self._make_frame(header, header.height)

    def _make_frame(self, header: headers.FrameHeader, height: int) -> Frame:
        if header.width * height > self._max_pixels:
            size = f"{header.width:,} x {height:,}"
            raise LimitError(f"the picture has {size} pixels; the limit is {self._max_pixels:,}")
        return Frame(height, header.width, _with_different_identifiers(header.components))

    def _read_scan(self, segment: FileSegment) -> FileScan:
        if self._frame_header is None:
            raise malformed_error(segment.offset, "expected a frame header before the first scan")
        header = headers.read_scan_header(segment)
        entropy_data = EntropyData.read(self.data, self._segment_reader.position)
        self._segment_reader.position = entropy_data.end
        if self._frame is None:
            self._frame = self._make_frame(self._frame_header, self._read_number_of_lines(entropy_data))
        scan = self._check_scan(header, segment)
        self._check_limits(scan)
        tables = tuple(self._select_huffman_tables(scan, component, segment) for component in header.components)
        self._latch_quantization_tables(scan, segment.offset)
        self._first_scan_offset = min(self._first_scan_offset, segment.offset)
        self._progression.add(scan)
        self.script.append(scan)
        self.restart_intervals.append(self._restart_interval)
        return FileScan(scan, tables, self._restart_interval, entropy_data, segment.offset)

    def _read_number_of_lines(self, entropy_data: EntropyData) -> int:
        """Read the height that the frame header left open (T.81 B.2.5, Define number of lines syntax)."""
        # DNL follows the first scan. `_segment_reader` stays before it, and skips it on the way to the next scan.
        segment = SegmentReader(self.data, Diagnosis(strict=False), entropy_data.end).next_segment()
        if segment.code != markers.DNL:
            found = markers.name(segment.code)
            raise malformed_error(segment.offset, f"expected DNL, since the frame header has no height; found {found}")
        return headers.read_number_of_lines(segment)

    def _check_scan(self, header: headers.ScanHeader, segment: FileSegment) -> Scan:
        """Return the parameters of a scan after checking them against the frame and the earlier scans."""
        components = self._match_components(header, segment)
        if list(components) != sorted(components):
            message = "expected components in the order of the frame (B.2.3)"
            self.diagnosis.report_oddity(f"byte {segment.offset:,}: {message}")
        if self.sof_code == markers.SOF2:
            scan = Scan(components, *header.band)
            self._check_progressive(scan, segment.offset)
        else:
            scan = Scan(components)
            self._check_sequential(scan, header, segment)
        return scan

    def _match_components(self, header: headers.ScanHeader, segment: FileSegment) -> tuple[int, ...]:
        """Return the index in the frame of each component of a scan."""
        assert self._frame_header is not None  # noqa: S101 (checked by the caller)
        identifiers = [component.identifier for component in self._frame_header.components]
        chosen = [component.identifier for component in header.components]
        is_ambiguous = len(set(identifiers)) < len(identifiers)
        components = []
        for position, identifier in enumerate(chosen):
            candidates = range(position if is_ambiguous else 0, len(identifiers))
            components += [index for index in candidates if identifiers[index] == identifier][:1]
        if len(set(components)) < len(chosen):
            message = f"expected components among {identifiers}, each once; found {chosen}"
            raise malformed_error(segment.payload_offset, message)
        return tuple(components)

    def _check_sequential(self, scan: Scan, header: headers.ScanHeader, segment: FileSegment) -> None:
        if header.band != SEQUENTIAL_BAND:  # some old encoders write zeros; libjpeg ignores the values
            offset = segment.offset + segment.size_bytes - 3
            self.diagnosis.report_oddity(f"byte {offset:,}: expected Ss, Se, Ah, Al = 0, 63, 0, 0 in a sequential scan")
        for component in scan.components:
            if self._progression.has_begun(component):
                raise malformed_error(segment.offset, f"expected one scan of component {component + 1}, found a second")
        self._report_illegal_scan(mcu_problem(scan, self.frame), segment.offset)

    def _check_progressive(self, scan: Scan, offset: int) -> None:
        problem = band_problem(scan)
        if problem:
            raise malformed_error(offset, f"expected a legal scan: {problem}")
        self._report_illegal_scan(mcu_problem(scan, self.frame), offset)
        self._report_illegal_scan(self._progression.problem_of(scan), offset)

    def _report_illegal_scan(self, problem: str | None, offset: int) -> None:
        if problem:
            self.diagnosis.report_fault(malformed_error(offset, f"expected a legal scan: {problem}"))

    def _check_limits(self, scan: Scan) -> None:
        """Raise LimitError for too many scans, or too many samples in all scans together."""
        if len(self.script) == limits.MAX_SCANS:
            raise LimitError(f"more than {limits.MAX_SCANS:,} scans are not decoded")
        planes = (self.frame.components[component] for component in scan.components)
        self._scanned_samples += sum(plane.block_rows * plane.block_columns * 64 for plane in planes)
        if self._scanned_samples > limits.MAX_PICTURES_SCANNED * max(self._max_pixels, limits.MAX_PIXELS):
            raise LimitError(f"more than {len(self.script)} scans of a picture of this size are not decoded")

    def _select_huffman_tables(
        self, scan: Scan, component: headers.ScanComponent, segment: FileSegment
    ) -> HuffmanTables:
        """Return the DC and AC table of a component, each only if the scan needs it."""
        needs_dc = scan.spectral_start == 0 and scan.approximation_high == 0  # DC refinements are plain bits
        dc = self._find_huffman_table(0, component.dc_slot, segment) if needs_dc else None
        ac = self._find_huffman_table(1, component.ac_slot, segment) if scan.spectral_end > 0 else None
        return dc, ac

    def _find_huffman_table(self, table_class: int, slot: int, segment: FileSegment) -> HuffmanTable:
        if (table_class, slot) not in self._huffman_tables:
            kind = "AC" if table_class else "DC"
            raise malformed_error(segment.offset, f"expected {kind} Huffman table {slot} before the scan")
        table, fault = self._huffman_tables[table_class, slot]
        if fault:
            raise fault
        return table

    def _latch_quantization_tables(self, scan: Scan, offset: int) -> None:
        """Keep, for each component in its first scan, the quantization table that its slot holds now."""
        # T.81 B.2.2, Frame header syntax, forbids redefining a table before the last scan of its components. Some files
        # do so; a component then keeps the table that its slot held at its first scan, as in libjpeg.
        for component in scan.components:
            if component in self._component_tables:
                continue
            slot = self.frame.headers[component].table_slot
            if slot not in self._quantization_tables:
                raise malformed_error(offset, f"expected quantization table {slot} before the scan")
            table, fault = self._quantization_tables[slot]
            if fault is not None and fault in self._unused_faults:  # else another component uses the table, too
                self._unused_faults.remove(fault)
                self.diagnosis.report_fault(fault)
            self._component_tables[component] = table

    def _check_complete(self, offset: int) -> None:
        """Report coefficients that no scan before EOI has sent in full; without any scan, raise FormatError."""
        if not self.script:
            raise malformed_error(offset, "expected a picture before EOI")
        for index in range(len(self.frame.headers)):
            if index not in self._component_tables:
                message = f"expected a scan of component {index + 1} before EOI"
                self.diagnosis.report_fault(malformed_error(offset, message))
        if not self.is_complete:
            self.diagnosis.report_oddity(f"byte {offset:,}: the scans before EOI do not send every coefficient in full")
        for fault in self._unused_faults:
            self.diagnosis.report_oddity(f"{fault} (in a table that no component uses)")


def _with_different_identifiers(components: tuple[ComponentHeader, ...]) -> tuple[ComponentHeader, ...]:
    """Return components with 1, 2, 3, ... as identifiers if some of theirs are equal."""
    # The new ones name no other colour model: equal identifiers are not "RGB", and 1, 2, 3 are those of YCbCr.
    if len({component.identifier for component in components}) == len(components):
        return components
    return tuple(replace(component, identifier=number) for number, component in enumerate(components, start=1))


def open_reader(data: bytes | bytearray | memoryview, *, strict: bool, max_pixels: int) -> FileReader:
    """Check the arguments common to the public functions, and return a reader at the beginning of the file.

    Parameters
    ----------
    data
        Bytes of a JPEG file.
    strict
        Whether a fault raises FormatError.
    max_pixels
        Largest number of pixels of a picture.

    Raises
    ------
    ParameterError
        An argument has the wrong type.
    """
    if not isinstance(data, bytes | bytearray | memoryview):
        raise ParameterError(f"data must be the bytes of a file, not {type(data).__name__}")
    if not isinstance(strict, bool):
        raise ParameterError(f"strict must be True or False, not {describe(strict)}")
    if not isinstance(max_pixels, Integral):
        raise ParameterError(f"max_pixels must be an integer, not {describe(max_pixels)}")
    return FileReader(bytes(data), Diagnosis(strict=strict), int(max_pixels))
