"""What the fuzzers found in the kernels (docs/fuzzing.md)."""

from __future__ import annotations

import numpy as np
import pytest

import foveal._kernels as _kernels
from foveal import jpeg


@pytest.mark.parametrize("name", _kernels.instruction_sets())
@pytest.mark.parametrize("low", range(1, 14))
def test_the_least_dc_level_comes_back_from_successive_approximation(name: str, low: int) -> None:
    """The point transform of DC rounds down: without its lowest bits, -16,383 is -16,384 (T.81 A.4).

    So is -16,384, which a file may hold whose scans end before the last bits.
    """
    frame = jpeg.Frame(8, 24, (jpeg.ComponentHeader(1, 1, 1, 0),))
    levels = np.zeros((1, 3, 64), dtype=np.int16)
    levels[0, :, 0] = 16_383, -16_384, -16_383
    before = jpeg.Coefficients(frame, (jpeg.QuantizationTable((1,) * 64),), (levels,))
    refinements = [jpeg.Scan((0,), 0, 0, bit + 1, bit) for bit in reversed(range(low))]
    script = (jpeg.Scan((0,), 0, 0, 0, low), *refinements, jpeg.Scan((0,), 1, 63))
    _kernels.use_instruction_set(name)
    try:
        after = jpeg.read_coefficients(jpeg.write_coefficients(before, scripts=[script]))
    finally:
        _kernels.use_instruction_set(_kernels.instruction_sets()[0])
    np.testing.assert_array_equal(after.blocks[0], levels)
