"""The regions of a comparison, against brute force over all windows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import noisy_gradient

from foveal.comparison.regions import SHOWN_SIDE, choose_regions


@given(height=st.integers(1, 120), width=st.integers(1, 120), seed=st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_regions_lie_in_the_photo_and_do_not_overlap(height: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    saliency = rng.random((height, width), dtype=np.float32) ** 4
    regions = choose_regions(pixels, saliency)
    assert regions == choose_regions(pixels, saliency)
    assert [region.name for region in regions] == ["salient", "background"][: 1 if height == width == 1 else 2]
    covered = np.zeros((height, width), int)
    for region in regions:
        assert saliency[region.slices].shape == (region.height, region.width)
        assert region.zoom >= 1
        assert region.zoom * max(region.height, region.width) <= SHOWN_SIDE
        covered[region.slices] += 1
    assert covered.max() == 1
    windows = np.lib.stride_tricks.sliding_window_view(saliency, (regions[0].height, regions[0].width))
    assert saliency[regions[0].slices].mean() == pytest.approx(windows.mean(axis=(2, 3)).max(), rel=1e-5)


@pytest.mark.parametrize(
    ("shape", "side", "zoom"),
    [((512, 512), 144, 2), ((863, 600), 144, 2), ((864, 600), 288, 1), ((2000, 900), 288, 1), ((200, 300), 96, 3)],
)
def test_regions_have_the_largest_size_that_fits_the_zoom(shape: tuple[int, int], side: int, zoom: int) -> None:
    pixels = np.zeros((*shape, 3), np.uint8)
    for region in choose_regions(pixels, np.ones(shape, np.float32)):
        assert (region.height, region.width, region.zoom) == (side, side, zoom)


def test_the_background_is_distant_dark_in_the_map_and_textured() -> None:
    """Half sky, half sand; the map is bright in the middle and grey all along the left edge."""
    pixels = noisy_gradient(300, 300)
    pixels[:150] = 200
    saliency = np.zeros((300, 300), np.float32)
    saliency[120:180, 120:180] = 1
    saliency[:, :80] = 0.2
    salient, background = choose_regions(pixels, saliency)
    assert salient.top <= 120 <= 180 <= salient.top + salient.height
    assert salient.left <= 120 <= 180 <= salient.left + salient.width
    assert background.top >= 150
    assert background.left >= 80
    assert saliency[background.slices].max() == 0
