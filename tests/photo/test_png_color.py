"""Colours that a PNG, TIFF or AVIF describes without an ICC profile, against littleCMS and libvips."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
import pyvips
from pictures import save_image
from PIL import Image, ImageCms, features

import foveal
from foveal.errors import FormatWarning
from foveal.photo.color_space import ColorSpace, build_profile, from_code_points, from_gamma

RAMP = np.repeat(np.arange(256, dtype=np.uint8).reshape(1, 256, 1), 3, axis=2)
COLORS = np.random.default_rng(0).integers(0, 256, (16, 32, 3)).astype(np.uint8)
SRGB_POINTS = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
ADOBE_POINTS = (31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)
P3_POINTS = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(pixels: np.ndarray, *chunks: bytes, profile: bytes | None = None) -> io.BytesIO:
    data = save_image(Image.fromarray(pixels), "PNG", **({"icc_profile": profile} if profile else {})).getvalue()
    return io.BytesIO(data[:33] + b"".join(chunks) + data[33:])


def gamma(value: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(value * 100_000)))


def primaries(points: tuple[int, ...]) -> bytes:
    return chunk(b"cHRM", struct.pack(">8I", *points))


def cicp(color: int, transfer: int, matrix: int = 0, is_full: int = 1) -> bytes:
    return chunk(b"cICP", bytes([color, transfer, matrix, is_full]))


def to_srgb(pixels: np.ndarray, profile: bytes) -> np.ndarray:
    """Convert pixels to sRGB by littleCMS."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    converted = ImageCms.profileToProfile(
        Image.fromarray(pixels),
        source,
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
    )
    return np.asarray(converted).astype(int)


