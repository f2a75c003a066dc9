"""Down-sampling of component planes."""

from __future__ import annotations

import numpy as np
import pytest

from foveal.jpeg import sampling
from foveal.jpeg.frame import SAMPLING_FACTORS, Frame


@pytest.mark.parametrize("name", SAMPLING_FACTORS)
def test_downsampling_is_the_mean_of_the_samples_replaced(name: str) -> None:
    h, v = SAMPLING_FACTORS[name]
    frame = Frame.of_picture(32, 48, (h, v))
    plane = np.random.default_rng(2).uniform(-128, 127, (32, 48)).astype(np.float32)
    smaller = sampling.downsample(plane, frame, frame.components[1])
    expected = plane.reshape(32 // v, v, 48 // h, h).astype(np.float64).mean(axis=(1, 3))
    assert smaller.shape == expected.shape
    assert np.abs(smaller - expected).max() < 1e-4
    np.testing.assert_array_equal(sampling.downsample(plane, frame, frame.components[0]), plane)
