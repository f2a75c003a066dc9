"""Metadata of a cropped photo: sizes become true, and what shows or measures the old picture is left out.

Thumbnails are left out because they show what was cropped off. Nothing is known of maker notes, which may hold further
previews: they stay as they are.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from foveal.jpeg import Segment, application_data, markers
from foveal.jpeg.segments import JFXX, PHOTOSHOP, XMP
from foveal.jpeg.xmp import SIZE_PROPERTIES, remove_properties
from foveal.photo import exif as exif_tags
from foveal.photo.tiff import structure
from foveal.photo.tiff.structure import TiffReader
from foveal.saliency import Box

THUMBNAIL_NOTE = "the thumbnail, which shows the whole picture, is left out"
REGIONS_NOTE = "the regions in the XMP packet, which measure the whole picture, are left out"
EXTENDED_NOTE = "extended XMP, which may hold other views of the whole picture, is left out"
CREDENTIALS_NOTE = "the content credentials (C2PA), which would no longer match the picture, are left out"

# Tags of the thumbnail: Exif 2.32, table 4, and TIFF 6.0.
_THUMBNAIL_OFFSET, _THUMBNAIL_LENGTH, _STRIP_OFFSETS, _STRIP_LENGTHS = 0x0201, 0x0202, 0x0111, 0x0117

# Properties of XMP (namespace, name) that hold thumbnails, and that measure parts of the picture.
_XMP_THUMBNAILS = (("http://ns.adobe.com/xap/1.0/", "Thumbnails"),)
_XMP_REGIONS = (
    ("http://www.metadataworkinggroup.com/schemas/regions/", "Regions"),
    ("http://ns.microsoft.com/photo/1.2/", "RegionInfo"),
    ("http://iptc.org/std/Iptc4xmpExt/2008-02-29/", "ImageRegion"),
)
_XMP_EXTENDED = ("http://ns.adobe.com/xmp/note/", "HasExtendedXMP")  # a note is made of the extended XMP itself
_XMP_LEFT_OUT = {*_XMP_THUMBNAILS, *_XMP_REGIONS, _XMP_EXTENDED, *SIZE_PROPERTIES}
_PHOTOSHOP_RESOURCE, _PHOTOSHOP_THUMBNAILS = b"8BIM", (0x0409, 0x040C)


def crop_exif(exif: bytes | None, box: Box, notes: list[str]) -> bytes | None:
    """Return EXIF data of a crop: with its size, its subject moved, and without the thumbnail.

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
    return _without_thumbnail(bytearray(changed), exif_tags.read_structure(exif), notes)


def rows_and_columns(box: Box) -> tuple[slice, slice]:
    """Return the rows and the columns of a picture that are inside a box."""
    return slice(box.y, box.y + box.height), slice(box.x, box.x + box.width)


def _without_thumbnail(data: bytearray, reader: TiffReader, notes: list[str]) -> bytes:
    """Return EXIF data without its second directory and the thumbnail; their bytes become zeros, or are cut off."""
    first = reader.read_directory(reader.first_offset)
    if not first.next_offset or not first.is_whole:
        return bytes(data)
    notes.append(THUMBNAIL_NOTE)
    cleared = bytearray(len(data))
    for start, size in _thumbnail_ranges(reader, first.next_offset):
        _mark(cleared, start, size, 1)
    for start, size in _kept_ranges(reader):
        _mark(cleared, start, size, 0)
    link = reader.first_offset + 2 + structure.ENTRY_BYTES * len(first.entries)
    struct.pack_into(f"{reader.byte_order}I", data, link, 0)
    for at, is_cleared in enumerate(cleared):
        if is_cleared:
            data[at] = 0
    return bytes(data[: cleared.rfind(0) + 1])


def _thumbnail_ranges(reader: TiffReader, offset: int) -> Iterator[tuple[int, int]]:
    """Yield where (offset, size) the bytes of the second directory, its values and its thumbnail are."""
    entries = reader.directory(offset)
    yield offset, 2 + structure.ENTRY_BYTES * len(reader.read_directory(offset).entries) + 4
    numbers = {entry.tag: reader.integer(entry) for entry in entries}
    for start, size in ((_THUMBNAIL_OFFSET, _THUMBNAIL_LENGTH), (_STRIP_OFFSETS, _STRIP_LENGTHS)):
        if numbers.get(start) and numbers.get(size):
            yield numbers[start] or 0, numbers[size] or 0
    yield from ((entry.value_offset, entry.value_bytes) for entry in entries)


def _kept_ranges(reader: TiffReader) -> Iterator[tuple[int, int]]:
    """Yield where (offset, size) the header, the directories that stay and their values are."""
    yield 0, structure.HEADER_BYTES
    yield reader.first_offset, 2 + structure.ENTRY_BYTES * len(reader.read_directory(reader.first_offset).entries) + 4
    for entry in exif_tags.all_entries(reader):
        yield entry.value_offset, entry.value_bytes
        if entry.tag in exif_tags.INNER_DIRECTORIES:
            inner = reader.integer(entry) or 0
            yield inner, 2 + structure.ENTRY_BYTES * len(reader.read_directory(inner).entries) + 4


def _mark(flags: bytearray, start: int, size: int, value: int) -> None:
    end = min(start + size, len(flags))
    if start < end:
        flags[start:end] = bytes([value]) * (end - start)


def crop_xmp(packet: bytes, notes: list[str]) -> bytes:
    """Return an XMP packet without thumbnails, and without what measures the whole picture; the rest stays as it is."""
    kept, found = remove_properties(packet, _XMP_LEFT_OUT)
    for name in found:
        if name in _XMP_THUMBNAILS:
            notes.append(THUMBNAIL_NOTE)
        elif name in _XMP_REGIONS:
            notes.append(REGIONS_NOTE)
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
    """Return a segment of Photoshop's image resources without thumbnails; one that is broken stays as it is."""
    # A resource: "8BIM", its number, a name with its length in front, the size of the data, the data. Name and data are
    # padded to even sizes (Adobe Photoshop File Formats Specification, Image Resource Blocks).
    payload, kept, position = segment.payload, [PHOTOSHOP], len(PHOTOSHOP)
    while position < len(payload):
        name_at = position + 6
        if payload[position : position + 4] != _PHOTOSHOP_RESOURCE or name_at >= len(payload):
            return segment
        size_at = name_at + (payload[name_at] + 2) // 2 * 2
        if size_at + 4 > len(payload):
            return segment
        (size,) = struct.unpack_from(">I", payload, size_at)
        end = size_at + 4 + (size + 1) // 2 * 2
        if struct.unpack_from(">H", payload, position + 4)[0] not in _PHOTOSHOP_THUMBNAILS:
            kept.append(payload[position:end])
        position = end
    changed = b"".join(kept)
    if len(changed) < len(payload):
        notes.append(THUMBNAIL_NOTE)
    return Segment(segment.code, changed)