def srgb_of_light(light: np.ndarray) -> np.ndarray:
    """Return sRGB values of linear light by IEC 61966-2-1."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("value", [1.0, 0.55556, 0.38, 0.3])
@pytest.mark.parametrize("points", [None, SRGB_POINTS])
@pytest.mark.parametrize("is_grey", [False, True])
def test_another_gamma_is_converted_to_srgb(value: float, points: tuple[int, ...] | None, is_grey: bool) -> None:
    pixels = RAMP[:, :, 0] if is_grey else RAMP
    photo = foveal.open(png(pixels, gamma(value), *([primaries(points)] if points else [])))
    expected = 255 * srgb_of_light((np.arange(256) / 255) ** (1 / value))
    np.testing.assert_allclose(photo.pixels.reshape(256, -1)[:, 0], expected, atol=0.51)
    assert photo.icc_profile is None


def test_sixteen_bits_and_alpha_are_converted_too() -> None:
    grey = np.linspace(0, 65535, 256).astype(np.uint16).reshape(1, -1)
    expected = 65535 * srgb_of_light(grey / 65535)
    np.testing.assert_allclose(foveal.open(png(grey, gamma(1.0))).pixels, expected, atol=1)
    clear = np.dstack([RAMP, np.full((1, 256), 128, np.uint8)])
    blended = foveal.open(png(clear, gamma(1.0)), background="black").pixels[0, :, 0]
    np.testing.assert_allclose(blended, 255 * srgb_of_light(np.arange(256) / 255) * 128 / 255, atol=1)


@pytest.mark.parametrize("value", [0.45455, 0.44, 0.47])
@pytest.mark.parametrize("points", [None, SRGB_POINTS])
def test_a_gamma_near_that_of_srgb_changes_nothing(value: float, points: tuple[int, ...] | None) -> None:
    photo = foveal.open(png(COLORS, gamma(value), *([primaries(points)] if points else [])))
    np.testing.assert_array_equal(photo.pixels, COLORS)
    assert photo.icc_profile is None


def test_srgb_and_an_icc_profile_count_more_than_gamma() -> None:
    srgb = chunk(b"sRGB", b"\0")
    np.testing.assert_array_equal(foveal.open(png(COLORS, srgb, gamma(1.0), primaries(P3_POINTS))).pixels, COLORS)
    profile = bytes(pyvips.Operation.call("profile_load", "p3"))
    photo = foveal.open(png(COLORS, gamma(1.0), profile=profile))
    np.testing.assert_array_equal(photo.pixels, COLORS)
    assert photo.icc_profile == profile


def test_display_p3_gets_a_profile_that_converts_as_that_of_libvips() -> None:
    photo = foveal.open(png(COLORS, cicp(12, 13)))
    np.testing.assert_array_equal(photo.pixels, COLORS)
    assert photo.icc_profile is not None
    expected = to_srgb(COLORS, bytes(pyvips.Operation.call("profile_load", "p3")))
    error = np.abs(to_srgb(COLORS, photo.icc_profile) - expected)
    assert error.mean() < 0.3
    assert error.max() <= 4  # near black, where sRGB's curve is steep
    by_points = foveal.open(png(COLORS, gamma(0.45455), primaries(P3_POINTS)))
    assert np.abs(to_srgb(COLORS, by_points.icc_profile or b"") - expected).mean() < 2  # gamma 2.2 is not sRGB's curve
    encoded = foveal.encode(photo, saliency=None)
    assert Image.open(io.BytesIO(encoded)).info["icc_profile"] == photo.icc_profile


def test_profiles_agree_with_that_of_pillow() -> None:
    """An sRGB profile of our own converts nothing, neither from sRGB nor to it."""
    assert np.abs(to_srgb(COLORS, build_profile(ColorSpace())) - COLORS).max() <= 1
    image = pyvips.Image.new_from_array(COLORS).copy(interpretation="srgb")
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", build_profile(ColorSpace()))
    assert np.abs(image.icc_transform("srgb", embedded=True).numpy().astype(int) - COLORS).max() <= 1


def test_linear_pixels_of_other_primaries_are_converted_and_get_a_profile() -> None:
    photo = foveal.open(png(COLORS, gamma(1.0), primaries(P3_POINTS)))
    expected = 255 * srgb_of_light(COLORS / 255)
    np.testing.assert_allclose(photo.pixels, expected, atol=0.51)
    assert photo.icc_profile == foveal.open(png(COLORS, cicp(12, 13))).icc_profile


def test_adobe_rgb_by_numbers_is_adobe_rgb() -> None:
    """Gamma 2.2 and a green of (0.21, 0.71): the saturated green lies outside sRGB, white and grey stay."""
    photo = foveal.open(png(COLORS, gamma(0.45470), primaries(ADOBE_POINTS)))
    swatches = np.array([[[255, 255, 255], [128, 128, 128], [0, 255, 0], [200, 120, 80]]], np.uint8)
    found = to_srgb(swatches, photo.icc_profile or b"")[0]
    # Matrices of Adobe RGB (1998), 4.3.5.3, and IEC 61966-2-1; out of gamut is clipped.
    adobe = np.array([[0.57667, 0.18556, 0.18823], [0.29734, 0.62736, 0.07529], [0.02703, 0.07069, 0.99134]])
    srgb = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    light = np.linalg.solve(srgb, adobe @ (swatches[0].T / 255) ** (563 / 256))
    np.testing.assert_allclose(found, 255 * srgb_of_light(np.clip(light, 0, 1)).T, atol=1.5)


def test_cicp_counts_more_than_everything_else() -> None:
    profile = bytes(pyvips.Operation.call("profile_load", "p3"))
    photo = foveal.open(png(COLORS, cicp(1, 13), gamma(1.0), profile=profile))
    np.testing.assert_array_equal(photo.pixels, COLORS)
    assert photo.icc_profile is None


def test_narrow_range_is_widened() -> None:
    pixels = foveal.open(png(RAMP, cicp(1, 13, is_full=0))).pixels[0, :, 0]
    assert (pixels[16], pixels[235], pixels[126]) == (0, 255, 128)


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_hdr_is_warned_of(transfer: int, name: str) -> None:
    with pytest.warns(FormatWarning, match=f"HDR.*{name}"):
        np.testing.assert_array_equal(foveal.open(png(COLORS, cicp(9, transfer))).pixels, COLORS)


@pytest.mark.parametrize("name", [b"mDCV", b"cLLI"])
def test_the_mastering_display_is_warned_of(name: bytes) -> None:
    with pytest.warns(FormatWarning, match=name.decode()):
        foveal.open(png(COLORS, chunk(name, bytes(24 if name == b"mDCV" else 8))))


@pytest.mark.parametrize(
    ("chunks", "name"),
    [
        ([gamma(0)], "gamma"),
        ([primaries((0,) * 8)], "primary"),
        ([primaries((31270, 32900) * 4)], "primary"),
        ([cicp(99, 13)], "primaries 99"),
        ([cicp(1, 99)], "transfer 99"),
        ([cicp(1, 13, matrix=5)], "matrix"),
    ],
)
def test_nonsense_is_ignored_with_a_warning(chunks: list[bytes], name: str) -> None:
    with pytest.warns(FormatWarning, match=name):
        photo = foveal.open(png(COLORS, *chunks))
    np.testing.assert_array_equal(photo.pixels, COLORS)
    assert photo.icc_profile is None


def test_every_code_point_has_a_profile() -> None:
    for color in (1, 2, 4, 5, 6, 7, 8, 9, 11, 12, 22):
        for transfer in (1, 2, 4, 5, 6, 8, 13, 14, 15):
            space, note = from_code_points(color, transfer)
            assert space is not None
            assert note is None
            white = to_srgb(np.full((1, 1, 3), 255, np.uint8), build_profile(space))
            assert np.abs(white - 255).max() <= 1


@pytest.mark.parametrize("points", [SRGB_POINTS, P3_POINTS])
def test_avif_with_code_points_only(points: tuple[int, ...]) -> None:
    """Pillow writes no primaries; libvips' AVIF files have an `nclx` box, which is patched here."""
    if not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    data = save_image(Image.fromarray(COLORS), "AVIF", quality=100, subsampling="4:4:4").getvalue()
    place = data.find(b"colrnclx")
    assert place > 0
    code = 12 if points == P3_POINTS else 1
    patched = data[: place + 8] + struct.pack(">HH", code, 13) + data[place + 12 :]
    photo = foveal.open(io.BytesIO(patched))
    assert (photo.icc_profile is not None) == (code == 12)


def test_from_gamma_keeps_the_boundaries() -> None:
    assert from_gamma(0.1, None)[0] is not None
    assert from_gamma(0.0999, None)[0] is None
    assert from_gamma(10, None)[0] is not None
    assert from_gamma(10.001, None)[0] is None
