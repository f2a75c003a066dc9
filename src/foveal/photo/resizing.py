"""Resizing of photos in linear light by a Lanczos filter, with metadata that stays true.

Sample values are not proportional to light: their mean is darker than the light of the pixels together, so that fine
bright detail (stars, foam, twigs before the sky) would fade. Here they are converted to linear light first, and back
afterwards, by the transfer function of the colour profile if it is a formula, and else by that of sRGB, which those of
most photographs are close to. As both conversions use one function, only mixtures of different values depend on it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.checks import check_integer, describe
from foveal.errors import ParameterError
from foveal.files import Source
from foveal.jpeg import MAX_SIDE, Pixels
from foveal.jpeg.frame import check_sides
from foveal.jpeg.xmp import SIZE_PROPERTIES, remove_properties
from foveal.photo import exif, icc, orientation
from foveal.photo.background import Color
from foveal.photo.color_space import SRGB_CURVE, TransferCurve
from foveal.photo.photo import Photo, as_photo

_SAME_LIGHT = 1e-3  # transfer functions that differ by less light are the same: profiles round their numbers


def resize(
    image: Photo | Image.Image | NDArray[Any] | Source,
    width: int,
    *,
    enlarge: bool = False,
    background: Color | None = None,
) -> Photo:
    """Resize a photo to a width, in linear light by a Lanczos filter of three lobes; the aspect ratio stays.

    Linear light is that of the colour profile if its transfer function is a formula (a gamma, or a line and a power),
    and else that of sRGB.

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
    return resize_to(photo, (_scale(height_before, int(width), width_before), int(width)))


def reduce_longer_side(photo: Photo, side: int) -> Photo:
    """Reduce the longer side of a photo to a number of pixels, as `resize` does; a smaller photo stays as it is."""
    height, width = photo.displayed_size
    longer = max(height, width)
    if longer <= side:
        return photo
    return resize_to(photo, (_scale(height, side, longer), _scale(width, side, longer)))


def _scale(side: int, numerator: int, denominator: int) -> int:
    return max(1, round(side * numerator / denominator))


def resize_to(photo: Photo, displayed_size: tuple[int, int]) -> Photo:
    """Resize a photo to (height, width) in its displayed orientation, as `resize` does, also to another aspect ratio.

    A photo of this size is returned as it is.

    Raises
    ------
    LimitError
        A side is longer than 65,535 pixels.
    """
    if displayed_size == photo.displayed_size:
        return photo
    size = displayed_size[::-1] if orientation.swaps_sides(photo.orientation) else displayed_size
    check_sides(*size)
    whole = slice(0, photo.height), slice(0, photo.width)
    return replace(
        photo,
        pixels=_resize_pixels(photo.pixels, size, _curve_of(photo.icc_profile)),
        exif=exif.replace_size(photo.exif, size, whole) if photo.exif else photo.exif,
        xmp=remove_properties(photo.xmp, SIZE_PROPERTIES)[0] if photo.xmp else photo.xmp,
    )


def _curve_of(profile: bytes | None) -> TransferCurve:
    """Return the transfer function of a profile, or that of sRGB if it has none that can be used or nearly this one."""
    curve = icc.transfer_curve(profile)
    if curve is None:
        return SRGB_CURVE
    values = np.linspace(0, 1, 257)
    is_srgb = np.abs(curve.to_linear(values) - SRGB_CURVE.to_linear(values)).max() < _SAME_LIGHT
    return SRGB_CURVE if is_srgb else curve


def _resize_pixels(pixels: Pixels, size: tuple[int, int], curve: TransferCurve) -> Pixels:
    """Resize grey or RGB pixels to (height, width), one channel after another, so that few are held as floats."""
    height, width = size
    peak = int(np.iinfo(pixels.dtype).max)
    light = _light_of_values(peak, curve)
    resized: Pixels = np.empty((*size, *pixels.shape[2:]), dtype=pixels.dtype)
    channels = pixels[..., np.newaxis] if pixels.ndim == 2 else pixels
    results = resized[..., np.newaxis] if pixels.ndim == 2 else resized
    for channel in range(channels.shape[2]):
        plane = Image.fromarray(light[channels[:, :, channel]])
        small = np.asarray(plane.resize((width, height), Image.Resampling.LANCZOS))
        light_inside = small.clip(0, 1)  # the filter overshoots at edges
        results[:, :, channel] = np.rint(curve.from_linear(light_inside) * peak).clip(0, peak)
    return resized


@lru_cache(maxsize=4)
def _light_of_values(peak: int, curve: TransferCurve) -> NDArray[np.float32]:
    """Return the linear light, 0 to 1, of the sample values from 0 to `peak`."""
    return curve.to_linear(np.linspace(0, 1, peak + 1)).astype(np.float32)
