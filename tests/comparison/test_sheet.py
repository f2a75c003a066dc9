"""The comparison as one picture."""

from __future__ import annotations

import numpy as np

from foveal.comparison import Comparison, draw_sheet
from foveal.comparison.regions import SHOWN_SIDE


def test_the_sheet_shows_every_crop_enlarged(comparison: Comparison) -> None:
    sheet = draw_sheet(comparison)
    for index, region in enumerate(comparison.regions):
        crops = [comparison.pixels[region.slices], *(entry.crops[index] for entry in comparison.entries)]
        enlarged = [np.kron(crop, np.ones((region.zoom, region.zoom, 1), np.uint8)) for crop in crops]
        height, width = enlarged[0].shape[:2]
        lefts = [14 + column * (SHOWN_SIDE + 14) for column in range(len(crops))]
        tops = [
            top
            for top in range(sheet.shape[0] - height + 1)
            if np.array_equal(sheet[top : top + height, lefts[0] : lefts[0] + width], enlarged[0])
        ]
        assert len(tops) == 1
        for left, crop in zip(lefts, enlarged, strict=True):
            np.testing.assert_array_equal(sheet[tops[0] : tops[0] + height, left : left + width], crop)
    margin = sheet[:, -10:]
    assert margin.min() == 255  # nothing is cut
