"""Pictures of a page: small copies as data: URIs, each with a text for who cannot see it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal import jpeg
from foveal.drawing import colors
from foveal.drawing.html import Markup, element, embed
from foveal.jpeg import EightBitPixels
from foveal.photo import Photo
from foveal.photo.small_copy import small_copy
from foveal.photo.writing import png_bytes

PAGE_SIDE = 800  # pixels of the longer side of the largest pictures: pages stay small, whatever the photo
THUMBNAIL_SIDE = 320
_COPY_QUALITY = 88  # of copies that are for looking at


def reduced(photo: Photo, side: int = PAGE_SIDE) -> EightBitPixels:
    """RGB copy of a photo as displayed of which no side is longer than `side`: (h, w, 3) uint8."""
    return small_copy(photo, min(side, max(photo.height, photo.width)))


def enlarged(pixels: EightBitPixels) -> EightBitPixels:
    """Repeat the pixels of small pictures, so that something can be drawn on them; always a copy."""
    factor = _enlargement(pixels.shape[:2])
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def photograph(pixels: EightBitPixels, alt: str, icc_profile: bytes | None = None) -> Markup:
    """Embed (h, w, 3) or (h, w), as a JPEG; small ones enlarged, so that their pixels can be seen."""
    if max(pixels.shape[:2]) < THUMBNAIL_SIDE:
        return drawing(pixels, alt, icc_profile)
    settings = jpeg.EncoderSettings(
        subsampling="4:4:4",
        tables=jpeg.annex_k_tables(_COPY_QUALITY),
        metadata=jpeg.Metadata(icc_profile=icc_profile),
    )
    data = jpeg.encode(np.ascontiguousarray(pixels), settings)
    return embed_enlarged(data, "image/jpeg", (pixels.shape[0], pixels.shape[1]), alt)


def drawing(pixels: EightBitPixels, alt: str, icc_profile: bytes | None = None) -> Markup:
    """Embed (h, w, 3) or (h, w) without loss, as a PNG; small ones enlarged, so that their pixels can be seen."""
    data = png_bytes(np.ascontiguousarray(pixels), icc_profile)
    return embed_enlarged(data, "image/png", (pixels.shape[0], pixels.shape[1]), alt)


def heat_map(values: NDArray[np.floating], most: float, alt: str) -> Markup:
    """Embed a map (h, w), dark where it is 0, light where it is `most` or more."""
    return drawing(colors.heat(_coarser(values), most), alt)


def balance_map(values: NDArray[np.floating], most: float, alt: str) -> Markup:
    """Embed a map (h, w), blue where it is negative, red where it is positive."""
    return drawing(colors.balance(_coarser(values), most), alt)


def heat_legend(least: str, most: str) -> Markup:
    """Say what the colours of heat maps stand for."""
    return _legend(colors.heat_gradient(), least, most)


def balance_legend(least: str, most: str) -> Markup:
    """Say what the colours of balance maps stand for."""
    return _legend(colors.balance_gradient(), least, most)


def embed_enlarged(data: bytes, media_type: str, size: tuple[int, int], alt: str, **attributes: str) -> Markup:
    """Embed a picture file of (height, width) pixels; a small one is shown enlarged, and its pixels sharp."""
    factor = _enlargement(size)
    sharp = {"class_": "pixels"} if factor > 1 else {}
    return embed(data, media_type, (factor * size[0], factor * size[1]), alt, **sharp, **attributes)


def _enlargement(size: tuple[int, ...]) -> int:
    return max(1, THUMBNAIL_SIDE // max(size))


def _legend(gradient: str, least: str, most: str) -> Markup:
    bar = element("span", class_="bar", style=f"background:{gradient}")
    return element("span", element("span", least), bar, element("span", most), class_="legend")


def _coarser(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """Means, where there are more values than a page has pixels for."""
    longest = max(values.shape)
    if longest <= PAGE_SIDE:
        return values
    height, width = (max(1, round(side * PAGE_SIDE / longest)) for side in values.shape)
    picture = Image.fromarray(np.ascontiguousarray(values, dtype=np.float32))
    return np.asarray(picture.resize((width, height), Image.Resampling.BOX))
