"""The part of a photo that a window shows, as a photo of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from foveal.crop.metadata import crop_exif, crop_xmp, keep_segments, rows_and_columns
from foveal.jpeg import Segment
from foveal.photo import Photo, orientation
from foveal.photo.resizing import resize_to
from foveal.saliency import Box


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
