"""Encoding of marker segments; `headers.py` and `application_data.py` read them.

T.81 B.2, General sequential and progressive syntax; T.871 (JFIF); ICC.1 annex B; Exif; XMP part 3.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from foveal.errors import LimitError
from foveal.jpeg import markers, xmp
from foveal.jpeg.frame import Frame
from foveal.jpeg.huffman import HuffmanTable
from foveal.jpeg.script import Scan
from foveal.jpeg.tables import QuantizationTable

MAX_PAYLOAD_BYTES = 65_533  # the length has 16 bits and includes its own two bytes (T.81 B.1.1.4, Marker segments)
MAX_ICC_CHUNKS = 255  # the number of chunks has one byte
_EXTENDED_XMP_CHUNK_BYTES = 65_400  # XMP part 3, 1.1.3.1, recommends to stay below the largest segment

# Signatures: the first bytes of the payload of application segments.
JFIF = b"JFIF\0"
JFXX = b"JFXX\0"
EXIF = b"Exif\0\0"
XMP = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"
ICC = b"ICC_PROFILE\0"
MPF = b"MPF\0"
PHOTOSHOP = b"Photoshop 3.0\0"
ADOBE = b"Adobe"
TIFF_HEADERS = (b"II*\0", b"MM\0*")  # the first bytes of Exif data


class Segment(NamedTuple):
    """An application segment or a comment (T.81 B.2.4.6, Application data syntax; B.2.4.5, Comment syntax).

    Parameters
    ----------
    code
        Second byte of the marker.
    payload
        Bytes after the length.
    """

    code: int
    payload: bytes


@dataclass(frozen=True)
class Metadata:
    """Metadata of a file, written before the picture.

    Parameters
    ----------
    icc_profile
        ICC profile, None for none.
    exif
        TIFF structure of the Exif segment, without its signature; None for none. If it is too long for a segment, it is
        continued in further ones.
    xmp
        XMP packet, None for none. If it is too long for a segment, parts of it become extended XMP.
    comment
        Text of the last COM segment, None for none.
    dots_per_inch
        Print resolution (horizontal, vertical) in the JFIF segment; None for unknown.
    pixel_aspect
        Pixels per unit of length (horizontal, vertical), of which only the ratio is known; None for square pixels. It
        is not written if there are `dots_per_inch`.
    extra_segments
        Further application segments and comments as (code, payload), written unchanged before `comment`.
    """

    icc_profile: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    comment: bytes | None = None
    dots_per_inch: tuple[int, int] | None = None
    pixel_aspect: tuple[int, int] | None = None
    extra_segments: tuple[tuple[int, bytes], ...] = ()


def encode_marker(code: int) -> bytes:
    """Encode a marker without a segment, such as SOI and EOI (T.81 B.1.1.2, Markers)."""
    return bytes((0xFF, code))


def encode_segment(code: int, payload: bytes) -> bytes:
    """Encode a marker segment with a payload of at most MAX_PAYLOAD_BYTES (T.81 B.1.1.4, Marker segments)."""
    return encode_marker(code) + struct.pack(">H", len(payload) + 2) + payload


def make_metadata_segments(metadata: Metadata) -> tuple[Segment, ...]:
    """Make the segments of some metadata: JFIF first, then Exif, XMP, ICC, further segments and the comment.

    Raises
    ------
    LimitError
        A payload is longer than a segment, or the ICC profile longer than 255 segments.
    """
    extra = [_make_segment(code, payload, markers.name(code)) for code, payload in metadata.extra_segments]
    parts = [_make_jfif_segment(metadata)]
    parts += [segment for segment in extra if segment.code == markers.APP0]  # JFXX follows JFIF (T.871 10.2)
    if metadata.exif:
        parts += _make_exif_segments(metadata.exif)
    if metadata.xmp:
        parts += _make_xmp_segments(metadata.xmp)
    if metadata.icc_profile:
        parts += _make_icc_segments(metadata.icc_profile)
    parts += [segment for segment in extra if segment.code != markers.APP0]
    if metadata.comment:
        parts.append(_make_segment(markers.COM, metadata.comment, "the comment"))
    return tuple(parts)


def _make_segment(code: int, payload: bytes, content: str) -> Segment:
    """Make a segment, or raise LimitError, which names the content, if the payload is too long."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise LimitError(f"{content} takes {len(payload):,} bytes; a JPEG segment holds {MAX_PAYLOAD_BYTES:,}")
    return Segment(code, payload)


def _make_jfif_segment(metadata: Metadata) -> Segment:
    """Make the APP0 segment of JFIF 1.02 (T.871), without a thumbnail."""
    units, density = 0, metadata.pixel_aspect or (1, 1)
    if metadata.dots_per_inch is not None:
        units, density = 1, metadata.dots_per_inch
    return Segment(markers.APP0, struct.pack(">5sBBBHHBB", JFIF, 1, 2, units, *density, 0, 0))


