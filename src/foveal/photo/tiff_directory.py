"""Directories of TIFF files (TIFF 6.0, section 2, "TIFF Structure"; BigTIFF): their tags, and a copy for metadata."""

from __future__ import annotations

import io
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO

from PIL import Image, UnidentifiedImageError

from foveal.errors import FormatError

# Tags of TIFF 6.0, section 8, "Baseline Field Reference Guide", and of its extensions.
NEW_SUBFILE_TYPE, WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC = 254, 256, 257, 258, 259, 262
FILL_ORDER, STRIP_OFFSETS, ORIENTATION, SAMPLES, ROWS_PER_STRIP = 266, 273, 274, 277, 278
STRIP_BYTE_COUNTS, PLANAR, PREDICTOR, WHITE_POINT, PRIMARIES = 279, 284, 317, 318, 319
TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_BYTE_COUNTS = 322, 323, 324, 325
EXTRA_SAMPLES, SAMPLE_FORMAT, ICC_PROFILE, DNG_VERSION = 338, 339, 34675, 50706

# A single grey pixel of 8 bits, and the tags that do not go with it.
_ONE_PIXEL = {WIDTH: 1, LENGTH: 1, BITS: 8, COMPRESSION: 1, PHOTOMETRIC: 1, STRIP_OFFSETS: 0}
_ONE_PIXEL |= {SAMPLES: 1, ROWS_PER_STRIP: 1, STRIP_BYTE_COUNTS: 1}
_PIXEL_TAGS = {*_ONE_PIXEL, FILL_ORDER, PLANAR, PREDICTOR, EXTRA_SAMPLES, SAMPLE_FORMAT}
_PIXEL_TAGS |= {TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_BYTE_COUNTS}

_INTEGER_FORMATS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}  # BYTE, SHORT, LONG, IFD, LONG8, IFD8
_RATIONAL = 5
_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_MAX_VALUES = 1 << 24  # strips of a picture: more than Pillow's largest picture has rows


@dataclass(frozen=True)
class _Entry:
    """An entry of a directory: type, number of values, and where the values lie in the file."""

    kind: int
    count: int
    offset: int


