"""Metadata of encoded photos, as Pillow reads it from the files."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from other_readers import exiftool_tags
from pictures import noisy_gradient
from PIL import Image, ImageCms
from PIL.ExifTags import GPS, IFD, Base

import foveal
from foveal.errors import LimitError, ParameterError

PIXELS = noisy_gradient(24, 40)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF/></x:xmpmeta>'


def full_exif(orientation: int = 6) -> bytes:
    tags = Image.Exif()
    tags[Base.Orientation] = orientation
    tags[Base.Make] = "Camera"
    tags[Base.Copyright] = "(c) someone"
    tags[Base.Artist] = "someone"
    tags[Base.DateTime] = "2026:01:02 03:04:05"
    for secret in (Base.Software, Base.ImageDescription, Base.HostComputer, Base.DocumentName, Base.UserComment):
        tags[secret] = "secret"
    tags.get_ifd(IFD.GPSInfo)[GPS.GPSLatitudeRef] = "N"
    tags.get_ifd(IFD.Exif)[Base.BodySerialNumber] = "12345"
    return tags.tobytes()


def open_with_pillow(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.fixture(params=["JPEG", "PNG", "WEBP", "TIFF"])
def with_everything(request: pytest.FixtureRequest) -> foveal.Photo:
    file = io.BytesIO()
    options: dict[str, Any] = {"exif": full_exif(), "icc_profile": SRGB, "dpi": (300, 300)}
    if request.param in ("JPEG", "WEBP"):
        options["xmp"] = XMP
    if request.param == "JPEG":
        options["comment"] = b"a comment"
    Image.fromarray(PIXELS).save(file, request.param, **options)
    file.seek(0)
    return foveal.open(file)


def stored_orientation(photo: foveal.Photo) -> int:
    """Orientation of the opened photo: Pillow turns TIFF files upright itself."""
    return 1 if photo.file_format == "TIFF" else 6


def test_keep_writes_all_metadata(with_everything: foveal.Photo) -> None:
    image = open_with_pillow(foveal.encode(with_everything))
    tags = image.getexif()
    assert tags.get(Base.Orientation, 1) == stored_orientation(with_everything)
    assert tags[Base.Make] == "Camera"
    assert tags.get_ifd(IFD.GPSInfo)[GPS.GPSLatitudeRef] == "N"
    assert tags.get_ifd(IFD.Exif)[Base.BodySerialNumber] == "12345"
    assert image.info["icc_profile"] == SRGB
    assert image.info.get("xmp") == with_everything.xmp
    assert image.info.get("comment") == with_everything.comment
    if with_everything.file_format in ("JPEG", "PNG", "TIFF"):
        assert image.info["dpi"] == (300, 300)
    if with_everything.file_format in ("JPEG", "WEBP"):
        assert with_everything.xmp == XMP
    assert image.size == ((40, 24) if stored_orientation(with_everything) == 6 else (24, 40))


def test_safe_reveals_no_place_time_or_device(with_everything: foveal.Photo) -> None:
    data = foveal.encode(with_everything, metadata="safe")
    image = open_with_pillow(data)
    tags = image.getexif()
    found = dict(tags)
    assert found.pop(Base.Orientation, 1) == stored_orientation(with_everything)
    assert found == {Base.Copyright: "(c) someone", Base.Artist: "someone"}
    assert image.info["icc_profile"] == SRGB
    assert "xmp" not in image.info
    assert "comment" not in image.info
    for secret in (b"Camera", b"12345", b"2026:", b"secret"):
        assert secret not in data


def test_none_keeps_the_colours_and_turns_the_pixels(with_everything: foveal.Photo) -> None:
    image = open_with_pillow(foveal.encode(with_everything, metadata="none", quality=95, saliency=None))
    assert image.info["icc_profile"] == SRGB
    assert not image.getexif()
    assert "xmp" not in image.info
    assert image.size == (24, 40)
    expected = with_everything.upright().pixels.astype(int)
    assert np.abs(np.asarray(image).astype(int) - expected).mean() < 6


def test_given_metadata_replaces_that_of_the_photo(with_everything: foveal.Photo) -> None:
    exif = full_exif(orientation=3)
    for given in (exif, exif.removeprefix(b"Exif\0\0")):
        image = open_with_pillow(foveal.encode(with_everything, exif=given, xmp=b"<other/>", icc_profile=b"profile"))
        assert image.getexif()[Base.Orientation] == 3
        assert image.info["xmp"] == b"<other/>"
        assert image.info["icc_profile"] == b"profile"
    image = open_with_pillow(foveal.encode(with_everything, exif=b"", xmp=b"", icc_profile=b""))
    assert not image.getexif()
    assert not {"xmp", "icc_profile"} & set(image.info)


def test_arrays_can_be_given_metadata() -> None:
    image = open_with_pillow(foveal.encode(PIXELS, exif=full_exif(), icc_profile=SRGB))
    assert image.getexif()[Base.Make] == "Camera"
    assert image.info["icc_profile"] == SRGB


@pytest.mark.parametrize("metadata", ["keep", "safe", "none"])
@pytest.mark.parametrize("grey", [True, False], ids=["grey", "RGB"])
@pytest.mark.parametrize("kind", ["sgrey", "srgb", "p3", "cmyk"])
def test_a_profile_of_another_colour_space_is_left_out(kind: str, grey: bool, metadata: str) -> None:
    """The profiles are those that libvips contains."""
    profile = bytes(pyvips.Operation.call("profile_load", kind))
    pixels = PIXELS[:, :, 0].copy() if grey else PIXELS
    fits = kind == "sgrey" if grey else kind in ("srgb", "p3")
    photo = foveal.Photo(pixels, icc_profile=profile)
    image = open_with_pillow(foveal.encode(photo, metadata=metadata))
    assert image.info.get("icc_profile") == (profile if fits else None)
    assert photo.icc_profile == profile
    if not fits:
        with pytest.raises(ParameterError, match=r"icc_profile: .* is for (RGB|GRAY|CMYK) pixels, and the picture is"):
            foveal.encode(pixels, icc_profile=profile, metadata=metadata)


def test_a_photo_converted_to_grey_by_pillow_loses_its_rgb_profile() -> None:
    """`Image.convert` keeps the profile."""
    colour = open_with_pillow(foveal.encode(PIXELS, icc_profile=SRGB))
    grey = colour.convert("L")
    assert grey.info["icc_profile"] == SRGB
    assert "icc_profile" not in open_with_pillow(foveal.encode(grey)).info
    assert open_with_pillow(foveal.encode(colour)).info["icc_profile"] == SRGB


@pytest.mark.parametrize("size", [65519, 65520, 2 * 65519, 2 * 65519 + 1])
def test_icc_profiles_are_split_over_segments(size: int) -> None:
    profile = bytes(np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8))
    data = foveal.encode(PIXELS, icc_profile=profile)
    assert open_with_pillow(data).info["icc_profile"] == profile
    assert data.count(b"ICC_PROFILE\0") == -(-size // 65519)


def test_a_profile_that_does_not_fit_its_segments_is_refused() -> None:
    assert foveal.encode(PIXELS, icc_profile=b"x" * (255 * 65519))
    with pytest.raises(LimitError, match=r"16,707,345"):
        foveal.encode(PIXELS, icc_profile=b"x" * (255 * 65519 + 1))


@pytest.mark.parametrize("largest", [65_533])
def test_a_comment_that_does_not_fit_its_segment_is_refused(largest: int) -> None:
    assert foveal.encode(foveal.Photo(PIXELS, comment=b"x" * largest))
    with pytest.raises(LimitError, match=r"65,533"):
        foveal.encode(foveal.Photo(PIXELS, comment=b"x" * (largest + 1)))


def test_exiftool_finds_no_place_time_or_device_after_safe(with_everything: foveal.Photo, tmp_path: Path) -> None:
    wanted = {"IFD0:Artist", "IFD0:Copyright", "IFD0:Orientation"}
    tags = exiftool_tags(foveal.encode(with_everything, metadata="safe"), ".jpg", tmp_path)
    others = {name for name in tags if not name.startswith(("JFIF:", "ICC", "ExifTool:", "Composite:"))} - wanted
    assert others == set()
    assert tags["IFD0:Copyright"] == "(c) someone"
    kept = exiftool_tags(foveal.encode(with_everything), ".jpg", tmp_path)
    assert {"IFD0:Make", "ExifIFD:SerialNumber", "GPS:GPSLatitudeRef"} <= set(kept)


def test_a_jpegs_iptc_and_extended_xmp_are_kept() -> None:
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x05\x1c\x02\x05\0\0"
    extended = b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 32 + b"\0\0\0\x04\0\0\0\0abcd"
    plain = foveal.encode(PIXELS)
    segments = b"".join(
        b"\xff" + bytes([code]) + (len(payload) + 2).to_bytes(2, "big") + payload
        for code, payload in ((0xED, iptc), (0xE1, extended))
    )
    photo = foveal.open(io.BytesIO(plain[:20] + segments + plain[20:]))
    assert photo.extra_segments == ((0xED, iptc), (0xE1, extended))
    assert segments in foveal.encode(photo)
    assert iptc not in foveal.encode(photo, metadata="safe")
    assert extended not in foveal.encode(photo, xmp=b"")
    assert iptc in foveal.encode(photo, xmp=b"<other/>")


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(ParameterError, match="keep, safe, none"):
        foveal.encode(PIXELS, metadata="some")
