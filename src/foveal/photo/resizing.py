"""Resizing of photos in linear light by a Lanczos filter, with metadata that stays true.

Sample values are not proportional to light: their mean is darker than the light of the pixels together, so that fine
bright detail (stars, foam, twigs before the sky) would fade. Here they are converted to linear light first, and back
afterwards, by the transfer function of sRGB. Other RGB colour spaces of photographs have nearly the same; as both
conversions use one function, only mixtures of different values depend on it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.checks import check_integer, describe
from foveal.errors import ParameterError
from foveal.files import Source
from foveal.jpeg import MAX_SIDE, Pixels
from foveal.jpeg.frame import check_sides
from foveal.jpeg.xmp import cut, parse
from foveal.photo import exif, orientation
from foveal.photo.background import Color
from foveal.photo.color_space import SRGB_CURVE
from foveal.photo.photo import Photo, as_photo

_EXIF_NAMESPACE, _TIFF_NAMESPACE = "http://ns.adobe.com/exif/1.0/", "http://ns.adobe.com/tiff/1.0/"
# Properties of XMP that say the size of the picture, or measure parts of it in pixels. All can be left out.
_XMP_SIZES = frozenset(
    {
        *((_EXIF_NAMESPACE, name) for name in ("PixelXDimension", "PixelYDimension", "SubjectArea", "SubjectLocation")),
        *((_TIFF_NAMESPACE, name) for name in ("ImageWidth", "ImageLength")),
    }
)


def resize(
    image: Photo | Image.Image | NDArray[Any] | Source,
    width: int,
    *,
    enlarge: bool = False,
    background: Color | None = None,
) -> Photo:
    """Resize a photo to a width, in linear light by a Lanczos filter of three lobes; the aspect ratio stays.

    Parameters
    ----------
    image
        A Photo, or anything that `foveal.encode` accepts.
    width
        Width of the result in pixels in the displayed orientation, 1 to 65,535. The height is rounded to a pixel.
    enlarge
        Whether a photo that is not wider than `width` is enlarged; if not, it is returned as it is.
    background
        Colour behind transparent pixels: a name, "#rrggbb" or (r, g, b) in 0..255.

    Returns
    -------
    Photo
        The resized photo, of the dtype of the source. Colour profile, orientation and print resolution (dots per inch)
        stay. Sizes in the EXIF data become those of the result; XMP data loses its sizes, which are optional. Embedded
        thumbnails stay, as they show the same picture.

    Raises
    ------
    ParameterError
        An argument is out of range or has the wrong type.
    LimitError, FormatError, UnsupportedError, MissingExtraError, OSError
        The errors of `foveal.open`.
    """
    check_integer("width", width, 1, MAX_SIDE)
    if not isinstance(enlarge, bool | np.bool_):
        raise ParameterError(f"enlarge must be True or False, not {describe(enlarge)}")
    photo = as_photo(image, background=background)
    height_before, width_before = photo.displayed_size
    if width == width_before or (width > width_before and not enlarge):
        return photo
    return _resize_to(photo, (_scale(height_before, int(width), width_before), int(width)))


def reduce_longer_side(photo: Photo, side: int) -> Photo:
    """Reduce the longer side of a photo to a number of pixels, as `resize` does; a smaller photo stays as it is."""
    height, width = photo.displayed_size
    longer = max(height, width)
    if longer <= side:
        return photo
    return _resize_to(photo, (_scale(height, side, longer), _scale(width, side, longer)))


def _scale(side: int, numerator: int, denominator: int) -> int:
    return max(1, round(side * numerator / denominator))


def _resize_to(photo: Photo, displayed_size: tuple[int, int]) -> Photo:
    """Resize a photo to (height, width) in its displayed orientation."""
    size = displayed_size[::-1] if orientation.swaps_sides(photo.orientation) else displayed_size
    check_sides(*size)
    return replace(
        photo,
        pixels=_resize_pixels(photo.pixels, size),
        exif=exif.replace_size(photo.exif, photo.pixels.shape[:2], size) if photo.exif else photo.exif,
        xmp=_remove_sizes(photo.xmp) if photo.xmp else photo.xmp,
    )


def _resize_pixels(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """Resize grey or RGB pixels to (height, width), one channel after another, so that few are held as floats."""
    height, width = size
    peak = int(np.iinfo(pixels.dtype).max)
    light = _light_of_values(peak)
    resized: Pixels = np.empty((*size, *pixels.shape[2:]), dtype=pixels.dtype)
    channels = pixels[..., np.newaxis] if pixels.ndim == 2 else pixels
    results = resized[..., np.newaxis] if pixels.ndim == 2 else resized
    for channel in range(channels.shape[2]):
        plane = Image.fromarray(light[channels[:, :, channel]])
        small = np.asarray(plane.resize((width, height), Image.Resampling.LANCZOS))
        results[:, :, channel] = np.rint(_to_values(small) * peak)
    return resized


@cache
def _light_of_values(peak: int) -> NDArray[np.float32]:
    """Return the linear light, 0 to 1, of the sample values from 0 to `peak`."""
    return SRGB_CURVE.to_linear(np.linspace(0, 1, peak + 1)).astype(np.float32)


def _to_values(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the sample values, 0 to 1, of linear light; what the filter overshoots beyond 0 to 1 is clamped."""
    light = light.clip(0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def _remove_sizes(packet: bytes) -> bytes:
    """Return an XMP packet without the properties that say the size of the picture; the rest stays as it is."""
    root = parse(packet)
    if root is None:
        return packet
    spans = []
    for element in root.walk():
        spans += [(each.start, each.end) for each in element.attributes if (each.uri, each.name) in _XMP_SIZES]
        if (element.uri, element.name) in _XMP_SIZES:
            spans.append((element.start, element.end))
    return cut(packet, spans) if spans else packet
