"""Metadata of a cropped photo: sizes become true, and what shows or measures the old picture is left out.

Thumbnails are left out because they show what was cropped off. Nothing is known of maker notes, which may hold further
previews: they stay as they are.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from foveal.crop.exif_pictures import remove_pictures
from foveal.jpeg import Segment, application_data, markers
from foveal.jpeg.segments import JFXX, PHOTOSHOP, XMP
from foveal.jpeg.xmp import SIZE_PROPERTIES, remove_properties
from foveal.photo import exif as exif_tags
from foveal.saliency import Box

THUMBNAIL_NOTE = "the thumbnail, which shows the whole picture, is left out"
REGIONS_NOTE = "the regions in the XMP packet, which measure the whole picture, are left out"
PANORAMA_NOTE = (
    "the size and projection of the whole panorama in the XMP packet are left out: viewers would bend the crop"
)
EXTENDED_NOTE = "extended XMP, which may hold other views of the whole picture, is left out"
CREDENTIALS_NOTE = "the content credentials (C2PA), which would no longer match the picture, are left out"

# Properties of XMP (namespace, name) that hold thumbnails, and that measure parts of the picture.
_XMP_THUMBNAILS = (("http://ns.adobe.com/xap/1.0/", "Thumbnails"),)
_XMP_REGIONS = (
    ("http://www.metadataworkinggroup.com/schemas/regions/", "Regions"),
    ("http://ns.microsoft.com/photo/1.2/", "RegionInfo"),
    ("http://iptc.org/std/Iptc4xmpExt/2008-02-29/", "ImageRegion"),
)
# Photo Sphere XMP metadata: where the picture is on the whole sphere, and how a viewer shows it.
_PANORAMA = "http://ns.google.com/photos/1.0/panorama/"
_XMP_PANORAMA = tuple(
    (_PANORAMA, name)
    for name in (
        *("UsePanoramaViewer", "ProjectionType", "FullPanoWidthPixels", "FullPanoHeightPixels"),
        *("CroppedAreaImageWidthPixels", "CroppedAreaImageHeightPixels"),
        *("CroppedAreaLeftPixels", "CroppedAreaTopPixels"),
        *("LargestValidInteriorRectLeft", "LargestValidInteriorRectTop"),
        *("LargestValidInteriorRectWidth", "LargestValidInteriorRectHeight"),
        *("PoseHeadingDegrees", "PosePitchDegrees", "PoseRollDegrees"),
        *("InitialViewHeadingDegrees", "InitialViewPitchDegrees", "InitialViewRollDegrees"),
        *("InitialHorizontalFOVDegrees", "InitialVerticalFOVDegrees", "InitialCameraDolly"),
    )
)
_XMP_EXTENDED = ("http://ns.adobe.com/xmp/note/", "HasExtendedXMP")  # a note is made of the extended XMP itself
_XMP_LEFT_OUT = {*_XMP_THUMBNAILS, *_XMP_REGIONS, *_XMP_PANORAMA, _XMP_EXTENDED, *SIZE_PROPERTIES}
_PHOTOSHOP_RESOURCES = (b"8BIM", b"AgHg", b"DCSR", b"MeSa", b"PHUT")  # as ExifTool reads them
_PHOTOSHOP_THUMBNAILS = (0x0409, 0x040C)


def crop_exif(exif: bytes | None, box: Box, notes: list[str]) -> bytes | None:
    """Return EXIF data of a crop: with its size, its subject moved, and without the thumbnail and further pictures.

    All other bytes stay where they are, because maker notes may point to themselves.

    Parameters
    ----------
    exif
        EXIF data of the whole picture, or None.
    box
        The crop in pixels of the stored picture.
    notes
        Receives a message if there was a thumbnail.
    """
    if not exif:
        return exif
    changed = exif_tags.replace_size(exif, (box.height, box.width), rows_and_columns(box))
    kept, has_changed = remove_pictures(bytearray(changed), exif_tags.read_structure(exif))
    if has_changed:
        notes.append(THUMBNAIL_NOTE)
    return kept


def rows_and_columns(box: Box) -> tuple[slice, slice]:
    """Return the rows and the columns of a picture that are inside a box."""
    return slice(box.y, box.y + box.height), slice(box.x, box.x + box.width)


def crop_xmp(packet: bytes, notes: list[str]) -> bytes:
    """Return an XMP packet without thumbnails, and without what measures the whole picture; the rest stays as it is."""
    kept, found = remove_properties(packet, _XMP_LEFT_OUT)
    for name in found:
        if name in _XMP_THUMBNAILS:
            notes.append(THUMBNAIL_NOTE)
        elif name in _XMP_REGIONS:
            notes.append(REGIONS_NOTE)
        elif name in _XMP_PANORAMA:
            notes.append(PANORAMA_NOTE)
    return kept


def keep_segments(segments: Sequence[Segment], notes: list[str]) -> list[Segment]:
    """Return the application segments that a crop keeps.

    Left out are content credentials, extended XMP, and thumbnails in extensions of JFIF and in Photoshop's resources.
    """
    signed = application_data.content_credentials(segments)
    if signed:
        notes.append(CREDENTIALS_NOTE)
    kept = []
    for segment in segments:
        if any(segment is each for each in signed):
            continue
        if segment.code == markers.APP0 and segment.payload.startswith(JFXX):
            notes.append(THUMBNAIL_NOTE)
        elif segment.code == markers.APP13 and segment.payload.startswith(PHOTOSHOP):
            kept.append(_without_photoshop_thumbnail(segment, notes))
        elif application_data.segment_kind(segment) == "extended XMP":
            notes.append(EXTENDED_NOTE)
        elif application_data.segment_kind(segment) == "XMP":
            kept.append(Segment(segment.code, XMP + crop_xmp(segment.payload[len(XMP) :], notes)))
        else:
            kept.append(segment)
    return kept


def _without_photoshop_thumbnail(segment: Segment, notes: list[str]) -> Segment:
    """Return a segment of Photoshop's image resources without thumbnails; what follows a broken one stays as it is."""
    # A resource: "8BIM", its number, a name with its length in front, the size of the data, the data. Name and data are
    # padded to even sizes (Adobe Photoshop File Formats Specification, Image Resource Blocks).
    payload, kept, position = segment.payload, [PHOTOSHOP], len(PHOTOSHOP)
    while (size_at := _size_of_resource_at(payload, position)) is not None:
        (size,) = struct.unpack_from(">I", payload, size_at)
        end = size_at + 4 + (size + 1) // 2 * 2
        if struct.unpack_from(">H", payload, position + 4)[0] not in _PHOTOSHOP_THUMBNAILS:
            kept.append(payload[position:end])
        position = end
    kept.append(payload[position:])
    changed = b"".join(kept)
    if len(changed) < len(payload):
        notes.append(THUMBNAIL_NOTE)
    return Segment(segment.code, changed)


def _size_of_resource_at(payload: bytes, position: int) -> int | None:
    """Return where the size of the resource at a position stands; None if there is no resource, or a broken one."""
    name_at = position + 6
    if payload[position : position + 4] not in _PHOTOSHOP_RESOURCES or name_at >= len(payload):
        return None
    size_at = name_at + (payload[name_at] + 2) // 2 * 2
    return size_at if size_at + 4 <= len(payload) else None
