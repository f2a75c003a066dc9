"""Allocation "quality-map": the tables that blocks choose, and the levels in the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from other_readers import read_levels

from foveal import jpeg
from foveal.allocate.quality_map import quantization_by_weights
from foveal.jpeg.frame import Frame
from foveal.jpeg.tables import annex_k_tables


def test_quality_map_gives_each_block_its_own_steps() -> None:
    weights = np.ones((50, 75), dtype=np.float32)
    weights[:, 40:] = 0.25  # steps twice as large
    spending = quantization_by_weights(weights, 90)
    assert spending.tables == annex_k_tables(90)
    tables = spending.quantizer.tables[0]
    assert tables[-1] == annex_k_tables(90)[0]
    assert tables[0].values == tuple(2 * step for step in tables[-1].values)
    assert set(np.unique(spending.quantizer.table_index)) == {0, 31}


def test_quality_map_writes_multiples_of_the_blocks_own_steps(coffee: np.ndarray, tmp_path: Path) -> None:
    """With weight 1/4 everywhere every AC level is even: a multiple of steps twice as large."""
    frame = Frame.of_picture(*coffee.shape[:2], (2, 2))
    spending = quantization_by_weights(np.full(frame.block_grid, 0.25, dtype=np.float32), 80)
    data = jpeg.encode(coffee, jpeg.EncoderSettings(tables=spending.tables, quantizer=spending.quantizer))
    for levels in read_levels(data, tmp_path)[0]:
        assert levels[:, :, 1:].any()
        assert not (levels[:, :, 1:] % 2).any()
