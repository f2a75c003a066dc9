"""The JPEG of a window of a photo, encoded as by `foveal.encode`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from foveal.crop.crop import cut_map
from foveal.crop.cutting import cut
from foveal.encoding import EncodeOptions, encode_photo
from foveal.photo import Photo
from foveal.saliency import Box


@dataclass(frozen=True, eq=False)
class CropFile:
    """The JPEG of a crop.

    Parameters
    ----------
    data
        Bytes of the file.
    quality
        Quality of the file, 0 to 100 on libjpeg's scale; None if it holds the coefficients of its source.
    notes
        Messages about what the file does not keep.
    """

    data: bytes = field(repr=False)
    quality: float | None
    notes: tuple[str, ...]


def encode_crop(photo: Photo, box: Box, options: EncodeOptions, output_size: tuple[int, int] | None = None) -> CropFile:
    """Encode the part of a photo that a window shows.

    Parameters
    ----------
    photo
        Photo to crop.
    box
        Window in the displayed orientation, within the photo.
    options
        Options of encoding. Their saliency map, if they have one, covers the whole photo; a method looks at the crop.
    output_size
        Width and height in pixels to which the window is resized, as for `cut`.

    Raises
    ------
    FovealError
        The errors of `foveal.encode`.
    """
    cropped, notes = cut(photo, box, output_size)
    if options.metadata != "keep":
        notes.clear()  # what a policy leaves out is asked for
    if output_size is not None and output_size[0] > box.width:
        notes.append(f"the crop of {box.width} x {box.height} pixels is enlarged")
    if isinstance(options.saliency, np.ndarray):
        options = replace(options, saliency=cut_map(options.saliency, box, photo.displayed_size))
    result = encode_photo(cropped, options)
    return CropFile(result.data, result.quality, tuple(notes))
