"""Quantization of DCT coefficients (ITU-T T.81 A.3.4), and the ways of deciding which levels to write.

A quantizer turns the blocks of one component from coefficients (sixteenths) into levels, in place. Weights tell it how
much each block of the picture matters: 1 for what must keep its quality, less for what may give some up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from foveal import _kernels
from foveal.jpeg.frame import Component, Frame
from foveal.jpeg.strips import in_threads, row_ranges
from foveal.jpeg.tables import QuantizationTable

_PIXELS_PER_STRIP = 1 << 16

Scalar = TypeVar("Scalar", bound=np.generic)


class Quantizer(Protocol):
    """Decides the levels of a component."""

    def quantize(
        self,
        blocks: NDArray[np.int16],
        frame: Frame,
        component: Component,
        table: QuantizationTable,
        threads: int,
    ) -> None:
        """Turn (rows, columns, 64) int16 coefficients, in sixteenths and zig-zag order, into levels, in place."""


def for_strips(
    blocks: NDArray[np.int16],
    per_block: NDArray[Scalar],
    threads: int,
    kernel: Callable[[NDArray[np.int16], NDArray[Scalar]], None],
) -> None:
    """Call a kernel on flat strips of the blocks and of what belongs to each block."""

    def run(rows: tuple[int, int]) -> None:
        strip = slice(*rows)
        kernel(blocks[strip].reshape(-1, 64), per_block[strip].reshape(-1))

    in_threads(run, row_ranges(blocks.shape[0], blocks[0].size, _PIXELS_PER_STRIP), threads)


@dataclass(frozen=True)
class Rounding:
    """Round every coefficient to the nearest level.

    The formula of the report (chapter 3) takes the floor, which would shift every value towards minus infinity; T.81
    A.3.4 rounds to the nearest integer.
    """

    def quantize(
        self,
        blocks: NDArray[np.int16],
        frame: Frame,
        component: Component,
        table: QuantizationTable,
        threads: int,
    ) -> None:
        """See `Quantizer.quantize`."""
        DeadZone(np.ones(frame.block_grid, dtype=np.float32)).quantize(blocks, frame, component, table, threads)


@dataclass(frozen=True)
class DeadZone:
    """Round, but drop lone small AC coefficients of blocks that matter less.

    A coefficient of just over half a step costs several bits and mends little. Minimising weight x error^2 + lambda x
    bits for a +-1 against a 0 puts the threshold at 1/2 + lambda x bits / (2 weight); `slope` stands for
    lambda x bits / 2, and a block of weight 1 is rounded plainly.

    Parameters
    ----------
    block_weights
        `Frame.block_grid` float32 in (0, 1].
    slope
        How fast the threshold rises with 1 / weight.
    """

    block_weights: NDArray[np.float32]
    slope: float = 0.125

    def quantize(
        self,
        blocks: NDArray[np.int16],
        frame: Frame,
        component: Component,
        table: QuantizationTable,
        threads: int,
    ) -> None:
        """See `Quantizer.quantize`."""
        weights = frame.component_weights(self.block_weights, component)
        threshold = (0.5 + self.slope * (1 / weights - 1)).astype(np.float32)
        for_strips(blocks, threshold, threads, lambda strip, zeroed: _kernels.quantize(strip, table.steps, zeroed))


@dataclass(frozen=True)
class PerBlockTables:
    """Quantize each block with a table of its own, and express the result on the file's table.

    Parameters
    ----------
    tables
        For each table slot, the tables that blocks choose from, at most 256.
    table_index
        `Frame.block_grid` float32: which of them a block uses; larger for more important blocks.
    """

    tables: tuple[tuple[QuantizationTable, ...], ...]
    table_index: NDArray[np.float32]

    def quantize(
        self,
        blocks: NDArray[np.int16],
        frame: Frame,
        component: Component,
        table: QuantizationTable,
        threads: int,
    ) -> None:
        """See `Quantizer.quantize`."""
        own_steps = np.stack([own.steps for own in self.tables[component.table_slot]])
        index = frame.component_weights(self.table_index, component).astype(np.uint8)
        for_strips(
            blocks,
            index,
            threads,
            lambda strip, own_index: _kernels.quantize_twice(strip, own_steps, own_index, table.steps),
        )
