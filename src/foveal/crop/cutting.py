"""The part of a photo that a window shows, as a photo of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.checks import check_integer, describe
from foveal.crop.metadata import crop_exif, crop_xmp, keep_segments, rows_and_columns
from foveal.crop.request import Size, parse_size
from foveal.errors import ParameterError
from foveal.files import Source
from foveal.jpeg import Segment
from foveal.jpeg.diagnosis import issue_warnings
from foveal.photo import Photo, as_photo, orientation
from foveal.photo.background import Color
from foveal.photo.resizing import resize_to
from foveal.saliency import Box


def crop_photo(
    image: Photo | Image.Image | NDArray[Any] | Source,
    box: Box,
    *,
    output_size: Size | None = None,
    background: Color | None = None,
) -> Photo:
    """Crop a photo to a window, such as one from `foveal.best_crop`, with metadata that is true of it.

    Parameters
    ----------
    image
        A Photo, a Pillow image, an array or a picture file, as for `foveal.encode`.
    box
        Window in pixels of the photo in its displayed orientation, within the photo.
    output_size
        Width and height in pixels to which the window is resized, as by `foveal.resize`: "400x300" or (400, 300). It
        should have the aspect ratio of the window. None to keep the pixels.
    background
        Colour behind transparent pixels: a name, "#rrggbb" or (r, g, b) in 0..255.

    Returns
    -------
    Photo
        The crop, of the dtype of the photo. Colour profile, orientation and print resolution stay; sizes in the
        metadata are those of the crop.

    Warns
    -----
    FormatWarning
        The crop does not keep metadata that shows or describes the whole photo, such as a thumbnail.

    Raises
    ------
    ParameterError
        An argument is out of range or has the wrong type, or the window is not within the photo.
    LimitError, FormatError, UnsupportedError, MissingExtraError, OSError
        The errors of `foveal.open`.
    """
    size = None if output_size is None else parse_size("output_size", output_size)
    photo = as_photo(image, background=background)
    cropped, notes = cut(photo, _check_box(box, photo.displayed_size), size)
    issue_warnings(notes)
    return cropped


def _check_box(box: Box, size: tuple[int, int]) -> Box:
    """Return a box; raise ParameterError unless it lies within a photo of a size (height, width)."""
    if not isinstance(box, Box):
        raise ParameterError(f"box must be a Box, as `foveal.best_crop` returns it, not {describe(box)}")
    for start_name, length_name, side in (("x", "width", size[1]), ("y", "height", size[0])):
        check_integer(f"{start_name} of the box", getattr(box, start_name), 0, side - 1)
        start = getattr(box, start_name)
        check_integer(f"{length_name} of the box", getattr(box, length_name), 1, side - start)
    return box


def cut(photo: Photo, box: Box, output_size: tuple[int, int] | None = None) -> tuple[Photo, list[str]]:
    """Return the photo that a window shows, with metadata that is true of it.

    Parameters
    ----------
    photo
        Photo to crop.
    box
        Window in the displayed orientation, within the photo.
    output_size
        Width and height in pixels, as displayed, to which the window is resized, as by `foveal.resize`. None to keep
        the pixels.

    Returns
    -------
    photo, notes
        The photo in the orientation and with the dtype of the old one, and a message about each thing that it does not
        keep.
    """
    window = stored_window(photo, box)
    notes: list[str] = []
    segments = keep_segments([Segment(*segment) for segment in photo.extra_segments], notes)
    cropped = replace(
        photo,
        pixels=np.ascontiguousarray(photo.pixels[rows_and_columns(window)]),
        exif=crop_exif(photo.exif, window, notes),
        xmp=crop_xmp(photo.xmp, notes) if photo.xmp else photo.xmp,
        extra_segments=tuple(segments),
    )
    resized = cropped if output_size is None else resize_to(cropped, output_size[::-1])
    return resized, list(dict.fromkeys(notes))


def stored_window(photo: Photo, box: Box) -> Box:
    """Return a window of the displayed photo as it lies in the stored one."""
    (y, x), (height, width) = orientation.rectangle_to_stored(
        (box.y, box.x), (box.height, box.width), photo.displayed_size, photo.orientation
    )
    return Box(x, y, width, height)
