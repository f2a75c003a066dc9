"""One block at every stage of encoding and decoding: samples, DCT coefficients, levels, decoded samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal.jpeg import BLOCK_SIDE, NATURAL_INDEX, Coefficients, dct, samples_of_strip
from foveal.photo import Photo

Scalar = TypeVar("Scalar", bound=np.generic)

_LEVEL_SHIFT = 128  # T.81 A.3.1, Level shift


@dataclass(frozen=True)
class BlockPosition:
    """The position of a block in a file.

    Parameters
    ----------
    component
        Index of the component in the frame.
    row, column
        Position of the block among the blocks of the component.
    """

    component: int
    row: int
    column: int


@dataclass(frozen=True, eq=False)
class BlockAnatomy:
    """A block of one component at every stage; arrays are (8, 8), coefficients with the lowest frequencies first.

    Parameters
    ----------
    position
        Position of the block.
    samples
        Samples of the photo, 0 to 255, after chroma subsampling.
    coefficients
        DCT coefficients before quantization.
    steps
        Quantization table of the component.
    levels
        Quantized coefficients in the file.
    decoded
        Samples that a decoder reconstructs from the levels.
    """

    position: BlockPosition
    samples: NDArray[np.float32]
    coefficients: NDArray[np.float64]
    steps: NDArray[np.int64]
    levels: NDArray[np.int64]
    decoded: NDArray[np.uint8]

    @property
    def rounded_levels(self) -> NDArray[np.int64]:
        """Levels that plain rounding would give (T.81 A.3.4, DCT coefficient quantization)."""
        shares = self.coefficients / self.steps
        return np.asarray(np.sign(shares) * np.floor(np.abs(shares) + 0.5), dtype=np.int64)


def find_positions(stored: Coefficients, row: int, column: int) -> tuple[BlockPosition, ...]:
    """Find, for each component, the block that covers an 8x8-pixel block of the photo.

    Parameters
    ----------
    stored
        Coefficients of the file.
    row, column
        Position of the block among the 8x8-pixel blocks of the photo.
    """
    frame = stored.frame
    return tuple(
        BlockPosition(index, row * component.v_factor // frame.v_max, column * component.h_factor // frame.h_max)
        for index, component in enumerate(frame.components)
    )


def trace_block(photo: Photo, stored: Coefficients, position: BlockPosition, sharpening: float) -> BlockAnatomy:
    """Repeat the stages of the encoder and the decoder for one block.

    Parameters
    ----------
    photo
        Photo that was encoded, upright.
    stored
        Coefficients of its file.
    position
        Position of the block.
    sharpening
        Gain by which the encoder sharpened subsampled components, see `jpeg.sampling.sharpen`.
    """
    frame = stored.frame
    component, table = frame.components[position.component], stored.tables[position.component]
    mcu_row, row_in_mcu = divmod(position.row, component.v_factor)
    plane = [*samples_of_strip(photo.pixels, frame, (mcu_row, mcu_row + 1), sharpening)][position.component]
    rows, columns = _sample_range(row_in_mcu), _sample_range(position.column)
    coefficients = np.empty((1, 1, 64), dtype=np.int16)
    dct.forward(np.ascontiguousarray(plane[rows, columns]), coefficients)
    levels = np.ascontiguousarray(stored.blocks[position.component][position.row, position.column])
    decoded = np.empty((BLOCK_SIDE, BLOCK_SIDE), dtype=np.uint8)
    _kernels.inverse_dct(levels.reshape(1, 1, 64), np.asarray(table.values, dtype=np.uint16), decoded)
    return BlockAnatomy(
        position=position,
        samples=plane[rows, columns] + np.float32(_LEVEL_SHIFT),
        coefficients=_to_natural_order(coefficients[0, 0] / dct.COEFFICIENT_SCALE),
        steps=_to_natural_order(np.asarray(table.values, dtype=np.int64)),
        levels=_to_natural_order(levels.astype(np.int64)),
        decoded=decoded,
    )


def _sample_range(index: int) -> slice:
    """Return the samples of a block along one axis, from its index."""
    return slice(index * BLOCK_SIDE, (index + 1) * BLOCK_SIDE)


def _to_natural_order(zigzag: NDArray[Scalar]) -> NDArray[Scalar]:
    """Convert 64 values in zig-zag order to an (8, 8) array."""
    natural = np.empty_like(zigzag)
    natural[NATURAL_INDEX] = zigzag
    return natural.reshape(BLOCK_SIDE, BLOCK_SIDE)
