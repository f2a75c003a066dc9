"""Tiles of the photographs that benchmarks work on."""

from __future__ import annotations

import numpy as np

from bench import photos


def test_tiles_are_whole() -> None:
    tiles = photos.cut_tiles([np.zeros((600, 512, 3), np.uint8), np.zeros((255, 900, 3), np.uint8)])
    assert [tile.shape for tile in tiles] == [(256, 256, 3)] * 4


def test_the_quarter_with_the_most_detail_is_selected() -> None:
    photo = np.zeros((512, 1024, 3), np.uint8)
    noise = np.random.default_rng(0).integers(0, 50, (256, 256, 3))
    photo[:256, 256:512] = noise
    photo[256:, 768:] = 2 * noise
    photo[:256, :256] = 200  # light, but flat
    selected = photos.select_detailed_tiles([photo])
    assert [int(tile.max()) for tile in selected] == [49, 98]
    assert len(photos.select_detailed_tiles([photo[:256, :256]])) == 1
