"""TIFF structures (TIFF 6.0, sections 2 and 8; BigTIFF): EXIF data is one, and a TIFF file is one.

    header                    directory                                         values
    byte order, 42, offset    count | tag, type, count, value or offset | ...   longer than 4 bytes

Values are copied as bytes: text keeps its encoding, and nothing is interpreted but the tags that are asked for.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

BYTE, ASCII, SHORT, LONG, RATIONAL, SBYTE, UNDEFINED, SSHORT, SLONG = 1, 2, 3, 4, 5, 6, 7, 8, 9
UTF8 = 129  # Exif 3.0, 4.6.2, IFD structure
TYPE_BYTES = {
    **dict.fromkeys((BYTE, ASCII, SBYTE, UNDEFINED, UTF8), 1),
    **dict.fromkeys((SHORT, SSHORT), 2),
    **dict.fromkeys((LONG, SLONG, 11, 13), 4),  # 11 FLOAT, 13 IFD
    **dict.fromkeys((RATIONAL, 10, 12), 8),  # 10 SRATIONAL, 12 DOUBLE
    **dict.fromkeys((16, 17, 18), 8),  # LONG8, SLONG8, IFD8, of BigTIFF only
}
_BIG_ONLY = (16, 17, 18)
INTEGER_FORMATS = {BYTE: "B", SHORT: "H", LONG: "I", SBYTE: "b", SSHORT: "h", SLONG: "i", 13: "I", 16: "Q", 18: "Q"}
SIGNED_TYPES = (SBYTE, SSHORT, SLONG)
_BYTE_ORDERS = {b"II": "<", b"MM": ">"}
_VERSION, _BIG_VERSION = ((number.to_bytes(2, "little"), number.to_bytes(2, "big")) for number in (42, 43))
_MAX_ENTRIES = 0xFFFF  # of a directory; the largest number that a TIFF other than a BigTIFF can have
ENTRY_BYTES = 12  # of a directory that is no BigTIFF
HEADER_BYTES = 8
_BIG_HEADER_BYTES = 16


@dataclass(frozen=True)
class NumberFormats:
    """Sizes of the numbers in a structure, as format characters of the module `struct`.

    Parameters
    ----------
    count
        Format of a directory's number of entries.
    offset
        Format of offsets, and of the number of values of an entry.
    first_offset_position
        Position of the first directory's offset in the header.
    """

    count: str
    offset: str
    first_offset_position: int

    @property
    def count_bytes(self) -> int:
        """Size of a directory's number of entries."""
        return struct.calcsize(f"={self.count}")

    @property
    def offset_bytes(self) -> int:
        """Size of an offset, and of the longest value that lies in its entry."""
        return struct.calcsize(f"={self.offset}")

    @property
    def entry_bytes(self) -> int:
        """Size of an entry: tag, type, number of values, and value or offset."""
        return 4 + 2 * self.offset_bytes


CLASSIC = NumberFormats("H", "I", 4)
BIG = NumberFormats("Q", "Q", 8)


@dataclass(frozen=True)
class Entry:
    """An entry of a directory.

    Parameters
    ----------
    tag, kind, count
        Tag, type and number of values.
    position
        Position of the entry in the structure.
    value_offset, value_bytes
        Position and size of the value in bytes, which lies in the entry itself if it is short. The size is 0 if the
        type is unknown.
    """

    tag: int
    kind: int
    count: int
    position: int
    value_offset: int
    value_bytes: int


@dataclass(frozen=True)
class Directory:
    """A directory as it is stored: its values may lie outside the structure.

    Parameters
    ----------
    entries
        Entries in the order of the directory, at most 65,535.
    next_offset
        Position of the next directory, that of a further picture; 0 if there is none, or if the structure ends before
        this offset.
    is_whole
        Whether the structure holds all entries, and they are at most 65,535.
    """

    entries: tuple[Entry, ...] = ()
    next_offset: int = 0
    is_whole: bool = False


