"""The best crop of a photo: the window of an aspect or a size that keeps most of what people look at.

request.py     what is asked for: aspect, size, zoom, output size
placement.py   where the window is best placed in the saliency map
cutting.py     the pixels of the window as a photo of its own
encoding.py    the JPEG of the window
lossless.py    the coefficients of the window as a JPEG of its own
metadata.py    metadata that describes the picture as it was
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.allocate.weights import check_map
from foveal.crop.placement import Position, Positions, Scene
from foveal.crop.request import Aspect, CropRequest, Size, largest_window
from foveal.files import Source
from foveal.jpeg import Frame
from foveal.photo import Photo, as_photo, orientation
from foveal.photo.background import Color
from foveal.saliency import Box, Saliency, SaliencyResult, check_saliency, find_saliency


@dataclass(frozen=True)
class Crop:
    """A window of a photo, in its displayed orientation.

    Parameters
    ----------
    box
        The window in pixels of the photo.
    kept
        Share of the saliency map inside the window, 0 to 1.
    zoom
        How many times narrower the window is than the largest one of its aspect, from 1.
    focal_point
        Centre (x, y) of what the window shows of the map, as shares of the photo's width and height, 0 to 1. A page can
        use it for crops of other aspects.
    object_position
        Percentages (x, y) of CSS `object-position` with which `object-fit: cover` shows this window, at zoom 1, in a
        box of its aspect. Along a side that is not cropped, it is that of the focal point.
    """

    box: Box
    kept: float
    zoom: float
    focal_point: tuple[float, float]
    object_position: tuple[float, float]


def best_crop(
    image: Photo | Image.Image | NDArray[Any] | Source,
    *,
    aspect: Aspect | None = None,
    size: Size | None = None,
    zoom: float = 1.0,
    saliency: Saliency = "auto",
    background: Color | None = None,
) -> Box:
    """Find the window of an aspect or a size that keeps most of what people look at.

    The window has headroom and does not divide what people look at most, such as a face, where that can be avoided at
    little cost. Among positions that are equally good, one that has it at a third of the window is chosen.

    Parameters
    ----------
    image
        A Photo, a Pillow image, an array or a picture file, as for `foveal.encode`.
    aspect
        Width to height of the window in pixels: "16:9", 1.5 or (16, 9). The window is the largest of this aspect. None
        for the aspect of the photo.
    size
        Width and height of the window in pixels of the photo, instead of an aspect: "400x300" or (400, 300).
    zoom
        How many times narrower and lower the window is than the largest one, 1 to 100.
    saliency
        Saliency method or map, as for `foveal.encode`; None for the middle of the photo.
    background
        Colour behind transparent pixels: a name, "#rrggbb" or (r, g, b) in 0..255.

    Returns
    -------
    Box
        The window: `x`, `y`, `width` and `height` in pixels of the photo in its displayed orientation.

    Raises
    ------
    ParameterError
        An argument is out of range or has the wrong type, or the photo is smaller than `size`.
    FormatError
        The file of a Pillow image is broken.
    UnsupportedError
        The image has an alpha channel and there is no `background`, or a Pillow image has a colour model other than
        grey and RGB.
    ModelError
        The network's file is missing or broken, or onnxruntime is not installed.
    """
    request = CropRequest(aspect, size, zoom)
    check_saliency(saliency)
    photo = as_photo(image, background=background)
    request.window(*photo.displayed_size)  # checked before the photo is looked at
    return find_crops(photo, find_saliency(photo, saliency), [request])[0].box


def find_crops(
    photo: Photo, saliency: SaliencyResult | None, requests: Sequence[CropRequest], frame: Frame | None = None
) -> list[Crop]:
    """Find the best window for each request by one look at the photo.

    Parameters
    ----------
    photo
        Photo to crop.
    saliency
        Saliency map of the photo; None for the middle of the photo.
    requests
        Aspects or sizes of the windows.
    frame
        Frame of the JPEG that the windows are cropped from without loss: they begin at borders of its MCUs. None for
        windows that begin at any pixel.

    Raises
    ------
    ParameterError
        The photo is smaller than a size, or the map is not an (h, w) array of numbers from 0 to 1.
    """
    if saliency is not None:
        check_map(saliency.spending_map)
    scene = Scene(np.zeros((1, 1)) if saliency is None else saliency.spending_map)
    return [_find_crop(photo, scene, request, frame) for request in requests]


def _find_crop(photo: Photo, scene: Scene, request: CropRequest, frame: Frame | None) -> Crop:
    size = photo.displayed_size
    window = request.window(*size)
    rows, columns = _positions(size, window, frame, photo.orientation)
    place = scene.place(rows, columns)
    chosen = [
        Positions(length, side, np.array([start])) for length, side, start in zip(size, window, place, strict=True)
    ]
    spans = [(start / length, (start + side) / length) for start, side, length in zip(place, window, size, strict=True)]
    focus = scene.focus(spans[0], spans[1])
    largest = largest_window(*size, window[1] / window[0])
    return Crop(
        Box(place.x, place.y, window[1], window[0]),
        kept=float(scene.share_inside(*chosen)[0, 0]),
        zoom=max(1.0, largest[0] / window[0], largest[1] / window[1]),
        focal_point=(focus[1], focus[0]),
        object_position=_object_position(size, window, place, focus),
    )


def _positions(
    size: tuple[int, int], window: tuple[int, int], frame: Frame | None, orientation_number: int
) -> list[Positions]:
    """Return the rows and the columns at which a window may begin in the displayed photo."""
    if frame is None:
        return [Positions.every(length, side) for length, side in zip(size, window, strict=True)]
    steps = [frame.mcu_height, frame.mcu_width]
    if orientation.swaps_sides(orientation_number):
        steps.reverse()
    # Where an axis is reversed, the window's end in the displayed photo is its start in the stored one.
    firsts = [
        (length - side) % step if is_reversed else 0
        for length, side, step, is_reversed in zip(
            size, window, steps, orientation.reversed_axes(orientation_number), strict=True
        )
    ]
    return [Positions.every(*each) for each in zip(size, window, steps, firsts, strict=True)]


def _object_position(
    size: tuple[int, int], window: tuple[int, int], place: Position, focus: tuple[float, float]
) -> tuple[float, float]:
    """Return the percentages (x, y) of CSS `object-position` for a window at a place (y, x)."""
    y, x = (
        100 * (start / (length - side) if length > side else center)
        for length, side, start, center in zip(size, window, place, focus, strict=True)
    )
    return x, y


def cut_map(saliency_map: NDArray[np.floating | np.bool_], box: Box, size: tuple[int, int]) -> NDArray[np.float32]:
    """Return the part of a map that a window of a photo of a size (height, width) shows: of the window's size."""
    height, width = saliency_map.shape
    across, down = width / size[1], height / size[0]
    part = (box.x * across, box.y * down, (box.x + box.width) * across, (box.y + box.height) * down)
    picture = Image.fromarray(np.ascontiguousarray(saliency_map, dtype=np.float32))
    resized = picture.resize((box.width, box.height), Image.Resampling.BILINEAR, part)
    return np.clip(np.asarray(resized, dtype=np.float32), 0, 1)
