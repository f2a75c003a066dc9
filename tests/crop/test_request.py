"""What is asked of a crop: aspects, sizes, and the windows that follow from them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveal.crop.request import CropRequest, parse_aspect, parse_size
from foveal.errors import ParameterError


@pytest.mark.parametrize(
    ("value", "ratio"),
    [
        *(("16:9", 16 / 9), (" 3 : 2 ", 1.5), ("3/2", 1.5), ("1.5", 1.5), (1.5, 1.5), (2, 2), ((16, 9), 16 / 9)),
        *(("65535:1", 65535), ("1:65535", 1 / 65535), (np.float32(0.5), 0.5), ([4, 3], 4 / 3)),
    ],
)
def test_aspects(value: Any, ratio: float) -> None:
    assert parse_aspect(value) == pytest.approx(ratio)


@pytest.mark.parametrize(
    "value",
    [
        *("", "16x9", "1:0", "0:1", "-1:1", "1:2:3", "nan", "65536:1", "1:65536", 0, -1.5, float("nan"), float("inf")),
        *(True, None, (1, 0), (1,), (1, 2, 3), ("1", "2"), "\N{FULLWIDTH DIGIT ONE}:1"),
        *(10**400, (10**400, 10**400), (1, 10**400), Fraction(10**400, 3), "9" * 400),  # no float holds them
    ],
)
def test_what_is_no_aspect(value: Any) -> None:
    with pytest.raises(ParameterError, match="aspect"):
        parse_aspect(value)


@pytest.mark.parametrize("value", ["400x300", "400X300", " 400 x 300 ", "400×300", (400, 300), [np.int64(400), 300]])
def test_sizes(value: Any) -> None:
    assert parse_size("size", value) == (400, 300)
    assert parse_size("size", "65535x1") == (65535, 1)


@pytest.mark.parametrize(
    "value",
    [
        *("", "400", "400:300", "0x300", "400x0", "-4x3", "65536x1", "1x65536", "9" * 5000 + "x1"),
        *((400,), (0, 1), (1.5, 2), (True, 1), None, 400),
    ],
)
def test_what_is_no_size(value: Any) -> None:
    with pytest.raises(ParameterError, match="size must be width and height"):
        parse_size("size", value)


@pytest.mark.parametrize(
    ("photo", "request_", "window"),
    [
        ((300, 400), CropRequest("1:1"), (300, 300)),
        ((400, 300), CropRequest("1:1"), (300, 300)),
        ((300, 400), CropRequest("4:3"), (300, 400)),
        ((300, 400), CropRequest("16:9"), (225, 400)),
        ((300, 400), CropRequest("9:16"), (300, 169)),  # 168.75
        ((300, 400), CropRequest(zoom=2), (150, 200)),
        ((301, 401), CropRequest(zoom=2), (151, 201)),  # 150.5 and 200.5
        ((300, 400), CropRequest("1:1", zoom=3), (100, 100)),
        ((300, 400), CropRequest("65535:1"), (1, 400)),
        ((300, 400), CropRequest("1:65535"), (300, 1)),
        ((1, 1), CropRequest("16:9", zoom=100), (1, 1)),
        ((300, 400), CropRequest(size="400x300"), (300, 400)),
        ((300, 400), CropRequest(size=(1, 2)), (2, 1)),
        ((300, 400), CropRequest(output_size="100x100"), (300, 300)),
        ((300, 400), CropRequest("16:9", output_size="100x100"), (225, 225)),
        ((300, 400), CropRequest(size="300x200", output_size="100x100"), (200, 200)),
        ((300, 400), CropRequest(output_size="800x600"), (300, 400)),
    ],
)
def test_windows(photo: tuple[int, int], request_: CropRequest, window: tuple[int, int]) -> None:
    assert request_.window(*photo) == window


@pytest.mark.parametrize(("size", "fits"), [("400x300", True), ("401x300", False), ("400x301", False)])
def test_a_size_must_fit_into_the_photo(size: str, fits: bool) -> None:
    if fits:
        CropRequest(size=size).window(300, 400)
    else:
        with pytest.raises(ParameterError, match="does not fit into a photo of 400 x 300"):
            CropRequest(size=size).window(300, 400)


@pytest.mark.parametrize(
    "arguments",
    [{"aspect": "1:1", "size": "4x3"}, {"size": "4x3", "zoom": 2}, {"zoom": 0.99}, {"zoom": 100.1}, {"zoom": "2"}],
)
def test_contradictions_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        CropRequest(**arguments)


SIDES = st.integers(1, 70_000)


@given(SIDES, SIDES, st.floats(1 / 65_535, 65_535), st.floats(1, 100))
def test_the_largest_window_fits_and_touches_two_sides(height: int, width: int, ratio: float, zoom: float) -> None:
    rows, columns = CropRequest(ratio).window(height, width)
    assert 1 <= rows <= height
    assert 1 <= columns <= width
    assert rows == height or columns == width
    # The other side is that of the aspect, rounded to a whole number of pixels from 1.
    assert abs(columns - rows * ratio) <= 0.5 * max(1, ratio) + 1e-6 * columns or 1 in (rows, columns)
    tight = CropRequest(ratio, zoom=zoom).window(height, width)
    assert all(1 <= side <= whole for side, whole in zip(tight, (rows, columns), strict=True))
