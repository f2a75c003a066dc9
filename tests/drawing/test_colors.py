"""The colour maps."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

from foveal.drawing import colors


def test_lightness_of_sequential_colors_rises() -> None:
    found = colors.sequential_colors(np.linspace(0, 5, 200), 5)
    luminance = found @ np.array([0.299, 0.587, 0.114])
    assert (np.diff(luminance) >= -1).all()  # colours are rounded
    assert luminance[0] < 15
    assert luminance[-1] > 240


def test_diverging_colors_are_blue_grey_and_red() -> None:
    found = colors.diverging_colors(np.array([[-3.0, 0.0, 3.0]]), 3).astype(int)
    assert found.shape == (1, 3, 3)
    blue, grey, red = found[0]
    assert blue[2] > blue[0] + 100
    assert np.ptp(grey) == 0
    assert red[0] > red[2] + 100


@pytest.mark.parametrize("color", [colors.sequential_colors, colors.diverging_colors])
def test_values_beyond_the_scale_have_the_colours_of_its_ends(
    color: Callable[[np.ndarray, float], np.ndarray],
) -> None:
    np.testing.assert_array_equal(color(np.array([-9.0, 9.0]), 2), color(np.array([-2.0, 2.0]), 2))
    np.testing.assert_array_equal(color(np.zeros((2, 3)), 0), color(np.zeros((2, 3)), 1))  # a scale without extent


@pytest.mark.parametrize(
    ("gradient", "color", "ends"),
    [
        (colors.sequential_gradient, colors.sequential_colors, (0.0, 1.0)),
        (colors.diverging_gradient, colors.diverging_colors, (-1.0, 1.0)),
    ],
)
def test_gradients_go_from_the_first_colour_to_the_last(
    gradient: Callable[[], str],
    color: Callable[[np.ndarray, float], np.ndarray],
    ends: tuple[float, float],
) -> None:
    found = [[int(number) for number in each.split(",")] for each in re.findall(r"rgb\(([^)]*)\)", gradient())]
    np.testing.assert_array_equal([found[0], found[-1]], color(np.array(ends), 1))


def test_the_brightest_value_leaves_out_outliers() -> None:
    values = np.ones((100, 100))
    values[0, :40] = 1000
    assert colors.brightest_value(values) == 1
    assert colors.brightest_value(np.zeros(5)) == 1
    assert colors.brightest_value(np.full(5, 7.0)) == 7
