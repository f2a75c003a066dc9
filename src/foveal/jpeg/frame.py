"""Geometry of a picture: components, blocks and MCUs.

T.81 A.1, Source image; A.2, Order of source image data encoding. For 4:2:0, Y has sampling factors 2 x 2 and
Cb and Cr have 1 x 1, and an MCU is 16 x 16 pixels. Its blocks are coded in this order::

      Y     Cb    Cr
     0 1
     2 3    4     5
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from foveal.errors import LimitError, ParameterError
from foveal.threads import lazy_property

BLOCK_SIDE = 8
MAX_SIDE = 65_535  # X and Y have 16 bits (T.81 B.2.2, Frame header syntax)

# Sampling factors (h_factor, v_factor) of luminance by the usual name of the subsampling; chrominance has 1 x 1.
SAMPLING_FACTORS: dict[str, tuple[int, int]] = {
    "4:4:4": (1, 1),
    "4:2:2": (2, 1),
    "4:4:0": (1, 2),
    "4:2:0": (2, 2),
}


Scalar = TypeVar("Scalar", bound=np.generic)


def block_grid(height: int, width: int) -> tuple[int, int]:
    """Return the rows and columns of 8x8-pixel blocks that cover a picture."""
    return -(-height // BLOCK_SIDE), -(-width // BLOCK_SIDE)


@dataclass(frozen=True)
class ComponentHeader:
    """Parameters of a component in the frame header (T.81 B.2.2, Frame header syntax).

    Parameters
    ----------
    identifier
        Component identifier C_i, 0 to 255. In JFIF files 1 is Y, 2 is Cb and 3 is Cr.
    h_factor, v_factor
        Sampling factors H_i and V_i, 1 to 4: columns and rows of the component's blocks in an MCU.
    table_slot
        Quantization table destination Tq_i, 0 to 3.
    """

    identifier: int
    h_factor: int
    v_factor: int
    table_slot: int


@dataclass(frozen=True)
class Component(ComponentHeader):
    """A component of a frame with its dimensions.

    Parameters
    ----------
    sample_rows, sample_columns
        Dimensions in samples (T.81 A.1.1, Dimensions and sampling factors).
    block_rows, block_columns
        Dimensions in blocks that contain a part of the picture.
    padded_block_rows, padded_block_columns
        Dimensions in blocks of whole MCUs (T.81 A.2.4, Completion of partial MCU).
    """

    sample_rows: int
    sample_columns: int
    block_rows: int
    block_columns: int
    padded_block_rows: int
    padded_block_columns: int

    @property
    def huffman_slot(self) -> int:
        """Huffman table destination in files that foveal writes: 0 for luminance, 1 for chrominance.

        Baseline files have two (T.81 F.1.2, Baseline Huffman encoding procedures). It also selects the other settings
        that exist once for luminance and once for chrominance.
        """
        return min(self.table_slot, 1)


def check_sides(height: int, width: int) -> None:
    """Raise LimitError unless both sides of a picture are 1 to 65,535 pixels long."""
    if not (1 <= height <= MAX_SIDE and 1 <= width <= MAX_SIDE):
        raise LimitError(f"a JPEG is 1 to {MAX_SIDE:,} pixels wide and high; this picture is {width:,} x {height:,}")


@dataclass(frozen=True)
class Frame:
    """Size and components of a picture (T.81 B.2.2, Frame header syntax).

    Parameters
    ----------
    height, width
        Size in pixels, 1 to 65,535.
    headers
        Parameters of the components, 1 to 4.

    Raises
    ------
    LimitError
        A side is 0 or more than 65,535 pixels long.
    """

    height: int
    width: int
    headers: tuple[ComponentHeader, ...]

    def __post_init__(self) -> None:
        check_sides(self.height, self.width)

    @classmethod
    def of_picture(cls, height: int, width: int, luma_factors: tuple[int, int] | None) -> Frame:
        """Make the frame of a YCbCr picture, or of a grey one.

        Parameters
        ----------
        height, width
            Size in pixels, 1 to 65,535.
        luma_factors
            Sampling factors (h_factor, v_factor) of Y; None for a grey picture.
        """
        if luma_factors is None:
            return cls(height, width, (ComponentHeader(1, 1, 1, 0),))
        chroma = (ComponentHeader(2, 1, 1, 1), ComponentHeader(3, 1, 1, 1))
        return cls(height, width, (ComponentHeader(1, *luma_factors, 0), *chroma))

    def with_table_slots(self, slots: Sequence[int]) -> Frame:
        """Return a copy of the frame with other quantization table slots, one for each component."""
        headers = zip(self.headers, slots, strict=True)
        return replace(self, headers=tuple(replace(header, table_slot=slot) for header, slot in headers))

    @lazy_property
    def h_max(self) -> int:
        """Largest h_factor of the components."""
        return max(header.h_factor for header in self.headers)

    @lazy_property
    def v_max(self) -> int:
        """Largest v_factor of the components."""
        return max(header.v_factor for header in self.headers)

    @property
    def mcu_height(self) -> int:
        """Height of an MCU in pixels, in an interleaved scan."""
        return BLOCK_SIDE * self.v_max

    @property
    def mcu_width(self) -> int:
        """Width of an MCU in pixels, in an interleaved scan."""
        return BLOCK_SIDE * self.h_max

    @property
    def mcu_rows(self) -> int:
        """Rows of MCUs in an interleaved scan."""
        return -(-self.height // self.mcu_height)

    @property
    def mcu_columns(self) -> int:
        """Columns of MCUs in an interleaved scan."""
        return -(-self.width // self.mcu_width)

    @property
    def padded_width(self) -> int:
        """Width in pixels, rounded up to whole MCUs."""
        return self.mcu_columns * self.mcu_width

    @property
    def block_grid(self) -> tuple[int, int]:
        """Rows and columns of 8x8-pixel blocks that cover the picture."""
        return block_grid(self.height, self.width)

    @lazy_property
    def components(self) -> tuple[Component, ...]:
        """Components with their dimensions."""
        return tuple(self._component(header) for header in self.headers)

    def _component(self, header: ComponentHeader) -> Component:
        # T.81 A.1.1, Dimensions and sampling factors: rows are ceil(Y V_i / V_max), columns ceil(X H_i / H_max).
        rows = -(-self.height * header.v_factor // self.v_max)
        columns = -(-self.width * header.h_factor // self.h_max)
        return Component(
            **vars(header),
            sample_rows=rows,
            sample_columns=columns,
            block_rows=-(-rows // BLOCK_SIDE),
            block_columns=-(-columns // BLOCK_SIDE),
            padded_block_rows=self.mcu_rows * header.v_factor,
            padded_block_columns=self.mcu_columns * header.h_factor,
        )

    def largest_of_covered_blocks(self, grid: NDArray[Scalar], component: Component) -> NDArray[Scalar]:
        """Map values of the picture's 8x8-pixel blocks to the blocks of a component.

        A block of a down-sampled component covers several blocks of the picture and takes the largest of their values.
        Padding blocks take values as if the last row and column were repeated.

        Parameters
        ----------
        grid
            Value of each 8x8-pixel block: an array of the shape `block_grid`, of any ordered type.
        component
            Component of this frame.

        Returns
        -------
        ndarray
            (padded_block_rows, padded_block_columns) values of the component's blocks.

        Raises
        ------
        ParameterError
            `grid` does not have the shape `block_grid`.
        """
        if grid.shape != self.block_grid:
            raise ParameterError(f"a value for each of {self.block_grid} blocks is needed, not {grid.shape}")
        across, down = self.h_max // component.h_factor, self.v_max // component.v_factor
        rows, columns = component.padded_block_rows, component.padded_block_columns
        missing = (rows * down - grid.shape[0], columns * across - grid.shape[1])
        padded = np.pad(grid, ((0, missing[0]), (0, missing[1])), mode="edge")
        covered = [padded[row::down, column::across] for row in range(down) for column in range(across)]
        return np.ascontiguousarray(reduce(np.maximum, covered))


def subsampling_name(frame: Frame) -> str:
    """Return the usual name of a frame's subsampling, or the sampling factors of its components if it has none.

    Names are "4:4:4", "4:2:2", "4:4:0", "4:2:0", "4:1:1", "4:1:0", "grey" and "4:4:4:4" (CMYK). Other factors are
    written as in "2x2 1x2 1x1".
    """
    factors = [(header.h_factor, header.v_factor) for header in frame.headers]
    if len(factors) == 1:
        return "grey"
    if len(set(factors)) == 1:
        return ":".join("4" * len(factors))
    (across, down), *others = factors
    if len(factors) == 3 and others[0] == others[1] and across % others[0][0] == down % others[0][1] == 0:
        ratio = across // others[0][0], down // others[0][1]
        for name, luma_factors in (*SAMPLING_FACTORS.items(), ("4:1:1", (4, 1)), ("4:1:0", (4, 2))):
            if ratio == luma_factors:
                return name
    return " ".join(f"{h}x{v}" for h, v in factors)
