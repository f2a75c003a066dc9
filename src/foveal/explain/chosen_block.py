"""Choice of the 8x8-pixel block that a page shows in detail, and its neighbourhood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveal.errors import ParameterError
from foveal.jpeg import BLOCK_SIDE

_BLOCKS_AROUND = 5  # on each side, if the photo extends so far


@dataclass(frozen=True)
class ChosenBlock:
    """A block of the grid of 8x8-pixel blocks of a photo.

    Parameters
    ----------
    row, column
        Position of the block in the grid, from 0.
    grid
        Number of rows and columns of the grid.
    """

    row: int
    column: int
    grid: tuple[int, int]

    @property
    def neighbourhood(self) -> tuple[slice, slice]:
        """Rows and columns of the pixels of the block and of the blocks around it."""
        return _pixel_range(self.row, self.grid[0]), _pixel_range(self.column, self.grid[1])

    @property
    def row_in_neighbourhood(self) -> int:
        """Row of the block among the blocks of its neighbourhood."""
        return min(self.row, _BLOCKS_AROUND)

    @property
    def column_in_neighbourhood(self) -> int:
        """Column of the block among the blocks of its neighbourhood."""
        return min(self.column, _BLOCKS_AROUND)


def _pixel_range(index: int, count: int) -> slice:
    """Return the pixels of the neighbourhood along one axis of `count` blocks."""
    return slice(max(0, index - _BLOCKS_AROUND) * BLOCK_SIDE, min(count, index + _BLOCKS_AROUND + 1) * BLOCK_SIDE)


def choose_block(
    requested: tuple[int, int] | None, weights: NDArray[np.float32], bits_map: NDArray[np.float64]
) -> ChosenBlock:
    """Choose the block that was requested, or the most salient one.

    Parameters
    ----------
    requested
        (x, y): column and row of the block, from 0. None for the block of the highest weight or, if all weights are
        equal, for the block that takes the most bits.
    weights, bits_map
        Weight and bits of each block of the photo, (rows, columns).

    Raises
    ------
    ParameterError
        The photo does not have the requested block.
    """
    rows, columns = weights.shape
    if requested is None:
        row, column = _middle_of_peak(bits_map if np.ptp(weights) == 0 else weights)
    else:
        column, row = requested
        if not (0 <= row < rows and 0 <= column < columns):
            raise ParameterError(
                f"there is no block {column},{row}: this photo has {columns:,} columns and {rows:,} rows of 8x8-pixel "
                f"blocks, from 0,0 to {columns - 1},{rows - 1}"
            )
    return ChosenBlock(row, column, (rows, columns))


def _middle_of_peak(values: NDArray[np.floating]) -> tuple[int, int]:
    """Return the position of the largest value; of several, that of the one nearest to their mean position."""
    peaks = np.argwhere(values == values.max())
    nearest = ((peaks - peaks.mean(axis=0)) ** 2).sum(axis=1).argmin()
    return int(peaks[nearest, 0]), int(peaks[nearest, 1])
