"""Resampling of the network's cells to pixels."""

from __future__ import annotations

import numpy as np
import pytest

from foveal.saliency.cells import cells_to_pixels


@pytest.mark.parametrize("side", [8, 32])
@pytest.mark.parametrize("seen", [(80, 120), (68, 100), (96, 128)], ids=str)
def test_cells_are_aligned_with_their_pixels(seen: tuple[int, int], side: int) -> None:
    """A ramp over the cells stays the same ramp over pixels, though the last cells reach beyond the picture."""
    rows, columns = -(-seen[0] // side), -(-seen[1] // side)
    centres = side * np.arange(columns) + side / 2
    cells = np.repeat(centres[np.newaxis], rows, axis=0).astype(np.float32)
    found = cells_to_pixels(cells, seen, seen, side)
    assert found.shape == seen
    inner = slice(side, seen[1] - side)
    expected = np.arange(seen[1]) + 0.5
    assert np.abs(found[:, inner] - expected[inner]).max() < side / 8
    larger = cells_to_pixels(cells, seen, (3 * seen[0], 3 * seen[1]), side)
    assert np.abs(larger[1::3, 1::3] - found).max() < side / 40
