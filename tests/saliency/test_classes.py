"""The classes that MS-ROI keeps, and their bounding boxes."""

from __future__ import annotations

import numpy as np
import pytest
from color_network import red_and_blue
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from PIL.ExifTags import Base
from scipy.ndimage import find_objects, label

import foveal
from foveal.errors import ParameterError
from foveal.saliency import Box, SaliencyModel, look
from foveal.saliency.classes import box_of_peak, kept_classes


@pytest.mark.parametrize("top_k", [0, -1, 1.0, True, "5"])
def test_top_k_must_be_a_positive_integer(top_k: object) -> None:
    with pytest.raises(ParameterError, match="top_k"):
        foveal.saliency_map(np.zeros((9, 9), np.uint8), "spectral", top_k=top_k)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("probabilities", "threshold", "top_k", "kept"),
    [
        ([0.1, 0.9, 0.6, 0.7], 0.5, 5, [1, 3, 2]),
        ([0.1, 0.9, 0.6, 0.7], 0.5, 3, [1, 3, 2]),
        ([0.1, 0.9, 0.6, 0.7], 0.5, 2, [1, 3]),
        ([0.1, 0.9, 0.6, 0.7], 0.0, None, [1, 3, 2, 0]),
        ([0.5, 0.5, 0.5], 0.5, 5, [0]),  # as probable as T is not more probable
        ([0.5, 0.5, 0.5], 0.499, 2, [0, 1]),
        ([0.1, 0.2, 0.1], 0.5, None, [1]),  # none: the most probable one
        ([0.0], 1.0, 1, [0]),
    ],
)
def test_kept_classes_exceed_the_threshold(
    probabilities: list[float], threshold: float, top_k: int | None, kept: list[int]
) -> None:
    assert kept_classes(np.array(probabilities, np.float32), threshold, top_k).tolist() == kept


def test_boxes_surround_the_coloured_squares(color_model: SaliencyModel) -> None:
    """480 x 320 pixels are seen as 240 x 160, so a cell stands for 16 pixels, and the squares lie on cells."""
    red, blue = look(foveal.Photo(red_and_blue()), model=color_model).classes
    assert (red.name, red.box) == ("red", Box(48, 32, 64, 64))
    assert (blue.name, blue.box) == ("blue", Box(320, 192, 128, 96))
    assert blue.score == pytest.approx(0.8, abs=0.005)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_boxes_are_in_the_displayed_orientation(color_model: SaliencyModel, orientation: int) -> None:
    tags = Image.Exif()
    tags[Base.Orientation] = orientation
    photo = foveal.Photo(red_and_blue(), exif=tags.tobytes())
    displayed = photo.upright().pixels
    red, blue = look(photo, model=color_model).classes
    for channel, seen in ((0, red), (2, blue)):
        rows, columns = np.nonzero(displayed[:, :, channel])
        box = Box(int(columns.min()), int(rows.min()), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1)
        assert seen.box == box
    found = foveal.saliency_map(photo, "msroi", model=color_model)
    assert found.shape == displayed.shape[:2]
    assert found[displayed[:, :, 0] > 0].mean() > 0.8
    assert found[displayed.max(axis=2) == 0].mean() < 0.1


def test_a_box_ends_where_the_photo_ends() -> None:
    """20 rows and 30 columns seen of a photo ten times as large: the last cells reach 4 and 2 pixels beyond."""
    cells = np.zeros((3, 4), np.float32)
    cells[2, 3] = 1
    assert box_of_peak(cells, (20, 30), (200, 300)) == Box(240, 160, 60, 40)
    assert box_of_peak(cells, (20, 30), (2, 3)) == Box(2, 1, 1, 1)
    assert box_of_peak(np.ones((1, 1), np.float32), (1, 1), (1, 1)) == Box(0, 0, 1, 1)


def test_a_box_surrounds_the_region_connected_with_the_peak() -> None:
    cells = np.zeros((6, 8), np.float32)
    cells[1, 1:4] = (0.51, 0.6, 1.0)  # the peak and two beside it
    cells[2, 4] = 0.9  # touches it at a corner only
    cells[5, 7] = 0.9
    cells[0, 3] = 0.5  # not above half
    assert box_of_peak(cells, (48, 64), (48, 64)) == Box(8, 8, 24, 8)


@settings(max_examples=50, deadline=None)
@given(hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.integers(0, 4)))
def test_regions_are_those_that_scipy_labels(cells: np.ndarray) -> None:
    cells[0, 0] += 1  # not dark
    peak = np.unravel_index(cells.argmax(), cells.shape)
    regions, _ = label(cells > cells.max() / 2)
    rows, columns = find_objects((regions == regions[peak]).astype(int))[0]
    seen = (8 * cells.shape[0], 8 * cells.shape[1])
    assert box_of_peak(cells, seen, cells.shape) == Box(
        columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start
    )
