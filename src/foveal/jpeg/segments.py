"""Marker segments (ITU-T T.81 B.2; JFIF, T.871; ICC.1 annex B; Exif; XMP part 3), each as bytes."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from foveal.errors import LimitError
from foveal.jpeg import markers
from foveal.jpeg.frame import Frame
from foveal.jpeg.huffman import HuffmanTable
from foveal.jpeg.script import Scan
from foveal.jpeg.tables import QuantizationTable

MAX_PAYLOAD_BYTES = 65_533  # the length field is 16 bits and counts itself
MAX_ICC_CHUNKS = 255

# What the payload of an application segment begins with.
JFIF = b"JFIF\0"
EXIF = b"Exif\0\0"
XMP = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"
ICC = b"ICC_PROFILE\0"
MPF = b"MPF\0"
PHOTOSHOP = b"Photoshop 3.0\0"
ADOBE = b"Adobe"


class Segment(NamedTuple):
    """An application segment or a comment.

    Parameters
    ----------
    code
        Second byte of its marker.
    payload
        What follows the length.
    """

    code: int
    payload: bytes


@dataclass(frozen=True)
class Metadata:
    """What goes before the picture in a file.

    Parameters
    ----------
    icc_profile
        An ICC profile.
    exif
        A TIFF structure, without the "Exif" signature.
    xmp
        An XMP packet.
    comment
        Text for COM.
    dots_per_inch
        Print resolution (horizontal, vertical) for the JFIF header.
    extra_segments
        (marker, payload) of further application segments, written as they are.
    """

    icc_profile: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    comment: bytes | None = None
    dots_per_inch: tuple[int, int] | None = None
    extra_segments: tuple[tuple[int, bytes], ...] = ()


def marker(code: int) -> bytes:
    """Return a marker without a segment: SOI, EOI."""
    return bytes((0xFF, code))


def segment(code: int, payload: bytes) -> bytes:
    """Return a marker, its length and its payload of at most MAX_PAYLOAD_BYTES."""
    return marker(code) + struct.pack(">H", len(payload) + 2) + payload


def metadata_segments(metadata: Metadata) -> tuple[Segment, ...]:
    """JFIF, then Exif, XMP, ICC, further segments and the comment, as far as they are there.

    Raises
    ------
    LimitError
        One does not fit.
    """
    parts = [_jfif(metadata.dots_per_inch)]
    if metadata.exif:
        parts.append(_fitting(markers.APP1, EXIF + metadata.exif, "EXIF"))
    if metadata.xmp:
        parts.append(_fitting(markers.APP1, XMP + metadata.xmp, "XMP"))
    if metadata.icc_profile:
        parts += _icc(metadata.icc_profile)
    parts += [_fitting(code, payload, markers.name(code)) for code, payload in metadata.extra_segments]
    if metadata.comment:
        parts.append(_fitting(markers.COM, metadata.comment, "the comment"))
    return tuple(parts)


def _fitting(code: int, payload: bytes, what: str) -> Segment:
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise LimitError(f"{what} takes {len(payload):,} bytes; a JPEG segment holds {MAX_PAYLOAD_BYTES:,}")
    return Segment(code, payload)


def _jfif(dots_per_inch: tuple[int, int] | None) -> Segment:
    units, (horizontal, vertical) = (0, (1, 1)) if dots_per_inch is None else (1, dots_per_inch)
    return Segment(markers.APP0, struct.pack(">5sBBBHHBB", JFIF, 1, 2, units, horizontal, vertical, 0, 0))


def _icc(profile: bytes) -> list[Segment]:
    chunk_bytes = MAX_PAYLOAD_BYTES - len(ICC) - 2
    chunks = [profile[start : start + chunk_bytes] for start in range(0, len(profile), chunk_bytes)]
    if len(chunks) > MAX_ICC_CHUNKS:
        limit = MAX_ICC_CHUNKS * chunk_bytes
        raise LimitError(f"the ICC profile takes {len(profile):,} bytes; a JPEG holds {limit:,}")
    return [
        Segment(markers.APP2, ICC + bytes((number, len(chunks))) + chunk)
        for number, chunk in enumerate(chunks, start=1)
    ]


def quantization_tables(tables: Mapping[int, QuantizationTable]) -> bytes:
    """DQT with tables by slot (B.2.4.1); 16-bit entries where a step is above 255."""
    payload = b""
    for slot, table in sorted(tables.items()):
        precision = int(table.needs_16_bits)
        payload += bytes((precision << 4 | slot,)) + struct.pack(">64H" if precision else ">64B", *table.values)
    return segment(markers.DQT, payload)


def frame_header(code: int, frame: Frame) -> bytes:
    """SOF (B.2.2): 8-bit samples, size, and each component's sampling factors and table."""
    payload = struct.pack(">BHHB", 8, frame.height, frame.width, len(frame.components))
    for component in frame.components:
        sampling = component.h_factor << 4 | component.v_factor
        payload += bytes((component.identifier, sampling, component.table_slot))
    return segment(code, payload)


def huffman_tables(tables: Mapping[tuple[int, int], HuffmanTable]) -> bytes:
    """DHT (B.2.4.2) with tables by (class, slot); nothing where there are none."""
    payload = b"".join(
        bytes((table_class << 4 | slot, *table.bits, *table.huffval)) for (table_class, slot), table in tables.items()
    )
    return segment(markers.DHT, payload) if payload else b""


def restart_interval(mcus: int) -> bytes:
    """DRI (B.2.4.4); nothing where there are no restarts."""
    return segment(markers.DRI, struct.pack(">H", mcus)) if mcus else b""


def scan_header(scan: Scan, frame: Frame) -> bytes:
    """SOS (B.2.3)."""
    payload = bytes((len(scan.components),))
    for index in scan.components:
        component = frame.components[index]
        payload += bytes((component.identifier, component.huffman_slot << 4 | component.huffman_slot))
    approximation = scan.approximation_high << 4 | scan.approximation_low
    payload += bytes((scan.spectral_start, scan.spectral_end, approximation))
    return segment(markers.SOS, payload)
