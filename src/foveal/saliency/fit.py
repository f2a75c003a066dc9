"""Size of the small copy of a photo that the network sees: about as many pixels for every aspect ratio."""

from __future__ import annotations

import math

SIDE_MULTIPLE = 16  # the network reads features of stride 16
SMALLEST_SIDE = 64  # pixels; photos of a more extreme aspect ratio are squeezed


def input_size(height: int, width: int, pixels: int) -> tuple[int, int]:
    """Return the size (h, w) at which the network sees a photo of (height, width) pixels.

    Both sides are multiples of SIDE_MULTIPLE, from SMALLEST_SIDE. Their product is about `pixels`, and their ratio
    about that of the photo: 240 x 320 for a photo of 3:4 and 76,800 pixels.
    """
    aspect = width / height
    widest = pixels / SMALLEST_SIDE
    exact = (math.sqrt(pixels / aspect), math.sqrt(pixels * aspect))
    down, across = (round(min(max(side, SMALLEST_SIDE), widest) / SIDE_MULTIPLE) * SIDE_MULTIPLE for side in exact)
    return down, across
