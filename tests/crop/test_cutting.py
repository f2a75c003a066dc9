"""The photo of a window: its pixels as Pillow crops them, and metadata that is true of it."""

from __future__ import annotations

import io
import json
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import noisy_gradient
from PIL import Image, ImageOps

import foveal
from foveal.crop import cut, encode_crop
from foveal.crop.metadata import (
    CREDENTIALS_NOTE,
    EXTENDED_NOTE,
    PANORAMA_NOTE,
    REGIONS_NOTE,
    THUMBNAIL_NOTE,
    crop_exif,
    crop_xmp,
    keep_segments,
)
from foveal.encoding import EncodeOptions
from foveal.errors import FormatWarning, ParameterError
from foveal.jpeg import Segment
from foveal.saliency import Box

PIXELS = noisy_gradient(60, 90)
THUMBNAIL = b"\xff\xd8 a small picture of everything \xff\xd9"
APP0, APP1, APP11, APP13 = 0xE0, 0xE1, 0xEB, 0xED


def field(tag: int, kind: int, count: int, value: int) -> bytes:
    return struct.pack("<HHII", tag, kind, count, value)


def exif_with_thumbnail(orientation: int = 1, *, at_the_end: bool = True) -> bytes:
    """EXIF data with sizes, the subject, a maker note and a thumbnail, which may stand before the maker note."""
    maker = b"maker note of 24 bytes.."
    exif_at = 8 + 2 + 2 * 12 + 4
    values_at = exif_at + 2 + 5 * 12 + 4
    subject_at, second_at = values_at, values_at + 8
    after = second_at + 2 + 2 * 12 + 4
    maker_at, thumbnail_at = (after, after + len(maker)) if at_the_end else (after + len(THUMBNAIL), after)
    first = struct.pack("<H", 2) + field(0x0112, 3, 1, orientation) + field(0x8769, 4, 1, exif_at)
    first += struct.pack("<I", second_at)
    entries = [field(0x9214, 3, 4, subject_at), field(0x927C, 7, len(maker), maker_at), field(0xA002, 4, 1, 90)]
    entries += [field(0xA003, 3, 1, 60), field(0xA214, 3, 2, 50 | 40 << 16)]
    inner = struct.pack("<H", 5) + b"".join(entries) + bytes(4)
    second = struct.pack("<H", 2) + field(0x0201, 4, 1, thumbnail_at) + field(0x0202, 4, 1, len(THUMBNAIL)) + bytes(4)
    tail = maker + THUMBNAIL if at_the_end else THUMBNAIL + maker
    return b"II*\0\x08\0\0\0" + first + inner + struct.pack("<4H", 50, 40, 10, 10) + second + tail


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pixels_are_those_of_the_displayed_photo(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    shown = ImageOps.exif_transpose(Image.open(io.BytesIO(png_with(exif))))
    photo = foveal.Photo(PIXELS, exif=exif.tobytes(), dots_per_inch=(72, 96))
    cropped, notes = cut(photo, Box(7, 11, 30, 20))
    assert notes == []
    assert cropped.orientation == orientation
    np.testing.assert_array_equal(cropped.upright().pixels, np.asarray(shown.crop((7, 11, 37, 31))))
    assert cropped.dots_per_inch == (72, 96)


def png_with(exif: Image.Exif) -> bytes:
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, "PNG", exif=exif)
    return file.getvalue()


