"""The metadata of a JPEG file as fields of a `Photo`, and notes about what a single new picture cannot keep."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from typing import Any

from foveal.jpeg import Segment, application_data, markers
from foveal.jpeg.segments import JFXX
from foveal.photo import exif as exif_tags
from foveal.photo.announcements import remove_announcements, remove_from_segment
from foveal.photo.density import whole_aspect, whole_density

# Kinds of segments that are written anew, are fields of their own, or describe what follows the picture.
_NOT_EXTRA = ("JFIF", "ICC profile", "MPF", "gain map", "Adobe")
_JFIF_THUMBNAIL_AT, _JFXX_RGB = 12, 0x13
# Residuals that add to the picture that is replaced: of JPEG XT (ISO/IEC 18477-3), and of JPEG-HDR.
_BOX_SEGMENT, _METADATA_BOX, _JPEG_HDR = b"JP", b"jumb", b"HDR_RI"
_VIDEO = re.compile(rb"ftyp(?:mp4|iso|avc|qt  |M4V|3gp|MSNV|dash|hvc)|MotionPhoto_Data")
_SOI = bytes((0xFF, markers.SOI, 0xFF))


def read_jpeg_metadata(data: bytes, notes: list[str]) -> dict[str, Any]:
    """Read the metadata of a JPEG file from its segments; a broken file is read up to its fault.

    Parameters
    ----------
    data
        Bytes of the file.
    notes
        Receives a message about each thing in the file that is not kept.

    Returns
    -------
    dict
        Values of the fields of `Photo` by name.
    """
    segments, trailing = application_data.read_segments(data)
    exif = application_data.exif_data(segments)
    packet = application_data.xmp_packet(segments)
    comments = [segment.payload for segment in segments if segment.code == markers.COM]
    notes.extend(find_notes(segments, trailing))
    density = application_data.dots_per_inch(segments) or exif_tags.dots_per_inch(exif)
    aspect = application_data.pixel_aspect(segments)
    resolution = whole_density(density)
    if aspect and application_data.dots_per_inch(segments) is None:
        resolution = None  # EXIF data cannot say it for both
    return {
        "icc_profile": application_data.icc_profile(segments),
        "exif": exif,
        "xmp": remove_announcements(packet) if packet else None,
        "comment": comments[-1] if comments else None,
        "dots_per_inch": resolution,
        "pixel_aspect": None if resolution else whole_aspect(aspect),
        "extra_segments": tuple(_extra_segments(segments)),
    }


def _extra_segments(segments: Sequence[Segment]) -> Iterator[Segment]:
    """Return the segments that are kept as they are, in the order of the file."""
    own = [*application_data.exif_segments(segments)]
    own += [segment for segment in segments if application_data.segment_kind(segment) == "XMP"][:1]
    own += [segment for segment in segments if segment.code == markers.COM][-1:]
    for segment in segments:
        kind = application_data.segment_kind(segment)
        if kind == "JFIF":
            yield from _thumbnail_segment(segment)
        elif kind not in _NOT_EXTRA and not is_residual(segment) and not any(segment is each for each in own):
            yield remove_from_segment(segment)


def _thumbnail_segment(segment: Segment) -> Iterator[Segment]:
    """Return the thumbnail of a JFIF segment, if it has one, as a segment of its own (T.871 10.3)."""
    size, pixels = segment.payload[_JFIF_THUMBNAIL_AT : _JFIF_THUMBNAIL_AT + 2], segment.payload[14:]
    if len(size) == 2 and pixels and len(pixels) == 3 * size[0] * size[1]:
        yield Segment(markers.APP0, JFXX + struct.pack("B", _JFXX_RGB) + size + pixels)


def is_residual(segment: Segment) -> bool:
    """Return whether a segment refines the picture: JPEG XT (ISO/IEC 18477-3), or JPEG-HDR."""
    payload = segment.payload
    is_box = payload.startswith(_BOX_SEGMENT) and _METADATA_BOX not in payload[:16]
    return segment.code == markers.APP11 and (is_box or payload.startswith(_JPEG_HDR))


def find_notes(segments: Sequence[Segment], trailing: bytes) -> Iterator[str]:
    """Yield a message about each thing in a file that its pixels and metadata do not hold.

    Parameters
    ----------
    segments, trailing
        Segments of the file, and what stands after its picture, as `application_data.read_segments` returns them.
    """
    problem = application_data.icc_problem(segments)
    if problem:
        yield problem
    residual = sum(len(segment.payload) for segment in segments if is_residual(segment))
    if residual:
        yield f"{residual:,} bytes that refine the old picture (JPEG XT or JPEG-HDR) are left out"
    if trailing:
        found = describe_trailing(segments, trailing)
        yield f"{len(trailing):,} bytes after the picture are left out: {found}"


def describe_trailing(segments: Sequence[Segment], trailing: bytes) -> str:
    """Say what stands after the picture of a file: "an HDR gain map and 2 further pictures", or "unknown data"."""
    return " and ".join(_kinds_of_trailing(segments, trailing)) or "unknown data"


def _kinds_of_trailing(segments: Sequence[Segment], trailing: bytes) -> Iterator[str]:
    """Return what stands after the picture; nothing if it is unknown."""
    pictures = max(application_data.picture_count(segments) - 1, int(trailing.startswith(_SOI)))
    if application_data.has_gain_map(segments, trailing):
        yield "an HDR gain map"
        pictures -= 1
    if pictures > 0:
        yield f"{pictures} further picture{'s' if pictures > 1 else ''}"
    if _VIDEO.search(trailing):
        yield "the video of a motion photo"
