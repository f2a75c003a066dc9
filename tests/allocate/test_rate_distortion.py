"""Allocation "rdo": block weights by saliency, masking and colour."""

from __future__ import annotations

import numpy as np
import pytest
from weighed_photos import weigh

from foveal.allocate.effort import EFFORTS
from foveal.allocate.foveation import frequency_profiles
from foveal.allocate.hard_edges import hard_edges
from foveal.allocate.perception import perception
from foveal.allocate.rate_distortion import RateDistortion


def test_the_map_does_not_count_in_blocks_with_little_flat_ground() -> None:
    """A quarter of one block is ground, a third of the way from texture to a hard edge: only it keeps its weight."""
    pixels = np.random.default_rng(3).integers(10, 256, (72, 72)).astype(np.uint8)
    pixels[32:40, 32:34] = 0
    weights = np.full((9, 9), 0.1, np.float32)
    photo = weigh(pixels, weights)._transform(75)
    assert hard_edges(pixels)[4, 4] == pytest.approx((0.25 - 0.2) / 0.15)
    decided = RateDistortion().decide_at_level(photo, 2.0, EFFORTS["balanced"])
    counted = np.where(np.arange(81).reshape(9, 9) == 40, 1, weights)
    expected = frequency_profiles(counted, perception().foveation, 2.0)
    np.testing.assert_array_equal(decided.quantizer.profiles.index, expected.index)
    assert np.unique(expected.index).size == 2
