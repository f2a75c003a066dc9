"""Levels are compressed and decompressed without loss."""

from __future__ import annotations

import numpy as np
import pytest

from foveal.pca import level_stream


@pytest.mark.parametrize("largest", [0, 127, 128, 16320])
@pytest.mark.parametrize("grid", [(1, 1), (1, 7), (7, 1), (5, 6)])
def test_levels_are_packed_without_loss(largest: int, grid: tuple[int, int]) -> None:
    levels = np.random.default_rng(largest).integers(-largest, largest + 1, (4, grid[0] * grid[1])).astype(np.int16)
    levels[:, 0], levels[:, -1], levels[3] = largest, -largest, 0
    stream = level_stream.pack(levels, grid)
    assert len(stream.data) <= level_stream.max_size_bytes(4, grid)
    np.testing.assert_array_equal(level_stream.unpack(stream, 4, grid), levels)
    assert stream.wide_count == (3 if largest > 127 else 0) or grid == (1, 1) or largest == 127
