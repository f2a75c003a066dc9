"""Contents of application segments (T.871; Exif; XMP part 3; ICC.1 annex B; CIPA DC-007; ISO 21496-1).

T.81 B.2.4.6, Application data syntax, leaves the payload of APPn open. By convention it begins with a signature, which
names the format of the rest.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from contextlib import suppress

from foveal.errors import FormatError
from foveal.jpeg import markers
from foveal.jpeg.diagnosis import Diagnosis
from foveal.jpeg.multi_picture import is_index, read_entries
from foveal.jpeg.segment_reader import SegmentReader
from foveal.jpeg.segments import (
    ADOBE,
    EXIF,
    EXTENDED_XMP,
    ICC,
    JFIF,
    JFXX,
    MPF,
    PHOTOSHOP,
    TIFF_HEADERS,
    XMP,
    Segment,
)

_ISO_GAIN_MAP = b"urn:iso:std:iso:ts:21496:-1\0"
_SIGNATURES = (
    (markers.APP0, JFIF, "JFIF"),
    (markers.APP0, JFXX, "JFIF extension"),
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
_BOX, _C2PA = b"JP", b"c2pa"  # of boxes in APP11: common identifier, and label of a C2PA manifest
_IPTC_RESOURCE = b"8BIM\x04\x04"
# Namespaces by which XMP packets of Android ("Ultra HDR") and Apple announce a gain map.
GAIN_MAP_NAMESPACES = (b"http://ns.adobe.com/hdr-gain-map/", b"http://ns.apple.com/HDRGainMap/")


def segment_kind(segment: Segment) -> str:
    """Return the kind of a segment's contents: "EXIF", "ICC profile", ..., "comment", or "unknown"."""
    if segment.code == markers.COM:
        return "comment"
    for code, signature, kind in _SIGNATURES:
        if segment.code == code and segment.payload.startswith(signature):
            return "IPTC" if kind == "Photoshop" and _IPTC_RESOURCE in segment.payload else kind
    return "unknown"


def read_segments(data: bytes) -> tuple[tuple[Segment, ...], bytes]:
    """Read the application segments and comments of a file, and the bytes after its EOI, without decoding anything.

    A broken file is read up to its fault, and then has no bytes after EOI.

    Raises
    ------
    LimitError
        The file has more than `limits.MAX_SEGMENTS` segments.
    """
    reader, trailing = SegmentReader(data, Diagnosis(strict=False)), b""
    with suppress(FormatError):
        reader.read_soi()
        while (code := reader.next_segment().code) != markers.EOI:
            if code == markers.SOS:
                reader.skip_entropy_data()
        trailing = data[reader.position :]
    return tuple(found.segment for found in reader.segments if markers.is_application(found.code)), trailing


