"""Resampling of the network's cells to pixels."""

from __future__ import annotations

import numpy as np
import pytest

from foveal.saliency.cells import cells_to_pixels


@pytest.mark.parametrize("seen", [(20, 30), (17, 25), (24, 32)], ids=str)
def test_cells_are_aligned_with_their_pixels(seen: tuple[int, int]) -> None:
    """A ramp over the cells stays the same ramp over pixels, though the last cells reach beyond the picture."""
    rows, columns = -(-seen[0] // 8), -(-seen[1] // 8)
    centres = 8 * np.arange(columns) + 4.0
    cells = np.repeat(centres[np.newaxis], rows, axis=0).astype(np.float32)
    found = cells_to_pixels(cells, seen, seen)
    assert found.shape == seen
    inner = slice(8, seen[1] - 8)
    expected = np.arange(seen[1]) + 0.5
    assert np.abs(found[:, inner] - expected[inner]).max() < 1.0
    larger = cells_to_pixels(cells, seen, (3 * seen[0], 3 * seen[1]))
    assert np.abs(larger[1::3, 1::3] - found).max() < 0.2
