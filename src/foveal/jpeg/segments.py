"""Marker segments (ITU-T T.81 B.2; JFIF, T.871; ICC.1 annex B; Exif; XMP part 3), each as bytes."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from foveal.errors import LimitError
from foveal.jpeg import markers
from foveal.jpeg.frame import Frame
from foveal.jpeg.huffman import HuffmanTable
from foveal.jpeg.scan import Scan
from foveal.jpeg.tables import QuantizationTable

MAX_PAYLOAD_BYTES = 65_533  # the length field is 16 bits and counts itself
MAX_ICC_CHUNKS = 255

_JFIF = b"JFIF\0"
_EXIF = b"Exif\0\0"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_ICC = b"ICC_PROFILE\0"


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


def segment(code: int, payload: bytes, what: str) -> bytes:
    """Return a marker, its length and its payload.

    Raises
    ------
    LimitError
        The payload does not fit; the message names `what`.
    """
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise LimitError(f"{what} takes {len(payload):,} bytes; a JPEG segment holds {MAX_PAYLOAD_BYTES:,}")
    return marker(code) + struct.pack(">H", len(payload) + 2) + payload


def metadata_segments(metadata: Metadata) -> bytes:
    """JFIF, then Exif, XMP, ICC, further segments and the comment, as far as they are there."""
    parts = [_jfif(metadata.dots_per_inch)]
    if metadata.exif:
        parts.append(segment(markers.APP1, _EXIF + metadata.exif, "EXIF"))
    if metadata.xmp:
        parts.append(segment(markers.APP1, _XMP + metadata.xmp, "XMP"))
    if metadata.icc_profile:
        parts.append(_icc(metadata.icc_profile))
    parts += [segment(code, payload, f"APP{code - markers.APP0}") for code, payload in metadata.extra_segments]
    if metadata.comment:
        parts.append(segment(markers.COM, metadata.comment, "the comment"))
    return b"".join(parts)


def _jfif(dots_per_inch: tuple[int, int] | None) -> bytes:
    units, (horizontal, vertical) = (0, (1, 1)) if dots_per_inch is None else (1, dots_per_inch)
    payload = struct.pack(">5sBBBHHBB", _JFIF, 1, 2, units, horizontal, vertical, 0, 0)
    return segment(markers.APP0, payload, "JFIF")


def _icc(profile: bytes) -> bytes:
    chunk_bytes = MAX_PAYLOAD_BYTES - len(_ICC) - 2
    chunks = [profile[start : start + chunk_bytes] for start in range(0, len(profile), chunk_bytes)]
    if len(chunks) > MAX_ICC_CHUNKS:
        limit = MAX_ICC_CHUNKS * chunk_bytes
        raise LimitError(f"the ICC profile takes {len(profile):,} bytes; a JPEG holds {limit:,}")
    return b"".join(
        segment(markers.APP2, _ICC + bytes((number, len(chunks))) + chunk, "ICC")
        for number, chunk in enumerate(chunks, start=1)
    )


def quantization_tables(tables: tuple[QuantizationTable, ...]) -> bytes:
    """DQT with one table for each slot (B.2.4.1); 16-bit entries where a step is above 255."""
    payload = b""
    for slot, table in enumerate(tables):
        precision = int(table.needs_16_bits)
        payload += bytes((precision << 4 | slot,)) + struct.pack(">64H" if precision else ">64B", *table.values)
    return segment(markers.DQT, payload, "DQT")


def frame_header(code: int, frame: Frame) -> bytes:
    """SOF (B.2.2): 8-bit samples, size, and each component's sampling factors and table."""
    payload = struct.pack(">BHHB", 8, frame.height, frame.width, len(frame.components))
    for component in frame.components:
        sampling = component.h_factor << 4 | component.v_factor
        payload += bytes((component.identifier, sampling, component.table_slot))
    return segment(code, payload, "SOF")


def huffman_tables(tables: Mapping[tuple[int, int], HuffmanTable]) -> bytes:
    """DHT (B.2.4.2) with tables by (class, slot); nothing where there are none."""
    payload = b"".join(
        bytes((table_class << 4 | slot, *table.bits, *table.huffval)) for (table_class, slot), table in tables.items()
    )
    return segment(markers.DHT, payload, "DHT") if payload else b""


def restart_interval(mcus: int) -> bytes:
    """DRI (B.2.4.4); nothing where there are no restarts."""
    return segment(markers.DRI, struct.pack(">H", mcus), "DRI") if mcus else b""


def scan_header(scan: Scan, frame: Frame) -> bytes:
    """SOS (B.2.3)."""
    payload = bytes((len(scan.components),))
    for index in scan.components:
        component = frame.components[index]
        payload += bytes((component.identifier, component.table_slot << 4 | component.table_slot))
    approximation = scan.approximation_high << 4 | scan.approximation_low
    payload += bytes((scan.spectral_start, scan.spectral_end, approximation))
    return segment(markers.SOS, payload, "SOS")
