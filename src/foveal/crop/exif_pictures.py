"""Pictures inside EXIF data, such as the thumbnail. They show the whole photo, so a crop must not keep them.

    first directory --next--> thumbnail --next--> further pictures
          |                        |
          | Exif, GPS              | JPEG file, strips or tiles, SubIFDs: further pictures

All other bytes stay at their positions, because maker notes may point to themselves.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from foveal.photo import exif as exif_tags
from foveal.photo.tiff import structure
from foveal.photo.tiff.structure import Directory, Entry, TiffReader

# Tags (offsets, sizes) of a picture's data: JPEG file (Exif 2.32, table 4), strips, tiles (TIFF 6.0, sections 8, 15).
_DATA_TAGS = ((0x0201, 0x0202), (0x0111, 0x0117), (0x0144, 0x0145))
_SUB_DIRECTORIES = 0x014A  # SubIFDs (TIFF technical note 1): directories of further pictures
_PICTURE_TAGS = {_SUB_DIRECTORIES, *(tag for pair in _DATA_TAGS for tag in pair)}
_MAX_DIRECTORIES = 16  # of pictures; more of them are a sign of broken data


def remove_pictures(data: bytearray, reader: TiffReader) -> tuple[bytes, bool]:
    """Remove the pictures from EXIF data; their bytes become zeros, or are cut off at the end.

    Parameters
    ----------
    data
        EXIF data without its signature; is changed.
    reader
        Reader of the same structure. Values may differ, but not where they are.

    Returns
    -------
    data, has_changed
        The EXIF data, and whether there were pictures.
    """
    first = reader.read_directory(reader.first_offset)
    has_own = any(entry.tag in _PICTURE_TAGS for entry in first.entries)
    if not (first.next_offset or has_own):
        return bytes(data), False
    cleared = bytearray(len(data))
    for start, size in _picture_ranges(reader, first):
        _mark(cleared, start, size, 1)
    for start, size in _kept_ranges(reader):
        _mark(cleared, start, size, 0)
    for at, is_cleared in enumerate(cleared):
        if is_cleared:
            data[at] = 0
    _rewrite_first_directory(data, reader, first)
    return bytes(data[: cleared.rfind(0) + 1]), True


def _picture_ranges(reader: TiffReader, first: Directory) -> Iterator[tuple[int, int]]:
    """Yield where (offset, size) the pictures are: their directories with all values, and their data."""
    own = [entry for entry in first.entries if entry.tag in _PICTURE_TAGS]
    yield from _data_ranges(reader, own)
    waiting, seen = [first.next_offset, *_offsets_of_sub_directories(reader, own)], {0, reader.first_offset}
    while waiting and len(seen) < _MAX_DIRECTORIES:
        offset = waiting.pop(0)
        if offset in seen:
            continue
        seen.add(offset)
        directory = reader.read_directory(offset)
        entries = reader.held_entries(directory)
        yield offset, _directory_bytes(directory)
        yield from _data_ranges(reader, entries)
        waiting += [directory.next_offset, *_offsets_of_sub_directories(reader, entries)]


def _data_ranges(reader: TiffReader, entries: list[Entry]) -> Iterator[tuple[int, int]]:
    """Yield where (offset, size) the values of a picture's entries are, and the data to which they point."""
    numbers = {entry.tag: reader.integers(entry) for entry in entries}
    for offsets, sizes in _DATA_TAGS:
        yield from zip(numbers.get(offsets, ()), numbers.get(sizes, ()), strict=False)
    yield from ((entry.value_offset, entry.value_bytes) for entry in entries)


def _offsets_of_sub_directories(reader: TiffReader, entries: list[Entry]) -> list[int]:
    return [at for entry in entries if entry.tag == _SUB_DIRECTORIES for at in reader.integers(entry)]


def _kept_ranges(reader: TiffReader) -> Iterator[tuple[int, int]]:
    """Yield where (offset, size) the header, the directories that stay and their values are."""
    yield 0, structure.HEADER_BYTES
    yield reader.first_offset, _directory_bytes(reader.read_directory(reader.first_offset))
    for entry in exif_tags.all_entries(reader):
        if entry.tag in _PICTURE_TAGS:
            continue
        yield entry.value_offset, entry.value_bytes
        if entry.tag in exif_tags.INNER_DIRECTORIES:
            inner = reader.integer(entry) or 0
            yield inner, _directory_bytes(reader.read_directory(inner))


def _directory_bytes(directory: Directory) -> int:
    return 2 + structure.ENTRY_BYTES * len(directory.entries) + 4


def _mark(flags: bytearray, start: int, size: int, value: int) -> None:
    end = min(start + size, len(flags))
    if 0 <= start < end:
        flags[start:end] = bytes([value]) * (end - start)


def _rewrite_first_directory(data: bytearray, reader: TiffReader, first: Directory) -> None:
    """Remove the entries of pictures from the first directory, and its link to the next one."""
    start, size = reader.first_offset, _directory_bytes(first)
    kept = [
        bytes(data[entry.position : entry.position + structure.ENTRY_BYTES])
        for entry in first.entries
        if entry.tag not in _PICTURE_TAGS
    ]
    directory = struct.pack(f"{reader.byte_order}H", len(kept)) + b"".join(kept)
    end = min(start + size, len(data))  # data may end before the link
    data[start:end] = directory.ljust(size, b"\0")[: end - start]
