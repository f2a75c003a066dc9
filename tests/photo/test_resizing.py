"""Resizing in linear light, and the metadata of resized photos."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

import foveal
from foveal.errors import LimitError, ParameterError
from foveal.photo import icc, orientation
from foveal.photo.color_space import SRGB_CURVE, TransferCurve
from foveal.photo.resizing import reduce_longer_side

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/'
    b'1.0/"%b tiff:Make="Acme">%b</rdf:Description></rdf:RDF></x:xmpmeta>'
)


def exif_of(**tags: Any) -> bytes:
    """EXIF data that Pillow writes: tags of the first directory by number, of the Exif directory in `inner`."""
    data = Image.Exif()
    for tag, value in tags.pop("inner", {}).items():
        data.get_ifd(0x8769)[tag] = value
    for tag, value in tags.pop("first", {}).items():
        data[tag] = value
    return data.tobytes()


@given(st.integers(0, 255), st.sampled_from([np.uint8, np.uint16]), st.integers(1, 40), st.integers(1, 40))
@settings(max_examples=30, deadline=None)
def test_a_flat_picture_stays_as_it_is(value: int, dtype: type[Any], width: int, height: int) -> None:
    pixels = np.full((height, 23, 3), value * (257 if dtype is np.uint16 else 1), dtype)
    resized = foveal.resize(foveal.Photo(pixels), width, enlarge=True)
    assert resized.pixels.shape == (max(1, round(height * width / 23)), width, 3)
    assert resized.pixels.dtype == dtype
    assert (resized.pixels == pixels[0, 0]).all()


def test_fine_detail_keeps_its_light() -> None:
    """Half of the pixels white and half black shine like 188 of 255 on a screen, not like 128."""
    checks = np.indices((64, 64)).sum(axis=0) % 2 * 255
    resized = foveal.resize(foveal.Photo(checks.astype(np.uint8)), 16)
    assert set(np.unique(resized.pixels[2:-2, 2:-2])) <= {187, 188, 189}


def profile_of(colour_space: bytes, curves: dict[bytes, bytes]) -> bytes:
    """An ICC profile with only a header and transfer functions."""
    head = (bytes(16) + colour_space + bytes(16) + b"acsp").ljust(128, b"\0") + struct.pack(">I", len(curves))
    table, data = b"", b""
    for tag, curve in curves.items():
        table += struct.pack(">4sII", tag, len(head) + 12 * len(curves) + len(data), len(curve))
        data += curve
    return head + table + data


def gamma_curve(*values: int) -> bytes:
    return b"curv" + bytes(4) + struct.pack(f">I{len(values)}H", len(values), *values)


def formula(function: int, *parameters: float) -> bytes:
    numbers = (round(65536 * number) for number in parameters)
    return b"para" + bytes(4) + struct.pack(f">HH{len(parameters)}i", function, 0, *numbers)


SRGB_FORMULA = formula(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        (gamma_curve(), 0.5),  # linear
        (gamma_curve(256), 0.5),
        (formula(0, 1.0), 0.5),
        (gamma_curve(461), 0.5 ** (256 / 461)),  # 1.8, as of ProPhoto RGB
        (formula(0, 2.2), 0.5 ** (1 / 2.2)),
        (formula(3, 1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081), 1.099 * 0.5**0.45 - 0.099),  # BT.709
        (SRGB_FORMULA, 1.055 * 0.5 ** (1 / 2.4) - 0.055),
        # Curves that are not used: sRGB's is.
        (gamma_curve(0, 30_000, 65_535), 0.7354),  # a table
        (gamma_curve(0), 0.7354),
        (formula(0, -1.0), 0.7354),
        (formula(3, 2.4, 0.5, 0.0, 0.1, 0.04), 0.7354),  # does not reach 1
        (formula(3, 2.4, 1.0, 0.0, 0.0, 0.04), 0.7354),  # cannot be inverted
        (formula(1, 2.4, 1.0, 0.0), 0.7354),
        (b"para", 0.7354),
        (b"", 0.7354),
    ],
)
@pytest.mark.parametrize("is_grey", [True, False])
def test_light_is_that_of_the_profile(curve: bytes, expected: float, is_grey: bool) -> None:
    checks = (np.indices((64, 64)).sum(axis=0) % 2 * 65_535).astype(np.uint16)
    tags = [b"kTRC"] if is_grey else [b"rTRC", b"gTRC", b"bTRC"]
    profile = profile_of(b"GRAY" if is_grey else b"RGB ", dict.fromkeys(tags, curve))
    photo = foveal.Photo(checks if is_grey else np.stack([checks] * 3, axis=2), icc_profile=profile)
    found = foveal.resize(photo, 16).pixels[2:-2, 2:-2] / 65_535
    assert np.abs(found - expected).max() < 0.003
    for length in range(128, len(profile), 3):  # broken profiles
        assert foveal.resize(foveal.Photo(photo.pixels[:2, :4], icc_profile=profile[:length]), 2).width == 2


def test_a_profile_of_srgb_changes_nothing(astronaut: np.ndarray) -> None:
    curves = dict.fromkeys([b"rTRC", b"gTRC", b"bTRC"], SRGB_FORMULA)
    plain = foveal.resize(foveal.Photo(astronaut), 160)
    for profile in (profile_of(b"RGB ", curves), profile_of(b"RGB ", {**curves, b"bTRC": gamma_curve()})):
        np.testing.assert_array_equal(
            foveal.resize(foveal.Photo(astronaut, icc_profile=profile), 160).pixels, plain.pixels
        )


def test_profiles_of_littlecms_are_read() -> None:
    for name, expected in {"sRGB": True, "LAB": False}.items():
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes()  # type: ignore[arg-type]
        curve = icc.transfer_curve(profile)
        assert (curve is not None) is expected
        if curve is not None:
            values = np.linspace(0, 1, 99)
            assert np.abs(curve.to_linear(values) - SRGB_CURVE.to_linear(values)).max() < 1e-4


def test_the_result_is_that_of_libvips_in_linear_light(astronaut: np.ndarray) -> None:
    pyvips = pytest.importorskip("pyvips")
    linear = pyvips.Image.new_from_array(astronaut).copy(interpretation="srgb").colourspace("scrgb")
    other = linear.resize(160 / 512, kernel="lanczos3").colourspace("srgb").numpy()
    own = foveal.resize(foveal.Photo(astronaut), 160).pixels
    assert own.shape == other.shape
    difference = np.abs(own.astype(int) - other)[4:-4, 4:-4]
    assert difference.mean() < 1
    gamma = np.asarray(Image.fromarray(astronaut).resize((160, 160), Image.Resampling.LANCZOS))
    assert difference.mean() < np.abs(gamma.astype(int) - other)[4:-4, 4:-4].mean() / 2


def test_photos_are_enlarged_only_if_asked() -> None:
    photo = foveal.Photo(np.zeros((30, 40, 3), np.uint8))
    assert foveal.resize(photo, 40).pixels is photo.pixels
    assert foveal.resize(photo, 41).pixels is photo.pixels
    assert foveal.resize(photo, 80, enlarge=True).pixels.shape == (60, 80, 3)
    assert foveal.resize(photo, 39).pixels.shape == (29, 39, 3)
    assert foveal.resize(photo.pixels, 1).pixels.shape == (1, 1, 3)
    assert reduce_longer_side(photo, 40) is photo
    assert reduce_longer_side(photo, 20).pixels.shape == (15, 20, 3)


@pytest.mark.parametrize("turned", range(1, 9))
def test_the_width_is_that_of_the_displayed_picture(turned: int, astronaut: np.ndarray) -> None:
    displayed = np.ascontiguousarray(astronaut[:200, :400])
    stored = np.ascontiguousarray(orientation.to_stored(displayed, turned))
    resized = foveal.resize(foveal.Photo(stored, exif=exif_of(first={0x0112: turned})), 100)
    assert resized.orientation == turned
    assert resized.displayed_size == (50, 100)
    upright = foveal.resize(foveal.Photo(displayed), 100)
    difference = np.abs(resized.upright().pixels.astype(int) - upright.pixels)
    assert difference.max() <= 1  # the order of rows and columns changes the rounding of float32


@pytest.mark.parametrize("signature", [b"", b"Exif\0\0"])
def test_sizes_in_exif_data_become_true(signature: bytes) -> None:
    inner = {0xA002: 400, 0xA003: 200, 0x9214: (200, 100, 40, 20), 0x829A: 0.01}
    exif = exif_of(first={0x0112: 6, 0x0100: 400, 0x0101: 200, 0x010F: "Acme"}, inner=inner).removeprefix(b"Exif\0\0")
    photo = foveal.Photo(np.zeros((200, 400, 3), np.uint8), exif=signature + exif, dots_per_inch=(300, 300))
    resized = foveal.resize(photo, 50)  # a quarter of its size, as it is displayed upright
    assert resized.dots_per_inch == (300, 300)
    written = Image.open(io.BytesIO(foveal.encode(resized, saliency=None, quality=50)))
    assert written.size == (100, 50)
    found = written.getexif()
    assert {tag: found[tag] for tag in (0x0112, 0x0100, 0x0101, 0x010F)} == {
        0x0112: 6,
        0x0100: 100,
        0x0101: 50,
        0x010F: "Acme",
    }
    assert found.get_ifd(0x8769)[0x9214] == (50, 25, 10, 5)
    assert (found.get_ifd(0x8769)[0xA002], found.get_ifd(0x8769)[0xA003]) == (100, 50)
    assert float(found.get_ifd(0x8769)[0x829A]) == 0.01
    assert photo.exif == signature + exif


@given(st.binary(max_size=80))
@settings(max_examples=200, deadline=None)
def test_broken_exif_data_is_no_error(data: bytes) -> None:
    photo = foveal.Photo(np.zeros((2, 4), np.uint8), exif=b"II*\0\x08\0\0\0" + data)
    resized = foveal.resize(photo, 1)
    assert photo.exif is not None
    assert resized.exif is not None
    assert len(resized.exif) == len(photo.exif)
    assert resized.exif[:8] == photo.exif[:8]


def test_sizes_in_xmp_are_left_out_and_the_rest_stays() -> None:
    packet = XMP % (b' tiff:ImageWidth="400"', b"<exif:PixelXDimension>400</exif:PixelXDimension><exif:Flash/>")
    photo = foveal.Photo(np.zeros((2, 4), np.uint8), xmp=packet)
    assert foveal.resize(photo, 2).xmp == XMP % (b"", b"<exif:Flash/>")
    assert foveal.resize(photo, 4).xmp == packet


def test_optimize_resizes_alike(coffee: np.ndarray) -> None:
    data = foveal.encode(coffee, saliency=None, quality=95)
    options: dict[str, Any] = {"saliency": None, "quality": 80}
    resized = foveal.optimize(data, resize=200, **options)
    own = foveal.encode(foveal.resize(foveal.open(io.BytesIO(data)), 200), **options)
    assert (resized.rung, resized.data) == ("re-encoded", own)


def test_optimize_corrects_the_sizes_of_what_it_resizes(coffee: np.ndarray) -> None:
    inner = {0xA002: 600, 0xA003: 400, 0x9214: (300, 150, 60, 30)}
    exif = exif_of(first={0x0112: 8, 0x0100: 600, 0x0101: 400}, inner=inner)
    packet = XMP % (b' tiff:ImageWidth="600"', b"<exif:PixelXDimension>600</exif:PixelXDimension><exif:Flash/>")
    data = foveal.encode(foveal.Photo(coffee, exif=exif, xmp=packet), saliency=None, quality=95)
    written = Image.open(io.BytesIO(foveal.optimize(data, resize=200, saliency=None, quality=80).data))
    assert written.size == (200, 133)
    found = written.getexif()
    assert (found[0x0112], found[0x0100], found[0x0101]) == (8, 200, 133)
    assert dict(found.get_ifd(0x8769)) == {0xA002: 200, 0xA003: 133, 0x9214: (100, 50, 20, 10)}
    assert written.info["xmp"] == XMP % (b"", b"<exif:Flash/>")
    assert (coffee.shape[1], coffee.shape[0]) == (600, 400)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"width": 0}, "width must be an integer from 1 to 65,535"),
        ({"width": 65_536}, "width must be an integer"),
        ({"width": 1.5}, "width must be an integer"),
        ({"width": 3, "enlarge": 1}, "enlarge must be True or False"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        foveal.resize(np.zeros((2, 4), np.uint8), **arguments)


def test_a_photo_is_not_enlarged_beyond_the_limit_of_jpeg() -> None:
    with pytest.raises(LimitError):
        foveal.resize(np.zeros((2000, 2), np.uint8), 66, enlarge=True)


@given(st.floats(0, 1), st.sampled_from([SRGB_CURVE, TransferCurve(2.2), TransferCurve(1.0)]))
def test_linear_light_is_converted_back(value: float, curve: TransferCurve) -> None:
    light = curve.to_linear(np.array([value]))
    assert abs(curve.from_linear(light)[0] - value) < 1e-7
    assert curve.from_linear(light.astype(np.float32)).dtype == np.float32
