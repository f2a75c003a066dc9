"""Pictures and videos after the first picture of a file, and the numbers by which they are found.

    first picture, SOI ... EOI | padding | SOI ... EOI, gain map | video | unknown bytes
                               ^ trailing bytes begin

Two conventions say where they are, and a file may use both:

- MPF (CIPA DC-007): an index of offsets and sizes in an APP2 segment, see `jpeg/multi_picture.py`. `write_coefficients`
  updates its offsets.
- GContainer (Ultra HDR 1.1, Motion Photo 1.0): a directory in the XMP packet lists the items of the file in their
  order, with the length of each in bytes. The length of the first picture is 0, absent or true.

Offsets from the end of the file, as of MicroVideo and of Samsung's trailer, stay true by themselves.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from foveal import jpeg
from foveal.errors import FovealError, LimitError
from foveal.jpeg import Segment, application_data, markers, multi_picture
from foveal.jpeg.segments import MAX_PAYLOAD_BYTES, XMP
from foveal.jpeg.xmp import Element, parse
from foveal.photo.announcements import CONTAINER

_ITEM = "http://ns.google.com/photos/1.0/container/item/"
_MAX_LENGTH_DIGITS = 15
_SOI = bytes((0xFF, markers.SOI))
_MAX_ROUNDS = 4  # of writing the length of a picture into itself; its digits change at most once or twice


class _Value(NamedTuple):
    """A property of a directory's item: its text, and where that stands in the packet."""

    text: bytes
    start: int
    end: int


class _Item(NamedTuple):
    """An item of a GContainer directory."""

    properties: dict[str, _Value]

    def number(self, name: str) -> int | None:
        """Return a property as an integer; None if it is absent or no number."""
        text = self.properties[name].text.strip() if name in self.properties else b""
        return int(text) if text.isdigit() and len(text) <= _MAX_LENGTH_DIGITS else None


class _Part(NamedTuple):
    """A picture in the trailing bytes: [start, end)."""

    start: int
    end: int


def with_length_of_primary(segments: tuple[Segment, ...], picture_bytes: int) -> tuple[Segment, ...]:
    """Return segments whose GContainer directory gives the true length of the first picture, if it gives one.

    Parameters
    ----------
    segments
        Application segments of the first picture.
    picture_bytes
        Size of the first picture in bytes, with these segments.
    """
    index, items = _find_directory(segments)
    if index is None or not items or not items[0].number("Length"):
        return segments
    others = picture_bytes - len(segments[index].payload)
    changed, length = segments[index], picture_bytes
    for _ in range(_MAX_ROUNDS):
        changed = _with_values(segments[index], [(items[0].properties["Length"], length)])
        if others + len(changed.payload) == length:
            break
        length = others + len(changed.payload)
    return _with_segment(segments, index, changed)


def with_smaller_pictures(coefficients: jpeg.Coefficients, repack: Callable[[bytes], bytes]) -> jpeg.Coefficients:
    """Return coefficients in which the pictures after the first one take fewer bytes, and are still found.

    A picture is left as it is if the numbers that say where it is contradict each other, if it cannot be read, or if it
    does not become smaller.

    Parameters
    ----------
    coefficients
        First picture of a file, with its segments and trailing bytes.
    repack
        Function that returns a JPEG file with the same coefficients.
    """
    parts = find_pictures(coefficients)
    smaller = {part: _repack_or_keep(coefficients.trailing[part.start : part.end], repack) for part in parts}
    shifts = [(part.end, len(smaller[part]) - (part.end - part.start)) for part in parts]

    def moved(position: int) -> int:
        return position + sum(shift for end, shift in shifts if end <= position)

    sizes = {part.start: len(smaller[part]) for part in parts}
    return replace(
        coefficients,
        trailing=_replace_parts(coefficients.trailing, smaller),
        trailing_pictures=tuple(None if at is None else moved(at) for at in coefficients.trailing_pictures),
        segments=_with_sizes(coefficients, sizes),
    )


def find_pictures(coefficients: jpeg.Coefficients) -> list[_Part]:
    """Return the JPEG pictures after the first one that MPF or GContainer list, in their order; none if they overlap.

    The two need not list the same pictures, but must agree where both list one.
    """
    trailing = coefficients.trailing
    listed = {*_parts_of_index(coefficients), *_parts_of_directory(coefficients)}
    parts = sorted(part for part in listed if trailing[part.start : part.start + 2] == _SOI)
    overlap = any(first.end > second.start for first, second in pairwise(parts))
    return [] if overlap else parts


def unknown_bytes(coefficients: jpeg.Coefficients) -> int:
    """Return the number of bytes after the first picture that neither MPF nor GContainer accounts for."""
    known = {*_parts_of_index(coefficients), *_items_of_directory(coefficients)}
    covered, position = 0, 0
    for start, end in sorted(known):
        covered += max(0, end - max(start, position))
        position = max(position, end)
    return len(coefficients.trailing) - covered


def _parts_of_index(coefficients: jpeg.Coefficients) -> list[_Part]:
    """Return the pictures that the MPF index lists, as far as they are in the file."""
    for segment in coefficients.segments:
        if multi_picture.is_index(segment):
            entries = multi_picture.read_entries(segment.payload)[1:]
            if len(entries) != len(coefficients.trailing_pictures):
                return []
            parts = [
                _Part(start, start + entry.size_bytes)
                for start, entry in zip(coefficients.trailing_pictures, entries, strict=True)
                if start is not None
            ]
            return [part for part in parts if part.start < part.end <= len(coefficients.trailing)]
    return []


