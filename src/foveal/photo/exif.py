"""What foveal needs to know of EXIF: the orientation, and what is safe to publish."""

from __future__ import annotations

import struct
from contextlib import suppress

from PIL import Image

from foveal.photo.orientation import UPRIGHT

_SIGNATURE = b"Exif\0\0"
# Exif 2.32, tables 4 and 5. (PIL.ExifTags knows them all, but takes 10 ms to import.)
_IMAGE_DESCRIPTION, _MAKE, _MODEL, _ORIENTATION = 0x010E, 0x010F, 0x0110, 0x0112
_SOFTWARE, _DATE_TIME, _ARTIST, _COPYRIGHT = 0x0131, 0x0132, 0x013B, 0x8298
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825

# Tags of a TIFF file that say something of the photograph rather than of how the file stores it.
_DESCRIPTIVE_TAGS = (
    *(_IMAGE_DESCRIPTION, _MAKE, _MODEL, _ORIENTATION, _SOFTWARE, _DATE_TIME, _ARTIST, _COPYRIGHT),
    *(_EXIF_IFD, _GPS_IFD),
)
# Who made it and which way is up: no place, no time, no device, no thumbnail.
_SAFE_TAGS = (_ORIENTATION, _ARTIST, _COPYRIGHT)

_FIELD_BYTES = 12
_INTEGER_FORMATS = {3: "H", 4: "I"}  # SHORT, LONG
# What Pillow raises where EXIF data is broken.
_BROKEN = (SyntaxError, ValueError, OSError, KeyError, IndexError, TypeError, struct.error)


def without_signature(exif: bytes) -> bytes:
    """Return the TIFF structure, with the "Exif" signature of a JPEG segment taken off where it is there."""
    return exif.removeprefix(_SIGNATURE)


def _parse(exif: bytes | None) -> Image.Exif:
    tags = Image.Exif()
    if exif:
        try:
            tags.load(_SIGNATURE + without_signature(exif))
            tags.get(_ORIENTATION)  # tags are read when asked for
        except _BROKEN:
            return Image.Exif()  # unreadable: kept as it is, but nothing can be taken from it
    return tags


def orientation(exif: bytes | None) -> int:
    """EXIF orientation, 1 to 8; 1 where there is none or it makes no sense."""
    # Read here and not by Pillow, which warns of broken data where it does not raise.
    tiff = without_signature(exif or b"")
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return UPRIGHT
    try:
        (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, directory)
        for position in range(directory + 2, directory + 2 + count * _FIELD_BYTES, _FIELD_BYTES):
            tag, kind, _ = struct.unpack_from(f"{order}HHI", tiff, position)
            if tag == _ORIENTATION and kind in _INTEGER_FORMATS:
                (value,) = struct.unpack_from(order + _INTEGER_FORMATS[kind], tiff, position + 8)
                return int(value) if 1 <= value <= 8 else UPRIGHT
    except struct.error:  # the directory is cut off
        pass
    return UPRIGHT


def with_orientation(exif: bytes | None, value: int) -> bytes | None:
    """Return the EXIF data with another orientation; None stays None."""
    if not exif:
        return exif
    tags = _parse(exif)
    tags[_ORIENTATION] = value
    return without_signature(tags.tobytes())


def _chosen(tags: Image.Exif, keep: tuple[int, ...]) -> bytes | None:
    chosen = Image.Exif()
    for tag in keep:
        with suppress(*_BROKEN):  # a broken tag takes none of the others with it
            if tag in tags:
                chosen[tag] = tags.get_ifd(tag) if tag in (_EXIF_IFD, _GPS_IFD) else tags[tag]
    try:
        return without_signature(chosen.tobytes()) if len(chosen) else None
    except _BROKEN:
        return None


def from_tiff(tags: Image.Exif) -> bytes | None:
    """Return what describes the photograph among the tags of a TIFF file."""
    return _chosen(tags, _DESCRIPTIVE_TAGS)


def for_tiff(exif: bytes | None) -> bytes | None:
    """Return what describes the photograph in EXIF data: a TIFF file says itself how it stores its pixels."""
    return _chosen(_parse(exif), _DESCRIPTIVE_TAGS)


def safe_to_publish(exif: bytes | None) -> bytes | None:
    """Return orientation, artist and copyright, and nothing else."""
    return _chosen(_parse(exif), _SAFE_TAGS)
