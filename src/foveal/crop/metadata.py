"""Metadata of a cropped photo: sizes become true, and what shows or measures the old picture is left out.

Thumbnails are left out because they show what was cropped off. Nothing is known of maker notes, which may hold further
previews: they stay as they are.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from foveal.jpeg import Segment, application_data, markers
from foveal.jpeg.segments import JFXX, PHOTOSHOP, XMP
from foveal.jpeg.xmp import cut, parse
from foveal.photo import exif as exif_tags
from foveal.photo.tiff import structure
from foveal.photo.tiff.structure import Entry, TiffReader
from foveal.saliency import Box

THUMBNAIL_NOTE = "the thumbnail, which shows the whole picture, is left out"
REGIONS_NOTE = "the regions in the XMP packet, which measure the whole picture, are left out"
EXTENDED_NOTE = "extended XMP, which may hold other views of the whole picture, is left out"
CREDENTIALS_NOTE = "the content credentials (C2PA), which would no longer match the picture, are left out"

# Tags of Exif 2.32, tables 4, 7 and 8, and of TIFF 6.0.
_IMAGE_WIDTH, _IMAGE_LENGTH = 0x0100, 0x0101
_EXIF_IFD, _GPS_IFD, _INTEROPERABILITY_IFD = 0x8769, 0x8825, 0xA005
_PIXEL_X_DIMENSION, _PIXEL_Y_DIMENSION = 0xA002, 0xA003
_SUBJECT_AREA, _SUBJECT_LOCATION = 0x9214, 0xA214
_THUMBNAIL_OFFSET, _THUMBNAIL_LENGTH, _STRIP_OFFSETS, _STRIP_LENGTHS = 0x0201, 0x0202, 0x0111, 0x0117

# Properties of XMP (namespace, name) that hold thumbnails, that measure parts of the picture, and that say its size.
_XMP_THUMBNAILS = (("http://ns.adobe.com/xap/1.0/", "Thumbnails"),)
_XMP_REGIONS = (
    ("http://www.metadataworkinggroup.com/schemas/regions/", "Regions"),
    ("http://ns.microsoft.com/photo/1.2/", "RegionInfo"),
    ("http://iptc.org/std/Iptc4xmpExt/2008-02-29/", "ImageRegion"),
)
_XMP_SILENT = (  # sizes, and the reference to extended XMP, about which a note is made where it is left out
    ("http://ns.adobe.com/xmp/note/", "HasExtendedXMP"),
    ("http://ns.adobe.com/exif/1.0/", "PixelXDimension"),
    ("http://ns.adobe.com/exif/1.0/", "PixelYDimension"),
    ("http://ns.adobe.com/exif/1.0/", "SubjectArea"),
    ("http://ns.adobe.com/exif/1.0/", "SubjectLocation"),
    ("http://ns.adobe.com/tiff/1.0/", "ImageWidth"),
    ("http://ns.adobe.com/tiff/1.0/", "ImageLength"),
)
_PHOTOSHOP_RESOURCE, _PHOTOSHOP_THUMBNAILS = b"8BIM", (0x0409, 0x040C)


@dataclass(frozen=True)
class StoredWindow:
    """A window in the stored orientation of a photo.

    Parameters
    ----------
    box
        The window in pixels of the stored picture.
    output_size
        Height and width in pixels that it is scaled to.
    """

    box: Box
    output_size: tuple[int, int]

    @property
    def rows(self) -> slice:
        """Rows of the stored picture."""
        return slice(self.box.y, self.box.y + self.box.height)

    @property
    def columns(self) -> slice:
        """Columns of the stored picture."""
        return slice(self.box.x, self.box.x + self.box.width)

    def moved(self, x: int, y: int) -> tuple[int, int]:
        """Return where a pixel (x, y) of the stored picture is in the result, clamped to it."""
        height, width = self.output_size
        across = (x - self.box.x) * width // self.box.width
        down = (y - self.box.y) * height // self.box.height
        return min(max(across, 0), width - 1), min(max(down, 0), height - 1)


def crop_exif(exif: bytes | None, window: StoredWindow, notes: list[str]) -> bytes | None:
    """Return EXIF data of a crop: with its size, its subject moved, and without the thumbnail.

    All other bytes stay where they are, because maker notes may point to themselves.

    Parameters
    ----------
    exif
        EXIF data of the whole picture, or None.
    window
        The crop.
    notes
        Receives a message if there was a thumbnail.
    """
    reader = exif_tags.read_structure(exif)
    if not exif or reader.byte_order is None:
        return exif
    data = bytearray(exif_tags.remove_signature(exif))
    height, width = window.output_size
    for entry in _all_entries(reader):
        if entry.tag in (_IMAGE_WIDTH, _PIXEL_X_DIMENSION):
            _set_integer(data, reader, entry, width)
        elif entry.tag in (_IMAGE_LENGTH, _PIXEL_Y_DIMENSION):
            _set_integer(data, reader, entry, height)
        elif entry.tag in (_SUBJECT_AREA, _SUBJECT_LOCATION) and entry.kind == structure.SHORT and entry.count >= 2:
            layout = f"{reader.byte_order}2H"
            center = struct.unpack_from(layout, data, entry.value_offset)
            struct.pack_into(layout, data, entry.value_offset, *window.moved(*center))
    return _without_thumbnail(data, reader, notes)


def _all_entries(reader: TiffReader) -> Iterator[Entry]:
    """Yield the entries of the first directory, and of those that it points to, whose values are behind the header."""
    pending, seen = [reader.first_offset], set(range(structure.HEADER_BYTES))
    while pending:
        offset = pending.pop()
        if offset in seen:
            continue
        seen.add(offset)
        for entry in reader.directory(offset):
            if entry.value_offset < structure.HEADER_BYTES:
                continue
            yield entry
            if entry.tag in (_EXIF_IFD, _GPS_IFD, _INTEROPERABILITY_IFD):
                pending.append(reader.integer(entry) or 0)


def _set_integer(data: bytearray, reader: TiffReader, entry: Entry, value: int) -> None:
    """Replace an unsigned integer by another one, if its type can hold it."""
    if entry.count == 1 and entry.kind in (structure.SHORT, structure.LONG):
        layout = f"{reader.byte_order}{structure.INTEGER_FORMATS[entry.kind]}"
        struct.pack_into(layout, data, entry.value_offset, value)


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
    for entry in _all_entries(reader):
        yield entry.value_offset, entry.value_bytes
        if entry.tag in (_EXIF_IFD, _GPS_IFD, _INTEROPERABILITY_IFD):
            inner = reader.integer(entry) or 0
            yield inner, 2 + structure.ENTRY_BYTES * len(reader.read_directory(inner).entries) + 4


def _mark(flags: bytearray, start: int, size: int, value: int) -> None:
    end = min(start + size, len(flags))
    if start < end:
        flags[start:end] = bytes([value]) * (end - start)


def crop_xmp(packet: bytes, notes: list[str]) -> bytes:
    """Return an XMP packet without thumbnails, and without what measures the whole picture; the rest stays as it is."""
    root = parse(packet)
    if root is None:
        return packet
    spans = []
    for element in root.walk():
        found = [((each.uri, each.name), each.start, each.end) for each in element.attributes]
        for name, start, end in [*found, ((element.uri, element.name), element.start, element.end)]:
            if name in _XMP_THUMBNAILS:
                notes.append(THUMBNAIL_NOTE)
            elif name in _XMP_REGIONS:
                notes.append(REGIONS_NOTE)
            elif name not in _XMP_SILENT:
                continue
            spans.append((start, end))
    return cut(packet, spans) if spans else packet


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
