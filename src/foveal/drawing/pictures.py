"""Pictures that show individual pixels: enlarged, and embedded in a page without loss."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from foveal.drawing.html import Markup, embed
from foveal.jpeg import EightBitPixels
from foveal.photo.writing import png_bytes

Sample = TypeVar("Sample", bound=np.generic)


def enlarge_pixels(pixels: NDArray[Sample], zoom: int) -> NDArray[Sample]:
    """Return a copy of a picture, (H, W) or (H, W, 3), in which each pixel is a square of `zoom` pixels."""
    return pixels.repeat(zoom, axis=0).repeat(zoom, axis=1)


def embed_pixels(
    pixels: EightBitPixels,
    alt: str,
    icc_profile: bytes | None = None,
    *,
    zoom: int = 1,
    **attributes: str | None,
) -> Markup:
    """Make an image element that contains pixels without loss, as a PNG.

    Parameters
    ----------
    pixels
        (H, W) grey or (H, W, 3) RGB.
    alt
        Text that replaces the picture where it cannot be seen.
    icc_profile
        Colour profile of the pixels, or None.
    zoom
        CSS pixels that a pixel is shown wide and high.
    attributes
        Further attributes of the element, see `html.element`.
    """
    data = png_bytes(np.ascontiguousarray(pixels), icc_profile)
    return embed(data, "image/png", (zoom * pixels.shape[0], zoom * pixels.shape[1]), alt, **attributes)
