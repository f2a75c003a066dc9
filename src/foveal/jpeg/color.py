"""Colour transform of the encoder: RGB to YCbCr (T.871 clause 7, Conversion to and from RGB)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels

Pixels = NDArray[np.uint8 | np.uint16]  # (H, W, 3) RGB or (H, W) grey
EightBitPixels = NDArray[np.uint8]  # (H, W, 3) RGB or (H, W) grey

# RGB = TO_RGB @ YCbCr, with the chroma components centred on 0 (T.871 clause 7, Conversion to and from RGB).
TO_RGB: NDArray[np.float64] = np.array([[1, 0, 1.402], [1, -0.344136, -0.714136], [1, 1.772, 0]])


def to_planes(pixels: Pixels, padded_height: int, padded_width: int) -> NDArray[np.float32]:
    """Convert pixels to component planes centred on 0 and extend them to a padded size.

    Y = 0.299 R + 0.587 G + 0.114 B, Cb = (B - Y) / 1.772 and Cr = (R - Y) / 1.402 (T.871 clause 7, Conversion to and
    from RGB); then Y is shifted by -128 (T.81 A.3.1, Level shift). Planes are not rounded to 8 bits: 16-bit pixels keep
    their precision.

    The last column and row are repeated up to the padded size, as T.81 A.2.4 (Completion of partial MCU) recommends.
    The report (K. Kishore, "AI in Image Processing", chapter 3) pads with zeros instead, which makes an edge that is
    not in the picture and that rings into it.

    Parameters
    ----------
    pixels
        (h, w, 3) RGB or (h, w) grey, uint8 or uint16, C-contiguous.
    padded_height, padded_width
        Height and width of the planes, at least h and w.

    Returns
    -------
    ndarray
        (3 or 1, padded_height, padded_width) float32 in 8-bit units: -128 to 127.
    """
    return _convert(pixels, padded_height, padded_width, _kernels.rgb_to_ycbcr)


def to_samples(pixels: Pixels, padded_height: int, padded_width: int) -> NDArray[np.float32]:
    """Convert a strip to the samples that the encoder transforms: of 8-bit pixels, whole levels.

    Like `to_planes`, but Y, Cb and Cr of 8-bit pixels are rounded as libjpeg rounds them. A decoder works with whole
    levels, too: a picture that it made of a file goes back to the samples that it was made of, and the picture does not
    drift when it is encoded again and again. 16-bit pixels keep their precision.
    """
    to_ycbcr = _kernels.rgb_to_whole_ycbcr if pixels.dtype == np.uint8 else _kernels.rgb_to_ycbcr
    return _convert(pixels, padded_height, padded_width, to_ycbcr)


def _convert(
    pixels: Pixels, padded_height: int, padded_width: int, to_ycbcr: Callable[..., None]
) -> NDArray[np.float32]:
    planes = np.empty((3 if pixels.ndim == 3 else 1, padded_height, padded_width), dtype=np.float32)
    if pixels.ndim == 3:
        to_ycbcr(pixels, planes)
    else:
        _kernels.grey_to_plane(pixels, planes)
    return planes
