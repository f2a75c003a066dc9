"""The orientation tag of EXIF data, against Pillow and in broken data."""

from __future__ import annotations

import struct

import pytest
from pictures import save_image
from PIL import Image
from PIL.ExifTags import Base

import foveal
from foveal.photo import exif as exif_tags


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [3, 4])
@pytest.mark.parametrize("value", range(10))
def test_reading_the_orientation_agrees_with_pillow(order: str, kind: int, value: int) -> None:
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, 2)
    other = struct.pack(order + "HHII", 0x0100, 4, 1, 77)
    layout, values = ("HHIHH", (value, 0)) if kind == 3 else ("HHII", (value,))
    field = struct.pack(order + layout, 0x0112, kind, 1, *values)
    exif = head + other + field + bytes(4)
    tags = Image.Exif()
    tags.load(b"Exif\0\0" + exif)
    assert tags[0x0112] == value
    expected = value if 1 <= value <= 8 else 1
    assert exif_tags.orientation(exif) == exif_tags.orientation(b"Exif\0\0" + exif) == expected
    for length in range(len(head + other + field)):
        assert exif_tags.orientation(exif[:length]) in (1, expected)


@pytest.mark.filterwarnings("ignore")  # warnings of Pillow
@pytest.mark.parametrize("exif", [None, b"", b"garbage", b"Exif\0\0MM\0*\0\0\0\x08\0\1", b"II*\0" + b"\xff" * 40])
def test_orientation_of_broken_data_is_upright(exif: bytes | None) -> None:
    assert exif_tags.orientation(exif) == 1
    assert exif_tags.select_safe(exif) is None


def test_orientation_out_of_range_is_upright() -> None:
    tags = Image.Exif()
    tags[Base.Orientation] = 9
    assert exif_tags.orientation(tags.tobytes()) == 1


def test_orientation_is_not_taken_from_xmp() -> None:
    """Otherwise a file without EXIF data would be displayed turned after encoding, but not before."""
    xmp = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
    )
    photo = foveal.open(save_image(Image.new("L", (9, 5)), "JPEG", xmp=xmp))
    assert (photo.orientation, photo.exif, photo.xmp) == (1, None, xmp)