@pytest.mark.parametrize("orientation", [1, 6])
def test_output_sizes_are_of_the_displayed_photo(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    cropped, _ = cut(foveal.Photo(PIXELS, exif=exif.tobytes()), Box(5, 5, 40, 20), (20, 10))
    assert cropped.displayed_size == (10, 20)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_scaled_pixels_are_those_of_resize(dtype: type[Any]) -> None:
    pixels = PIXELS.astype(dtype) * (257 if dtype is np.uint16 else 1)
    kept, _ = cut(foveal.Photo(pixels), Box(1, 2, 3, 4))
    np.testing.assert_array_equal(kept.pixels, pixels[2:6, 1:4])
    scaled, _ = cut(foveal.Photo(pixels), Box(10, 20, 40, 30), (20, 15))
    assert scaled.pixels.dtype == dtype
    window = np.ascontiguousarray(pixels[20:50, 10:50])
    np.testing.assert_array_equal(scaled.pixels, foveal.resize(foveal.Photo(window), 20).pixels)
    larger, _ = cut(foveal.Photo(pixels), Box(10, 20, 40, 30), (80, 60))
    np.testing.assert_array_equal(larger.pixels, foveal.resize(foveal.Photo(window), 80, enlarge=True).pixels)


def test_scaled_crops_keep_the_light_of_fine_detail() -> None:
    """Half of the rows white and half black shine like 188 of 255 on a screen, not like 128."""
    rows = np.zeros((60, 60), np.uint8)
    rows[::2] = 255
    scaled, _ = cut(foveal.Photo(rows), Box(0, 0, 40, 40), (20, 20))
    assert set(np.unique(scaled.pixels[2:-2])) <= {187, 188, 189}


def test_crops_are_made_of_anything_that_is_a_picture() -> None:
    box = foveal.best_crop(PIXELS, aspect="1:1", saliency=None)
    cropped = foveal.crop_photo(PIXELS, box)
    np.testing.assert_array_equal(cropped.pixels, PIXELS[:, 15:75])
    scaled = foveal.crop_photo(Image.fromarray(PIXELS), box, output_size="30x30")
    np.testing.assert_array_equal(scaled.pixels, foveal.resize(cropped, 30).pixels)
    with pytest.warns(FormatWarning, match="thumbnail"):
        foveal.crop_photo(foveal.Photo(PIXELS, exif=exif_with_thumbnail()), box)
    transparent = np.dstack([PIXELS, np.zeros((60, 90), np.uint8)])
    assert (foveal.crop_photo(transparent, box, background="#102030").pixels == (16, 32, 48)).all()


@pytest.mark.parametrize(
    "box",
    [
        *(Box(0, 0, 91, 1), Box(1, 0, 90, 1), Box(0, 60, 1, 1), Box(0, 1, 1, 60), Box(-1, 0, 3, 3), Box(0, 0, 0, 1)),
        *(Box(0, 0, 1.5, 1), Box(0, 0, True, 1), (0, 0, 3, 3), None),  # type: ignore[arg-type]
    ],
)
def test_wrong_boxes(box: Any) -> None:
    foveal.crop_photo(PIXELS, Box(0, 0, 90, 60))
    with pytest.raises(ParameterError, match="box"):
        foveal.crop_photo(PIXELS, box)


@pytest.mark.parametrize("size", ["30", (0, 3), (3, 65_536), 3])
def test_wrong_output_sizes(size: Any) -> None:
    with pytest.raises(ParameterError, match="output_size"):
        foveal.crop_photo(PIXELS, Box(0, 0, 9, 9), output_size=size)


def test_encoded_crops_are_those_of_encode() -> None:
    photo, box = foveal.Photo(PIXELS, exif=exif_with_thumbnail()), Box(10, 20, 40, 30)
    options = EncodeOptions(quality=60, saliency=None)
    found = encode_crop(photo, box, options)
    assert (found.data, found.quality) == (foveal.encode(cut(photo, box)[0], quality=60, saliency=None), 60)
    assert found.notes == (THUMBNAIL_NOTE,)
    larger = encode_crop(photo, box, EncodeOptions(quality=60, saliency=None, metadata="none"), (80, 60))
    assert larger.notes == ("the crop of 40 x 30 pixels is enlarged",)
    assert Image.open(io.BytesIO(larger.data)).size == (80, 60)


@pytest.mark.parametrize("at_the_end", [True, False])
def test_exif_data_is_true_of_the_crop(at_the_end: bool) -> None:
    exif = exif_with_thumbnail(at_the_end=at_the_end)
    photo = foveal.Photo(PIXELS, exif=exif)
    cropped, notes = cut(photo, Box(20, 30, 60, 25), (30, 12))
    assert notes == [THUMBNAIL_NOTE]
    assert cropped.exif is not None
    assert b"small picture" not in cropped.exif
    assert cropped.exif.find(b"maker note") == exif.find(b"maker note")
    read = Image.Exif()
    read.load(cropped.exif)
    inner = read.get_ifd(0x8769)
    assert (inner[0xA002], inner[0xA003]) == (30, 12)
    assert inner[0x9214] == (15, 5, 5, 5)  # (50 - 20) / 2, (40 - 30) x 12 / 25, 10 / 2, 10 x 12 / 25
    assert inner[0xA214] == (15, 5)
    assert inner[0x927C] == b"maker note of 24 bytes.."
    assert not read.get_ifd(1)
    assert len(cropped.exif) < len(exif) if at_the_end else len(cropped.exif) == len(exif)


def test_the_subject_is_that_of_a_crop_and_of_a_resized_photo() -> None:
    """A crop of the whole photo, scaled, has the EXIF data of the resized photo, apart from the thumbnail."""
    photo = foveal.Photo(PIXELS, exif=exif_with_thumbnail())
    scaled, _ = cut(photo, Box(0, 0, 90, 60), (45, 30))
    resized = foveal.resize(photo, 45)
    pair = []
    for each in (scaled, resized):
        read = Image.Exif()
        read.load(each.exif or b"")
        pair.append(dict(read.get_ifd(0x8769)))
    assert pair[0] == pair[1]
    assert pair[0][0x9214] == (25, 20, 5, 5)
    outside, _ = cut(photo, Box(60, 0, 30, 20))
    read = Image.Exif()
    read.load(outside.exif or b"")
    assert read.get_ifd(0x8769)[0xA214] == (0, 19)  # the nearest pixel


def test_sizes_are_those_of_the_stored_picture() -> None:
    cropped, _ = cut(foveal.Photo(PIXELS, exif=exif_with_thumbnail(6)), Box(10, 20, 25, 40))
    read = Image.Exif()
    read.load(cropped.exif or b"")
    inner = read.get_ifd(0x8769)
    assert (inner[0xA002], inner[0xA003]) == (40, 25) == cropped.pixels.shape[1::-1]


def directory(entries: list[bytes], next_at: int = 0) -> bytes:
    return struct.pack("<H", len(entries)) + b"".join(entries) + struct.pack("<I", next_at)


def exif_of(parts: dict[int, bytes]) -> bytes:
    """EXIF data with parts at their positions, the first directory at 8, and dots between them."""
    data = bytearray(b".") * max(at + len(part) for at, part in parts.items())
    for at, part in {0: b"II*\0\x08\0\0\0", **parts}.items():
        data[at : at + len(part)] = part
    return bytes(data)


ORIENTATION = field(0x0112, 3, 1, 1)
MODEL = field(0x0110, 2, 8, 400)  # eight letters at 400
TWO_STRIPS = [field(0x0111, 4, 2, 200), field(0x0117, 4, 2, 208)]  # arrays at 200 and 208
STRIPS = {
    200: struct.pack("<2I", 300, 320),
    208: struct.pack("<2I", 12, 12),
    300: b"strip of top",
    320: b"strip of end",
}
SECRETS = (b"strip of top", b"strip of end", b"another picture")


@pytest.mark.parametrize(
    "parts",
    [
        # A thumbnail of two strips.
        {8: directory([MODEL, ORIENTATION], 100), 100: directory(TWO_STRIPS), **STRIPS},
        # The same in tiles.
        {
            8: directory([MODEL, ORIENTATION], 100),
            100: directory([field(0x0144, 4, 2, 200), field(0x0145, 4, 2, 208)]),
            **STRIPS,
        },
        # A third directory, whose link leads back to the first.
        {
            8: directory([MODEL, ORIENTATION], 100),
            100: directory([field(0x0103, 3, 1, 6)], 130),
            130: directory([field(0x0201, 4, 1, 350), field(0x0202, 4, 1, 15)], 8),
            350: b"another picture",
        },
        # Pictures in sub-directories, of the first directory and of the thumbnail.
        {
            8: directory([MODEL, ORIENTATION, field(0x014A, 4, 1, 100)]),
            100: directory([*TWO_STRIPS, field(0x014A, 13, 2, 240)]),
            240: struct.pack("<2I", 250, 270),
            250: directory([field(0x0103, 3, 1, 6)]),
            270: directory([field(0x010E, 2, 15, 350)]),
            350: b"another picture",
            **STRIPS,
        },
        # A picture that the first directory itself describes.
        {8: directory([MODEL, field(0x0111, 4, 2, 200), ORIENTATION, field(0x0117, 4, 2, 208)]), **STRIPS},
    ],
)
def test_no_picture_of_the_whole_photo_stays_in_exif_data(parts: dict[int, bytes]) -> None:
    exif = exif_of({**parts, 400: b"A model\0", 420: b"end"})
    assert any(secret in exif for secret in SECRETS)
    notes: list[str] = []
    cropped = crop_exif(exif, Box(0, 0, 40, 30), notes)
    assert notes == [THUMBNAIL_NOTE]
    assert cropped is not None
    assert not any(secret in cropped for secret in SECRETS)
    assert len(cropped) == len(exif)  # bytes after the pictures stay where they are
    read = Image.Exif()
    read.load(cropped)
    assert dict(read) == {0x0110: "A model", 0x0112: 1}
    assert not read.get_ifd(1)
    again: list[str] = []
    assert crop_exif(cropped, Box(0, 0, 40, 30), again) == cropped
    assert again == []


def test_values_stay_although_a_thumbnail_claims_their_bytes() -> None:
    thumbnail = [field(0x0201, 4, 1, 200), field(0x0202, 4, 1, 10_000)]
    inner = directory([field(0x927C, 7, 10, 350)])
    first = directory([MODEL, ORIENTATION, field(0x8769, 4, 1, 300)], 100)
    parts = {8: first, 100: directory(thumbnail), 200: b"the picture", 300: inner, 350: b"maker note"}
    cropped = crop_exif(exif_of({**parts, 400: b"A model\0"}), Box(0, 0, 40, 30), [])
    assert cropped is not None
    assert b"the picture" not in cropped
    assert b"..." not in cropped[200:]  # bytes of no value are the picture's
    read = Image.Exif()
    read.load(cropped)
    assert read[0x0110] == "A model"
    assert read.get_ifd(0x8769)[0x927C] == b"maker note"


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
def test_exiftool_reads_the_exif_data_without_a_warning(tmp_path: Path) -> None:
    cropped, _ = cut(foveal.Photo(PIXELS, exif=exif_with_thumbnail()), Box(20, 30, 60, 25))
    (tmp_path / "crop.jpg").write_bytes(foveal.encode(cropped, saliency=None, quality=50))
    command = ["exiftool", "-j", "-a", "-G1", str(tmp_path / "crop.jpg")]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)[0]
    assert (found["ExifIFD:ExifImageWidth"], found["ExifIFD:ExifImageHeight"]) == (60, 25)
    assert (found["File:ImageWidth"], found["File:ImageHeight"]) == (60, 25)
    assert not any("Thumbnail" in name or "Warning" in name for name in found)


