"""Colours that a PNG, TIFF or AVIF describes without an ICC profile, against littleCMS and libvips."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from functools import partial

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


@pytest.mark.parametrize("unknown", [cicp(99, 13), cicp(9, 16)], ids=["unknown", "PQ"])
@pytest.mark.parametrize(
    "others",
    [
        [],
        [gamma(1.0)],
        [gamma(0.45455), primaries(P3_POINTS)],
        [primaries(P3_POINTS)],
        [chunk(b"sRGB", b"\0"), gamma(1.0), primaries(P3_POINTS)],
    ],
    ids=["none", "gAMA", "both", "cHRM", "sRGB"],
)
def test_code_points_that_are_not_converted_leave_the_word_to_the_other_chunks(
    unknown: bytes, others: list[bytes]
) -> None:
    """A decoder that does not support cICP takes the next chunk (PNG, third edition, 4.3)."""
    without = foveal.open(png(COLORS, *others))
    with pytest.warns(FormatWarning, match="primaries 99|PQ"):
        photo = foveal.open(png(COLORS, unknown, *others))
    np.testing.assert_array_equal(photo.pixels, without.pixels)
    assert photo.icc_profile == without.icc_profile


def test_code_points_that_are_not_converted_keep_the_profile_and_the_range() -> None:
    profile = bytes(pyvips.Operation.call("profile_load", "p3"))
    with pytest.warns(FormatWarning, match="primaries 99"):
        photo = foveal.open(png(COLORS, cicp(99, 13), profile=profile))
    assert photo.icc_profile == profile
    with pytest.warns(FormatWarning, match="primaries 99"):
        pixels = foveal.open(png(RAMP, cicp(99, 13, is_full=0), gamma(1.0))).pixels[0, :, 0]
    # Light of narrow range, (126 - 16) / 219, becomes sRGB; in between it is rounded to 8 bits.
    assert pixels[[16, 126, 235]].tolist() == [0, round(255 * float(srgb_of_light(np.array(128 / 255)))), 255]


# ITU-T H.273 (V4), table 2: x and y of green, blue, red and white, in the order of the table.
H273_PRIMARIES = {
    1: (0.300, 0.600, 0.150, 0.060, 0.640, 0.330, 0.3127, 0.3290),
    4: (0.21, 0.71, 0.14, 0.08, 0.67, 0.33, 0.310, 0.316),
    5: (0.29, 0.60, 0.15, 0.06, 0.64, 0.33, 0.3127, 0.3290),
    6: (0.310, 0.595, 0.155, 0.070, 0.630, 0.340, 0.3127, 0.3290),
    7: (0.310, 0.595, 0.155, 0.070, 0.630, 0.340, 0.3127, 0.3290),
    8: (0.243, 0.692, 0.145, 0.049, 0.681, 0.319, 0.310, 0.316),
    9: (0.170, 0.797, 0.131, 0.046, 0.708, 0.292, 0.3127, 0.3290),
    10: (0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1 / 3, 1 / 3),
    11: (0.265, 0.690, 0.150, 0.060, 0.680, 0.320, 0.314, 0.351),
    12: (0.265, 0.690, 0.150, 0.060, 0.680, 0.320, 0.3127, 0.3290),
    22: (0.295, 0.605, 0.155, 0.077, 0.630, 0.340, 0.3127, 0.3290),
}


def power_with_toe(alpha: float, beta: float, slope: float, exponent: float, light: np.ndarray) -> np.ndarray:
    return np.where(light < beta, slope * light, alpha * light**exponent - (alpha - 1))


# ITU-T H.273 (V4), table 3: stored values of linear light, and the light at which the formula changes.
bt709 = partial(power_with_toe, 1.099, 0.018, 4.5, 0.45)
H273_TRANSFERS: dict[int, tuple[Callable[[np.ndarray], np.ndarray], float]] = {
    1: (bt709, 0.018),
    2: (srgb_of_light, 0.0031308),  # unspecified: PNG files without a description are taken for sRGB
    4: (lambda light: light ** (1 / 2.2), 0.0),
    5: (lambda light: light ** (1 / 2.8), 0.0),
    6: (bt709, 0.018),
    7: (partial(power_with_toe, 1.1115, 0.0228, 4.0, 0.45), 0.0228),
    8: (lambda light: light, 0.0),
    13: (srgb_of_light, 0.0031308),
    14: (bt709, 0.018),
    15: (bt709, 0.018),
}


def space_of(color: int, transfer: int) -> ColorSpace:
    space, note = from_code_points(color, transfer)
    assert note is None
    assert space is not None
    return space


@pytest.mark.parametrize("color", H273_PRIMARIES)
def test_primaries_are_those_of_h273(color: int) -> None:
    """Also in the profile as littleCMS reads it, without the adaptation to D50."""
    space = space_of(color, 13)
    *others, white_x, white_y = H273_PRIMARIES[color]
    green, blue, red = zip(others[::2], others[1::2], strict=True)
    assert space.chromaticities == (white_x, white_y, *red, *green, *blue)
    profile = ImageCms.ImageCmsProfile(io.BytesIO(build_profile(space))).profile
    columns = (profile.red_colorant, profile.green_colorant, profile.blue_colorant)
    adapted = np.array([xyz for xyz, _ in columns]).T
    matrix = np.linalg.solve(np.array(profile.chromatic_adaptation[0]), adapted)
    np.testing.assert_allclose((matrix / matrix.sum(axis=0))[:2].T, [red, green, blue], atol=2e-4)
    white = matrix.sum(axis=1)
    np.testing.assert_allclose(white / white.sum(), [white_x, white_y, 1 - white_x - white_y], atol=2e-4)
    assert white[1] == pytest.approx(1, abs=2e-4)


@pytest.mark.parametrize("transfer", H273_TRANSFERS)
def test_transfer_curves_are_those_of_h273(transfer: int) -> None:
    curve = space_of(1, transfer).curve
    stored_of_light, break_light = H273_TRANSFERS[transfer]
    light = np.linspace(0, 1, 4097)
    # The constants of the standard have three or four digits, so the two formulas differ by that much at the break.
    np.testing.assert_allclose(curve.to_linear(stored_of_light(light)), light, rtol=0, atol=5e-5)
    np.testing.assert_allclose(curve.to_linear(np.array([0.0, 1.0])), [0, 1], rtol=0, atol=1e-12)
    stored_break = stored_of_light(np.nextafter(break_light, 0))  # by the formula below the break
    assert curve.d == pytest.approx(float(stored_break), abs=1e-6)
    below, above = curve.to_linear(np.array([max(curve.d - 1e-9, 0), curve.d + 1e-9]))
    assert abs(above - below) < 1e-4
    # Light below the break, where a wrong slope or break shows.
    toe = np.linspace(0, 0.9 * break_light, 16)
    np.testing.assert_allclose(curve.to_linear(stored_of_light(toe)), toe, rtol=1e-9, atol=0)


@pytest.mark.parametrize("transfer", [0, 3, 9, 10, 11, 12, 17, 19, 255])
def test_other_transfer_curves_are_not_converted(transfer: int) -> None:
    space, note = from_code_points(1, transfer)
    assert space is None
    assert note is not None
    assert f"transfer {transfer} of H.273) is not among those that are converted" in note


def test_every_code_point_has_a_profile() -> None:
    for color in (2, *H273_PRIMARIES):
        for transfer in H273_TRANSFERS:
            profile = build_profile(space_of(color, transfer))
            white = to_srgb(np.full((1, 1, 3), 255, np.uint8), profile)
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
