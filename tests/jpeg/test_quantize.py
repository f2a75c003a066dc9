"""Quantization: rounding to the nearest level, and dead zones below which levels of +-1 become 0."""

from __future__ import annotations

import numpy as np
import pytest

from foveal import jpeg
from foveal.jpeg.frame import Frame
from foveal.jpeg.quantize import Rounding
from foveal.jpeg.tables import annex_k_tables


def test_rounding_is_the_nearest_level() -> None:
    coefficients = np.arange(-2000, 2001, dtype=np.int16)
    coefficients = np.resize(coefficients, (63, 64)).copy()
    table = jpeg.QuantizationTable(tuple(range(1, 65)))
    frame = Frame.of_picture(8, 63 * 8, None)
    blocks = coefficients[np.newaxis]
    levels = np.empty_like(blocks)
    Rounding().plan(blocks, frame, frame.components[0], table).run((0, 1), levels)
    exact = coefficients / (16.0 * np.arange(1, 65))
    nearest = np.sign(exact) * np.floor(np.abs(exact) + 0.5)  # ties away from zero, as in libjpeg
    np.testing.assert_array_equal(levels[0], nearest.astype(int))


@pytest.mark.parametrize(("weight", "threshold"), [(1e9, 0.5), (20, 0.625), (5, 1.0), (2.5, 1.5), (1, 1.5)])
def test_dead_zone_of_a_weight(weight: float, threshold: float) -> None:
    frame = Frame.of_picture(8, 8, None)
    plan = jpeg.DeadZone((np.full((1, 1), weight, np.float32),) * 2, bits=5).plan(
        np.zeros((1, 1, 64), np.int16), frame, frame.components[0], annex_k_tables(50)[0]
    )
    assert plan.per_block[0, 0] == pytest.approx(threshold)
    # just below and at the threshold, at -1.6 and at 5 steps: above 3/2 a level never becomes 0
    steps = annex_k_tables(50)[0].steps_in_sixteenths
    block = np.zeros((1, 64), np.int16)
    block[0, 1:5] = [np.ceil(threshold * steps[1]) - 1, np.ceil(threshold * steps[2]), -1.6 * steps[3], 5 * steps[4]]
    plan.kernel(block, plan.per_block.reshape(-1))
    assert block[0, 1:5].tolist() == [0, 2 if threshold == 1.5 else 1, -2, 5]
