"""EXIF data: its orientation and resolution, and the selection of tags for TIFF files and for publishing.

EXIF data is a TIFF structure, see `tiff/structure.py`. In a JPEG segment, a signature precedes it. Values are copied as
bytes: texts are often UTF-8 or of another encoding, although Exif 2.32 allows only ASCII.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO

from foveal.photo.orientation import UPRIGHT
from foveal.photo.tiff import structure as tiff_structure
from foveal.photo.tiff.structure import Entry, Field, TiffReader, encode_structure

_SIGNATURE = b"Exif\0\0"
# Tags of Exif 2.32, tables 4 and 5. (PIL.ExifTags defines them all, but takes 10 ms to import.)
_IMAGE_DESCRIPTION, _MAKE, _MODEL, _ORIENTATION = 0x010E, 0x010F, 0x0110, 0x0112
_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 0x011A, 0x011B, 0x0128
_SOFTWARE, _DATE_TIME, _ARTIST, _COPYRIGHT = 0x0131, 0x0132, 0x013B, 0x8298
_EXIF_IFD, _GPS_IFD, _INTEROPERABILITY_IFD, _MAKER_NOTE = 0x8769, 0x8825, 0xA005, 0x927C
INNER_DIRECTORIES = (_EXIF_IFD, _GPS_IFD, _INTEROPERABILITY_IFD)
_IMAGE_WIDTH, _IMAGE_LENGTH, _PIXEL_X_DIMENSION, _PIXEL_Y_DIMENSION = 0x0100, 0x0101, 0xA002, 0xA003
_SUBJECT_TAGS = (0x9214, 0xA214)  # SubjectArea, SubjectLocation: in pixels
_UNSIGNED_TYPES = (tiff_structure.SHORT, tiff_structure.LONG)

# Tags that describe the photograph; the other tags of a TIFF file describe how it stores its pixels.
DESCRIPTIVE_TAGS = (
    *(_IMAGE_DESCRIPTION, _MAKE, _MODEL, _ORIENTATION, _SOFTWARE, _DATE_TIME, _ARTIST, _COPYRIGHT),
    *(_EXIF_IFD, _GPS_IFD),
)
DIRECTORY_TAGS = (_EXIF_IFD, _GPS_IFD)  # those of DESCRIPTIVE_TAGS that point to a directory
# Tags that are safe to publish, besides the orientation: they reveal no place, time or device, and hold no thumbnail.
_SAFE_TEXTS = (_ARTIST, _COPYRIGHT)
_TEXT_TYPES = (tiff_structure.BYTE, tiff_structure.ASCII, tiff_structure.UNDEFINED, tiff_structure.UTF8)

_INCH = 2  # default of ResolutionUnit (TIFF 6.0, section 8; Exif 2.32, 4.6.4, TIFF Rev. 6.0 attribute information)
_INCHES_PER_UNIT = {_INCH: 1.0, 3: 2.54}  # by ResolutionUnit: dots per inch, dots per centimetre
_MAX_TIFF_VALUES_BYTES = 1 << 24  # of one TIFF file's descriptive tags together


def remove_signature(exif: bytes) -> bytes:
    """Return the TIFF structure of EXIF data, without the "Exif" signature of a JPEG segment if it has one."""
    return exif.removeprefix(_SIGNATURE)


def read_structure(exif: bytes | None) -> TiffReader:
    """Return a reader of EXIF data, with or without its signature; None and broken data have no directories."""
    return TiffReader(io.BytesIO(remove_signature(exif or b"")), may_be_big=False)


def orientation(exif: bytes | None) -> int:
    """Return the EXIF orientation, 1 to 8; 1 (upright) if the data has none, is broken or holds another number.

    The tag should have the type SHORT; every type of integers is read, as by Pillow and ExifTool.
    """
    return _find_orientation(read_structure(exif))[1]


def _find_orientation(reader: TiffReader) -> tuple[Entry | None, int]:
    """Return the entry of the orientation, if there is one, and its value, or 1."""
    for entry in reader.first_directory():
        if entry.tag == _ORIENTATION:
            value = reader.integer(entry)
            return entry, value if value is not None and 1 <= value <= 8 else UPRIGHT
    return None, UPRIGHT


def replace_orientation(exif: bytes | None, value: int) -> bytes | None:
    """Return a copy of EXIF data with another orientation in its tag, if it has one; all other bytes stay the same."""
    if not exif:
        return exif
    structure = bytearray(remove_signature(exif))
    reader = read_structure(exif)
    entry, _ = _find_orientation(reader)
    if entry is not None:
        fields = (entry.tag, tiff_structure.SHORT, 1, value, 0)
        struct.pack_into(f"{reader.byte_order}HHIHH", structure, entry.position, *fields)
    return bytes(structure)


def with_plain_orientation(exif: bytes) -> bytes:
    """Return EXIF data whose orientation has the type that the standard demands; all other bytes stay the same.

    Some programs read other types and some do not: browsers ignore SSHORT, for example.
    """
    entry, value = _find_orientation(read_structure(exif))
    structure = remove_signature(exif)
    if entry is None or entry.kind == tiff_structure.SHORT or value == UPRIGHT:
        return structure
    return replace_orientation(exif, value) or structure


def replace_size(exif: bytes, size: tuple[int, int], window: tuple[slice, slice] | None = None) -> bytes:
    """Return EXIF data of a picture that was cropped or resized: with its size, and its subject moved and scaled.

    All other bytes stay the same. Tags that are missing are not added.

    Parameters
    ----------
    exif
        EXIF data of the picture before, with or without its signature.
    size
        Height and width of the stored picture in pixels, after the change.
    window
        Rows and columns of the picture before that it shows. None if the subject stays at its pixels.
    """
    reader = read_structure(exif)
    structure = bytearray(remove_signature(exif))
    sides = dict.fromkeys((_IMAGE_LENGTH, _PIXEL_Y_DIMENSION), size[0])
    sides |= dict.fromkeys((_IMAGE_WIDTH, _PIXEL_X_DIMENSION), size[1])
    for entry in all_entries(reader):
        format_ = f"{reader.byte_order}{entry.count}{tiff_structure.INTEGER_FORMATS.get(entry.kind, '')}"
        if entry.tag in sides and entry.count == 1 and entry.kind in _UNSIGNED_TYPES:
            struct.pack_into(format_, structure, entry.value_offset, sides[entry.tag])
        elif window is not None and _is_subject(entry):
            moved = _move_subject(struct.unpack_from(format_, structure, entry.value_offset), window, size)
            struct.pack_into(format_, structure, entry.value_offset, *moved)
    return bytes(structure)


def all_entries(reader: TiffReader) -> Iterator[Entry]:
    """Yield the entries of the first directory and of those inside it.

    Directories and values that overlap the header, as in broken structures, are left out, and so are values outside
    the structure.
    """
    pending, seen = [reader.first_offset], set(range(tiff_structure.HEADER_BYTES))
    while pending:
        offset = pending.pop()
        if offset in seen:
            continue
        seen.add(offset)
        for entry in reader.directory(offset):
            if entry.value_offset < tiff_structure.HEADER_BYTES:
                continue
            yield entry
            if entry.tag in INNER_DIRECTORIES:
                pending.append(reader.integer(entry) or 0)


def _is_subject(entry: Entry) -> bool:
    return entry.tag in _SUBJECT_TAGS and 2 <= entry.count <= 4 and entry.kind == tiff_structure.SHORT


def _move_subject(subject: tuple[int, ...], window: tuple[slice, slice], size: tuple[int, int]) -> list[int]:
    """Move a position (x, y), a circle (x, y, diameter) or a rectangle (x, y, width, height), Exif 2.32, 4.6.5.

    x and y are those of the middle. A middle outside the window comes to the nearest pixel inside.
    """
    spans = (window[1], window[0])
    factors = [side / (span.stop - span.start) for span, side in zip(spans, size[::-1], strict=True)]
    middle = [
        min(max(round((at - span.start) * factor), 0), side - 1)
        for at, span, factor, side in zip(subject[:2], spans, factors, size[::-1], strict=True)
    ]
    lengths = [min(round(length * factor), 0xFFFF) for length, factor in zip(subject[2:], factors, strict=False)]
    return middle + lengths


def dots_per_inch(exif: bytes | None) -> tuple[float, float] | None:
    """Return the resolution (horizontal, vertical) that EXIF data gives, or None."""
    reader = read_structure(exif)
    found = {entry.tag: entry for entry in reader.first_directory()}
    if not {_X_RESOLUTION, _Y_RESOLUTION} <= set(found):
        return None
    unit = reader.integer(found[_RESOLUTION_UNIT]) if _RESOLUTION_UNIT in found else _INCH
    factor = None if unit is None else _INCHES_PER_UNIT.get(unit)
    values = [reader.rationals(found[tag]) for tag in (_X_RESOLUTION, _Y_RESOLUTION)]
    if factor is None or any(len(each) != 1 for each in values):
        return None
    return values[0][0] * factor, values[1][0] * factor


def select_from_tiff(file: BinaryIO) -> bytes | None:
    """Return EXIF data with those tags of a TIFF file that describe the photograph; None if there are none.

    Parameters
    ----------
    file
        The TIFF file, open for reading in binary.

    Returns
    -------
    bytes or None
        Tags without the orientation: the pixels of a TIFF file are turned upright when it is read. A maker note keeps
        its position, if it lies near the beginning, because it may point to itself.
    """
    reader = TiffReader(file)
    left = [_MAX_TIFF_VALUES_BYTES]
    wanted = set(DESCRIPTIVE_TAGS) - {_ORIENTATION}
    fields = _copy_fields(reader, [entry for entry in reader.first_directory() if entry.tag in wanted], left)
    return encode_structure(reader.byte_order, fields) if fields and reader.byte_order else None


def tiff_orientation(file: BinaryIO) -> int:
    """Return the orientation of a TIFF file, 1 to 8, which is open for reading in binary."""
    return _find_orientation(TiffReader(file))[1]


def _copy_fields(reader: TiffReader, entries: list[Entry], left: list[int], depth: int = 0) -> list[Field]:
    """Copy entries, one of each tag, with the directories that they point to; values may take `left[0]` bytes."""
    fields = {}
    for entry in entries:
        if entry.tag in fields or (not tiff_structure.is_writable(entry) and entry.tag not in INNER_DIRECTORIES):
            continue
        left[0] -= entry.value_bytes
        if left[0] < 0:
            break
        if entry.tag in INNER_DIRECTORIES:
            inner = reader.directory(reader.integer(entry) or 0) if depth < len(INNER_DIRECTORIES) else []
            copied = _copy_fields(reader, inner, left, depth + 1)
            if copied:
                fields[entry.tag] = Field(entry.tag, tiff_structure.LONG, 1, b"", tuple(copied))
        else:
            offset = entry.value_offset if entry.tag == _MAKER_NOTE else None
            fields[entry.tag] = Field(entry.tag, entry.kind, entry.count, reader.value(entry), offset=offset)
    return list(fields.values())


def select_safe(exif: bytes | None) -> bytes | None:
    """Return EXIF data with only orientation, artist and copyright; None if it has none of them."""
    reader = read_structure(exif)
    order = reader.byte_order
    fields = {}
    entry, value = _find_orientation(reader)
    if entry is not None and order is not None:
        fields[_ORIENTATION] = _orientation_field(order, value)
    for entry in reader.first_directory():
        if entry.tag in _SAFE_TEXTS and entry.kind in _TEXT_TYPES and entry.tag not in fields:
            fields[entry.tag] = Field(entry.tag, entry.kind, entry.count, reader.value(entry))
    return encode_structure(order, list(fields.values())) if fields and order is not None else None


def select_orientation(exif: bytes | None) -> bytes | None:
    """Return EXIF data with only the orientation; None if the picture is upright."""
    reader = read_structure(exif)
    entry, value = _find_orientation(reader)
    if entry is None or reader.byte_order is None or value == UPRIGHT:
        return None
    return encode_structure(reader.byte_order, [_orientation_field(reader.byte_order, value)])


def _orientation_field(order: str, value: int) -> Field:
    return Field(_ORIENTATION, tiff_structure.SHORT, 1, struct.pack(f"{order}H", value))
