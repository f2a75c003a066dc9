"""A sheet of a photo beside its saliency maps by several methods, as papers on localisation show them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from foveal.drawing import maps
from foveal.photo import Photo
from foveal.photo.small_copy import small_copy
from foveal.saliency.look import SaliencyResult

COMPARED_METHODS = ("spectral", "cam", "msroi", "gaze")
PANEL_SIDE = 320  # pixels of the longer side of each picture
_TITLES = {"cam": "CAM", "msroi": "MS-ROI"}
_FONT_SIZE = 15
_LABEL_HEIGHT = 26
_GAP = 8


def draw_method_sheet(photo: Photo, results: Iterable[SaliencyResult]) -> NDArray[np.uint8]:
    """Draw a photo as displayed, then each map over it (`maps.draw_over_photo`), with labels above.

    Parameters
    ----------
    photo
        Photo of any size.
    results
        Saliency maps of the photo, in the order of the sheet.

    Returns
    -------
    ndarray
        (H, W, 3) uint8. All pictures have the aspect ratio of the photo; their longer side is PANEL_SIDE.
    """
    small = small_copy(photo, PANEL_SIDE)
    size = (small.shape[0], small.shape[1])
    panels = {"photo": small}
    for result in results:
        title = _TITLES.get(result.method, result.method)
        panels[title] = maps.draw_over_photo(Photo(small), result.resized(size))
    return _draw_panels(panels)


def _draw_panels(panels: dict[str, NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Draw pictures of one size from left to right, each under its label."""
    font = ImageFont.load_default(_FONT_SIZE)
    label_width = max(int(font.getlength(label)) for label in panels) + 1
    height, width = next(iter(panels.values())).shape[:2]
    column = max(width, label_width) + _GAP
    sheet = Image.new("RGB", (len(panels) * column + _GAP, _LABEL_HEIGHT + height + _GAP), "white")
    draw = ImageDraw.Draw(sheet)
    for index, (label, pixels) in enumerate(panels.items()):
        left = _GAP + index * column
        draw.text((left, 4), label, fill="black", font=font)
        sheet.paste(Image.fromarray(pixels), (left, _LABEL_HEIGHT))
    return np.asarray(sheet)
