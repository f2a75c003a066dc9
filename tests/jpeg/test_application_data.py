"""Kinds of application segments, and metadata read from them."""

from __future__ import annotations

import pytest
from jpeg_files import pillow_file
from pictures import noisy_gradient
from PIL import Image

import foveal
from foveal.jpeg.application_data import icc_profile, segment_kind
from foveal.jpeg.segments import Segment

IMAGE = Image.fromarray(noisy_gradient(70, 90))


@pytest.mark.parametrize(
    ("segment", "kind"),
    [
        (Segment(0xE0, b"JFXX\0\x10"), "JFIF extension"),
        (Segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0..."), "extended XMP"),
        (Segment(0xE2, b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0"), "gain map"),
        (Segment(0xE2, b"FPXR\0"), "FlashPix"),
        (Segment(0xED, b"Photoshop 3.0\x008BIM\x03\xed\0\0"), "Photoshop"),
        (Segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0"), "IPTC"),
        (Segment(0xEE, b"Adobe\0"), "Adobe"),
        (Segment(0xE1, b"Exif"), "unknown"),
        (Segment(0xE2, b"Exif\0\0"), "unknown"),
        (Segment(0xFE, b"Exif\0\0"), "comment"),
    ],
)
def test_application_segments_are_named(segment: Segment, kind: str) -> None:
    assert segment_kind(segment) == kind


@pytest.mark.parametrize(
    ("xmp", "has_one"),
    [
        (b'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/"', True),
        (b'xmlns:HDRGainMap="http://ns.apple.com/HDRGainMap/1.0/"', True),
        (b"<x/>", False),
    ],
)
def test_gain_maps_are_found(xmp: bytes, has_one: bool) -> None:
    assert foveal.inspect(pillow_file(IMAGE, xmp=xmp)).metadata.has_gain_map is has_one
    assert foveal.inspect(pillow_file(IMAGE) + pillow_file(IMAGE, xmp=xmp)).metadata.has_gain_map is has_one


def test_chunks_of_a_profile_are_put_together_in_their_order() -> None:
    def chunk(number: int, count: int, payload: bytes) -> Segment:
        return Segment(0xE2, b"ICC_PROFILE\0" + bytes((number, count)) + payload)

    assert icc_profile([chunk(2, 2, b"two"), chunk(1, 2, b"one")]) == b"onetwo"
    assert icc_profile([chunk(1, 2, b"one")]) is None
    assert icc_profile([chunk(1, 2, b"one"), chunk(3, 2, b"three")]) is None
    assert icc_profile([Segment(0xE2, b"ICC_PROFILE\0\1")]) is None
    assert icc_profile([]) is None
