"""The sheet of a photo beside its maps."""

from __future__ import annotations

import numpy as np
from pictures import noisy_gradient

import foveal
from foveal.drawing import maps
from foveal.drawing.method_sheet import PANEL_SIDE, draw_method_sheet
from foveal.photo.small_copy import small_copy
from foveal.saliency import look_by_methods


def test_the_sheet_shows_the_photo_and_then_each_map_under_its_label() -> None:
    photo = foveal.Photo(noisy_gradient(60, 80))
    results = look_by_methods(photo, ["center", "spectral"])
    sheet = draw_method_sheet(photo, results.values())
    small = small_copy(photo, PANEL_SIDE)
    height, width = small.shape[:2]
    panels = [small]
    panels += [maps.draw_over_photo(foveal.Photo(small), each.resized((height, width))) for each in results.values()]
    column = (sheet.shape[1] - 8) // len(panels)
    top = sheet.shape[0] - 8 - height
    for index, panel in enumerate(panels):
        left = 8 + index * column
        np.testing.assert_array_equal(sheet[top : top + height, left : left + width], panel)
        assert (sheet[:top, left : left + column] < 128).any()  # the label
