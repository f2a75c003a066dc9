"""TIFF files without compression, which begin with the EXIF data of the photo."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from foveal.photo import exif as exif_tags
from foveal.photo.tiff import structure
from foveal.photo.tiff.structure import ENTRY_BYTES, HEADER_BYTES, LONG, RATIONAL, SHORT, UNDEFINED, Entry, TiffReader

_PHOTOMETRIC = {1: 1, 3: 2, 4: 5}  # by samples per pixel: BlackIsZero, RGB, Separated (CMYK)
_STRIP_BYTES = 1 << 16  # at least; TIFF 6.0 recommends strips of about 8 KB, which are many for a large picture
_NO_UNIT, _INCH = 1, 2


def tiff_bytes(
    pixels: NDArray[np.uint8],
    *,
    icc_profile: bytes | None = None,
    exif: bytes | None = None,
    resolution: tuple[float, float] | None = None,
    pixel_aspect: tuple[int, int] | None = None,
) -> bytes:
    """Encode pixels as a TIFF file (TIFF 6.0).

    Parameters
    ----------
    pixels
        (H, W) grey, (H, W, 3) RGB or (H, W, 4) CMYK with 0 for no ink.
    icc_profile
        Colour profile to embed, or None.
    exif
        EXIF data: a TIFF structure, without the signature of a JPEG segment. Those of its tags are kept that describe
        the photograph. None for none.
    resolution
        Dots per inch (horizontal, vertical), or None.
    pixel_aspect
        Pixels per unit of length (horizontal, vertical) without a unit, used if there is no resolution; or None.
    """
    # The EXIF data is the beginning of the file, byte for byte, and only its first directory is replaced. So every
    # value stays where the other directories, and maker notes, expect it:
    #
    #     header | EXIF directories and values | pixels | new values and directories
    #        |                                                            ^
    #        +------------------------ first directory -------------------+
    reader = exif_tags.read_structure(exif)
    block = exif_tags.remove_signature(exif) if exif and reader.byte_order else b""
    order = reader.byte_order or "<"
    head = bytearray(block.ljust(HEADER_BYTES, b"\0"))
    head.extend(bytes(len(head) % 2))
    tail = _Tail(order, len(head) + pixels.nbytes)
    entries = _pixel_entries(tail, pixels, len(head))
    if icc_profile:
        entries[34675] = tail.entry(34675, UNDEFINED, icc_profile)
    density = resolution or pixel_aspect
    if density:
        entries |= {
            tag: tail.entry(tag, RATIONAL, struct.pack(f"{order}2I", *_ratio(value)))
            for tag, value in zip((282, 283), density, strict=True)
        }
        entries[296] = tail.entry(296, SHORT, struct.pack(f"{order}H", _INCH if resolution else _NO_UNIT))
    entries |= _photo_entries(tail, reader, block)
    struct.pack_into(f"{order}2sHI", head, 0, b"II" if order == "<" else b"MM", 42, tail.append_directory(entries))
    return b"".join([head, np.ascontiguousarray(pixels).data, tail.data])


class _Tail:
    """The end of the file: values and directories that are appended one after the other."""

    def __init__(self, byte_order: str, offset: int) -> None:
        self.byte_order = byte_order
        self.data = bytearray(offset % 2)  # values begin on word boundaries (TIFF 6.0, section 2)
        self._offset = offset

    def append(self, value: bytes) -> int:
        """Append a value, and return its offset in the file."""
        start = self._offset + len(self.data)
        self.data += value + bytes(len(value) % 2)
        return start

    def entry(self, tag: int, kind: int, value: bytes) -> bytes:
        """Return the entry of a tag, and append its value if it is long."""
        count = len(value) // {UNDEFINED: 1, SHORT: 2, LONG: 4, RATIONAL: 8}[kind]
        field = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack(f"{self.byte_order}I", self.append(value))
        return struct.pack(f"{self.byte_order}HHI", tag, kind, count) + field

    def append_directory(self, entries: dict[int, bytes]) -> int:
        """Append a directory, and return its offset in the file."""
        count = struct.pack(f"{self.byte_order}H", len(entries))
        return self.append(count + b"".join(entries[tag] for tag in sorted(entries)) + bytes(4))


def _pixel_entries(tail: _Tail, pixels: NDArray[np.uint8], offset: int) -> dict[int, bytes]:
    """Return the entries that describe how the pixels, which begin at an offset, are stored."""
    height, width = pixels.shape[:2]
    samples = pixels.shape[2] if pixels.ndim == 3 else 1
    row_bytes = width * samples
    rows = min(height, -(-_STRIP_BYTES // row_bytes))
    starts = range(0, height, rows)
    layout: dict[int, tuple[int, Sequence[int]]] = {
        256: (LONG, (width,)),
        257: (LONG, (height,)),
        258: (SHORT, (8,) * samples),
        259: (SHORT, (1,)),  # no compression
        262: (SHORT, (_PHOTOMETRIC[samples],)),
        273: (LONG, [offset + start * row_bytes for start in starts]),
        277: (SHORT, (samples,)),
        278: (LONG, (rows,)),
        279: (LONG, [min(rows, height - start) * row_bytes for start in starts]),
        284: (SHORT, (1,)),  # samples of a pixel stand together
    }
    return {
        tag: tail.entry(
            tag, kind, struct.pack(f"{tail.byte_order}{len(values)}{'H' if kind == SHORT else 'I'}", *values)
        )
        for tag, (kind, values) in layout.items()
    }


def _photo_entries(tail: _Tail, reader: TiffReader, block: bytes) -> dict[int, bytes]:
    """Return the entries of the EXIF data that describe the photograph; their values stay where they are."""
    entries = {}
    for entry in reader.first_directory():
        if entry.tag not in exif_tags.DESCRIPTIVE_TAGS or entry.tag in entries or not _is_intact(entry):
            continue
        if entry.tag in exif_tags.DIRECTORY_TAGS:
            # Copied, so that a broken entry does not point into the pixels.
            inner = {each.tag: _raw(each, block) for each in reader.directory(reader.integer(entry) or 0)}
            if inner:
                offset = struct.pack(f"{tail.byte_order}I", tail.append_directory(inner))
                entries[entry.tag] = tail.entry(entry.tag, LONG, offset)
        else:
            entries[entry.tag] = _raw(entry, block)
    return entries


def _is_intact(entry: Entry) -> bool:
    """Return whether an entry does not count the header, which changes, to its value."""
    return entry.value_offset >= HEADER_BYTES and structure.is_writable(entry)


def _raw(entry: Entry, block: bytes) -> bytes:
    return block[entry.position : entry.position + ENTRY_BYTES]


def _ratio(value: float) -> tuple[int, int]:
    fraction = Fraction(value).limit_denominator(10_000)
    return fraction.numerator, fraction.denominator
