"""One block on its way into the file and out of it again: samples, coefficients, levels, samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal.jpeg import BLOCK_SIDE, NATURAL_INDEX, Coefficients, dct, samples_of_strip
from foveal.photo import Photo

Scalar = TypeVar("Scalar", bound=np.generic)

_LEVEL_SHIFT = 128  # T.81 A.3.1


@dataclass(frozen=True)
class Spot:
    """Where a block is: index of its component in the frame, and its row and column among that component's blocks."""

    component: int
    row: int
    column: int


@dataclass(frozen=True, eq=False)
class BlockAnatomy:
    """A block of one component; arrays are (8, 8), the first row of coefficients is that of the flat waves.

    Parameters
    ----------
    spot
        Where it is.
    samples
        Of the photo, 0 to 255, down-sampled where the component is.
    coefficients
        Of the discrete cosine transform, before quantization.
    steps
        The component's quantization table.
    levels
        What the file holds.
    restored
        Samples as a decoder makes them of the levels.
    """

    spot: Spot
    samples: NDArray[np.float32]
    coefficients: NDArray[np.float64]
    steps: NDArray[np.int64]
    levels: NDArray[np.int64]
    restored: NDArray[np.uint8]

    @property
    def rounded(self) -> NDArray[np.int64]:
        """Levels that plain rounding would give (T.81 A.3.4)."""
        shares = self.coefficients / self.steps
        return np.asarray(np.sign(shares) * np.floor(np.abs(shares) + 0.5), dtype=np.int64)


def spots_of_block(stored: Coefficients, row: int, column: int) -> tuple[Spot, ...]:
    """Where each component has the block of 8x8 pixels in this row and column; those of colour may cover more."""
    frame = stored.frame
    return tuple(
        Spot(index, row * component.v_factor // frame.v_max, column * component.h_factor // frame.h_max)
        for index, component in enumerate(frame.components)
    )


def take_apart(photo: Photo, stored: Coefficients, spot: Spot, sharpening: float) -> BlockAnatomy:
    """Follow a block through the encoder's stages.

    Parameters
    ----------
    photo
        What was encoded, upright.
    stored
        What the file holds.
    sharpening
        Of down-sampled colour, as it was encoded.
    """
    frame = stored.frame
    component, table = frame.components[spot.component], stored.tables[spot.component]
    mcu_row, row_in_mcu = divmod(spot.row, component.v_factor)
    plane = [*samples_of_strip(photo.pixels, frame, (mcu_row, mcu_row + 1), sharpening)][spot.component]
    rows, columns = _samples_of(row_in_mcu), _samples_of(spot.column)
    sixteenths = np.empty((1, 1, 64), dtype=np.int16)
    dct.forward(np.ascontiguousarray(plane[rows, columns]), sixteenths)
    levels = np.ascontiguousarray(stored.blocks[spot.component][spot.row, spot.column])
    restored = np.empty((BLOCK_SIDE, BLOCK_SIDE), dtype=np.uint8)
    _kernels.inverse_dct(levels.reshape(1, 1, 64), np.asarray(table.values, dtype=np.uint16), restored)
    return BlockAnatomy(
        spot=spot,
        samples=plane[rows, columns] + np.float32(_LEVEL_SHIFT),
        coefficients=_natural(sixteenths[0, 0] / dct.COEFFICIENT_SCALE),
        steps=_natural(np.asarray(table.values, dtype=np.int64)),
        levels=_natural(levels.astype(np.int64)),
        restored=restored,
    )


def _samples_of(index: int) -> slice:
    return slice(index * BLOCK_SIDE, (index + 1) * BLOCK_SIDE)


def _natural(zigzag: NDArray[Scalar]) -> NDArray[Scalar]:
    natural = np.empty_like(zigzag)
    natural[NATURAL_INDEX] = zigzag
    return natural.reshape(BLOCK_SIDE, BLOCK_SIDE)
