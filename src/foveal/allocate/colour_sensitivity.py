"""How much an error of Y, Cb or Cr shows in each colour: what it changes in XYB, where equal steps look alike.

XYB is the colour space of JPEG XL (ISO/IEC 18181-1, annex L), in which SSIMULACRA 2 compares pictures: cube roots of
what the three kinds of cones see, as red against green (X), brightness (Y) and blue (B). An error of Cb shows more in a
dark blue than in a bright yellow, for example, mostly by what it changes in brightness.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from foveal.allocate.perception import ColourSensitivity, Perception
from foveal.jpeg import COEFFICIENT_SCALE, TO_RGB, Frame
from foveal.metrics.srgb import light_slope, to_light

# XYB as kernels/xyb.hpp has it in single precision, for the scores; a test compares to five digits.
_ABSORBANCE = np.array([[0.300, 0.622, 0.078], [0.230, 0.692, 0.078], [0.24342269, 0.20476744, 0.55180987]])
_ABSORBANCE_BIAS = 0.0037930733
_X_STRETCH = 14.0  # of SSIMULACRA 2
_COMPONENTS = 3
_PARTS = 16  # of the range of a component; three of them are a cell
# A DC coefficient is 8 times the mean (T.81 A.3.3); a shift, as it rounds down below 0 too.
_PART_SHIFT = (256 // _PARTS * 8 * COEFFICIENT_SCALE).bit_length() - 1
_LARGEST = 8.0  # weight: few colours go beyond it


def colour_weights(blocks: tuple[NDArray[np.int16], ...], frame: Frame, tuned: Perception) -> list[NDArray[np.float32]]:
    """Weights of errors of each component by the mean colour of each 8x8-pixel block.

    Parameters
    ----------
    blocks
        For each component, (padded rows, padded columns, 64) int16 coefficients in sixteenths.

    Returns
    -------
    list of ndarray
        For each component, `Frame.block_grid` float32 above 0: about 1 in the usual colour.
    """
    cell = np.zeros(frame.block_grid, dtype=np.uint16)
    for index in range(_COMPONENTS):
        cell *= _PARTS
        cell += _parts(blocks[index], frame, index) if index < len(blocks) else _PARTS // 2
    return [_weights_of_cells(colour, index)[cell] for index, colour in enumerate(tuned.colours[: len(blocks)])]


def _parts(grid: NDArray[np.int16], frame: Frame, index: int) -> NDArray[np.uint16]:
    """Which of 16 equal parts of its range a component has in each 8x8-pixel block."""
    component = frame.components[index]
    means = grid[: component.block_rows, : component.block_columns, 0] >> _PART_SHIFT
    parts = np.clip(means + _PARTS // 2, 0, _PARTS - 1).astype(np.uint16)
    rows, columns = frame.block_grid
    down, across = frame.v_max // component.v_factor, frame.h_max // component.h_factor
    return np.asarray(parts.repeat(down, axis=0).repeat(across, axis=1)[:rows, :columns])


@cache
def _weights_of_cells(colour: ColourSensitivity, index: int) -> NDArray[np.float32]:
    """(4096,) float32: weights by the parts in which Y, Cb and Cr lie, Cr's the last to count up."""
    centres = (np.arange(_PARTS) + 0.5) * (256 / _PARTS)
    ycbcr = np.stack(np.meshgrid(centres, centres - 128, centres - 128, indexing="ij"))
    x, y, b = squared_changes(ycbcr, index)
    shows = colour.red_green * x + y + colour.blue * b
    return np.asarray(np.minimum((shows / colour.usual) ** colour.power, _LARGEST), dtype=np.float32).ravel()


def squared_changes(ycbcr: NDArray[np.float64], index: int) -> NDArray[np.float64]:
    """Squares of what a step of a component changes in X, Y and B.

    Parameters
    ----------
    ycbcr
        (3, ...) floats: 0 to 255, and -128 to 128 for Cb and Cr.
    index
        Of the component.

    Returns
    -------
    ndarray
        (3, ...): for X as large as SSIMULACRA 2 takes it, Y, and B less Y; a step is 255.
    """
    rgb = np.clip(np.tensordot(TO_RGB, ycbcr, 1), 0, 255) / 255
    absorbed = np.tensordot(_ABSORBANCE, to_light(rgb), 1) + _ABSORBANCE_BIAS
    by_component = light_slope(rgb) * TO_RGB[:, index].reshape(3, *[1] * (ycbcr.ndim - 1))
    long, medium, short = np.tensordot(_ABSORBANCE, by_component, 1) * absorbed ** (-2 / 3) / 3
    brightness = (long + medium) / 2
    return np.stack([_X_STRETCH * (long - medium) / 2, brightness, short - brightness]) ** 2