@given(st.binary(max_size=60) | st.binary(max_size=200).map(lambda tail: b"MM\0*\0\0\0\x08" + tail))
def test_broken_exif_data_is_no_error(data: bytes) -> None:
    assert crop_exif(data, Box(0, 0, 3, 4), []) is not None


@given(st.integers(0, 300), st.integers(0, 255))
@settings(max_examples=100)
def test_changed_exif_data_keeps_its_header(position: int, value: int) -> None:
    """Also where directories and thumbnails overlap or point outside, the first entries stay."""
    data = bytearray(exif_with_thumbnail())
    data[12 + position % (len(data) - 12)] = value
    cropped = crop_exif(bytes(data), Box(0, 0, 3, 4), [])
    assert cropped is not None
    assert cropped[:8] == data[:8]
    assert len(cropped) <= len(data)


def packet(inside: str, attributes: str = "") -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="urn:dc" '
        'xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:note="http://ns.adobe.com/xmp/note/" '
        f'xmlns:regions="http://www.metadataworkinggroup.com/schemas/regions/"{attributes}>{inside}</rdf:Description>'
        "</rdf:RDF></x:xmpmeta>"
    ).encode()


def test_xmp_loses_what_shows_or_measures_the_whole_picture() -> None:
    notes: list[str] = []
    inside = "<xmp:Thumbnails><rdf:Alt/></xmp:Thumbnails><dc:title>kept</dc:title><regions:Regions>x</regions:Regions>"
    attributes = ' exif:PixelXDimension="90" xmp:Rating="5" note:HasExtendedXMP="0123"'
    cropped = crop_xmp(packet(inside, attributes), notes)
    assert cropped == packet("<dc:title>kept</dc:title>", ' xmp:Rating="5"')
    assert notes == [THUMBNAIL_NOTE, REGIONS_NOTE]
    assert crop_xmp(packet("<dc:title>kept</dc:title>"), []) == packet("<dc:title>kept</dc:title>")
    assert crop_xmp(b"no XML", []) == b"no XML"


