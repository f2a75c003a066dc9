"""The geometry of a picture as JPEG sees it: components, blocks and MCUs (ITU-T T.81 A.1, A.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from foveal.errors import LimitError, ParameterError

BLOCK_SIDE = 8
MAX_SIDE = 65_535  # T.81 B.2.2: X and Y are 16 bits

# Sampling as everyone names it -> luminance (h_factor, v_factor); chrominance is always 1 x 1.
SAMPLING_FACTORS: dict[str, tuple[int, int]] = {
    "4:4:4": (1, 1),
    "4:2:2": (2, 1),
    "4:4:0": (1, 2),
    "4:2:0": (2, 2),
}


Scalar = TypeVar("Scalar", bound=np.generic)


def block_grid(height: int, width: int) -> tuple[int, int]:
    """Rows and columns of 8x8-pixel blocks that a picture touches."""
    return -(-height // BLOCK_SIDE), -(-width // BLOCK_SIDE)


@dataclass(frozen=True)
class ComponentHeader:
    """What a frame header says of a component (T.81 B.2.2).

    Parameters
    ----------
    identifier
        C_i, 0 to 255: 1 = Y, 2 = Cb, 3 = Cr (JFIF).
    h_factor, v_factor
        H_i and V_i, 1 to 4: blocks of an MCU, across and down.
    table_slot
        Tq_i, 0 to 3: where its quantization table is.
    """

    identifier: int
    h_factor: int
    v_factor: int
    table_slot: int


@dataclass(frozen=True)
class Component(ComponentHeader):
    """One plane of a frame.

    Parameters
    ----------
    sample_rows, sample_columns
        Its size (A.1.1).
    block_rows, block_columns
        Blocks that hold a part of the picture.
    padded_block_rows, padded_block_columns
        The same, rounded up to whole MCUs.
    """

    sample_rows: int
    sample_columns: int
    block_rows: int
    block_columns: int
    padded_block_rows: int
    padded_block_columns: int

    @property
    def huffman_slot(self) -> int:
        """Where its Huffman tables are in a file that we write: baseline has two slots (F.1.2).

        Also what else all luminance shares, and all chrominance.
        """
        return min(self.table_slot, 1)


@dataclass(frozen=True)
class Frame:
    """Size and components of a picture.

    Parameters
    ----------
    height, width
        In pixels, 1 to 65,535.
    headers
        Its components, 1 to 4.

    Raises
    ------
    LimitError
        A side is 0 or more than 65,535 pixels long.
    """

    height: int
    width: int
    headers: tuple[ComponentHeader, ...]

    def __post_init__(self) -> None:
        if not (1 <= self.height <= MAX_SIDE and 1 <= self.width <= MAX_SIDE):
            raise LimitError(
                f"a JPEG is 1 to {MAX_SIDE:,} pixels wide and high; this picture is {self.width:,} x {self.height:,}"
            )

    @classmethod
    def of_picture(cls, height: int, width: int, luma_factors: tuple[int, int] | None) -> Frame:
        """Make the frame of a YCbCr picture with Y's (h_factor, v_factor), or of a grey one where they are None."""
        if luma_factors is None:
            return cls(height, width, (ComponentHeader(1, 1, 1, 0),))
        chroma = (ComponentHeader(2, 1, 1, 1), ComponentHeader(3, 1, 1, 1))
        return cls(height, width, (ComponentHeader(1, *luma_factors, 0), *chroma))

    def with_table_slots(self, slots: Sequence[int]) -> Frame:
        """Return the frame with other table slots, one for each component."""
        headers = zip(self.headers, slots, strict=True)
        return replace(self, headers=tuple(replace(header, table_slot=slot) for header, slot in headers))

    @cached_property
    def h_max(self) -> int:
        """Largest h_factor of its components."""
        return max(header.h_factor for header in self.headers)

    @cached_property
    def v_max(self) -> int:
        """Largest v_factor of its components."""
        return max(header.v_factor for header in self.headers)

    @property
    def mcu_height(self) -> int:
        """Pixels from the top of an MCU to the next."""
        return BLOCK_SIDE * self.v_max

    @property
    def mcu_rows(self) -> int:
        """Rows of MCUs in an interleaved scan."""
        return -(-self.height // self.mcu_height)

    @property
    def mcu_columns(self) -> int:
        """Columns of MCUs in an interleaved scan."""
        return -(-self.width // (BLOCK_SIDE * self.h_max))

    @property
    def padded_width(self) -> int:
        """Width in pixels, rounded up to whole MCUs."""
        return self.mcu_columns * BLOCK_SIDE * self.h_max

    @property
    def block_grid(self) -> tuple[int, int]:
        """Rows and columns of 8x8-pixel blocks that the picture touches."""
        return block_grid(self.height, self.width)

    @cached_property
    def components(self) -> tuple[Component, ...]:
        """Its components with their sizes."""
        return tuple(self._component(header) for header in self.headers)

    def _component(self, header: ComponentHeader) -> Component:
        rows = -(-self.height * header.v_factor // self.v_max)  # A.1.1: samples of a component
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
        """Value for each block of a component, padding included, from those of the picture's 8x8-pixel blocks.

        A block of a down-sampled component covers several of them and takes the largest.

        Parameters
        ----------
        grid
            `block_grid`, of any type that has an order.

        Returns
        -------
        ndarray
            (padded_block_rows, padded_block_columns).

        Raises
        ------
        ParameterError
            `grid` is not of the shape `block_grid`.
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
    """Sampling of a frame as everyone names it, "4:2:0", "grey", "4:4:4:4" (CMYK); else the factors of components."""
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
