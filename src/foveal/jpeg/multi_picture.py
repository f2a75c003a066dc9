"""Index of a multi-picture file (CIPA DC-007, Multi-Picture Format): positions of the pictures after the first one.

The index is a TIFF structure in an APP2 segment of the first picture. Its offsets count from the byte after the
signature, so they change with the size of everything in between:

    SOI | APP1 | APP2, "MPF", TIFF header, MP entries | ... | scans | EOI | SOI ... EOI | SOI ... EOI
                              ^ origin                                    ^ origin + offset of picture 2

The first picture has the offset 0.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from foveal.jpeg import markers
from foveal.jpeg.segments import MPF, Segment

_ENTRIES_TAG, _ENTRY_BYTES = 0xB002, 16
_FIELD_BYTES = 12


@dataclass(frozen=True)
class PictureEntry:
    """An entry of the index, for one picture (CIPA DC-007 5.2.3.3, MP Entry).

    Parameters
    ----------
    position
        Position of the entry in the payload of the segment.
    size_bytes
        Size of the picture in bytes.
    offset
        Offset of the picture from the byte after the signature; 0 for the first picture.
    """

    position: int
    size_bytes: int
    offset: int


def is_index(segment: Segment) -> bool:
    """Return whether a segment is an MPF index."""
    return segment.code == markers.APP2 and segment.payload.startswith(MPF)


def read_entries(payload: bytes) -> list[PictureEntry]:
    """Read the entries of an index; a broken index has none.

    Parameters
    ----------
    payload
        Payload of the segment, with its signature.
    """
    # A TIFF header (byte order, 42, offset of the directory), then the directory: a count and fields of 12 bytes (tag,
    # type, count, value or its offset). The value of the tag MPEntry is an array of entries of 16 bytes: attributes,
    # size, offset, and two numbers of dependent pictures.
    try:
        order, tiff = _byte_order(payload), payload[len(MPF) :]
        (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, directory)
        for field in range(count):
            tag, _, size, start = struct.unpack_from(f"{order}HHII", tiff, directory + 2 + field * _FIELD_BYTES)
            if tag == _ENTRIES_TAG:
                starts = range(start, start + size // _ENTRY_BYTES * _ENTRY_BYTES, _ENTRY_BYTES)
                return [PictureEntry(len(MPF) + at, *struct.unpack_from(f"{order}4xII", tiff, at)) for at in starts]
    except (struct.error, KeyError):
        pass
    return []


def update_index(payload: bytes, first_size_bytes: int, offsets: Sequence[int | None]) -> bytes:
    """Return the payload of an index with a new size of the first picture and new offsets of the others.

    Parameters
    ----------
    payload
        Payload of the segment, with its signature; its index must not be broken.
    first_size_bytes
        Size of the first picture in bytes.
    offsets
        Offsets of the pictures after the first one, as in `PictureEntry`; None keeps the old offset.
    """
    order, changed = _byte_order(payload), bytearray(payload)
    first, *others = read_entries(payload)
    struct.pack_into(f"{order}I", changed, first.position + 4, first_size_bytes)
    for entry, offset in zip(others, offsets, strict=True):
        if offset is not None:
            struct.pack_into(f"{order}I", changed, entry.position + 8, offset)
    return bytes(changed)


def _byte_order(payload: bytes) -> str:
    return {b"II": "<", b"MM": ">"}[payload[len(MPF) : len(MPF) + 2]]
