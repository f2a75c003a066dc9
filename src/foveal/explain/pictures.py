"""Pictures of a page: embedded as data: URIs, reduced or enlarged for display, each with alternative text."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal import jpeg
from foveal.drawing import colors
from foveal.drawing.html import Markup, element, embed
from foveal.drawing.pictures import embed_pixels, enlarge_pixels
from foveal.jpeg import EightBitPixels
from foveal.photo import Photo
from foveal.photo.small_copy import small_copy

PAGE_SIDE = 800  # pixels of the longer side of the largest pictures, which limits the size of pages
THUMBNAIL_SIDE = 320  # pixels of the longer side of small pictures
_COPY_QUALITY = 88  # JPEG quality of pictures on the page


def reduce_photo(photo: Photo, side: int = PAGE_SIDE) -> EightBitPixels:
    """Return a copy of a photo as displayed whose sides are at most `side` pixels long: RGB, (h, w, 3) uint8."""
    return small_copy(photo, min(side, max(photo.height, photo.width)))


def enlarge_small(pixels: EightBitPixels) -> EightBitPixels:
    """Return a copy of a picture, enlarged by a whole factor if it is smaller than a thumbnail."""
    return enlarge_pixels(pixels, _enlargement(pixels.shape[:2]))


def embed_photo(pixels: EightBitPixels, alt: str, icc_profile: bytes | None = None) -> Markup:
    """Embed (h, w, 3) or (h, w) pixels as a JPEG; pictures smaller than a thumbnail as by `embed_exactly`."""
    if max(pixels.shape[:2]) < THUMBNAIL_SIDE:
        return embed_exactly(pixels, alt, icc_profile)
    settings = jpeg.EncoderSettings(
        subsampling="4:4:4",
        tables=jpeg.annex_k_tables(_COPY_QUALITY),
        metadata=jpeg.Metadata(icc_profile=icc_profile),
    )
    data = jpeg.encode(np.ascontiguousarray(pixels), settings)
    return embed_file(data, "image/jpeg", (pixels.shape[0], pixels.shape[1]), alt)


def embed_exactly(pixels: EightBitPixels, alt: str, icc_profile: bytes | None = None) -> Markup:
    """Embed (h, w, 3) or (h, w) pixels without loss as a PNG, shown enlarged if smaller than a thumbnail."""
    zoom = _enlargement(pixels.shape[:2])
    return embed_pixels(pixels, alt, icc_profile, zoom=zoom, class_=_class_of_zoom(zoom))


def embed_heat_map(values: NDArray[np.floating], most: float, alt: str) -> Markup:
    """Embed a map of amounts, (h, w): dark for 0, light for `most` and more."""
    return embed_exactly(colors.sequential_colors(_reduce_map(values), most), alt)


def embed_difference_map(values: NDArray[np.floating], most: float, alt: str) -> Markup:
    """Embed a map of differences, (h, w): blue for `-most` and less, red for `most` and more."""
    return embed_exactly(colors.diverging_colors(_reduce_map(values), most), alt)


def heat_legend(least: str, most: str) -> Markup:
    """Make the legend of heat maps: the colours between the labels of the smallest and the largest amount."""
    return _legend(colors.sequential_gradient(), least, most)


def difference_legend(least: str, most: str) -> Markup:
    """Make the legend of difference maps: the colours between the labels of the smallest and the largest value."""
    return _legend(colors.diverging_gradient(), least, most)


def embed_file(data: bytes, media_type: str, size: tuple[int, int], alt: str, **attributes: str) -> Markup:
    """Embed a picture file, shown enlarged if smaller than a thumbnail.

    Parameters
    ----------
    data, media_type
        Picture file and its media type, such as "image/png".
    size
        Height and width of the picture in pixels.
    alt
        Text that replaces the picture where it cannot be seen.
    attributes
        Further attributes of the element, see `html.element`.
    """
    zoom = _enlargement(size)
    shown_size = (zoom * size[0], zoom * size[1])
    return embed(data, media_type, shown_size, alt, class_=_class_of_zoom(zoom), **attributes)


def _enlargement(size: tuple[int, ...]) -> int:
    """Return the largest whole factor by which a picture is still no larger than a thumbnail, at least 1."""
    return max(1, THUMBNAIL_SIDE // max(size))


def _class_of_zoom(zoom: int) -> str | None:
    """Return the CSS class of a picture: "pixels", without interpolation, for enlarged ones."""
    return "pixels" if zoom > 1 else None


def _legend(gradient: str, least: str, most: str) -> Markup:
    bar = element("span", class_="bar", style=f"background:{gradient}")
    return element("span", element("span", least), bar, element("span", most), class_="legend")


def _reduce_map(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """Reduce a map to at most PAGE_SIDE values along each side, by means over areas."""
    longest = max(values.shape)
    if longest <= PAGE_SIDE:
        return values
    height, width = (max(1, round(side * PAGE_SIDE / longest)) for side in values.shape)
    picture = Image.fromarray(np.ascontiguousarray(values, dtype=np.float32))
    return np.asarray(picture.resize((width, height), Image.Resampling.BOX))
