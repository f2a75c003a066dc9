"""Measure of visible block borders: how much a file adds to the steps across them where the photo is smooth.

Skies and gradients have nothing that would hide the borders of blocks. Scores of the whole picture are kind to them,
because the errors are small; but many small steps in line show as a lattice.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foveal.jpeg import BLOCK_SIDE

_SMOOTH_HIGH = 2.0  # `Texture.high` below which a block is smooth, in 8-bit samples: more hides the steps as grain


def smooth_blocks(high: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which blocks are smooth, (rows, columns), by the strength of their high frequencies (`Texture.high`)."""
    return high < _SMOOTH_HIGH


def extra_border_step(original: NDArray[np.float32], decoded: NDArray[np.float32], smooth: NDArray[np.bool_]) -> float:
    """Return the mean step that a file adds to the original across block borders, counted between smooth blocks only.

    A step is the mean difference along the 8 samples of a block's border. What a file changes in the middle of the
    blocks is subtracted: noise that it removes is not a lattice. Other borders count as 0, so that the larger the
    smooth areas are, the smaller are the steps that give the same mean.

    Parameters
    ----------
    original, decoded
        (height, width) luminance in 8-bit units.
    smooth
        (rows, columns) of the picture's blocks: those to measure.

    Returns
    -------
    float
        Mean extra step in 8-bit units; 0 for a picture of one block.
    """
    error = decoded - original
    extra = np.concatenate([_extra_steps(error, smooth), _extra_steps(error.T, smooth.T)])
    return float(extra.mean()) if extra.size else 0.0


def _extra_steps(error: NDArray[np.float32], smooth: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the steps of an error to the right across block borders, less those in the middle of the block before."""
    rows, columns = (side // BLOCK_SIDE for side in error.shape)
    if rows == 0 or columns < 2:
        return np.zeros(0, dtype=np.float32)
    whole = error[: rows * BLOCK_SIDE, : columns * BLOCK_SIDE]
    means = whole.reshape(rows, BLOCK_SIDE, -1).mean(axis=1)  # along the borders
    steps = np.abs(np.diff(means, axis=1))
    both = smooth[:rows, : columns - 1] & smooth[:rows, 1:columns]
    middle = BLOCK_SIDE // 2 - 1
    extra = steps[:, BLOCK_SIDE - 1 :: BLOCK_SIDE] - steps[:, middle::BLOCK_SIDE][:, : columns - 1]
    return np.asarray((extra * both).ravel())