class TiffReader:
    """Reader of the directories of a structure.

    Parameters
    ----------
    file
        File that begins with the header, open for reading in binary.
    may_be_big
        Whether a BigTIFF is read, too.
    """

    def __init__(self, file: BinaryIO, *, may_be_big: bool = True) -> None:
        self.file = file
        self.size = file.seek(0, 2)
        self._header = self.read(0, _BIG_HEADER_BYTES)
        self.byte_order = _BYTE_ORDERS.get(self._header[:2])
        self.formats = BIG if may_be_big and self._header[2:4] in _BIG_VERSION else CLASSIC

    @property
    def is_file(self) -> bool:
        """Whether the header is that of a TIFF file. Directories are read whatever its version number is."""
        has_version = self._header[2:4] in (*_VERSION, *_BIG_VERSION)
        return self.byte_order is not None and has_version and len(self._header) == _BIG_HEADER_BYTES

    @property
    def first_offset(self) -> int:
        """Position of the first directory; 0 if this is no TIFF structure."""
        start, size = self.formats.first_offset_position, self.formats.offset_bytes
        if self.byte_order is None or len(self._header) < start + size:
            return 0
        return int(struct.unpack_from(f"{self.byte_order}{self.formats.offset}", self._header, start)[0])

    def first_directory(self) -> list[Entry]:
        """Return the entries of the first directory whose values lie within the structure; none if it has none."""
        return self.directory(self.first_offset)

    def directory(self, offset: int) -> list[Entry]:
        """Return the entries of the directory at an offset whose values lie within the structure."""
        return self.held_entries(self.read_directory(offset))

    def held_entries(self, directory: Directory) -> list[Entry]:
        """Return the entries of a directory whose values lie within the structure."""
        entries = directory.entries
        return [each for each in entries if each.value_bytes and each.value_offset + each.value_bytes <= self.size]

    def read_directory(self, offset: int) -> Directory:
        """Read the directory at an offset, as far as the structure holds it."""
        order, formats = self.byte_order, self.formats
        counted = self.read(offset, formats.count_bytes)
        if order is None or len(counted) < formats.count_bytes:
            return Directory()
        (count,) = struct.unpack(f"{order}{formats.count}", counted)
        start = offset + formats.count_bytes
        data = self.read(start, min(count, _MAX_ENTRIES) * formats.entry_bytes)
        entries = tuple(
            self._entry(data[at : at + formats.entry_bytes], start + at)
            for at in range(0, len(data) - formats.entry_bytes + 1, formats.entry_bytes)
        )
        link = self.read(start + len(data), formats.offset_bytes)
        next_offset = 0
        if len(link) == formats.offset_bytes:
            (next_offset,) = struct.unpack(f"{order}{formats.offset}", link)
        return Directory(entries, 0 if next_offset == offset else next_offset, len(entries) == count)

    def _entry(self, data: bytes, position: int) -> Entry:
        """Decode an entry that lies at a position."""
        layout = f"{self.byte_order}HH2{self.formats.offset}"
        tag, kind, count, value_offset = struct.unpack(layout, data)
        size = count * TYPE_BYTES.get(kind, 0)
        if size <= self.formats.offset_bytes:
            value_offset = position + len(data) - self.formats.offset_bytes
        return Entry(tag, kind, count, position, value_offset, size)

    def value(self, entry: Entry) -> bytes:
        """Return the value of an entry as bytes, in the byte order of the structure; fewer if it is cut off."""
        return self.read(entry.value_offset, entry.value_bytes)

    def integer(self, entry: Entry) -> int | None:
        """Return the value of an entry that is one integer, of any type; None for another value or one cut off."""
        found = self.integers(entry) if entry.count == 1 else ()
        return found[0] if found else None

    def integers(self, entry: Entry) -> tuple[int, ...]:
        """Return the values of an entry of any type of integers; none for other types or values that are cut off."""
        if entry.kind not in INTEGER_FORMATS or entry.value_offset + entry.value_bytes > self.size:
            return ()
        return struct.unpack(f"{self.byte_order}{entry.count}{INTEGER_FORMATS[entry.kind]}", self.value(entry))

    def rationals(self, entry: Entry) -> tuple[float, ...]:
        """Return the values of an entry of type RATIONAL; none for another type, 0 for a division by zero."""
        if entry.kind != RATIONAL:
            return ()
        numbers = struct.unpack(f"{self.byte_order}{2 * entry.count}I", self.value(entry))
        return tuple(a / b if b else 0.0 for a, b in zip(numbers[::2], numbers[1::2], strict=True))

    def read(self, offset: int, size: int) -> bytes:
        """Return the bytes at an offset; fewer where the structure ends before."""
        if offset >= self.size:
            return b""
        self.file.seek(offset)
        return self.file.read(min(size, self.size - offset))

    def read_all(self) -> bytes:
        """Return all bytes of the structure."""
        return self.read(0, self.size)


