"""Contents of application segments (T.871; Exif; XMP part 3; ICC.1 annex B; CIPA DC-007; ISO 21496-1).

T.81 B.2.4.6, Application data syntax, leaves the payload of APPn open. By convention it begins with a signature, which
names the format of the rest.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from foveal.jpeg import markers
from foveal.jpeg.multi_picture import is_index, read_entries
from foveal.jpeg.segments import ADOBE, EXIF, EXTENDED_XMP, ICC, JFIF, MPF, PHOTOSHOP, XMP, Segment

_ISO_GAIN_MAP = b"urn:iso:std:iso:ts:21496:-1\0"
_SIGNATURES = (
    (markers.APP0, JFIF, "JFIF"),
    (markers.APP0, b"JFXX\0", "JFIF extension"),
    (markers.APP1, EXIF, "EXIF"),
    (markers.APP1, XMP, "XMP"),
    (markers.APP1, EXTENDED_XMP, "extended XMP"),
    (markers.APP2, ICC, "ICC profile"),
    (markers.APP2, MPF, "MPF"),
    (markers.APP2, _ISO_GAIN_MAP, "gain map"),
    (markers.APP2, b"FPXR\0", "FlashPix"),
    (markers.APP13, PHOTOSHOP, "Photoshop"),
    (markers.APP14, ADOBE, "Adobe"),
)
_JFIF_BYTES = 14
_UNITS_PER_INCH = {1: 1.0, 2: 2.54}  # by the units field of JFIF: dots per inch, dots per centimetre
_IPTC_RESOURCE = b"8BIM\x04\x04"
# Namespaces by which XMP packets of Android ("Ultra HDR") and Apple announce a gain map.
_GAIN_MAP_NAMESPACES = (b"http://ns.adobe.com/hdr-gain-map/", b"http://ns.apple.com/HDRGainMap/")


def segment_kind(segment: Segment) -> str:
    """Return the kind of a segment's contents: "EXIF", "ICC profile", ..., "comment", or "unknown"."""
    if segment.code == markers.COM:
        return "comment"
    for code, signature, kind in _SIGNATURES:
        if segment.code == code and segment.payload.startswith(signature):
            return "IPTC" if kind == "Photoshop" and _IPTC_RESOURCE in segment.payload else kind
    return "unknown"


def exif_data(segments: Sequence[Segment]) -> bytes | None:
    """Return the Exif data of the first Exif segment, without the signature; None without such a segment."""
    return next((segment.payload[len(EXIF) :] for segment in segments if segment_kind(segment) == "EXIF"), None)


def icc_profile(segments: Sequence[Segment]) -> bytes | None:
    """Join the chunks of an ICC profile (ICC.1 B.4, Embedding ICC profiles in JFIF files).

    Returns
    -------
    bytes or None
        The profile; None if the file has none or a chunk is missing.
    """
    # Payload of a chunk: signature, its number from 1 on, number of chunks, data. Chunks may come in any order.
    chunks = {}
    count = 0
    for segment in segments:
        if segment_kind(segment) == "ICC profile" and len(segment.payload) >= len(ICC) + 2:
            number, count = segment.payload[len(ICC) : len(ICC) + 2]
            chunks[number] = segment.payload[len(ICC) + 2 :]
    if not chunks or sorted(chunks) != list(range(1, count + 1)):
        return None
    return b"".join(chunks[number] for number in sorted(chunks))


def has_gain_map(segments: Sequence[Segment], trailing: bytes) -> bool:
    """Return whether a file announces a gain map: a second picture that adapts the first one to HDR displays.

    Parameters
    ----------
    segments
        Application segments of the first picture.
    trailing
        Bytes after its EOI, where some writers announce the gain map in its own picture.
    """
    return any(
        segment_kind(segment) == "gain map"
        or (segment_kind(segment) == "XMP" and any(name in segment.payload for name in _GAIN_MAP_NAMESPACES))
        for segment in segments
    ) or any(name in trailing for name in _GAIN_MAP_NAMESPACES)


def dots_per_inch(segments: Sequence[Segment]) -> tuple[float, float] | None:
    """Return the print resolution (horizontal, vertical) in the JFIF segment (T.871 10.1); None if it gives none."""
    for segment in segments:
        if segment_kind(segment) == "JFIF" and len(segment.payload) >= _JFIF_BYTES:
            units, horizontal, vertical = struct.unpack(">BHH", segment.payload[7:12])
            if units in _UNITS_PER_INCH and horizontal and vertical:
                return horizontal * _UNITS_PER_INCH[units], vertical * _UNITS_PER_INCH[units]
    return None


def xmp_packet(segments: Sequence[Segment]) -> bytes | None:
    """Return the XMP packet of the first XMP segment, without the signature; None without such a segment."""
    return next((segment.payload[len(XMP) :] for segment in segments if segment_kind(segment) == "XMP"), None)


def picture_count(segments: Sequence[Segment]) -> int:
    """Return the number of pictures that the MPF index lists; 0 without an index."""
    return next((len(read_entries(segment.payload)) for segment in segments if is_index(segment)), 0)
