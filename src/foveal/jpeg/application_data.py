"""What application segments hold (T.871; Exif; XMP part 3; ICC.1 annex B; CIPA DC-007; ISO 21496-1)."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from foveal.jpeg import markers
from foveal.jpeg.multi_picture import entries_of, is_index
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
_INCHES = {1: 1.0, 2: 2.54}  # dots per inch of one dot per unit: inches, centimetres
_IPTC_RESOURCE = b"8BIM\x04\x04"
# Names by which XMP packets of Android ("Ultra HDR") and Apple announce a gain map.
_GAIN_MAP_NAMES = (b"http://ns.adobe.com/hdr-gain-map/", b"http://ns.apple.com/HDRGainMap/")


def kind_of(segment: Segment) -> str:
    """What a segment holds: "EXIF", "ICC profile", ...; "comment"; "unknown" for what has no known signature."""
    if segment.code == markers.COM:
        return "comment"
    for code, signature, kind in _SIGNATURES:
        if segment.code == code and segment.payload.startswith(signature):
            return "IPTC" if kind == "Photoshop" and _IPTC_RESOURCE in segment.payload else kind
    return "unknown"


def exif_data(segments: Sequence[Segment]) -> bytes | None:
    """Exif data of the first segment that has any, without its signature."""
    return next((segment.payload[len(EXIF) :] for segment in segments if kind_of(segment) == "EXIF"), None)


def icc_profile(segments: Sequence[Segment]) -> bytes | None:
    """Put the chunks of an ICC profile together (ICC.1 B.4); None where there is none, or a chunk is missing."""
    chunks = {}
    count = 0
    for segment in segments:
        if kind_of(segment) == "ICC profile" and len(segment.payload) >= len(ICC) + 2:
            number, count = segment.payload[len(ICC) : len(ICC) + 2]
            chunks[number] = segment.payload[len(ICC) + 2 :]
    if not chunks or sorted(chunks) != list(range(1, count + 1)):
        return None
    return b"".join(chunks[number] for number in sorted(chunks))


def has_gain_map(segments: Sequence[Segment], trailing: bytes) -> bool:
    """Whether a gain map is announced: a second picture that says how to show the first on HDR displays.

    Parameters
    ----------
    segments
        Of the first picture.
    trailing
        What follows it: some writers say it in the gain map's own picture.
    """
    return any(
        kind_of(segment) == "gain map"
        or (kind_of(segment) == "XMP" and any(name in segment.payload for name in _GAIN_MAP_NAMES))
        for segment in segments
    ) or any(name in trailing for name in _GAIN_MAP_NAMES)


def dots_per_inch(segments: Sequence[Segment]) -> tuple[float, float] | None:
    """Print resolution (horizontal, vertical) of the JFIF header (T.871 10.1); None where it has none."""
    for segment in segments:
        if kind_of(segment) == "JFIF" and len(segment.payload) >= _JFIF_BYTES:
            units, horizontal, vertical = struct.unpack(">BHH", segment.payload[7:12])
            if units in _INCHES and horizontal and vertical:
                return horizontal * _INCHES[units], vertical * _INCHES[units]
    return None


def xmp_packet(segments: Sequence[Segment]) -> bytes | None:
    """XMP packet of the first segment that has one, without its signature."""
    return next((segment.payload[len(XMP) :] for segment in segments if kind_of(segment) == "XMP"), None)


def picture_count(segments: Sequence[Segment]) -> int:
    """How many pictures an MPF index lists; 0 without one."""
    return next((len(entries_of(segment.payload)) for segment in segments if is_index(segment)), 0)
