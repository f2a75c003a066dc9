"""Looking at a photo: a method sees a small upright version of all of it, and gives a map of it.

Maps are in the displayed orientation.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal import orientation
from foveal.background import Color
from foveal.errors import ParameterError
from foveal.image import Photo, Pixels, as_photo, eight_bits
from foveal.saliency.baselines import METHODS

AUTO_METHOD = "spectral"

_KEPT_BEFORE_RESIZING = 4  # times the working size: what is left to do for the resampling to the exact size
_BAND_ROWS = 64


def method_named(name: str) -> str:
    """Resolve "auto" and check the name of a method.

    Raises
    ------
    ParameterError
        No method of that name.
    """
    if name == "auto":
        return AUTO_METHOD
    if name not in METHODS:
        raise ParameterError(f"no saliency method {name!r}; there are auto, {', '.join(sorted(METHODS))}")
    return name


def look(photo: Photo, method: str = "auto") -> NDArray[np.float32]:
    """Map of a photo at the method's own resolution: (h, w) float32 in [0, 1]; ParameterError where there is none."""
    chosen = METHODS[method_named(method)]
    return chosen.map(_working_image(photo, chosen.working_side))


def saliency_map(
    image: Photo | Image.Image | NDArray[Any], method: str = "auto", *, background: Color | None = None
) -> NDArray[np.float32]:
    """Where people look in a photo.

    Parameters
    ----------
    image
        A Photo, a Pillow image, or an array: (H, W, 3) RGB, (H, W) or (H, W, 1) grey, uint8 or uint16; with a channel
        more for alpha where `background` is given.
    method
        "auto", "spectral" (spectral residual [1]_ times a centre prior) or "center" (the prior alone).
    background
        Colour behind transparent pixels: a name, "#rrggbb" or (r, g, b) in 0..255.

    Returns
    -------
    ndarray
        (H, W) float32 in [0, 1], 1 where people look most. H and W are the displayed size: where the EXIF orientation
        turns the photo, so is the map.

    Raises
    ------
    ParameterError
        No such method, or not an image.
    UnsupportedError
        An alpha channel without `background`, or a Pillow image of another colour model.

    References
    ----------
    .. [1] X. Hou, L. Zhang, "Saliency Detection: A Spectral Residual Approach", CVPR 2007.
    """
    photo = as_photo(image, background=background)
    return _resized(look(photo, method), *photo.displayed_size)


def map_of_picture(photo: Photo) -> NDArray[np.float32]:
    """Read a picture as a saliency map, 1 where it is white: (h, w) float32 in [0, 1] as displayed."""
    pixels = photo.upright().pixels
    if pixels.ndim == 3:
        pixels = np.asarray(Image.fromarray(eight_bits(pixels)).convert("L"))
    return np.asarray(pixels / np.float32(np.iinfo(pixels.dtype).max), dtype=np.float32)


def _resized(saliency: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    resized = Image.fromarray(np.ascontiguousarray(saliency)).resize((width, height), Image.Resampling.BILINEAR)
    return np.clip(np.asarray(resized, dtype=np.float32), 0, 1)


def _working_image(photo: Photo, side: int) -> NDArray[np.uint8]:
    """RGB of the whole photo, upright, longest side `side`, aspect ratio kept (no side below 1)."""
    longest = max(photo.height, photo.width)
    size = tuple(max(1, round(length * side / longest)) for length in (photo.width, photo.height))
    factor = max(1, longest // (_KEPT_BEFORE_RESIZING * side))
    box = (0, 0, photo.width / factor, photo.height / factor)
    resampling = Image.Resampling.BOX if longest > side else Image.Resampling.BILINEAR
    small = Image.fromarray(_box_means(photo.pixels, factor)).resize((size[0], size[1]), resampling, box).convert("RGB")
    return np.ascontiguousarray(orientation.to_displayed(np.asarray(small), photo.orientation))


def _box_means(pixels: Pixels, factor: int) -> NDArray[np.uint8]:
    """Means of factor x factor pixels, of what is left of them at the right and lower edge.

    In bands, because Pillow makes a copy of 4 bytes per pixel: that of a band stays in the cache.
    """
    rows = factor * max(1, _BAND_ROWS // factor)
    bands = [
        np.asarray(Image.fromarray(eight_bits(pixels[top : top + rows])).reduce(factor))
        for top in range(0, len(pixels), rows)
    ]
    return np.concatenate(bands)
