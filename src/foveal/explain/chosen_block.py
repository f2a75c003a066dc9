"""The block of 8x8 pixels that a page looks at closely, and what is around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveal.errors import ParameterError
from foveal.jpeg import BLOCK_SIDE

_BLOCKS_AROUND = 5  # on each side, where the photo goes on so far


@dataclass(frozen=True)
class ChosenBlock:
    """A block of the photo's grid, which has so many rows and columns."""

    row: int
    column: int
    grid: tuple[int, int]

    @property
    def neighbourhood(self) -> tuple[slice, slice]:
        """Rows and columns of pixels around it, whole blocks."""
        return _around(self.row, self.grid[0]), _around(self.column, self.grid[1])

    @property
    def row_in_neighbourhood(self) -> int:
        """Rows of blocks above it there."""
        return min(self.row, _BLOCKS_AROUND)

    @property
    def column_in_neighbourhood(self) -> int:
        """Columns of blocks to its left there."""
        return min(self.column, _BLOCKS_AROUND)


def _around(index: int, count: int) -> slice:
    return slice(max(0, index - _BLOCKS_AROUND) * BLOCK_SIDE, min(count, index + _BLOCKS_AROUND + 1) * BLOCK_SIDE)


def choose_block(
    wanted: tuple[int, int] | None, weights: NDArray[np.float32], bits_map: NDArray[np.float64]
) -> ChosenBlock:
    """Choose a block.

    Parameters
    ----------
    wanted
        (x, y): column and row, from 0; None for the most salient one, or, where all weigh alike, the one that takes the
        most bits.
    weights, bits_map
        (rows, columns) of the photo's blocks.

    Raises
    ------
    ParameterError
        There is no such block.
    """
    rows, columns = weights.shape
    if wanted is None:
        row, column = _middle_of_peak(bits_map if np.ptp(weights) == 0 else weights)
    else:
        column, row = wanted
        if not (0 <= row < rows and 0 <= column < columns):
            raise ParameterError(
                f"there is no block {column},{row}: this photo has {columns:,} columns and {rows:,} rows of 8x8-pixel "
                f"blocks, from 0,0 to {columns - 1},{rows - 1}"
            )
    return ChosenBlock(row, column, (rows, columns))


def _middle_of_peak(values: NDArray[np.floating]) -> tuple[int, int]:
    """Of all that are as large as the largest, the one nearest to their middle."""
    peaks = np.argwhere(values == values.max())
    nearest = ((peaks - peaks.mean(axis=0)) ** 2).sum(axis=1).argmin()
    return int(peaks[nearest, 0]), int(peaks[nearest, 1])
