"""Files with gain maps and videos after their picture, in the conventions of several makers."""

from __future__ import annotations

import struct

from jpeg_files import pillow_file
from pictures import noisy_gradient
from PIL import Image

PRIMARY = Image.fromarray(noisy_gradient(96, 128))
GAIN_MAP = pillow_file(Image.fromarray(noisy_gradient(48, 64, None)), quality=85)
VIDEO = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 8
ISO_GAIN_MAP = b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0"
NAMESPACES = (
    'xmlns:Container="http://ns.google.com/photos/1.0/container/" '
    'xmlns:Item="http://ns.google.com/photos/1.0/container/item/" '
    'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0" '
    'xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:MotionPhoto="1"'
)
_HEAD_BYTES = 20  # SOI and JFIF in a file of Pillow


def segment(code: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, code, len(payload) + 2) + payload


def with_segments(picture: bytes, *segments: bytes) -> bytes:
    """Return a file of Pillow with segments behind its JFIF segment."""
    return picture[:_HEAD_BYTES] + b"".join(segments) + picture[_HEAD_BYTES:]


def item(semantic: str, length: int | None, mime: str = "image/jpeg") -> str:
    """Return the attributes of an item of a GContainer directory."""
    return f'Item:Mime="{mime}" Item:Semantic="{semantic}"' + ("" if length is None else f" Item:Length='{length}'")


def item_of_elements(semantic: str, length: int, mime: str = "image/jpeg") -> str:
    """Return the elements of an item of a GContainer directory."""
    return f"<Item:Mime>{mime}</Item:Mime><Item:Semantic>{semantic}</Item:Semantic><Item:Length>{length}</Item:Length>"


def xmp(*items: str) -> bytes:
    """Return an XMP segment with a GContainer directory."""
    parts = "".join(
        f'<rdf:li rdf:parseType="Resource"><Container:Item rdf:parseType="Resource">{each}</Container:Item></rdf:li>'
        if each.startswith("<")
        else f'<rdf:li rdf:parseType="Resource"><Container:Item {each}/></rdf:li>'
        for each in items
    )
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {NAMESPACES}><Container:Directory><rdf:Seq>{parts}</rdf:Seq>'
        "</Container:Directory></rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    return segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet.encode())


def with_index(picture: bytes, order: str, others: list[bytes], gap: bytes = b"") -> bytes:
    """Return a file of Pillow with other pictures behind it, after a gap, and an MPF index that lists them."""
    primary_bytes = len(picture) + len(_index(order, [(0, 0)] * (1 + len(others))))
    at = primary_bytes + len(gap) - _HEAD_BYTES - 8  # marker, length and signature of MPF
    entries = [(primary_bytes, 0)]
    for other in others:
        entries.append((len(other), at))
        at += len(other)
    return with_segments(picture, _index(order, entries)) + gap + b"".join(others)


def _index(order: str, entries: list[tuple[int, int]]) -> bytes:
    """Return an MPF segment with (size, offset) of each picture (CIPA DC-007, 5.2.3, MP Index IFD)."""
    fields = [
        struct.pack(f"{order}HHI", 0xB000, 7, 4) + b"0100",
        struct.pack(f"{order}HHII", 0xB001, 4, 1, len(entries)),
        struct.pack(f"{order}HHII", 0xB002, 7, 16 * len(entries), 8 + 2 + 3 * 12 + 4),
    ]
    header = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8)
    directory = struct.pack(f"{order}H", len(fields)) + b"".join(fields) + struct.pack(f"{order}I", 0)
    values = b"".join(struct.pack(f"{order}IIIHH", 0x030000 * (not at), size, at, 0, 0) for size, at in entries)
    return segment(0xE2, b"MPF\0" + header + directory + values)