def _items_of_directory(coefficients: jpeg.Coefficients) -> list[_Part]:
    """Return where the items of a GContainer directory are; none if their lengths do not add up to the file."""
    _, items = _find_directory(coefficients.segments)
    lengths = [item.number("Length") for item in items[1:]]
    position = (items[0].number("Padding") or 0) if items else 0
    parts = []
    for length in lengths:
        if length is None:
            return []
        parts.append(_Part(position, position + length))
        position += length
    return parts if position == len(coefficients.trailing) else []


def _parts_of_directory(coefficients: jpeg.Coefficients) -> list[_Part]:
    """Return the items of a GContainer directory that are JPEG pictures."""
    _, items = _find_directory(coefficients.segments)
    parts = _items_of_directory(coefficients)
    jpegs = [item.properties["Mime"].text == b"image/jpeg" if "Mime" in item.properties else False for item in items]
    return [part for part, is_jpeg in zip(parts, jpegs[1:], strict=False) if is_jpeg]


def _repack_or_keep(picture: bytes, repack: Callable[[bytes], bytes]) -> bytes:
    try:
        smaller = repack(picture)
    except FovealError:  # it is no picture that foveal can write, but needs no change
        return picture
    return smaller if len(smaller) < len(picture) else picture


def _replace_parts(trailing: bytes, replacements: dict[_Part, bytes]) -> bytes:
    pieces, position = [], 0
    for part, replacement in sorted(replacements.items()):
        pieces += [trailing[position : part.start], replacement]
        position = part.end
    return b"".join([*pieces, trailing[position:]])


def _with_sizes(coefficients: jpeg.Coefficients, sizes: dict[int, int]) -> tuple[Segment, ...]:
    """Return the segments with new sizes, by old offset in the trailing bytes, in the MPF index and the directory."""
    segments = coefficients.segments
    for index, segment in enumerate(segments):
        if multi_picture.is_index(segment) and _parts_of_index(coefficients):
            new = [None if at is None else sizes.get(at) for at in coefficients.trailing_pictures]
            segments = _with_segment(segments, index, Segment(segment.code, _with_entry_sizes(segment.payload, new)))
            break
    at, items = _find_directory(segments)
    parts = _items_of_directory(coefficients)
    changes = [
        (item.properties["Length"], sizes[part.start])
        for item, part in zip(items[1:], parts, strict=False)
        if part.start in sizes
    ]
    if at is None or not changes:
        return segments
    return _with_segment(segments, at, _with_values(segments[at], changes))


def _with_entry_sizes(payload: bytes, sizes: Sequence[int | None]) -> bytes:
    order = "<" if payload[4:6] == b"II" else ">"
    changed = bytearray(payload)
    for entry, size in zip(multi_picture.read_entries(payload)[1:], sizes, strict=True):
        if size is not None:
            struct.pack_into(f"{order}I", changed, entry.position + 4, size)
    return bytes(changed)


def _with_segment(segments: tuple[Segment, ...], index: int, changed: Segment) -> tuple[Segment, ...]:
    return (*segments[:index], changed, *segments[index + 1 :])


def _find_directory(segments: Sequence[Segment]) -> tuple[int | None, list[_Item]]:
    """Return the index of the XMP segment that has a GContainer directory, and the items of the directory."""
    for index, segment in enumerate(segments):
        if application_data.segment_kind(segment) == "XMP":
            packet = segment.payload[len(XMP) :]
            root = parse(packet) if CONTAINER.encode() in packet else None
            if root is not None:
                items = [_Item(_properties(packet, each)) for each in root.walk() if _is_item(each)]
                return (index, items) if items else (None, [])
            return None, []
    return None, []


def _is_item(element: Element) -> bool:
    return (element.uri, element.name) == (CONTAINER, "Item")


def _properties(packet: bytes, item: Element) -> dict[str, _Value]:
    """Return the properties of an item, which are attributes or elements."""
    found = {}
    for attribute in item.attributes:
        if attribute.uri == _ITEM:
            start = packet.index(b"=", attribute.start) + 1
            start += len(packet[start : attribute.end]) - len(packet[start : attribute.end].lstrip()) + 1  # the quote
            found[attribute.name] = _Value(packet[start : attribute.end - 1], start, attribute.end - 1)
    for child in item.children:
        end = packet.rfind(b"</", child.tag_end, child.end)
        if child.uri == _ITEM and end >= 0 and not child.children:
            found[child.name] = _Value(packet[child.tag_end : end], child.tag_end, end)
    return found


def _with_values(segment: Segment, changes: Iterable[tuple[_Value, int]]) -> Segment:
    """Return an XMP segment with other numbers in place of some values."""
    packet = segment.payload[len(XMP) :]
    for value, number in sorted(changes, key=lambda change: change[0].start, reverse=True):
        packet = packet[: value.start] + str(number).encode() + packet[value.end :]
    if len(XMP) + len(packet) > MAX_PAYLOAD_BYTES:  # the old numbers were wrong, and shorter
        raise LimitError("the XMP packet has no room for the length of a picture")
    return Segment(segment.code, XMP + packet)
