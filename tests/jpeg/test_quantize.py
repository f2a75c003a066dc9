"""Quantization by rounding to the nearest level."""

from __future__ import annotations

import numpy as np

from foveal import jpeg
from foveal.jpeg.frame import Frame
from foveal.jpeg.quantize import Rounding


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
