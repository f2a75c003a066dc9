"""Sizes of the pictures that the network sees."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveal.saliency.fit import SIDE_MULTIPLE, SMALLEST_SIDE, input_size

PIXELS = 320 * 240


@pytest.mark.parametrize(
    ("photo", "seen"),
    [
        ((360, 480), (240, 320)),
        ((480, 360), (320, 240)),
        ((3000, 3000), (272, 272)),  # 277 exactly
        ((512, 768), (224, 336)),
        ((1, 1), (272, 272)),
        ((100, 1900), (64, 1200)),  # 63.6 exactly
        ((1, 60_000), (64, 1200)),  # squeezed
        ((60_000, 1), (1200, 64)),
    ],
    ids=str,
)
def test_common_shapes(photo: tuple[int, int], seen: tuple[int, int]) -> None:
    assert input_size(*photo, PIXELS) == seen


@given(st.integers(1, 65_535), st.integers(1, 65_535), st.integers(SMALLEST_SIDE**2, 10**6))
def test_sides_are_multiples_and_about_the_wanted_area(height: int, width: int, pixels: int) -> None:
    found = input_size(height, width, pixels)
    assert all(side % SIDE_MULTIPLE == 0 and side >= SMALLEST_SIDE for side in found)
    # Each side is rounded by at most 8 pixels of 64 or more.
    assert (1 - 1 / 8) ** 2 <= found[0] * found[1] / pixels <= (1 + 1 / 8) ** 2
    if 1 / 4 <= height / width <= 4 and pixels >= 65_536:
        exact = width / height
        assert (1 - 8 / 128) / (1 + 8 / 128) <= found[1] / found[0] / exact <= (1 + 8 / 128) / (1 - 8 / 128)
