"""Weights of errors of Y, Cb and Cr by colour: how much an error changes XYB, where equal steps look alike.

XYB is the colour space of JPEG XL (ISO/IEC 18181-1, annex L), in which SSIMULACRA 2 compares pictures: opponent colours
made from the cube roots of the responses of the three kinds of cones. X is red against green, Y brightness and B blue.
An error of Cb, for example, is more visible in a dark blue than in a bright yellow, mostly because it changes
brightness.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from foveal.allocate.perception import ColourSensitivity, Perception
from foveal.jpeg import COEFFICIENT_SCALE, TO_RGB, Frame
from foveal.metrics.srgb import light_derivative, to_light
from foveal.threads import row_ranges, run_in_threads

# The constants of XYB in kernels/xyb.hpp, which has them in single precision; a test compares both to five digits.
_ABSORBANCE = np.array([[0.300, 0.622, 0.078], [0.230, 0.692, 0.078], [0.24342269, 0.20476744, 0.55180987]])
_ABSORBANCE_BIAS = 0.0037930733
_X_SCALE = 14.0  # factor by which SSIMULACRA 2 enlarges X
_COMPONENTS = 3
# Weights are tabulated for 16 x 16 x 16 cells of the YCbCr space: each component's range is divided into 16 bins.
_BINS = 16
# DC is 8 times the block mean (T.81 A.3.3, FDCT and IDCT), in units of 1/16. A right shift also rounds down below 0.
_BIN_SHIFT = (256 // _BINS * 8 * COEFFICIENT_SCALE).bit_length() - 1
_LARGEST_WEIGHT = 8.0  # few colours exceed it
_BLOCKS_PER_STRIP = 1 << 14


def colour_weights(
    blocks: tuple[NDArray[np.int16], ...], frame: Frame, tuned: Perception, threads: int = 1
) -> list[NDArray[np.float32]]:
    """Return the weights of errors of each component by the mean colour of each 8x8-pixel block.

    Parameters
    ----------
    blocks
        For each component, (padded rows, padded columns, 64) int16 coefficients in units of 1/16.
    frame
        Size and components of the photo.
    tuned
        Tuned numbers; only the `ColourSensitivity` of each component is used.
    threads
        Largest number of threads; the result does not depend on it.

    Returns
    -------
    list of ndarray
        For each component, float32 weights above 0, of the shape of `Frame.block_grid`; about 1 for the average colour.
    """
    tables = [_cell_weights(colour, index) for index, colour in enumerate(tuned.colours[: len(blocks)])]
    weights = [np.empty(frame.block_grid, dtype=np.float32) for _ in tables]

    def weigh(mcu_rows: tuple[int, int]) -> None:
        cells = _cells_of_blocks(blocks, frame, mcu_rows)
        first = mcu_rows[0] * frame.v_max
        for table, component_weights in zip(tables, weights, strict=True):
            component_weights[first : first + len(cells)] = table[cells]

    blocks_per_row = frame.v_max * frame.block_grid[1]
    run_in_threads(weigh, row_ranges(frame.mcu_rows, blocks_per_row, _BLOCKS_PER_STRIP), threads)
    return weights


def _cells_of_blocks(
    blocks: tuple[NDArray[np.int16], ...], frame: Frame, mcu_rows: tuple[int, int]
) -> NDArray[np.uint16]:
    """Return the index of the cell of the mean colour of each 8x8-pixel block in some MCU rows."""
    # The index of a cell has the bins of Y, Cb and Cr as digits to base 16. Grey photos have the middle bin of Cb, Cr.
    rows = slice(mcu_rows[0] * frame.v_max, min(mcu_rows[1] * frame.v_max, frame.block_grid[0]))
    cells = np.zeros((rows.stop - rows.start, frame.block_grid[1]), dtype=np.uint16)
    for index in range(_COMPONENTS):
        cells *= _BINS
        cells += _bins_of_blocks(blocks[index], frame, index, rows) if index < len(blocks) else _BINS // 2
    return cells


def _bins_of_blocks(grid: NDArray[np.int16], frame: Frame, index: int, rows: slice) -> NDArray[np.uint16]:
    """Return the bin of a component's mean in rows of 8x8-pixel blocks, repeated where the component is down-sampled.

    The rows begin with an MCU.
    """
    component = frame.components[index]
    down, across = frame.v_max // component.v_factor, frame.h_max // component.h_factor
    bins = grid[rows.start // down : -(-rows.stop // down), : component.block_columns, 0] >> _BIN_SHIFT
    bins = np.clip(bins + _BINS // 2, 0, _BINS - 1).astype(np.uint16)
    repeated = bins.repeat(down, axis=0).repeat(across, axis=1)
    return np.asarray(repeated[: rows.stop - rows.start, : frame.block_grid[1]])


@cache
def _cell_weights(colour: ColourSensitivity, index: int) -> NDArray[np.float32]:
    """Return the (4096,) float32 weights of a component's errors at the centre of each cell; Cr varies fastest."""
    centres = (np.arange(_BINS) + 0.5) * (256 / _BINS)
    ycbcr = np.stack(np.meshgrid(centres, centres - 128, centres - 128, indexing="ij"))
    x, y, b = squared_xyb_changes(ycbcr, index)
    visibility = colour.red_green * x + y + colour.blue * b
    weights = np.minimum((visibility / colour.usual) ** colour.power, _LARGEST_WEIGHT)
    return np.asarray(weights, dtype=np.float32).ravel()


def squared_xyb_changes(ycbcr: NDArray[np.float64], index: int) -> NDArray[np.float64]:
    """Return the squared derivatives of X, Y and B with respect to a component.

    Parameters
    ----------
    ycbcr
        (3, ...) colours: Y from 0 to 255, Cb and Cr from -128 to 128.
    index
        Index of the component, 0 to 2.

    Returns
    -------
    ndarray
        (3, ...) squared changes of X, enlarged as in SSIMULACRA 2, of Y, and of B - Y, for a step of 255 in the
        component.
    """
    # XYB is linear in the cube roots of the cones' absorbances. Chain rule: component -> RGB -> linear light ->
    # absorbance -> its cube root, whose derivative is absorbed^(-2/3) / 3.
    rgb = np.clip(_multiply(TO_RGB, ycbcr), 0, 255) / 255
    absorbed = _multiply(_ABSORBANCE, to_light(rgb)) + _ABSORBANCE_BIAS
    by_component = light_derivative(rgb) * TO_RGB[:, index].reshape(3, *[1] * (ycbcr.ndim - 1))
    long, medium, short = _multiply(_ABSORBANCE, by_component) * absorbed ** (-2 / 3) / 3
    brightness = (long + medium) / 2
    return np.stack([_X_SCALE * (long - medium) / 2, brightness, short - brightness]) ** 2


def _multiply(matrix: NDArray[np.floating], vectors: NDArray[np.floating]) -> NDArray[np.floating]:
    """Multiply a matrix by an array of column vectors, (n, ...)."""
    # Not by `np.tensordot`: the lock of BLAS, which numpy multiplies with, can be held over a fork.
    return np.asarray(np.einsum("ij,j...->i...", matrix, vectors))
