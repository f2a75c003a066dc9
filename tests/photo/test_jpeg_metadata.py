"""What is kept of the segments of a JPEG, and what is said about the rest, as ExifTool and Pillow read it."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from jpeg_files import JFIF, pillow_file
from other_readers import exiftool_tags, marker_segments
from pictures import noisy_gradient, save_image
from PIL import Image, ImageCms
from PIL.ExifTags import Base
from PIL.PngImagePlugin import PngInfo

import foveal
from foveal.errors import FormatWarning
from foveal.jpeg import Segment
from foveal.photo.announcements import remove_announcements

PIXELS = noisy_gradient(16, 24)
PLAIN = pillow_file(Image.fromarray(PIXELS))
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
ICC = b"ICC_PROFILE\0"
XMP = b"http://ns.adobe.com/xap/1.0/\0"
EXTRA = [
    (0xE0, b"JFXX\0\x13\1\1abc"),
    (0xE1, b"FLIR\0\1\0\0thermal data"),
    (0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 32 + b"\0\0\0\4\0\0\0\0abcd"),
    (0xE2, b"FPXR\0flashpix"),
    (0xE3, b"Meta\0\0II*\0"),
    (0xE4, b"SCALADO\0"),
    (0xE5, b"RMETA\0"),
    (0xE7, b"PENTAX \0"),
    (0xE8, b"anything"),
    (0xEA, b"AROT\0\0"),
    (0xEB, b"JP\0\1\0\0\0\1\0\0\0\x20jumb manifest"),
    (0xEC, b"OLYMPUS\0[picture info]"),
    (0xED, b"Photoshop 3.0\x008BIM\4\4\0\0\0\0\0\5\x1c\2\5\0\0"),
    (0xEF, b""),
    (0xFE, b"first comment"),
    (0xFE, b"second comment"),
]


def segment(code: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, code, len(payload) + 2) + payload


def file_with(*segments: tuple[int, bytes], jfif: bytes = segment(*JFIF), trailing: bytes = b"") -> bytes:
    return PLAIN[:2] + jfif + b"".join(segment(*each) for each in segments) + PLAIN[20:] + trailing


def read(data: bytes) -> tuple[foveal.Photo, list[str]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        photo = foveal.open(io.BytesIO(data))
    return photo, [str(each.message) for each in caught if each.category is FormatWarning]  # and not Pillow's


def application_segments(data: bytes) -> list[tuple[int, bytes]]:
    return [each for each in marker_segments(data) if 0xE0 <= each[0] <= 0xEF or each[0] == 0xFE]


def test_keep_writes_all_segments_in_their_order() -> None:
    photo, notes = read(file_with(*EXTRA))
    assert notes == []
    assert application_segments(foveal.encode(photo)) == [(JFIF.code, JFIF.payload), *EXTRA]
    for policy in ("safe", "none"):
        assert application_segments(foveal.encode(photo, metadata=policy)) == [(JFIF.code, JFIF.payload)]


def test_segments_that_belong_to_the_old_picture_are_left_out() -> None:
    adobe, residual, hdr = b"Adobe\0\x64\0\0\0\0\1", b"JP\0\1\0\0\0\1\0\0\0\x20RESI...", b"HDR_RI ver=11"
    photo, notes = read(file_with((0xEE, adobe), (0xEB, residual), (0xEB, hdr), (0xE2, b"MPF\0II*\0\x08\0\0\0")))
    assert application_segments(foveal.encode(photo)) == [(JFIF.code, JFIF.payload)]
    assert notes == [f"{len(residual) + len(hdr)} bytes that refine the old picture (JPEG XT or JPEG-HDR) are left out"]


def test_a_jfif_thumbnail_becomes_a_segment_of_its_own() -> None:
    thumbnail = bytes(range(3 * 2 * 3))
    photo, _ = read(file_with(jfif=segment(0xE0, JFIF.payload[:12] + b"\3\2" + thumbnail)))
    written = application_segments(foveal.encode(photo))
    assert written == [(0xE0, JFIF.payload), (0xE0, b"JFXX\0\x13\3\2" + thumbnail)]


def test_given_metadata_replaces_all_segments_of_its_kind() -> None:
    exif = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"
    data = file_with((0xE1, exif), (0xE1, exif), (0xE1, XMP + b"<a/>"), (0xE1, XMP + b"<b/>"), *EXTRA[1:3])
    photo, _ = read(data)
    kept = [payload for _, payload in application_segments(foveal.encode(photo))[1:]]
    assert sorted(kept) == sorted([exif, exif, XMP + b"<a/>", XMP + b"<b/>", EXTRA[1][1], EXTRA[2][1]])
    assert exif not in [payload for _, payload in application_segments(foveal.encode(photo, exif=b""))]
    without_xmp = application_segments(foveal.encode(photo, xmp=b""))[1:]
    assert without_xmp == [(0xE1, exif), (0xE1, exif), EXTRA[1]]


@pytest.mark.parametrize("size", [65_527, 65_528, 150_000])
def test_exif_data_of_any_size_is_kept(size: int, tmp_path: Path) -> None:
    """Exif 2.32 allows one segment; ExifTool and Pillow join those that follow it."""
    comment = b"x" * 1_000
    tags = Image.Exif()
    tags[Base.Copyright] = "me"
    tags[Base.ImageDescription] = ("y" * (size - len(comment) - 64)) + comment.decode()
    exif = tags.tobytes().removeprefix(b"Exif\0\0")
    exif += bytes(size - len(exif))
    data = foveal.encode(PIXELS, exif=exif)
    assert len([1 for code, payload in marker_segments(data) if code == 0xE1]) == -(-size // 65_527)
    with Image.open(io.BytesIO(data)) as image:
        assert image.info["exif"] == b"Exif\0\0" + exif
    found = exiftool_tags(data, ".jpg", tmp_path)
    assert found["IFD0:Copyright"] == "me"
    assert found["IFD0:ImageDescription"] == tags[Base.ImageDescription]
    photo, _ = read(data)
    assert photo.exif == exif
    assert application_segments(foveal.encode(photo)) == application_segments(data)
    safe = exiftool_tags(foveal.encode(photo, metadata="safe"), ".jpg", tmp_path)
    assert "IFD0:ImageDescription" not in safe


def test_a_continuation_never_begins_like_exif_data() -> None:
    exif = b"II*\0" + b"II*\0" * 40_000
    data = foveal.encode(PIXELS, exif=exif)
    payloads = [payload[6:] for code, payload in marker_segments(data) if code == 0xE1]
    assert b"".join(payloads) == exif
    assert [payload.startswith((b"II*\0", b"MM\0*")) for payload in payloads] == [True, False, False]
    assert read(data)[0].exif == exif


def chunk(number: int, count: int, data: bytes) -> tuple[int, bytes]:
    return 0xE2, ICC + bytes((number, count)) + data


@pytest.mark.parametrize(
    ("chunks", "kept", "words"),
    [
        ([(1, 2, 0), (2, 2, 1)], True, ()),
        ([(2, 2, 1), (1, 2, 0)], True, ()),
        ([(1, 2, 0), (2, 2, 1), (1, 2, 0), (2, 2, 1)], True, ()),
        ([(1, 2, 1), (1, 2, 0), (2, 2, 1)], True, ("same number", "last of each is used")),
        ([(1, 2, 0)], False, ("incomplete", "[1] of 2", "left out")),
        ([(1, 3, 0), (3, 3, 1)], False, ("incomplete", "[1, 3] of 3", "left out")),
        ([(0, 2, 0), (1, 2, 1)], False, ("incomplete", "[0, 1] of 2", "left out")),
    ],
)
def test_colour_profiles_are_joined_as_by_decode_or_there_is_a_warning(
    chunks: list[tuple[int, int, int]], kept: bool, words: tuple[str, ...]
) -> None:
    halves = PROFILE[:300], PROFILE[300:]
    data = file_with(*(chunk(number, count, halves[half]) for number, count, half in chunks))
    photo, notes = read(data)
    assert photo.icc_profile == (PROFILE if kept else None)
    assert len(notes) == bool(words)
    assert all(word in notes[0] for word in words)
    with Image.open(io.BytesIO(foveal.encode(photo))) as image:
        assert image.info.get("icc_profile") == photo.icc_profile


def jfif_with(units: int, horizontal: int, vertical: int) -> bytes:
    return segment(0xE0, struct.pack(">5sBBBHHBB", b"JFIF\0", 1, 2, units, horizontal, vertical, 0, 0))


@pytest.mark.parametrize(
    ("found", "kept", "none"),
    [
        ((0, 1, 1), (0, 1, 1), (0, 1, 1)),
        ((0, 2, 1), (0, 2, 1), (0, 2, 1)),
        ((0, 59, 54), (0, 59, 54), (0, 59, 54)),
        ((0, 7, 7), (0, 1, 1), (0, 1, 1)),
        ((0, 0, 5), (0, 1, 1), (0, 1, 1)),
        ((1, 72, 72), (1, 72, 72), (0, 1, 1)),
        ((1, 72, 144), (1, 72, 144), (0, 72, 144)),
        ((1, 1, 2), (0, 1, 2), (0, 1, 2)),
        ((2, 100, 200), (1, 254, 508), (0, 254, 508)),
        ((2, 65_535, 100), (0, 65_535, 100), (0, 65_535, 100)),
    ],
)
@pytest.mark.parametrize("orientation", [1, 6])
def test_resolution_and_aspect_ratio_of_pixels(
    found: tuple[int, int, int], kept: tuple[int, int, int], none: tuple[int, int, int], orientation: int
) -> None:
    tags = Image.Exif()
    tags[Base.Orientation] = orientation
    data = file_with((0xE1, tags.tobytes()), jfif=jfif_with(*found))
    photo, _ = read(data)
    turned = (none[0], none[2], none[1]) if orientation == 6 else none
    for policy, expected in (("keep", kept), ("safe", kept), ("none", turned)):
        with Image.open(io.BytesIO(foveal.encode(photo, metadata=policy))) as image:
            assert (image.info["jfif_unit"], *image.info["jfif_density"]) == expected


def test_the_resolution_in_exif_data_is_taken_without_one_in_jfif() -> None:
    tags = Image.Exif()
    tags[Base.XResolution], tags[Base.YResolution] = 300.0, 150.0
    photo, _ = read(file_with((0xE1, tags.tobytes())))
    assert photo.dots_per_inch == (300, 150)
    tags[Base.XResolution], tags[Base.YResolution], tags[Base.ResolutionUnit] = 118.0, 59.0, 3
    photo, _ = read(file_with((0xE1, tags.tobytes())))
    assert photo.dots_per_inch == (300, 150)
    photo, _ = read(file_with((0xE1, tags.tobytes()), jfif=jfif_with(1, 96, 96)))
    assert photo.dots_per_inch == (96, 96)
    photo, _ = read(file_with((0xE1, tags.tobytes()), jfif=jfif_with(0, 2, 1)))
    assert (photo.dots_per_inch, photo.pixel_aspect) == (None, (2, 1))


def test_the_aspect_ratio_of_a_png_is_kept() -> None:
    png = save_image(Image.fromarray(PIXELS), "PNG", dpi=(1, 1)).getvalue()
    position = png.index(b"pHYs") + 4
    body = struct.pack(">IIB", 4, 3, 0)
    data = png[:position] + body + struct.pack(">I", zlib.crc32(b"pHYs" + body)) + png[position + 13 :]
    with Image.open(io.BytesIO(data)) as image:
        assert image.info["aspect"] == (4, 3)
    assert foveal.open(io.BytesIO(data)).pixel_aspect == (4, 3)


GOOGLE = "http://ns.google.com/photos/1.0"
NAMESPACES = (
    f'xmlns:GCamera="{GOOGLE}/camera/" xmlns:C="{GOOGLE}/container/" xmlns:Item="{GOOGLE}/container/item/"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def packet(attributes: str = "", properties: str = "") -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {NAMESPACES} dc:format="image/jpeg"{attributes}>'
        f"<dc:source>me</dc:source>{properties}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def directory(*items: str) -> str:
    parts = (f'<rdf:li rdf:parseType="Resource"><C:Item {item}/></rdf:li>' for item in items)
    return f"<C:Directory><rdf:Seq>{''.join(parts)}</rdf:Seq></C:Directory>"


PRIMARY = 'Item:Mime="image/jpeg" Item:Semantic="Primary"'
GAIN_MAP_ITEM = 'Item:Mime="image/jpeg" Item:Semantic="GainMap" Item:Length="300"'
VIDEO_ITEM = 'Item:Mime="video/mp4" Item:Semantic="MotionPhoto" Item:Length="2000"'
HDRGM = ' xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"'
APPLE = ' xmlns:HDRGainMap="http://ns.apple.com/HDRGainMap/1.0/"'
OPLUS = ' xmlns:OpCamera="http://ns.oplus.com/photos/1.0/camera/"'
DEPTH = ' xmlns:Device="http://ns.google.com/photos/dd/1.0/device/"'
VIDEO = b"\0\0\0\x18ftypmp42" + bytes(1988)


@pytest.mark.parametrize(
    ("xmp", "trailing", "what"),
    [
        (packet(HDRGM, directory(PRIMARY, GAIN_MAP_ITEM)), PLAIN, "an HDR gain map"),
        (packet(HDRGM, directory(PRIMARY, GAIN_MAP_ITEM, VIDEO_ITEM)), PLAIN + VIDEO, "an HDR gain map and the video"),
        (packet(HDRGM.replace('="1.0"', "='1.0'")), PLAIN, "an HDR gain map"),
        (packet(APPLE, "<HDRGainMap:HDRGainMapVersion>65536</HDRGainMap:HDRGainMapVersion>"), PLAIN, "an HDR gain map"),
        (packet(' GCamera:MotionPhoto="1"', directory(PRIMARY, VIDEO_ITEM)), VIDEO, "the video of a motion photo"),
        (packet(' GCamera:MicroVideo="1" GCamera:MicroVideoOffset="2000"'), VIDEO, "the video of a motion photo"),
        (packet("", "<GCamera:MotionPhoto>1</GCamera:MotionPhoto>"), VIDEO, "the video of a motion photo"),
        (packet(OPLUS + ' GCamera:MotionPhoto="1" OpCamera:VideoLength="2000"'), VIDEO, "the video of a motion photo"),
        (packet(OPLUS, "<OpCamera:VideoLength>2000</OpCamera:VideoLength>"), VIDEO, "the video of a motion photo"),
        (packet(DEPTH, "<Device:Container>" + directory(PRIMARY) + "</Device:Container>"), PLAIN, "1 further picture"),
        (packet(), b"anything", "unknown data"),
        (packet(), bytes(3), "unknown data"),
        (packet(), b"", ""),
    ],
)
def test_what_follows_the_picture_is_left_out_and_announced_no_more(
    xmp: bytes, trailing: bytes, what: str, tmp_path: Path
) -> None:
    photo, notes = read(file_with((0xE1, XMP + xmp), trailing=trailing))
    assert len(notes) == bool(trailing)
    assert all(note.startswith(f"{len(trailing):,} bytes after the picture are left out: {what}") for note in notes)
    data = foveal.encode(photo)
    found = foveal.inspect(data).metadata
    assert (found.has_gain_map, found.pictures, found.trailing_bytes) == (False, 0, 0)
    tags = exiftool_tags(data, ".jpg", tmp_path)
    assert {name for name in tags if name.startswith("XMP-")} <= {"XMP-dc:Format", "XMP-dc:Source", "XMP-rdf:About"}
    assert (tags["XMP-dc:Format"], tags["XMP-dc:Source"]) == ("image/jpeg", "me")
    for word in (b"GainMap", b"hdrgm", b"MotionPhoto", b"MicroVideo", b"Item:Length", b"VideoLength"):
        assert word not in data
    for policy in ("safe", "none"):
        assert b"adobe" not in foveal.encode(photo, metadata=policy)


def test_a_gain_map_by_iso_21496_is_named_and_announced_no_more() -> None:
    announcement = b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0"
    gain_map = PLAIN[:2] + segment(0xE2, announcement) + PLAIN[2:]
    photo, notes = read(file_with((0xE2, announcement), trailing=gain_map))
    assert notes == [f"{len(gain_map):,} bytes after the picture are left out: an HDR gain map"]
    assert not foveal.inspect(foveal.encode(photo)).metadata.has_gain_map


def test_further_pictures_are_counted() -> None:
    more = [Image.fromarray(PIXELS)] * 2
    data = pillow_file(Image.fromarray(PIXELS), kind="MPO", save_all=True, append_images=more)
    photo, notes = read(data)
    assert notes[0].endswith(" bytes after the picture are left out: 2 further pictures")
    assert foveal.inspect(foveal.encode(photo)).metadata.pictures == 0


@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "TIFF"])
def test_files_of_other_formats_announce_no_gain_map_either(file_format: str) -> None:
    xmp = packet(HDRGM)
    options = {"xmp": xmp}
    if file_format == "PNG":
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", xmp.decode())
        options = {"pnginfo": info}
    if file_format == "TIFF":
        options = {"tiffinfo": {700: xmp}}
    photo, notes = read(save_image(Image.fromarray(PIXELS), file_format, **options).getvalue())
    assert photo.xmp == packet()
    assert len(notes) == 1
    assert "announces a gain map" in notes[0]


def test_packets_without_announcements_stay_as_they_are() -> None:
    whole = packet(' GCamera:Other="1"', "<dc:rights>a &amp; b</dc:rights><!-- kept -->")
    assert remove_announcements(whole) == whole
    for broken in (b"", b"<a", b"<a>" * 3, b"\xff\xfe", whole[:-5] + b"\xff"):
        assert remove_announcements(broken) == broken


def test_the_picture_may_hold_bytes_that_look_like_markers() -> None:
    """Restart markers, and data between the scans of a progressive file."""
    data = pillow_file(Image.fromarray(noisy_gradient(64, 64)), progressive=True, restart_marker_blocks=2)
    photo, notes = read(data + b"behind")
    assert notes == ["6 bytes after the picture are left out: unknown data"]
    assert photo.file_bytes == len(data) + 6


def test_mutated_metadata_raises_only_errors_of_foveal() -> None:
    whole = file_with((0xE1, XMP + packet(HDRGM, directory(PRIMARY, GAIN_MAP_ITEM))), *EXTRA, trailing=PLAIN)
    rng = np.random.default_rng(0)
    for _ in range(300):
        data = bytearray(whole)
        for position in rng.integers(2, len(whole) - 2 * len(PLAIN) + 400, 5):
            data[position] = rng.integers(0, 256)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                photo = foveal.open(io.BytesIO(bytes(data)))
            except foveal.FovealError:
                continue
            foveal.encode(photo, quality=50, saliency=None, effort="fast")


def test_segments_are_tuples_of_code_and_payload() -> None:
    photo, _ = read(file_with(EXTRA[1]))
    assert photo.extra_segments == (EXTRA[1],) == (Segment(*EXTRA[1]),)
