"""Conversion of a saliency map into the weight of each 8x8-pixel block."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.errors import ParameterError
from foveal.jpeg import BLOCK_SIDE, block_grid

Map = NDArray[np.floating | np.bool_]

LEAST_WEIGHT = 0.02  # weight of a block of saliency 0 at strength 1


def block_weights(saliency: Map, height: int, width: int, strength: float) -> NDArray[np.float32]:
    """Return the weight of each block of a photo.

    A block of saliency 1 has weight 1, with which it keeps the full quality of the file. A block of saliency 0 that has
    no salient block near it has the least weight, `LEAST_WEIGHT ** strength`. Between them the weight is linear in the
    saliency. If the map is a density of fixations, the sum of weighted errors is then a mix of the error at the
    fixations and the error of the whole photo. Weights fall off over two blocks outside the salient part: its border
    does not show, and the part itself keeps its weights.

    Parameters
    ----------
    saliency
        (h, w) floats in [0, 1] or bools, any size; it covers the whole photo, in the stored orientation.
    height, width
        Size of the photo in pixels.
    strength
        Strength of the map from 0, at which all blocks have weight 1, to 1.

    Returns
    -------
    ndarray
        (ceil(height / 8), ceil(width / 8)) float32 in [LEAST_WEIGHT, 1].

    Raises
    ------
    ParameterError
        The map is not two-dimensional, is empty, does not hold floats or bools, or has values outside [0, 1].
    """
    check_map(saliency)
    floor = LEAST_WEIGHT**strength
    blocks = _feather_outwards(np.clip(_block_means(saliency, height, width), 0, 1))
    return np.asarray(floor + (1 - floor) * blocks, dtype=np.float32)


def check_map(saliency: Map) -> None:
    """Raise ParameterError unless a saliency map is a non-empty (h, w) array of floats in [0, 1] or bools."""
    if saliency.ndim != 2 or saliency.size == 0:
        raise ParameterError(f"a saliency map must be a non-empty (h, w) array; its shape is {saliency.shape}")
    if saliency.dtype.kind not in "fb":
        raise ParameterError(f"a saliency map holds floats in [0, 1] or bools, not {saliency.dtype}; divide by 255?")
    if not (saliency.min() >= 0 and saliency.max() <= 1):  # also catches NaN
        raise ParameterError("a saliency map must lie in [0, 1]")


def _block_means(saliency: Map, height: int, width: int) -> NDArray[np.float32]:
    """Return the mean of the map over each block, or interpolated values if the map is coarser than the blocks."""
    rows, columns = block_grid(height, width)
    # Map samples along the height and the width of a block. The last blocks may extend beyond the photo and the map.
    down, across = saliency.shape[0] * BLOCK_SIDE / height, saliency.shape[1] * BLOCK_SIDE / width
    if down >= 1 and across >= 1:
        sums, row_counts = _sum_stretches(saliency, rows, down, axis=0)
        sums, column_counts = _sum_stretches(sums, columns, across, axis=1)
        return sums / (row_counts[:, np.newaxis] * column_counts)
    missing = (int(np.ceil(down * rows)) - saliency.shape[0], int(np.ceil(across * columns)) - saliency.shape[1])
    extended = np.pad(saliency.astype(np.float32), ((0, missing[0]), (0, missing[1])), mode="edge")
    box = (0, 0, across * columns, down * rows)
    means = Image.fromarray(extended).resize((columns, rows), Image.Resampling.BILINEAR, box=box)
    return np.asarray(means, dtype=np.float32)


def _sum_stretches(
    values: Map, count: int, length: float, axis: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the sums of values over `count` stretches of `length` samples along an axis, and their sample counts.

    A stretch contains the samples whose centres lie in it, but at least one sample.
    """
    starts = np.minimum(np.rint(np.arange(count) * length).astype(np.intp), values.shape[axis] - 1)
    sums = np.add.reduceat(values, starts, axis=axis, dtype=np.float32)
    ends = np.maximum(np.append(starts[1:], values.shape[axis]), starts + 1)
    return sums, (ends - starts).astype(np.float32)


def _feather_outwards(blocks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Take the maximum of each 3 x 3 neighbourhood, then the mean: values of 1 stay 1, their surroundings fall off."""
    return means_3x3(_reduce_3x3(np.maximum, blocks))


def means_3x3(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean of each value and its eight neighbours, edges repeated."""
    return _reduce_3x3(np.add, values) / np.float32(9)


def _reduce_3x3(operation: np.ufunc, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Reduce each value and its eight neighbours, edges repeated, by an operation: first down, then across."""
    padded = np.pad(values, 1, mode="edge")
    columns = operation(operation(padded[:-2], padded[1:-1]), padded[2:])
    return np.asarray(operation(operation(columns[:, :-2], columns[:, 1:-1]), columns[:, 2:]))