@dataclass(frozen=True, eq=False)
class Directory:
    """The first directory of a TIFF file.

    Parameters
    ----------
    file
        File to read from.
    order
        Byte order: "<" or ">".
    entries
        Entry of each tag.
    raw_entries
        The entries as bytes, 12 or 20 each.
    next_offset
        Position of the next directory, that of a further picture; 0 if there is none.
    is_big
        Whether this is a BigTIFF, with offsets of 64 bits.
    """

    file: BinaryIO
    order: str
    entries: dict[int, _Entry]
    raw_entries: tuple[bytes, ...]
    next_offset: int
    is_big: bool

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels; 0 where they are missing."""
        return self.integer(LENGTH, 0), self.integer(WIDTH, 0)

    @property
    def orientation(self) -> int:
        """Orientation, 1 (upright) to 8."""
        value = self.integer(ORIENTATION, 1)
        return value if 1 <= value <= 8 else 1

    @property
    def is_reduced_copy(self) -> bool:
        """Whether the first picture is a reduced copy of another one in the file, as in camera raw files."""
        return bool(self.integer(NEW_SUBFILE_TYPE, 0) & 1)

    @property
    def chromaticities(self) -> tuple[float, ...] | None:
        """Coordinates x and y of white, red, green and blue, if the file gives them (TIFF 6.0, section 20)."""
        primaries, white = self._rationals(PRIMARIES, 6), self._rationals(WHITE_POINT, 2)
        return (*white, *primaries) if primaries and white else None

    def integers(self, tag: int, default: tuple[int, ...]) -> tuple[int, ...]:
        """Return the integers of a tag; the default if it is missing.

        Raises
        ------
        FormatError
            The values are not integers, or are cut off.
        """
        entry = self.entries.get(tag)
        if entry is None:
            return default
        if entry.kind not in _INTEGER_FORMATS or not 0 < entry.count <= _MAX_VALUES:
            raise FormatError(f"broken TIFF: tag {tag} is not a list of integers")
        return self._unpack(entry, f"{entry.count}{_INTEGER_FORMATS[entry.kind]}")

    def integer(self, tag: int, default: int) -> int:
        """Return the first integer of a tag; the default if it is missing."""
        return self.integers(tag, (default,))[0]

    def _rationals(self, tag: int, count: int) -> tuple[float, ...] | None:
        """Return `count` fractions of a tag; None if it is missing or of another kind."""
        entry = self.entries.get(tag)
        if entry is None or entry.kind != _RATIONAL or entry.count != count:
            return None
        values = self._unpack(entry, f"{2 * count}I")
        if not all(values[1::2]):
            return None
        return tuple(value / divisor for value, divisor in zip(values[::2], values[1::2], strict=True))

    def _unpack(self, entry: _Entry, layout: str) -> tuple[Any, ...]:
        self.file.seek(entry.offset)
        try:
            return struct.unpack(self.order + layout, self.file.read(struct.calcsize(self.order + layout)))
        except struct.error as error:
            raise FormatError("broken TIFF: the values of a tag are cut off") from error

    def octets(self, tag: int) -> bytes:
        """Return the bytes of a tag; none if it is missing or cut off."""
        entry = self.entries.get(tag)
        if entry is None or _TYPE_BYTES.get(entry.kind) != 1:
            return b""
        self.file.seek(entry.offset)
        data = self.file.read(entry.count)
        return data if len(data) == entry.count else b""


def read_directory(file: BinaryIO) -> Directory | None:
    """Read the first directory of a TIFF file; None if this is no TIFF file, or its directory is broken."""
    file.seek(0)
    header = file.read(16)
    order = {b"II": "<", b"MM": ">"}.get(header[:2])
    if order is None or header[2:4] not in (b"*\0", b"\0*", b"+\0", b"\0+") or len(header) < 16:
        return None
    is_big = b"+" in header[2:4]
    count_layout, entry_layout, offset_layout = ("Q", "HHQQ", "Q") if is_big else ("H", "HHII", "I")
    try:
        (start,) = struct.unpack_from(order + offset_layout, header, 8 if is_big else 4)
        file.seek(start)
        (count,) = struct.unpack(order + count_layout, file.read(struct.calcsize(order + count_layout)))
        size = struct.calcsize(order + entry_layout)
        if count > 0xFFFF:
            return None
        first = start + struct.calcsize(order + count_layout)
        data = file.read(count * size)
        (next_offset,) = struct.unpack(
            order + offset_layout, file.read(struct.calcsize(order + offset_layout)) or b"\0" * 8
        )
        entries: dict[int, _Entry] = {}
        raw_entries: list[bytes] = []
        for position in range(0, count * size, size):
            tag, kind, number, value = struct.unpack_from(order + entry_layout, data, position)
            inline_bytes = 8 if is_big else 4
            is_inline = number * _TYPE_BYTES.get(kind, inline_bytes + 1) <= inline_bytes
            offset = first + position + size - inline_bytes if is_inline else value
            entries.setdefault(tag, _Entry(kind, number, offset))
            raw_entries.append(data[position : position + size])
    except (struct.error, OverflowError, ValueError):
        return None
    return Directory(file, order, entries, tuple(raw_entries), 0 if next_offset == start else next_offset, is_big)


def open_for_metadata(directory: Directory) -> tuple[Image.Image, str | None]:
    """Open a file for its metadata, not for its pixels, and return a warning if Pillow cannot read the metadata."""
    if not (directory.is_big and directory.order == ">"):  # Pillow takes those for TIFFs of 32-bit offsets
        directory.file.seek(0)
        with suppress(UnidentifiedImageError):
            return Image.open(directory.file, formats=["TIFF"]), None
        with suppress(UnidentifiedImageError):  # Pillow does not know this kind of pixels
            return Image.open(_replace_pixels(directory), formats=["TIFF"]), None
    image = Image.new("L", (1, 1))
    image.format, image.info["icc_profile"] = "TIFF", directory.octets(ICC_PROFILE)
    return image, "the metadata of this TIFF cannot be read, except for the colour profile"


def _replace_pixels(directory: Directory) -> io.BytesIO:
    """Return a copy of a file in which the pixels are a single grey one.

    A copy of the directory with other tags for the pixels is appended to the file. All other tags, and the offsets in
    them, stay as they are.
    """
    directory.file.seek(0)
    data = bytearray(directory.file.read())
    data += b"\0" * (-len(data) % 8)
    start, order = len(data), directory.order
    count_layout, offset_layout, offset_place, entry_bytes = (
        ("Q", "Q", 8, 20) if directory.is_big else ("H", "I", 4, 12)
    )
    kept = (raw for raw in directory.raw_entries if _tag(raw, order) not in _PIXEL_TAGS)
    pixel = [
        struct.pack(f"{order}HH{'Q' if directory.is_big else 'I'}I", tag, 4, 1, value).ljust(entry_bytes, b"\0")
        for tag, value in _ONE_PIXEL.items()
    ]
    entries = sorted([*kept, *pixel], key=lambda raw: _tag(raw, order))
    data += struct.pack(f"{order}{count_layout}", len(entries)) + b"".join(entries)
    data += struct.pack(f"{order}{offset_layout}", directory.next_offset)
    struct.pack_into(f"{order}{offset_layout}", data, offset_place, start)
    return io.BytesIO(bytes(data))


def _tag(raw_entry: bytes, order: str) -> int:
    return int(struct.unpack_from(f"{order}H", raw_entry)[0])