def exif_segments(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """Return the first Exif segment, and those directly after it that continue it: they begin without a TIFF header."""
    first = next((index for index, segment in enumerate(segments) if segment_kind(segment) == "EXIF"), len(segments))
    end = first + 1
    while end < len(segments) and segment_kind(segments[end]) == "EXIF":
        if segments[end].payload[len(EXIF) :].startswith(TIFF_HEADERS):
            break
        end += 1
    return tuple(segments[first:end])


def exif_data(segments: Sequence[Segment]) -> bytes | None:
    """Return the Exif data of a file, without the signature, joined if it continues; None without an Exif segment."""
    found = exif_segments(segments)
    return b"".join(segment.payload[len(EXIF) :] for segment in found) if found else None


def icc_profile(segments: Sequence[Segment]) -> bytes | None:
    """Join the chunks of an ICC profile (ICC.1 B.4, Embedding ICC profiles in JFIF files).

    Returns
    -------
    bytes or None
        The profile; None if the file has none or a chunk is missing.
    """
    chunks, count = _icc_chunks(segments)
    if not chunks or sorted(chunks) != list(range(1, count + 1)):
        return None
    return b"".join(chunks[number][-1] for number in sorted(chunks))


def icc_problem(segments: Sequence[Segment]) -> str | None:
    """Return what is wrong with the chunks of an ICC profile; None without a profile, or if nothing is wrong."""
    chunks, count = _icc_chunks(segments)
    if chunks and icc_profile(segments) is None:
        return f"the colour profile is incomplete (found chunks {sorted(chunks)} of {count}) and is left out"
    if any(len(set(repeated)) > 1 for repeated in chunks.values()):
        return "the colour profile has chunks of the same number but other contents; the last of each is used"
    return None


def _icc_chunks(segments: Sequence[Segment]) -> tuple[dict[int, list[bytes]], int]:
    """Return the chunks of an ICC profile of each number, and how many numbers there should be."""
    # Payload of a chunk: signature, its number from 1 on, number of chunks, data. Chunks may come in any order.
    chunks: dict[int, list[bytes]] = {}
    count = 0
    for segment in segments:
        if segment_kind(segment) == "ICC profile" and len(segment.payload) >= len(ICC) + 2:
            number, count = segment.payload[len(ICC) : len(ICC) + 2]
            chunks.setdefault(number, []).append(segment.payload[len(ICC) + 2 :])
    return chunks, count


def content_credentials(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """Return the segments of a C2PA manifest, which is signed together with the picture.

    A manifest is a JUMBF superbox with the label "c2pa" (C2PA 2.1, A.3.1, Embedding manifests into JPEG). Its APP11
    segments have the same box instance number (ISO/IEC 19566-5 D.2); only the first one has the label.
    """
    boxes = [segment for segment in segments if segment.code == markers.APP11 and segment.payload.startswith(_BOX)]
    instances = {_box_instance(segment) for segment in boxes if _C2PA in segment.payload}
    return tuple(segment for segment in boxes if _box_instance(segment) in instances)


def _box_instance(segment: Segment) -> bytes:
    return segment.payload[len(_BOX) : len(_BOX) + 2]


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
        or (segment_kind(segment) == "XMP" and any(name in segment.payload for name in GAIN_MAP_NAMESPACES))
        for segment in segments
    ) or any(name in trailing for name in (*GAIN_MAP_NAMESPACES, _ISO_GAIN_MAP))


def dots_per_inch(segments: Sequence[Segment]) -> tuple[float, float] | None:
    """Return the print resolution (horizontal, vertical) in the JFIF segment (T.871 10.1); None if it gives none."""
    units, horizontal, vertical = _jfif_density(segments)
    if units not in _UNITS_PER_INCH or not horizontal or not vertical:
        return None
    return horizontal * _UNITS_PER_INCH[units], vertical * _UNITS_PER_INCH[units]


def pixel_aspect(segments: Sequence[Segment]) -> tuple[int, int] | None:
    """Return the pixels per unit of length (horizontal, vertical) in the JFIF segment; None if pixels are square.

    The unit may be unknown (T.871 10.1): only the ratio of the numbers counts.
    """
    _, horizontal, vertical = _jfif_density(segments)
    return (horizontal, vertical) if horizontal and vertical and horizontal != vertical else None


def _jfif_density(segments: Sequence[Segment]) -> tuple[int, int, int]:
    """Return units, Hdensity and Vdensity of the first JFIF segment; zeros without one."""
    for segment in segments:
        if segment_kind(segment) == "JFIF" and len(segment.payload) >= _JFIF_BYTES:
            units, horizontal, vertical = struct.unpack(">BHH", segment.payload[7:12])
            return units, horizontal, vertical
    return 0, 0, 0


def xmp_packet(segments: Sequence[Segment]) -> bytes | None:
    """Return the XMP packet of the first XMP segment, without the signature; None without such a segment."""
    return next((segment.payload[len(XMP) :] for segment in segments if segment_kind(segment) == "XMP"), None)


def picture_count(segments: Sequence[Segment]) -> int:
    """Return the number of pictures that the MPF index lists; 0 without an index."""
    return next((len(read_entries(segment.payload)) for segment in segments if is_index(segment)), 0)
