"""Alpha channels and transparent colours, blended with a background colour."""

from __future__ import annotations

import io
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


@pytest.mark.parametrize("channels", [2, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_an_opaque_alpha_channel_is_left_out(channels: int, dtype: type[np.unsignedinteger[Any]]) -> None:
    full = np.iinfo(dtype).max
    pixels = np.random.default_rng(0).integers(0, full, (9, 7, channels)).astype(dtype)
    pixels[:, :, -1] = full
    for background in (None, "red"):
        np.testing.assert_array_equal(as_photo(pixels, background=background).pixels, pixels[:, :, :-1].squeeze())
    pixels[8, 6, -1] = full - 1
    with pytest.raises(UnsupportedError, match="background"):
        as_photo(pixels)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_files_of_opaque_alpha_need_no_background(mode: str) -> None:
    image = Image.new("RGBA", (6, 5), (10, 200, 30, 255)).convert(mode)
    options = {"transparency": 255} if mode == "P" else {}  # an entry that no pixel uses
    with Image.open(save_image(image, "PNG", **options)) as stored:
        expected = np.asarray(stored.convert("L" if mode == "LA" else "RGB"))
    np.testing.assert_array_equal(foveal.open(save_image(image, "PNG", **options)).pixels, expected)


@pytest.mark.parametrize("alpha", [0, 128, 255])
def test_the_alpha_of_a_palette_is_alpha(alpha: int) -> None:
    """A TGA or Pillow palette can have colours of four channels."""
    image = Image.new("P", (4, 4), 1)
    image.putpalette([9, 9, 9, 255, 200, 0, 0, alpha], "RGBA")
    if alpha == 255:
        assert as_photo(image).pixels[0, 0].tolist() == [200, 0, 0]
        return
    with pytest.raises(UnsupportedError, match="background"):
        as_photo(image)
    blended = as_photo(image, background="white").pixels[0, 0]
    assert blended.tolist() == [round(200 * alpha / 255 + 255 - alpha), 255 - alpha, 255 - alpha]


def test_the_alpha_of_a_palette_in_a_tga_file_is_alpha() -> None:
    header = bytes([0, 1, 1, 0, 0, 2, 0, 32, 0, 0, 0, 0, 2, 0, 1, 0, 8, 8])
    file = header + bytes([9, 9, 9, 255, 0, 0, 200, 0]) + bytes([0, 1])  # colours are blue, green, red, alpha
    with pytest.raises(UnsupportedError, match="background"):
        foveal.open(io.BytesIO(file))
    assert foveal.open(io.BytesIO(file), background="white").pixels.tolist() == [[[9, 9, 9], [255, 255, 255]]]