def _make_exif_segments(exif: bytes) -> list[Segment]:
    """Divide Exif data into APP1 segments, of which nearly all files need only one.

    Exif 2.32 allows only one. ExifTool and Pillow join consecutive segments with the signature, except that a segment
    that begins like a TIFF structure is no continuation.
    """
    parts, start = [], 0
    while start < len(exif):
        end = start + MAX_PAYLOAD_BYTES - len(EXIF)
        while exif[end : end + 4] in TIFF_HEADERS:
            end -= 1
        parts.append(Segment(markers.APP1, EXIF + exif[start:end]))
        start = end
    return parts


def _make_xmp_segments(packet: bytes) -> list[Segment]:
    """Make the APP1 segment of an XMP packet, and those of its extension (XMP part 3, 1.1.3.1).

    A segment of the extension holds the signature, the GUID, the size of the extension, the offset of the chunk, and
    the chunk.
    """
    divided = xmp.divide(packet, MAX_PAYLOAD_BYTES - len(XMP))
    parts = [Segment(markers.APP1, XMP + divided.standard)]
    for start in range(0, len(divided.extension), _EXTENDED_XMP_CHUNK_BYTES):
        head = EXTENDED_XMP + divided.guid + struct.pack(">II", len(divided.extension), start)
        chunk = divided.extension[start : start + _EXTENDED_XMP_CHUNK_BYTES]
        parts.append(Segment(markers.APP1, head + chunk))
    return parts


def _make_icc_segments(profile: bytes) -> list[Segment]:
    """Split an ICC profile into APP2 segments (ICC.1 annex B): signature, number from 1, count, chunk."""
    chunk_bytes = MAX_PAYLOAD_BYTES - len(ICC) - 2
    chunks = [profile[start : start + chunk_bytes] for start in range(0, len(profile), chunk_bytes)]
    if len(chunks) > MAX_ICC_CHUNKS:
        limit = MAX_ICC_CHUNKS * chunk_bytes
        raise LimitError(f"the ICC profile takes {len(profile):,} bytes; a JPEG holds {limit:,}")
    return [
        Segment(markers.APP2, ICC + bytes((number, len(chunks))) + chunk)
        for number, chunk in enumerate(chunks, start=1)
    ]


def encode_quantization_tables(tables: Mapping[int, QuantizationTable]) -> bytes:
    """Encode DQT (T.81 B.2.4.1, Quantization table-specification syntax).

    Parameters
    ----------
    tables
        Tables by slot; those with steps above 255 get 16-bit entries.
    """
    payload = b""
    for slot, table in sorted(tables.items()):
        precision = int(table.needs_16_bits)
        payload += bytes((precision << 4 | slot,)) + struct.pack(">64H" if precision else ">64B", *table.values)
    return encode_segment(markers.DQT, payload)


def encode_frame_header(code: int, frame: Frame) -> bytes:
    """Encode SOF with its code, for 8-bit samples (T.81 B.2.2, Frame header syntax)."""
    payload = struct.pack(">BHHB", 8, frame.height, frame.width, len(frame.components))
    for component in frame.components:
        sampling = component.h_factor << 4 | component.v_factor
        payload += bytes((component.identifier, sampling, component.table_slot))
    return encode_segment(code, payload)


def encode_huffman_tables(tables: Mapping[tuple[int, int], HuffmanTable]) -> bytes:
    """Encode DHT (T.81 B.2.4.2, Huffman table-specification syntax); no bytes if there are no tables.

    Parameters
    ----------
    tables
        Tables by class (0 DC, 1 AC) and slot.
    """
    payload = b"".join(
        bytes((table_class << 4 | slot, *table.bits, *table.huffval)) for (table_class, slot), table in tables.items()
    )
    return encode_segment(markers.DHT, payload) if payload else b""


def encode_restart_interval(mcus: int) -> bytes:
    """Encode DRI (T.81 B.2.4.4, Restart interval definition syntax); no bytes if the interval is 0."""
    return encode_segment(markers.DRI, struct.pack(">H", mcus)) if mcus else b""


def encode_scan_header(scan: Scan, frame: Frame) -> bytes:
    """Encode SOS (T.81 B.2.3, Scan header syntax)."""
    payload = bytes((len(scan.components),))
    for index in scan.components:
        component = frame.components[index]
        payload += bytes((component.identifier, component.huffman_slot << 4 | component.huffman_slot))
    approximation = scan.approximation_high << 4 | scan.approximation_low
    payload += bytes((scan.spectral_start, scan.spectral_end, approximation))
    return encode_segment(markers.SOS, payload)