def test_viewers_do_not_take_a_crop_for_the_whole_panorama() -> None:
    attributes = ' xmlns:GPano="http://ns.google.com/photos/1.0/panorama/"{} GPano:StitchingSoftware="x"'
    sphere = ' GPano:ProjectionType="equirectangular" GPano:FullPanoWidthPixels="90" GPano:CroppedAreaLeftPixels="0"'
    inside = "<GPano:UsePanoramaViewer>True</GPano:UsePanoramaViewer><dc:title>kept</dc:title>"
    notes: list[str] = []
    whole = packet(inside, attributes.format(sphere))
    expected = packet("<dc:title>kept</dc:title>", attributes.format(""))
    assert crop_xmp(whole, notes) == expected
    assert set(notes) == {PANORAMA_NOTE}
    _, found = cut(foveal.Photo(PIXELS, xmp=whole), Box(0, 0, 40, 30))
    assert found == [PANORAMA_NOTE]


def resource(number: int, data: bytes, name: bytes = b"", signature: bytes = b"8BIM") -> bytes:
    """A resource of Photoshop; name and data are padded to even sizes."""
    pascal = bytes([len(name)]) + name
    head = signature + struct.pack(">H", number) + pascal + b"\0" * (len(pascal) % 2)
    return head + struct.pack(">I", len(data)) + data + b"\0" * (len(data) % 2)


