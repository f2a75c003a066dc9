"""Pictures whose single pixels are to be seen."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from html_pages import embedded_pictures, parse_html
from pictures import noisy_gradient
from PIL import Image, ImageCms

from foveal.drawing.pictures import embed_pixels, enlarge_pixels


@pytest.mark.parametrize("channels", [3, None], ids=["colour", "grey"])
def test_every_pixel_becomes_a_square(channels: int | None) -> None:
    pixels = noisy_gradient(3, 5, channels)
    square = np.ones((4, 4, 1) if channels else (4, 4), np.uint8)
    np.testing.assert_array_equal(enlarge_pixels(pixels, 4), np.kron(pixels, square))
    once = enlarge_pixels(pixels, 1)
    np.testing.assert_array_equal(once, pixels)
    assert not np.shares_memory(once, pixels)


def test_pixels_are_embedded_without_loss_at_the_size_that_is_shown() -> None:
    pixels = noisy_gradient(6, 9)[:, ::2]
    html = embed_pixels(pixels, "text", zoom=3, class_="crop")
    np.testing.assert_array_equal(embedded_pictures(html)[0], pixels)
    (image,) = parse_html(html).images
    assert (image["height"], image["width"], image["alt"], image["class"]) == ("18", "15", "text", "crop")


def test_an_embedded_picture_has_the_colour_profile() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    (image,) = parse_html(embed_pixels(noisy_gradient(4, 4), "text", profile)).images
    with Image.open(io.BytesIO(base64.b64decode(str(image["src"]).partition(",")[2]))) as opened:
        assert opened.info["icc_profile"] == profile
