"""Samples and size estimates of a photo with weighted blocks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from weighed_photos import weigh

from foveal import jpeg
from foveal.encoding import weighed_photo


@pytest.mark.parametrize("sampled_pixels", [10**6, 400 * 96])
def test_size_estimates_are_near_the_size_of_the_file(rocket: np.ndarray, sampled_pixels: int) -> None:
    """From a sample, the scans are scaled to the whole photo, and metadata counts once."""
    photo = weigh(rocket)
    commented = replace(photo, settings=replace(photo.settings, metadata=jpeg.Metadata(comment=bytes(9_000))))
    sample, other_sample = photo.sample(sampled_pixels), commented.sample(sampled_pixels)
    assert (sample is photo) == (sampled_pixels == 10**6)
    tolerance = 0.003 if sample is photo else 0.2
    for quality in (30, 75, 95):
        estimate = photo.estimate_size(quality, sample)
        assert estimate == pytest.approx(len(photo.encode(quality)), rel=tolerance)
        assert commented.estimate_size(quality, other_sample) - estimate == pytest.approx(9_004, abs=1e-6)


@given(st.integers(1, 700), st.integers(1, 700), st.integers(1, 300_000))
def test_patches_of_a_photo_keep_their_weights(height: int, width: int, sampled_pixels: int) -> None:
    rows, columns = jpeg.block_grid(height, width)
    weights = np.arange(rows * columns, dtype=np.float32).reshape(rows, columns)
    number = np.repeat(np.repeat(weights.astype(np.uint16), 8, axis=0), 8, axis=1)[:height, :width]  # of the block
    photo = weigh(np.ascontiguousarray(number), weights)
    sample = photo.sample(sampled_pixels)
    assert (sample is photo) == (height * width <= sampled_pixels)
    assert sample.weights.shape == jpeg.block_grid(*sample.pixels.shape)
    np.testing.assert_array_equal(sample.weights, sample.pixels[::8, ::8])
    assert len(np.unique(sample.weights)) == sample.weights.size  # patches that do not overlap
    assert min(sample.pixels.shape) >= min(128, height, width)
    assert sample.pixels.size <= max(sampled_pixels, 255 * 255, 255 * min(height, width))


def test_patches_are_evenly_spaced() -> None:
    assert weighed_photo._select_patches(128 * 6, 0.5) == [slice(128, 256), slice(384, 512), slice(640, 768)]
    assert weighed_photo._select_patches(128 * 3 + 127, 0.1) == [slice(128, 256)]  # the middle
    assert weighed_photo._select_patches(128 * 3 + 127, 1) == [slice(0, 128 * 3 + 127)]
    assert weighed_photo._select_patches(255, 0.1) == [slice(0, 255)]  # too short for a selection
