"""Tables, block weights and lambda of a weighing, by level and saliency."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from foveal.allocate.effort import EFFORTS
from foveal.allocate.perception import Trend, perception
from foveal.allocate.weighing import Weighing


@pytest.mark.parametrize("effort", EFFORTS)
def test_lambda_falls_with_the_square_root_of_the_mean_weight(effort: str) -> None:
    weights = np.array([[0.1, 0.1, 0.1, 0.7]], dtype=np.float32)  # mean 1/4
    visibility = [np.array([[1, 0.5, 0.1, 2]], dtype=np.float32)] * 3
    salient, blind = (
        Weighing(2.0, each, visibility, perception(), np.zeros_like(each)).quantization(EFFORTS[effort]).quantizer
        for each in (weights, np.ones_like(weights))
    )
    for found, before in zip(salient.block_weights, blind.block_weights, strict=True):
        np.testing.assert_allclose(found, 2 * weights * before, rtol=1e-5)


def test_lambda_depends_on_the_level_and_lifts_on_the_component() -> None:
    tuned = perception()
    spectra = [replace(each, bit_worth=Trend(-3, 0.5), lift=0.1 * index) for index, each in enumerate(tuned.spectra)]
    tuned = replace(tuned, **dict(zip(("luminance", "cb", "cr"), spectra, strict=True)))
    ones = np.ones((2, 3), np.float32)
    for level, worth in ((1.4, -3.5), (2.2, -3), (3.0, -2.5)):
        weighing = Weighing(level, ones, [ones, 2 * ones, 3 * ones], tuned, 0 * ones)
        quantizer = weighing.quantization(EFFORTS["balanced"]).quantizer
        assert quantizer.lifts == pytest.approx((0, 0.1, 0.2))
        for factor, weights, bits in zip(
            (1, 2, 3), quantizer.block_weights, weighing.bits_per_squared_error(), strict=True
        ):
            np.testing.assert_allclose(weights, factor * np.exp(-worth), rtol=1e-6)
            np.testing.assert_array_equal(bits, weights)  # without a map
