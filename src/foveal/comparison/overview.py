"""Small pictures of the whole photo: one with the regions outlined, one under the saliency map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from foveal.comparison.compare import Comparison
from foveal.comparison.regions import Region
from foveal.drawing import maps
from foveal.photo import Photo
from foveal.photo.small_copy import small_copy
from foveal.saliency import SaliencyResult

REGION_COLORS = {"salient": "#d9480f", "background": "#1864ab"}
_LINE_WIDTH = 3


def draw_outlines(comparison: Comparison, side: int) -> NDArray[np.uint8]:
    """Draw the photo with its regions outlined: (h, w, 3) uint8, the longer side `side` pixels."""
    small = small_copy(Photo(comparison.pixels), side)
    picture = Image.fromarray(small)
    draw = ImageDraw.Draw(picture)
    scale = side / max(comparison.saliency.shape)
    for region in comparison.regions:
        left, top, right, bottom = _scale_region(region, scale)
        draw.rectangle((left - 1, top - 1, right + 1, bottom + 1), outline="white", width=_LINE_WIDTH + 2)
        draw.rectangle((left, top, right, bottom), outline=REGION_COLORS[region.name], width=_LINE_WIDTH)
    return np.asarray(picture)


def draw_map(comparison: Comparison, side: int) -> NDArray[np.uint8]:
    """Draw the map over the photo, see `maps.draw_over_photo`: (h, w, 3) uint8, the longer side `side` pixels."""
    small = small_copy(Photo(comparison.pixels), side)
    saliency = SaliencyResult("map", comparison.saliency).resized((small.shape[0], small.shape[1]))
    return maps.draw_over_photo(Photo(small), saliency)


def _scale_region(region: Region, scale: float) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of a region: its outermost pixels, which differ by at least 1."""
    left, top = round(region.left * scale), round(region.top * scale)
    right = max(round((region.left + region.width) * scale) - 1, left + 1)
    return left, top, right, max(round((region.top + region.height) * scale) - 1, top + 1)
