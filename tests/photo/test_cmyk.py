"""CMYK pictures are converted by their profile, as by libvips, and refused without one."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import pyvips
from pictures import noisy_gradient, save_image
from PIL import Image, ImageCms

import foveal
from foveal.errors import UnsupportedError
from foveal.photo import as_photo

PROFILE = bytes(pyvips.Operation.call("profile_load", "cmyk"))
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
INKS = Image.fromarray(np.dstack([noisy_gradient(24, 40), noisy_gradient(24, 40, None) // 3]), mode="CMYK")


def vips_srgb(data: bytes) -> np.ndarray:
    image = pyvips.Image.new_from_buffer(data, "")
    converted = image.icc_transform("srgb", embedded=True, intent="relative", black_point_compensation=True)
    return np.asarray(converted.numpy())


@pytest.mark.parametrize(
    ("name", "options"),
    [("JPEG", {"quality": 95}), ("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"}), ("TIFF", {"compression": "jpeg"})],
)
def test_colours_are_those_of_libvips(name: str, options: dict[str, Any]) -> None:
    data = save_image(INKS, name, icc_profile=PROFILE, **options).getvalue()
    photo = foveal.open(io.BytesIO(data))
    assert photo.icc_profile is None
    assert photo.pixels.shape == (24, 40, 3)
    assert np.abs(photo.pixels.astype(int) - vips_srgb(data)).max() <= 2


def test_sixteen_bits_of_ink_are_converted() -> None:
    inks = np.asarray(INKS).astype(np.uint16) * 257
    image = pyvips.Image.new_from_array(inks).copy(interpretation="cmyk")
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", PROFILE)
    photo = foveal.open(io.BytesIO(image.tiffsave_buffer()))
    expected = vips_srgb(save_image(INKS, "TIFF", icc_profile=PROFILE).getvalue())
    assert np.abs(photo.pixels.astype(int) - expected).max() <= 2


def test_a_pillow_image_is_converted() -> None:
    file = save_image(INKS, "TIFF", icc_profile=PROFILE)
    expected = foveal.open(file).pixels
    with Image.open(file) as image:
        photo = as_photo(image)
    np.testing.assert_array_equal(photo.pixels, expected)
    assert photo.icc_profile is None


@pytest.mark.parametrize("profile", [None, SRGB, b"no profile at all", PROFILE[:400]])
@pytest.mark.parametrize("name", ["JPEG", "TIFF"])
def test_without_a_cmyk_profile_it_is_refused_and_told_how(name: str, profile: bytes | None) -> None:
    file = save_image(INKS, name, **({} if profile is None else {"icc_profile": profile}))
    with pytest.raises(UnsupportedError, match=r"CMYK.* to RGB first"):
        foveal.open(file)
