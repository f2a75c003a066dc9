"""Allocation "rdo": block weights and lambda by saliency, level and factors of the closed loop."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from weighed_photos import weigh

from foveal import jpeg
from foveal.allocate.effort import EFFORTS
from foveal.allocate.foveation import frequency_profiles
from foveal.allocate.hard_edges import hard_edges
from foveal.allocate.perception import SmoothAreas, Trend, perception
from foveal.allocate.rate_distortion import RateDistortion, quantization_by_visibility


@pytest.mark.parametrize("effort", EFFORTS)
def test_lambda_falls_with_the_square_root_of_the_mean_weight(effort: str) -> None:
    weights = np.array([[0.1, 0.1, 0.1, 0.7]], dtype=np.float32)  # mean 1/4
    visibility = [np.array([[1, 0.5, 0.1, 2]], dtype=np.float32)] * 3
    salient, blind = (
        quantization_by_visibility(2.0, each, visibility, EFFORTS[effort], perception()).quantizer
        for each in (weights, np.ones_like(weights))
    )
    for found, before in zip(salient.block_weights, blind.block_weights, strict=True):
        np.testing.assert_allclose(found, 2 * weights * before, rtol=1e-5)


def test_lambda_depends_on_the_level_and_lifts_on_the_component() -> None:
    tuned = perception()
    spectra = [replace(each, bit_worth=Trend(-3, 0.5), lift=0.1 * index) for index, each in enumerate(tuned.spectra)]
    tuned = replace(tuned, **dict(zip(("luminance", "cb", "cr"), spectra, strict=True)))
    ones = np.ones((2, 3), np.float32)
    seen = [ones, 2 * ones, 3 * ones]
    for level, worth in ((1.4, -3.5), (2.2, -3), (3.0, -2.5)):
        quantizer = quantization_by_visibility(level, ones, seen, EFFORTS["balanced"], tuned).quantizer
        assert quantizer.lifts == pytest.approx((0, 0.1, 0.2))
        for factor, weights in zip((1, 2, 3), quantizer.block_weights, strict=True):
            np.testing.assert_allclose(weights, factor * np.exp(-worth), rtol=1e-6)


def test_factors_multiply_the_weights_of_luminance_alone(chelsea: np.ndarray) -> None:
    grid = jpeg.block_grid(*chelsea.shape[:2])
    photo = weigh(chelsea)._transform(75)
    nothing_smooth = RateDistortion(replace(perception(), smooth_areas=SmoothAreas(knee=1e-9, gain=1.0)))
    factors = np.random.default_rng(2).uniform(0.5, 2, grid).astype(np.float32)
    decide = partial(nothing_smooth.decide_at_level, photo, 2.0, EFFORTS["best"])
    plain, multiplied = (decide(each).quantizer.block_weights for each in (1.0, factors))
    np.testing.assert_allclose(multiplied[0], factors * plain[0], rtol=1e-6)
    for before, after in zip(plain[1:], multiplied[1:], strict=True):
        np.testing.assert_array_equal(before, after)


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
