"""EXIF orientations, against Pillow."""

from __future__ import annotations

import numpy as np
import pytest
from pictures import noisy_gradient, save_image
from PIL import Image, ImageOps
from PIL.ExifTags import Base

import foveal
from foveal.photo.orientation import to_stored


@pytest.mark.parametrize("value", range(1, 9))
def test_turning_upright_agrees_with_pillow(value: int) -> None:
    pixels = noisy_gradient(5, 9)
    tags = Image.Exif()
    tags[Base.Orientation] = value
    file = save_image(Image.fromarray(pixels), "PNG", exif=tags)
    photo = foveal.open(file)
    assert photo.orientation == value
    np.testing.assert_array_equal(photo.pixels, pixels)
    file.seek(0)
    with Image.open(file) as image:
        expected = np.asarray(ImageOps.exif_transpose(image))
    upright = photo.upright()
    assert upright.orientation == 1
    np.testing.assert_array_equal(upright.pixels, expected)
    np.testing.assert_array_equal(to_stored(upright.pixels, value), pixels)