@dataclass(frozen=True)
class Field:
    """A tag with its value, to be written.

    Parameters
    ----------
    tag, kind, count
        Tag, type and number of values.
    value
        Value as bytes, in the byte order in which the structure is written; b"" if it is a directory.
    directory
        Entries of the directory to which the tag points, if it does.
    offset
        Position at which the value should lie if possible, because its contents point to themselves (maker notes);
        None for anywhere.
    """

    tag: int
    kind: int
    count: int
    value: bytes
    directory: tuple[Field, ...] = ()
    offset: int | None = None


def is_writable(entry: Entry) -> bool:
    """Return whether an entry may stand in a structure that is no BigTIFF."""
    return entry.kind not in _BIG_ONLY


def encode_structure(byte_order: str, fields: Sequence[Field]) -> bytes:
    """Encode fields as a TIFF structure of one directory, and those that it points to.

    Parameters
    ----------
    byte_order
        "<" or ">".
    fields
        Fields of the first directory, in any order.
    """
    return _Encoder(byte_order, fields).encode(fields)


class _Encoder:
    """Encoder of one structure, which is filled from its start to its end."""

    _MAX_FILL = 2_048  # zeros that are spent to keep a value at its position

    def __init__(self, byte_order: str, fields: Sequence[Field]) -> None:
        self._order = byte_order
        self._data = bytearray(HEADER_BYTES)
        every = list(_walk(fields))
        farthest = sum(len(each.value) + ENTRY_BYTES for each in every) + self._MAX_FILL
        self._fixed = next((each for each in every if each.offset and HEADER_BYTES <= each.offset <= farthest), None)
        self._fixed_is_placed = False

    def encode(self, fields: Sequence[Field]) -> bytes:
        first = self._append_directory(fields)
        mark = b"II" if self._order == "<" else b"MM"
        struct.pack_into(f"{self._order}2sHI", self._data, 0, mark, 42, first)
        return bytes(self._data)

    def _append_directory(self, fields: Sequence[Field]) -> int:
        position = self._reserve(2 + ENTRY_BYTES * len(fields) + 4)
        struct.pack_into(f"{self._order}H", self._data, position, len(fields))
        for index, each in enumerate(sorted(fields, key=lambda each: each.tag)):
            if each.directory:
                value = struct.pack(f"{self._order}I", self._append_directory(each.directory))
            elif len(each.value) > 4:
                value = struct.pack(f"{self._order}I", self._append_value(each))
            else:
                value = each.value
            entry = struct.pack(f"{self._order}HHI", each.tag, each.kind, each.count) + value.ljust(4, b"\0")
            start = position + 2 + ENTRY_BYTES * index
            self._data[start : start + ENTRY_BYTES] = entry
        return position

    def _append_value(self, wanted: Field) -> int:
        if wanted is self._fixed and wanted.offset is not None:
            self._place_fixed()
            if self._fixed_is_placed:
                return wanted.offset
        position = self._reserve(len(wanted.value))
        self._data[position : position + len(wanted.value)] = wanted.value
        return position

    def _reserve(self, size: int) -> int:
        """Append zeros, and return their position, which is a word boundary (TIFF 6.0, section 2)."""
        if self._fixed is not None and self._even_end() + size > (self._fixed.offset or 0):
            self._place_fixed()
        start = self._even_end()
        self._data.extend(bytes(start + size - len(self._data)))
        return start

    def _even_end(self) -> int:
        return len(self._data) + len(self._data) % 2

    def _place_fixed(self) -> None:
        """Append the value that keeps its position, unless it is there or other values have taken the position."""
        if self._fixed is not None and self._fixed.offset is not None and self._fixed.offset >= len(self._data):
            self._data.extend(bytes(self._fixed.offset - len(self._data)))
            self._data.extend(self._fixed.value)
            self._fixed_is_placed = True


def _walk(fields: Sequence[Field]) -> Iterator[Field]:
    for each in fields:
        yield each
        yield from _walk(each.directory)
