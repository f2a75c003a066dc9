"""Directories of TIFF structures in both byte orders and both sizes of offsets; hostile counts and offsets."""

from __future__ import annotations

import io
import struct
import time

import pytest

from foveal.errors import FormatError
from foveal.photo.tiff.structure import Directory, Field, TiffReader, encode_structure
from foveal.photo.tiff.tags import read_tags

BOTH_ORDERS = pytest.mark.parametrize("order", ["<", ">"])
BOTH_SIZES = pytest.mark.parametrize("big", [False, True])


def structure(
    order: str, entries: list[tuple[int, int, int, int]], *, big: bool, count: int | None = None, next_offset: int = 0
) -> bytes:
    """Make a TIFF structure of entries (tag, type, count, value or offset); `count` is stored as their number."""
    offset_format, start = ("Q", 16) if big else ("I", 8)
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}H", 43 if big else 42)
    head += struct.pack(f"{order}HHQ", 8, 0, start) if big else struct.pack(f"{order}I", start)
    counted = struct.pack(order + ("Q" if big else "H"), len(entries) if count is None else count)
    packed = b"".join(struct.pack(f"{order}HH2{offset_format}", *entry) for entry in entries)
    return head + counted + packed + struct.pack(order + offset_format, next_offset)


@BOTH_ORDERS
@BOTH_SIZES
def test_entries_and_the_next_directory_are_read(order: str, big: bool) -> None:
    offset_bytes = 8 if big else 4
    entries = [(256, 4, 1, 7), (270, 2, 20, 3), (271, 200, 1, 0), (272, 2, 20, 9_999)]
    data = structure(order, entries, big=big, next_offset=99)
    reader = TiffReader(io.BytesIO(data))
    directory = reader.read_directory(reader.first_offset)
    assert (directory.next_offset, directory.is_whole) == (99, True)
    width, text, unknown, outside = directory.entries
    assert width.position == (24 if big else 10)
    assert width.value_offset == width.position + 4 + offset_bytes
    assert (unknown.value_bytes, reader.value(outside)) == (0, b"")
    assert reader.value(text) == data[3:23]
    assert reader.first_directory() == [width, text]
    for left_out in range(1, offset_bytes + 1):
        cut_off = TiffReader(io.BytesIO(data[:-left_out]))
        assert cut_off.read_directory(cut_off.first_offset) == Directory(directory.entries, 0, is_whole=True)
    cut_off = TiffReader(io.BytesIO(data[: -offset_bytes - 1]))
    assert cut_off.read_directory(cut_off.first_offset) == Directory(directory.entries[:-1])


@BOTH_ORDERS
def test_what_is_encoded_is_read(order: str) -> None:
    inner = (Field(1, 2, 2, b"N\0"), Field(2, 2, 7, b"longer\0"))
    data = encode_structure(order, [Field(0x8825, 4, 1, b"", inner), Field(270, 2, 9, b"a phrase\0")])
    reader = TiffReader(io.BytesIO(data))
    text, pointer = reader.first_directory()
    assert reader.value(text) == b"a phrase\0"
    assert [reader.value(each) for each in reader.directory(reader.integer(pointer) or 0)] == [b"N\0", b"longer\0"]


@BOTH_ORDERS
@BOTH_SIZES
@pytest.mark.parametrize("count", [2, 0xFFFF, 1 << 16, (1 << 64) - 1])
def test_a_directory_that_counts_more_entries_than_there_are_is_not_whole(order: str, big: bool, count: int) -> None:
    data = structure(order, [(256, 4, 1, 7)], big=big, count=count if big else min(count, 0xFFFF))
    reader = TiffReader(io.BytesIO(data))
    assert not reader.read_directory(reader.first_offset).is_whole
    assert len(reader.first_directory()) == 1
    assert read_tags(io.BytesIO(data)) is None


@BOTH_SIZES
def test_values_that_are_too_many_take_no_memory(big: bool) -> None:
    most = (1 << (64 if big else 32)) - 1
    data = structure("<", [(256, 4, most, 8), (257, 4, 1 << 24, 8), (258, 3, 16, most)], big=big)
    assert TiffReader(io.BytesIO(data)).first_directory() == []
    picture = read_tags(io.BytesIO(data))
    assert picture is not None
    for tag in (256, 257, 258):
        with pytest.raises(FormatError, match="broken TIFF"):
            picture.integers(tag, ())


@BOTH_SIZES
@pytest.mark.parametrize("offset", [0, 1 << 31, (1 << 63) - 1, 1 << 63, (1 << 64) - 1])
def test_no_directory_is_outside_the_structure(big: bool, offset: int) -> None:
    reader = TiffReader(io.BytesIO(structure("<", [], big=big)))
    assert reader.directory(offset) == []
    assert offset == 0 or reader.read_directory(offset) == Directory()


@BOTH_SIZES
def test_a_directory_of_the_most_entries_takes_no_time(big: bool) -> None:
    data = structure(">", [(256, 4, 1, 7)] * 0xFFFF, big=big)
    begun = time.process_time()
    assert read_tags(io.BytesIO(data)) is not None
    assert time.process_time() - begun < 1
