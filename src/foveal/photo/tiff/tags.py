"""Tags of the first picture of a TIFF file (TIFF 6.0, section 8, "Baseline Field Reference Guide")."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from foveal.errors import FormatError
from foveal.photo.tiff.structure import (
    INTEGER_FORMATS,
    RATIONAL,
    SIGNED_TYPES,
    TYPE_BYTES,
    Directory,
    Entry,
    TiffReader,
)

NEW_SUBFILE_TYPE, WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC = 254, 256, 257, 258, 259, 262
FILL_ORDER, STRIP_OFFSETS, ORIENTATION, SAMPLES, ROWS_PER_STRIP = 266, 273, 274, 277, 278
STRIP_BYTE_COUNTS, PLANAR, PREDICTOR, WHITE_POINT, PRIMARIES = 279, 284, 317, 318, 319
TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_BYTE_COUNTS = 322, 323, 324, 325
EXTRA_SAMPLES, SAMPLE_FORMAT, YCBCR_SUBSAMPLING, ICC_PROFILE, DNG_VERSION = 338, 339, 530, 34675, 50706

_MAX_VALUES = 1 << 24  # strips of a picture: more than Pillow's largest picture has rows


@dataclass(frozen=True, eq=False)
class PictureTags:
    """Tags of the first picture of a TIFF file, with their values.

    Parameters
    ----------
    reader
        Reader of the file.
    byte_order
        Byte order of the file: "<" or ">".
    directory
        First directory of the file.
    entries
        Entry of each tag; the first one if the directory repeats a tag.
    """

    reader: TiffReader
    byte_order: str
    directory: Directory
    entries: dict[int, Entry]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels; 0 where they are missing."""
        return self.integer(LENGTH, 0), self.integer(WIDTH, 0)

    @property
    def orientation(self) -> int:
        """Orientation, 1 (upright) to 8; 1 if the tag is no single integer, as in EXIF data."""
        entry = next((each for each in self.reader.first_directory() if each.tag == ORIENTATION), None)
        value = None if entry is None else self.reader.integer(entry)
        return value if value is not None and 1 <= value <= 8 else 1

    @property
    def is_reduced_copy(self) -> bool:
        """Whether the first picture is a reduced copy of another one in the file, as in camera raw files."""
        entry = self.entries.get(NEW_SUBFILE_TYPE)
        return entry is not None and bool((self.reader.integer(entry) or 0) & 1)

    @property
    def chromaticities(self) -> tuple[float, ...] | None:
        """Coordinates x and y of white, red, green and blue, if the file gives them (TIFF 6.0, section 20)."""
        primaries, white = self._rationals(PRIMARIES, 6), self._rationals(WHITE_POINT, 2)
        return (*white, *primaries) if primaries and white else None

    def integers(self, tag: int, default: tuple[int, ...]) -> tuple[int, ...]:
        """Return the unsigned integers of a tag; the default if it is missing.

        Raises
        ------
        FormatError
            The values are not unsigned integers, or are cut off.
        """
        entry = self.entries.get(tag)
        if entry is None:
            return default
        is_unsigned = entry.kind in INTEGER_FORMATS and entry.kind not in SIGNED_TYPES
        if not is_unsigned or not 0 < entry.count <= _MAX_VALUES:
            raise FormatError(f"broken TIFF: tag {tag} is not a list of integers")
        try:
            return struct.unpack(
                f"{self.byte_order}{entry.count}{INTEGER_FORMATS[entry.kind]}", self.reader.value(entry)
            )
        except struct.error as error:
            raise FormatError("broken TIFF: the values of a tag are cut off") from error

    def integer(self, tag: int, default: int) -> int:
        """Return the first integer of a tag; the default if it is missing."""
        return self.integers(tag, (default,))[0]

    def octets(self, tag: int) -> bytes:
        """Return the bytes of a tag; none if it is missing, cut off or of a type of longer values."""
        entry = self.entries.get(tag)
        if entry is None or TYPE_BYTES.get(entry.kind) != 1:
            return b""
        data = self.reader.value(entry)
        return data if len(data) == entry.count else b""

    def _rationals(self, tag: int, count: int) -> tuple[float, ...] | None:
        """Return `count` fractions of a tag; None if it is missing, cut off or of another type or number."""
        entry = self.entries.get(tag)
        if entry is None or entry.kind != RATIONAL or entry.count != count:
            return None
        data = self.reader.value(entry)
        values = struct.unpack(f"{self.byte_order}{2 * count}I", data) if len(data) == entry.value_bytes else ()
        if not values or not all(values[1::2]):
            return None
        return tuple(value / divisor for value, divisor in zip(values[::2], values[1::2], strict=True))


def read_tags(file: BinaryIO) -> PictureTags | None:
    """Read the tags of the first picture of a TIFF file; None if this is no TIFF file or its directory is cut off."""
    reader = TiffReader(file)
    directory = reader.read_directory(reader.first_offset)
    if reader.byte_order is None or not reader.is_file or not directory.is_whole:
        return None
    entries: dict[int, Entry] = {}
    for entry in directory.entries:
        entries.setdefault(entry.tag, entry)
    return PictureTags(reader, reader.byte_order, directory, entries)
