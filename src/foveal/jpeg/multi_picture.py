"""The index of a multi-picture file (CIPA DC-007, MPF): where the pictures behind the first one are.

Its offsets count from the index itself, so they change when what stands between does.
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
    """An MP entry (5.2.3.3).

    Parameters
    ----------
    position
        Of the entry in the payload of the segment.
    size_bytes
        Of the picture.
    offset
        Of the picture, from the byte after the segment's signature; 0 for the first one.
    """

    position: int
    size_bytes: int
    offset: int


def is_index(segment: Segment) -> bool:
    """Whether a segment is an MPF index."""
    return segment.code == markers.APP2 and segment.payload.startswith(MPF)


def entries_of(payload: bytes) -> list[PictureEntry]:
    """Read the entries of an index; none where it is broken."""
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


def rewritten(payload: bytes, first_size_bytes: int, offsets: Sequence[int | None]) -> bytes:
    """Return an index with another size of the first picture and other offsets of those behind it; None leaves one."""
    order, changed = _byte_order(payload), bytearray(payload)
    first, *others = entries_of(payload)
    struct.pack_into(f"{order}I", changed, first.position + 4, first_size_bytes)
    for entry, offset in zip(others, offsets, strict=True):
        if offset is not None:
            struct.pack_into(f"{order}I", changed, entry.position + 8, offset)
    return bytes(changed)


def _byte_order(payload: bytes) -> str:
    return {b"II": "<", b"MM": ">"}[payload[len(MPF) : len(MPF) + 2]]
