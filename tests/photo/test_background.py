"""Alpha channels and transparent colours, blended with a background colour."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pictures import save_image
from PIL import Image

import foveal
from foveal.errors import ParameterError, UnsupportedError
from foveal.photo import as_photo


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_alpha_needs_a_background(mode: str) -> None:
    image = Image.new("RGBA", (4, 4), (200, 100, 0, 0))
    image.paste((10, 20, 30, 255), (0, 0, 2, 4))
    file = save_image(image.convert(mode), "PNG" if mode != "PA" else "TIFF") if mode != "PA" else None
    source: Any = file or image.convert("PA")
    make = foveal.open if file else as_photo
    with pytest.raises(UnsupportedError, match="background"):
        make(source)
    if file:
        file.seek(0)
    pixels = make(source, background="#ff0000").pixels
    assert pixels[0, 3].tolist() == [255, 0, 0]
    if mode == "RGBA":
        assert pixels[0, 0].tolist() == [10, 20, 30]


def test_a_transparent_palette_colour_is_alpha() -> None:
    image = Image.new("P", (4, 4))
    image.putpalette([9, 9, 9, 200, 0, 0])
    with pytest.raises(UnsupportedError, match="background"):
        foveal.open(save_image(image, "PNG", transparency=0))
    assert foveal.open(save_image(image, "PNG", transparency=0), background="white").pixels[0, 0].tolist() == [255] * 3


def test_a_transparent_value_of_sixteen_bit_grey_is_alpha() -> None:
    pixels = np.arange(64, dtype=np.uint16).reshape(8, 8) * 1000
    file = save_image(Image.fromarray(pixels), "PNG", transparency=5000)
    with pytest.raises(UnsupportedError, match="background"):
        foveal.open(file)
    file.seek(0)
    blended = foveal.open(file, background="white").pixels
    np.testing.assert_array_equal(blended, np.where(pixels == 5000, 65535, pixels))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_background_is_blended_by_alpha(dtype: type[np.unsignedinteger[Any]]) -> None:
    full = np.iinfo(dtype).max
    pixels = np.zeros((1, 3, 4), dtype=dtype)
    pixels[0, :, 3] = [0, full // 2, full]
    blended = as_photo(pixels, background=(255, 255, 0)).pixels
    assert blended.dtype == dtype
    assert blended[0, 0].tolist() == [full, full, 0]
    assert blended[0, 1, 0] == pytest.approx(full / 2, abs=1)
    assert blended[0, 2].tolist() == [0, 0, 0]
    tall = np.zeros((150, 2, 4), dtype=dtype)
    tall[100:, :, 3] = full
    assert (as_photo(tall, background="white").pixels[:, 0, 0] == np.where(np.arange(150) < 100, full, 0)).all()
    grey = np.zeros((2, 2, 2), dtype=dtype)
    assert as_photo(grey, background="white").pixels.shape == (2, 2)
    assert as_photo(grey, background="red").pixels.shape == (2, 2, 3)


BAD_BACKGROUNDS = ["no colour", (1, 2), (1, 2, 256), (-1, 0, 0), ("a", "b", "c"), (float("inf"), 0, 0)]


@pytest.mark.parametrize("background", BAD_BACKGROUNDS)
@pytest.mark.parametrize("channels", [3, 4])
def test_values_that_are_not_colours_are_refused(background: Any, channels: int) -> None:
    with pytest.raises(ParameterError, match="background"):
        foveal.encode(np.zeros((2, 2, channels), np.uint8), background=background)
