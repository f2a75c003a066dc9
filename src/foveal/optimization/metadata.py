"""Metadata of optimized files: which segments a policy keeps, and what goes with changed pixels.

The policies are those of `foveal.encode` (`photo/metadata_policy.py`), but here segments stay byte for byte, and pixels
are never turned.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace

from foveal import jpeg
from foveal.jpeg import Diagnosis, Metadata, Segment, SegmentReader, application_data, markers
from foveal.jpeg.segments import encode_marker, encode_segment, make_metadata_segments
from foveal.photo import exif
from foveal.photo.density import whole_aspect
from foveal.photo.jpeg_metadata import describe_trailing
from foveal.photo.metadata_policy import MetadataPolicy

_JFIF_DENSITY, _JFIF_BYTES = 7, 14  # position of the units in the payload; size of the payload without a thumbnail


def apply_policy(coefficients: jpeg.Coefficients, policy: MetadataPolicy, notes: list[str]) -> jpeg.Coefficients:
    """Return coefficients with the segments and trailing bytes that a policy keeps.

    Parameters
    ----------
    coefficients
        Coefficients of a file.
    policy
        "keep": everything; "safe": colour profile, resolution, orientation, artist and copyright; "none": colour
        profile, aspect ratio of pixels that are not square, and the orientation if the picture is not upright. JFIF
        and Adobe segments, which name the colour model, are always kept.
    notes
        Receives a message if something after the picture is left out.
    """
    if policy == "keep":
        return coefficients
    segments = tuple(_select(coefficients.segments, policy))
    if coefficients.trailing:
        kinds = describe_trailing(coefficients.segments, coefficients.trailing)
        notes.append(f"{len(coefficients.trailing):,} bytes after the picture are left out: {kinds}")
    return replace(coefficients, segments=segments, trailing=b"", trailing_pictures=())


def _select(segments: Sequence[Segment], policy: MetadataPolicy) -> Iterator[Segment]:
    exif_segments = application_data.exif_segments(segments)
    for segment in segments:
        kind = application_data.segment_kind(segment)
        if kind in ("ICC profile", "Adobe"):
            yield segment
        elif kind == "JFIF":
            yield _bare_jfif(segment) if policy == "none" else _without_thumbnail(segment)
        elif any(segment is each for each in exif_segments[:1]):
            data = application_data.exif_data(segments)
            selected = exif.select_safe(data) if policy == "safe" else exif.select_orientation(data)
            yield from make_metadata_segments(Metadata(exif=selected))[1:]  # the first one is JFIF


def _without_thumbnail(segment: Segment) -> Segment:
    payload = segment.payload
    return segment if len(payload) <= _JFIF_BYTES else Segment(segment.code, payload[: _JFIF_BYTES - 2] + b"\0\0")


def _bare_jfif(segment: Segment) -> Segment:
    """Return a JFIF segment that says nothing but the aspect ratio of pixels."""
    bare = _without_thumbnail(segment)
    if len(bare.payload) < _JFIF_BYTES:
        return bare
    aspect = whole_aspect(application_data.pixel_aspect([segment])) or (1, 1)
    density = struct.pack(">BHH", 0, *aspect)
    return Segment(bare.code, bare.payload[:_JFIF_DENSITY] + density + bare.payload[_JFIF_DENSITY + len(density) :])


def without_content_credentials(coefficients: jpeg.Coefficients) -> jpeg.Coefficients:
    """Return coefficients without the C2PA manifest, which is signed together with the old pixels."""
    signed = application_data.content_credentials(coefficients.segments)
    kept = tuple(segment for segment in coefficients.segments if not any(segment is each for each in signed))
    return replace(coefficients, segments=kept)


def replace_segments(data: bytes, segments: Sequence[Segment], trailing: bytes) -> bytes:
    """Return a file with other application segments, all before the picture, and other bytes after EOI.

    Tables and scans are copied byte for byte.

    Parameters
    ----------
    data
        A file that can be read.
    segments
        Application segments and comments.
    trailing
        Bytes after EOI.
    """
    reader, position, pieces = SegmentReader(data, Diagnosis(strict=False)), 2, []
    reader.read_soi()
    while True:
        found = reader.next_segment()
        if markers.is_application(found.code):
            pieces.append(data[position : found.offset])
            position = reader.position
        elif found.code == markers.SOS:
            reader.skip_entropy_data()
        elif found.code == markers.EOI:
            break
    pieces.append(data[position : reader.position])
    metadata = [encode_segment(*segment) for segment in segments]
    return b"".join([encode_marker(markers.SOI), *metadata, *pieces, trailing])
