"""Readers of the marker segments that define how a picture is coded.

ITU-T T.81 B.2, General sequential and progressive syntax. `segments.py` writes these segments. Each function here takes
a segment and returns what it defines; it raises FormatError if the segment breaks the syntax of its clause. A table
with impossible values is returned with its fault: it matters only if a component uses the table, as in libjpeg.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from foveal.errors import FormatError, UnsupportedError
from foveal.jpeg.diagnosis import malformed_error
from foveal.jpeg.frame import ComponentHeader
from foveal.jpeg.huffman import HuffmanTable
from foveal.jpeg.segment_reader import FileSegment
from foveal.jpeg.tables import QuantizationTable

MAX_COMPONENTS = 4  # of a scan (B.2.3, Scan header syntax), and of all known colour models

Table = TypeVar("Table", QuantizationTable, HuffmanTable)


class FileTable(NamedTuple, Generic[Table]):
    """A table of a file, and what is wrong with its values.

    Parameters
    ----------
    table
        The table.
    fault
        Error that is due when a component uses the table; None if the values are possible.
    """

    table: Table
    fault: FormatError | None


@dataclass(frozen=True)
class FrameHeader:
    """Contents of SOF (T.81 B.2.2, Frame header syntax).

    Parameters
    ----------
    height
        Y, the number of lines; 0 if a DNL segment after the first scan gives it.
    width
        X, the number of samples per line.
    components
        C, H, V and Tq of each component. Identifiers C may be equal, see `FileReader`.
    """

    height: int
    width: int
    components: tuple[ComponentHeader, ...]


class ScanComponent(NamedTuple):
    """A component in SOS: Cs, Td and Ta of T.81 B.2.3, Scan header syntax."""

    identifier: int
    dc_slot: int
    ac_slot: int


@dataclass(frozen=True)
class ScanHeader:
    """Contents of SOS (T.81 B.2.3, Scan header syntax).

    Parameters
    ----------
    components
        Components of the scan.
    band
        Ss, Se, Ah and Al.
    """

    components: tuple[ScanComponent, ...]
    band: tuple[int, int, int, int]


def read_frame_header(segment: FileSegment) -> FrameHeader:
    """Read SOF (T.81 B.2.2, Frame header syntax).

    Raises
    ------
    FormatError
        The header is malformed.
    UnsupportedError
        Samples have 12 bits, or there are more than four components.
    """
    payload, begin = segment.payload, segment.payload_offset
    if len(payload) < 6 or len(payload) != 6 + 3 * payload[5]:
        raise malformed_error(
            segment.offset, f"expected a frame header of 6 bytes and 3 for each component, found {len(payload)}"
        )
    precision, height, width, count = struct.unpack(">BHHB", payload[:6])
    if precision == 12:
        raise UnsupportedError("12-bit samples are not supported")
    if precision != 8:
        raise malformed_error(begin, f"expected samples of 8 bits, found {precision}")
    if width == 0:
        raise malformed_error(begin + 3, "expected a width above 0, found 0")
    if count == 0:
        raise malformed_error(begin + 5, "expected a number of components above 0, found 0")
    if count > MAX_COMPONENTS:
        raise UnsupportedError(f"{count} components are not supported, at most {MAX_COMPONENTS} are")
    components = []
    for start in range(6, len(payload), 3):
        identifier, factors, slot = payload[start : start + 3]
        header = ComponentHeader(identifier, factors >> 4, factors & 15, slot)
        if not (1 <= header.h_factor <= 4 and 1 <= header.v_factor <= 4):
            raise malformed_error(begin + start + 1, f"expected sampling factors of 1 to 4, found 0x{factors:02X}")
        if slot > 3:
            raise malformed_error(begin + start + 2, f"expected a quantization table slot of 0 to 3, found {slot}")
        components.append(header)
    return FrameHeader(height, width, tuple(components))


def read_scan_header(segment: FileSegment) -> ScanHeader:
    """Read SOS (T.81 B.2.3, Scan header syntax)."""
    payload, begin = segment.payload, segment.payload_offset
    if not payload or not 1 <= payload[0] <= MAX_COMPONENTS:
        raise malformed_error(begin, "expected a scan of 1 to 4 components")
    count = payload[0]
    if len(payload) != 4 + 2 * count:
        raise malformed_error(segment.offset, f"expected a scan header of {4 + 2 * count} bytes, found {len(payload)}")
    components = []
    for start in range(1, 1 + 2 * count, 2):
        identifier, slots = payload[start], payload[start + 1]
        components.append(ScanComponent(identifier, slots >> 4, slots & 15))
    first, last, approximation = payload[-3:]
    return ScanHeader(tuple(components), (first, last, approximation >> 4, approximation & 15))


def read_quantization_tables(segment: FileSegment) -> dict[int, FileTable[QuantizationTable]]:
    """Read DQT (T.81 B.2.4.1, Quantization table-specification syntax).

    Parameters
    ----------
    segment
        Segment to read; it may hold several tables.

    Returns
    -------
    dict
        Tables by slot. A step of 0 is the fault of its table, in which it is replaced by 1.
    """
    payload = segment.payload
    tables: dict[int, FileTable[QuantizationTable]] = {}
    position = 0
    while position < len(payload):
        precision, slot = payload[position] >> 4, payload[position] & 15
        offset = segment.payload_offset + position
        if precision > 1 or slot > 3:
            raise malformed_error(offset, f"expected precision 0 or 1 and slot 0 to 3, found 0x{payload[position]:02X}")
        size = 64 * (precision + 1)
        entries = payload[position + 1 : position + 1 + size]
        if len(entries) < size:
            raise malformed_error(offset, f"expected a quantization table of {size} bytes, found {len(entries)}")
        values = struct.unpack(">64H" if precision else ">64B", entries)
        fault = None
        if min(values) == 0:
            zero_offset = offset + 1 + values.index(0) * (precision + 1)
            fault = malformed_error(zero_offset, "expected a quantizer step above 0")
        tables[slot] = FileTable(QuantizationTable(tuple(max(1, value) for value in values)), fault)
        position += 1 + len(entries)
    return tables


def read_huffman_tables(segment: FileSegment) -> dict[tuple[int, int], FileTable[HuffmanTable]]:
    """Read DHT (T.81 B.2.4.2, Huffman table-specification syntax).

    Returns
    -------
    dict
        Tables by class (0 DC, 1 AC) and slot. One with a fault cannot be used.
    """
    payload = segment.payload
    tables: dict[tuple[int, int], FileTable[HuffmanTable]] = {}
    position = 0
    while position < len(payload):
        table_class, slot = payload[position] >> 4, payload[position] & 15
        offset = segment.payload_offset + position
        if table_class > 1 or slot > 3:
            raise malformed_error(offset, f"expected class 0 or 1 and slot 0 to 3, found 0x{payload[position]:02X}")
        bits = tuple(payload[position + 1 : position + 17])
        huffval = tuple(payload[position + 17 : position + 17 + sum(bits)])
        if len(bits) < 16 or len(huffval) < sum(bits):
            raise malformed_error(
                offset, "expected a Huffman table of 16 counts and their symbols, found the end of the segment"
            )
        if sum(bits) > 256:
            raise malformed_error(offset, "expected at most 256 Huffman codes")
        fault = _find_code_fault(bits, offset)
        if fault is None and table_class == 0 and any(symbol > 15 for symbol in huffval):
            fault = malformed_error(offset + 17, "expected DC symbols of 0 to 15")
        tables[table_class, slot] = FileTable(HuffmanTable(bits, huffval), fault)
        position += 17 + sum(bits)
    return tables


def _find_code_fault(bits: tuple[int, ...], offset: int) -> FormatError | None:
    """Return an error if BITS announces more codes than there are, else None.

    Parameters
    ----------
    bits
        Number of codes of each length from 1 to 16.
    offset
        Offset in the file of the byte before BITS.
    """
    # Codes count upwards within a length and are doubled from one length to the next (T.81 C.2, Conversion of Huffman
    # table specifications to tables of codes and code lengths). A code of all ones is not allowed.
    code = 0
    for length, count in enumerate(bits, start=1):
        code += count
        if count and code >= 1 << length:
            return malformed_error(offset + length, f"expected fewer Huffman codes of length {length}")
        code <<= 1
    return None


def read_restart_interval(segment: FileSegment) -> int:
    """Read DRI (T.81 B.2.4.4, Restart interval definition syntax): MCUs between restart markers, 0 for none."""
    return _read_two_bytes(segment, "a restart interval")


def read_number_of_lines(segment: FileSegment) -> int:
    """Read DNL (T.81 B.2.5, Define number of lines syntax): the height that the frame header left open."""
    lines = _read_two_bytes(segment, "a number of lines")
    if lines == 0:
        raise malformed_error(segment.payload_offset, "expected a number of lines above 0")
    return lines


def _read_two_bytes(segment: FileSegment, what: str) -> int:
    if len(segment.payload) != 2:
        raise malformed_error(segment.offset, f"expected {what} of 2 bytes, found {len(segment.payload)}")
    return int.from_bytes(segment.payload, "big")