@pytest.mark.parametrize("thumbnail", [b"even size", b"an odd size"])
@pytest.mark.parametrize("text", [b"even", b"odd"])
@pytest.mark.parametrize("name", [b"", b"n", b"na"])
def test_photoshop_resources_around_a_thumbnail_stay(thumbnail: bytes, text: bytes, name: bytes) -> None:
    before = resource(0x0404, text, name) + resource(1, text, name, b"MeSa")
    after = resource(0x0425, text, name)
    for rest in (b"", b"broken", after[:9]):
        payload = b"Photoshop 3.0\0" + before + resource(0x0409, thumbnail, name) + after + rest
        notes: list[str] = []
        (kept,) = keep_segments([Segment(APP13, payload)], notes)
        assert kept.payload == b"Photoshop 3.0\0" + before + after + rest
        assert notes == [THUMBNAIL_NOTE]
        assert keep_segments([kept], notes) == [kept]
        assert notes == [THUMBNAIL_NOTE]


def test_segments_that_show_the_whole_picture_are_left_out() -> None:
    signed = b"JP\0\1\0\0\0\1" + b"\0\0\0\x20jumb" + b"c2pa"
    iptc = b"Photoshop 3.0\0" + resource(0x0404, b"IPTC", b"abc")
    segments = (
        (APP0, b"JFXX\0\x13\1\1abc"),
        (APP1, b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 40),
        (APP11, signed),
        (APP13, iptc + resource(0x040C, THUMBNAIL) + resource(0x0425, b"md5!")),
        (APP13, b"Photoshop 3.0\0" + b"not resources"),
        (0xEC, b"Ducky"),
    )
    cropped, notes = cut(foveal.Photo(PIXELS, extra_segments=segments), Box(0, 0, 10, 10))
    assert notes == [CREDENTIALS_NOTE, THUMBNAIL_NOTE, EXTENDED_NOTE]
    assert [tuple(each) for each in cropped.extra_segments] == [
        (APP13, iptc + resource(0x0425, b"md5!")),
        segments[4],
        segments[5],
    ]
