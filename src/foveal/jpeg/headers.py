"""Marker segments that say how a picture is coded (ITU-T T.81 B.2), read; `segments.py` writes them.

Each function takes a segment, and raises FormatError where it says what cannot be.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NamedTuple

from foveal.errors import UnsupportedError
from foveal.jpeg.diagnosis import Diagnosis, malformed
from foveal.jpeg.frame import ComponentHeader
from foveal.jpeg.huffman import HuffmanTable
from foveal.jpeg.segment_reader import FileSegment
from foveal.jpeg.tables import QuantizationTable

MAX_COMPONENTS = 4  # of a scan (B.2.3), and of every colour model that there is


@dataclass(frozen=True)
class FrameHeader:
    """SOF (B.2.2); `height` 0 where DNL gives it."""

    height: int
    width: int
    components: tuple[ComponentHeader, ...]


class ScanComponent(NamedTuple):
    """A component in SOS (B.2.3): Cs, Td, Ta."""

    identifier: int
    dc_slot: int
    ac_slot: int


@dataclass(frozen=True)
class ScanHeader:
    """SOS (B.2.3): components; Ss, Se, Ah, Al."""

    components: tuple[ScanComponent, ...]
    band: tuple[int, int, int, int]


def frame_header(segment: FileSegment) -> FrameHeader:
    """Read SOF.

    Raises
    ------
    UnsupportedError
        Samples of other than 8 bits, or more than four components.
    """
    payload, begin = segment.payload, segment.payload_offset
    if len(payload) < 6 or len(payload) != 6 + 3 * payload[5]:
        raise malformed(
            segment.offset, f"expected a frame header of 6 bytes and 3 for each component, found {len(payload)}"
        )
    precision, height, width, count = struct.unpack(">BHHB", payload[:6])
    if precision == 12:
        raise UnsupportedError("12-bit samples are not supported")
    if precision != 8:
        raise malformed(begin, f"expected samples of 8 bits, found {precision}")
    if width == 0:
        raise malformed(begin + 3, "expected a width above 0, found 0")
    if count == 0:
        raise malformed(begin + 5, "expected a number of components above 0, found 0")
    if count > MAX_COMPONENTS:
        raise UnsupportedError(f"{count} components are not supported; {MAX_COMPONENTS} are")
    components = []
    for start in range(6, len(payload), 3):
        identifier, factors, slot = payload[start : start + 3]
        header = ComponentHeader(identifier, factors >> 4, factors & 15, slot)
        if not (1 <= header.h_factor <= 4 and 1 <= header.v_factor <= 4):
            raise malformed(begin + start + 1, f"expected sampling factors of 1 to 4, found 0x{factors:02X}")
        if slot > 3:
            raise malformed(begin + start + 2, f"expected a quantization table slot of 0 to 3, found {slot}")
        components.append(header)
    if len({header.identifier for header in components}) < count:
        raise malformed(segment.offset, "expected an identifier of its own for each component")
    return FrameHeader(height, width, tuple(components))


def scan_header(segment: FileSegment) -> ScanHeader:
    """Read SOS."""
    payload, begin = segment.payload, segment.payload_offset
    if not payload or not 1 <= payload[0] <= MAX_COMPONENTS:
        raise malformed(begin, "expected a scan of 1 to 4 components")
    count = payload[0]
    if len(payload) != 4 + 2 * count:
        raise malformed(segment.offset, f"expected a scan header of {4 + 2 * count} bytes, found {len(payload)}")
    components = []
    for start in range(1, 1 + 2 * count, 2):
        identifier, slots = payload[start], payload[start + 1]
        if slots >> 4 > 3 or slots & 15 > 3:
            raise malformed(begin + start + 1, f"expected Huffman table slots of 0 to 3, found 0x{slots:02X}")
        components.append(ScanComponent(identifier, slots >> 4, slots & 15))
    first, last, approximation = payload[-3:]
    return ScanHeader(tuple(components), (first, last, approximation >> 4, approximation & 15))


def quantization_tables(segment: FileSegment, diagnosis: Diagnosis) -> dict[int, QuantizationTable]:
    """Read DQT (B.2.4.1): tables by slot. Steps of 0 are a fault; where that is no error they count as 1."""
    payload = segment.payload
    tables, position = {}, 0
    while position < len(payload):
        precision, slot = payload[position] >> 4, payload[position] & 15
        at = segment.payload_offset + position
        if precision > 1 or slot > 3:
            raise malformed(at, f"expected precision 0 or 1 and slot 0 to 3, found 0x{payload[position]:02X}")
        entries = payload[position + 1 : position + 1 + 64 * (precision + 1)]
        if len(entries) < 64 * (precision + 1):
            raise malformed(at, f"expected a quantization table of {64 * (precision + 1)} bytes, found {len(entries)}")
        values = struct.unpack(">64H" if precision else ">64B", entries)
        if min(values) == 0:
            where = at + 1 + values.index(0) * (precision + 1)
            diagnosis.fault(malformed(where, "expected a quantizer step above 0"))
        tables[slot] = QuantizationTable(tuple(max(1, value) for value in values))
        position += 1 + len(entries)
    return tables


def huffman_tables(segment: FileSegment) -> dict[tuple[int, int], HuffmanTable]:
    """Read DHT (B.2.4.2): tables by class (0 DC, 1 AC) and slot."""
    payload = segment.payload
    tables, position = {}, 0
    while position < len(payload):
        kind, slot = payload[position] >> 4, payload[position] & 15
        at = segment.payload_offset + position
        if kind > 1 or slot > 3:
            raise malformed(at, f"expected class 0 or 1 and slot 0 to 3, found 0x{payload[position]:02X}")
        bits = tuple(payload[position + 1 : position + 17])
        huffval = tuple(payload[position + 17 : position + 17 + sum(bits)])
        if len(bits) < 16 or len(huffval) < sum(bits):
            raise malformed(
                at, "expected a Huffman table of 16 counts and as many symbols, found the end of the segment"
            )
        _check_codes(bits, at)
        if kind == 0 and any(symbol > 15 for symbol in huffval):
            raise malformed(at + 17, "expected DC symbols of 0 to 15")
        tables[kind, slot] = HuffmanTable(bits, huffval)
        position += 17 + sum(bits)
    return tables


def _check_codes(bits: tuple[int, ...], offset: int) -> None:  # offset: of the byte before the counts
    """Raise FormatError where there are more codes of a length than fit, or one of all ones (C.2)."""
    code = 0
    for length, count in enumerate(bits, start=1):
        code += count
        if count and code >= 1 << length:
            raise malformed(offset + length, f"expected fewer Huffman codes of length {length}")
        code <<= 1
    if sum(bits) > 256:
        raise malformed(offset, "expected at most 256 Huffman codes")


def restart_interval(segment: FileSegment) -> int:
    """Read DRI (B.2.4.4): MCUs, 0 for none."""
    return _two_bytes(segment, "a restart interval")


def number_of_lines(segment: FileSegment) -> int:
    """Read DNL (B.2.5)."""
    lines = _two_bytes(segment, "a number of lines")
    if lines == 0:
        raise malformed(segment.payload_offset, "expected a number of lines above 0")
    return lines


def _two_bytes(segment: FileSegment, what: str) -> int:
    if len(segment.payload) != 2:
        raise malformed(segment.offset, f"expected {what} of 2 bytes, found {len(segment.payload)}")
    return int.from_bytes(segment.payload, "big")
