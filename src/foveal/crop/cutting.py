"""The pixels of a window as a photo of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PIL import Image

from foveal.crop.metadata import StoredWindow, crop_exif, crop_xmp, keep_segments
from foveal.jpeg import Pixels, Segment
from foveal.photo import Photo, orientation, to_eight_bits
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
        Width and height in pixels that the window is scaled to, as displayed; 16-bit pixels are then reduced to 8 bits.
        None to keep the pixels.

    Returns
    -------
    photo, notes
        The photo in the orientation of the old one, and a message about each thing that it does not keep.
    """
    window = stored_window(photo, box, output_size)
    pixels = photo.pixels[window.rows, window.columns]
    if output_size is not None:
        pixels = _scale(pixels, window.output_size)
    notes: list[str] = []
    segments = keep_segments([Segment(*segment) for segment in photo.extra_segments], notes)
    cropped = replace(
        photo,
        pixels=np.ascontiguousarray(pixels),
        exif=crop_exif(photo.exif, window, notes),
        xmp=crop_xmp(photo.xmp, notes) if photo.xmp else photo.xmp,
        extra_segments=tuple(segments),
    )
    return cropped, list(dict.fromkeys(notes))


def stored_window(photo: Photo, box: Box, output_size: tuple[int, int] | None = None) -> StoredWindow:
    """Return a window of the displayed photo as it lies in the stored one; parameters are those of `cut`."""
    (y, x), (height, width) = orientation.rectangle_to_stored(
        (box.y, box.x), (box.height, box.width), photo.displayed_size, photo.orientation
    )
    wanted = (box.width, box.height) if output_size is None else output_size
    if orientation.swaps_sides(photo.orientation):
        wanted = wanted[1], wanted[0]
    return StoredWindow(Box(x, y, width, height), (wanted[1], wanted[0]))


def _scale(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    height, width = size
    picture = Image.fromarray(np.ascontiguousarray(to_eight_bits(pixels)))
    return np.asarray(picture.resize((width, height), Image.Resampling.LANCZOS))
