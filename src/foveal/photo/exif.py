"""EXIF data: its orientation tag, and the selection of tags for TIFF files and for publishing.

EXIF data is a TIFF structure: an 8-byte header (byte order, offset of the first image file directory) and directories
of 12-byte entries (tag, type, count, value or its offset). In a JPEG segment, a signature precedes it.
"""

from __future__ import annotations

import struct
from contextlib import suppress

from PIL import Image

from foveal.photo.orientation import UPRIGHT

_SIGNATURE = b"Exif\0\0"
# Tags of Exif 2.32, tables 4 and 5. (PIL.ExifTags defines them all, but takes 10 ms to import.)
_IMAGE_DESCRIPTION, _MAKE, _MODEL, _ORIENTATION = 0x010E, 0x010F, 0x0110, 0x0112
_SOFTWARE, _DATE_TIME, _ARTIST, _COPYRIGHT = 0x0131, 0x0132, 0x013B, 0x8298
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825

# Tags that describe the photograph; the other tags of a TIFF file describe how it stores its pixels.
_DESCRIPTIVE_TAGS = (
    *(_IMAGE_DESCRIPTION, _MAKE, _MODEL, _ORIENTATION, _SOFTWARE, _DATE_TIME, _ARTIST, _COPYRIGHT),
    *(_EXIF_IFD, _GPS_IFD),
)
# Tags that are safe to publish: they reveal no place, time or device, and hold no thumbnail.
_SAFE_TAGS = (_ORIENTATION, _ARTIST, _COPYRIGHT)

_ENTRY_BYTES = 12
_INTEGER_FORMATS = {3: "H", 4: "I"}  # SHORT, LONG
# Exceptions that Pillow raises when EXIF data is broken.
_PARSE_ERRORS = (SyntaxError, ValueError, OSError, KeyError, IndexError, TypeError, struct.error)


def remove_signature(exif: bytes) -> bytes:
    """Return the TIFF structure of EXIF data, without the "Exif" signature of a JPEG segment if it has one."""
    return exif.removeprefix(_SIGNATURE)


def orientation(exif: bytes | None) -> int:
    """Return the EXIF orientation, 1 to 8; 1 (upright) if the data has none, is broken or holds another number."""
    # Pillow is not used here because it warns of some broken data instead of raising.
    tiff = remove_signature(exif or b"")
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return UPRIGHT
    try:
        (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, directory)
        for position in range(directory + 2, directory + 2 + count * _ENTRY_BYTES, _ENTRY_BYTES):
            tag, kind, _ = struct.unpack_from(f"{order}HHI", tiff, position)
            if tag == _ORIENTATION and kind in _INTEGER_FORMATS:
                (value,) = struct.unpack_from(order + _INTEGER_FORMATS[kind], tiff, position + 8)
                return int(value) if 1 <= value <= 8 else UPRIGHT
    except struct.error:  # the directory is cut off
        pass
    return UPRIGHT


def replace_orientation(exif: bytes | None, value: int) -> bytes | None:
    """Return a copy of EXIF data with another orientation; None and empty data are returned unchanged."""
    if not exif:
        return exif
    tags = _parse_tags(exif)
    tags[_ORIENTATION] = value
    return remove_signature(tags.tobytes())


def select_from_tiff(tags: Image.Exif) -> bytes | None:
    """Return EXIF data with those tags of a TIFF file that describe the photograph; None if there are none."""
    return _select_tags(tags, _DESCRIPTIVE_TAGS)


def select_for_tiff(exif: bytes | None) -> bytes | None:
    """Return EXIF data with only the tags that describe the photograph; None if there are none.

    The tags that describe how pixels are stored are those of the TIFF file itself.
    """
    return _select_tags(_parse_tags(exif), _DESCRIPTIVE_TAGS)


def select_safe(exif: bytes | None) -> bytes | None:
    """Return EXIF data with only orientation, artist and copyright; None if it has none of them."""
    return _select_tags(_parse_tags(exif), _SAFE_TAGS)


def _parse_tags(exif: bytes | None) -> Image.Exif:
    """Parse EXIF data; return no tags if it cannot be parsed."""
    tags = Image.Exif()
    if exif:
        try:
            tags.load(_SIGNATURE + remove_signature(exif))
            tags.get(_ORIENTATION)  # Pillow parses at the first access, not in `load`
        except _PARSE_ERRORS:
            return Image.Exif()
    return tags


def _select_tags(tags: Image.Exif, names: tuple[int, ...]) -> bytes | None:
    """Return EXIF data with only the named tags; None if there are none of them."""
    selected = Image.Exif()
    for tag in names:
        with suppress(*_PARSE_ERRORS):  # one broken tag must not lose the others
            if tag in tags:
                selected[tag] = tags.get_ifd(tag) if tag in (_EXIF_IFD, _GPS_IFD) else tags[tag]
    try:
        return remove_signature(selected.tobytes()) if len(selected) else None
    except _PARSE_ERRORS:
        return None
