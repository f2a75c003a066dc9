"""LOOK: where people look in a photograph.

A method sees a small upright version of the whole photo, never a crop of it, and gives a map of it. All maps are in the
displayed orientation.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal import exif
from foveal.errors import ParameterError
from foveal.image import Photo, as_photo, eight_bits
from foveal.saliency.baselines import METHODS

AUTO_METHOD = "spectral"

__all__ = ["AUTO_METHOD", "METHODS", "look", "method_named", "resize_map", "saliency_map"]


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
    """Map of a photo at the method's own resolution: (h, w) float32 in [0, 1], displayed orientation."""
    chosen = METHODS[method_named(method)]
    return chosen.map(_working_image(photo, chosen.working_side))


def saliency_map(image: Photo | Image.Image | NDArray[Any], method: str = "auto") -> NDArray[np.float32]:
    """Where people look in a photo.

    Parameters
    ----------
    image
        A Photo, a Pillow image, or an array (H, W) or (H, W, 3) of uint8 or uint16.
    method
        "auto", "spectral" (spectral residual [1]_ times a centre prior) or "center" (the prior alone).

    Returns
    -------
    ndarray
        (H, W) float32 in [0, 1], 1 where people look most. H and W are the displayed size: where the EXIF orientation
        turns the photo, so is the map.

    Raises
    ------
    ParameterError
        No such method, or not an image.

    References
    ----------
    .. [1] X. Hou, L. Zhang, "Saliency Detection: A Spectral Residual Approach", CVPR 2007.
    """
    photo = as_photo(image)
    height, width = photo.pixels.shape[:2]
    if photo.orientation >= 5:
        height, width = width, height
    return resize_map(look(photo, method), height, width)


def resize_map(saliency: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """Resize a map, averaging where it gets smaller and interpolating linearly where it gets larger."""
    resized = Image.fromarray(np.ascontiguousarray(saliency)).resize((width, height), Image.Resampling.BILINEAR)
    return np.clip(np.asarray(resized, dtype=np.float32), 0, 1)


def _working_image(photo: Photo, side: int) -> NDArray[np.uint8]:
    """RGB of the whole photo, upright, longest side `side`, aspect ratio kept (no side below 1)."""
    stored = Image.fromarray(eight_bits(photo.pixels))
    scale = side / max(stored.size)
    size = tuple(max(1, round(length * scale)) for length in stored.size)
    filter_ = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
    small = stored.resize((size[0], size[1]), filter_, reducing_gap=2.0).convert("RGB")
    return np.ascontiguousarray(exif.to_upright(np.asarray(small), photo.orientation))
