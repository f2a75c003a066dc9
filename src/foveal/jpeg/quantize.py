"""Quantization of DCT coefficients (ITU-T T.81 A.3.4), and the ways of deciding which levels to write.

Weights say how much each block of the picture matters: 1 for what must keep its quality, less for what may give some
up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal.jpeg.frame import Component, Frame
from foveal.jpeg.tables import QuantizationTable
from foveal.threads import row_ranges, run_in_threads

Value = TypeVar("Value")

_COEFFICIENTS_PER_STRIP = 1 << 18


@dataclass(frozen=True)
class QuantizationPlan:
    """How the coefficients of one component become levels.

    Parameters
    ----------
    blocks
        (rows, columns, 64) int16 coefficients, in sixteenths and zig-zag order.
    per_block
        (rows, columns): the value that the kernel needs for each block.
    kernel
        Function that turns (n, 64) int16 coefficients into levels in place, given the (n,) values of `per_block`.
    settling_step
        Quantizer step of DC in sixteenths, where DC may be settled (kernels/settle_dc.hpp); else None.
    """

    blocks: NDArray[np.int16]
    per_block: NDArray[Any]
    kernel: Callable[[NDArray[np.int16], NDArray[Any]], None]
    settling_step: float | None = None

    def run(self, rows: tuple[int, int], levels: NDArray[np.int16], saturated: NDArray[np.uint8] | None) -> None:
        """Fill rows [first, last) of (rows, columns, 64) int16 levels, which may be the blocks themselves."""
        strip = slice(*rows)
        dc = self.blocks[strip, :, 0].flatten()  # a copy, as the kernel may overwrite the blocks
        if levels is not self.blocks:
            levels[strip] = self.blocks[strip]  # a strip stays in the cache until the kernel overwrites it
        self.kernel(levels[strip].reshape(-1, 64), self.per_block[strip].reshape(-1))
        if saturated is not None and self.settling_step is not None:
            _kernels.settle_dc(levels[strip].reshape(-1, 64), dc, saturated[strip].reshape(-1), self.settling_step)


def run_plans(
    plans: Sequence[QuantizationPlan],
    levels: Sequence[NDArray[np.int16]],
    saturated: Sequence[NDArray[np.uint8] | None],
    threads: int,
) -> None:
    """Fill the levels of each component, of the shape of its blocks; they may be the blocks themselves."""
    strips = [
        (plan, rows, component_levels, marks)
        for plan, component_levels, marks in zip(plans, levels, saturated, strict=True)
        for rows in row_ranges(plan.blocks.shape[0], plan.blocks[0].size, _COEFFICIENTS_PER_STRIP)
    ]
    run_in_threads(lambda strip: strip[0].run(*strip[1:]), strips, threads)


def of_slot(values: Sequence[Value], component: Component) -> Value:
    """Value for the table slot of a component; the last serves those that have none of their own."""
    return values[min(component.table_slot, len(values) - 1)]


class Quantizer(Protocol):
    """Decides the levels of a picture."""

    def plan(
        self, blocks: NDArray[np.int16], frame: Frame, component: Component, table: QuantizationTable
    ) -> QuantizationPlan:
        """Decide how the blocks of a component, coefficients still, are to be quantized with its table."""


@dataclass(frozen=True)
class Rounding:
    """Round every coefficient to the nearest level.

    The formula of the report (K. Kishore, "AI in Image Processing", chapter 3) takes the floor, which would shift every
    value towards minus infinity; T.81 A.3.4 rounds to the nearest integer. Ties go away from zero, as in libjpeg.
    """

    def plan(
        self, blocks: NDArray[np.int16], frame: Frame, component: Component, table: QuantizationTable
    ) -> QuantizationPlan:
        """See `Quantizer.plan`."""
        steps, plain = table.steps_in_sixteenths, np.full(blocks.shape[:2], 0.5, dtype=np.float32)
        return QuantizationPlan(blocks, plain, lambda strip, zeroed: _kernels.quantize(strip, steps, zeroed))


@dataclass(frozen=True)
class DeadZone:
    """Round, but let AC levels of +-1 become 0 where they are not worth their bits.

    A coefficient of just over half a step costs several bits and mends little. Minimising weight x error^2 + bits for a
    +-1 against a 0 puts the threshold at 1/2 + bits / (2 weight), up to 3/2, where 2 begins.

    Parameters
    ----------
    block_weights
        For each table slot, `Frame.block_grid` float32 above 0: the bits that a squared step is worth; the last serves
        those that have none of their own.
    bits
        What a +-1 takes, about.
    """

    block_weights: tuple[NDArray[np.float32], ...]
    bits: float = 5.0

    def plan(
        self, blocks: NDArray[np.int16], frame: Frame, component: Component, table: QuantizationTable
    ) -> QuantizationPlan:
        """See `Quantizer.plan`."""
        weights = frame.largest_of_covered_blocks(of_slot(self.block_weights, component), component)
        threshold = np.minimum(0.5 + self.bits / (2 * weights), 1.5).astype(np.float32)
        steps = table.steps_in_sixteenths
        return QuantizationPlan(
            blocks, threshold, lambda strip, zeroed: _kernels.quantize(strip, steps, zeroed), float(steps[0])
        )


@dataclass(frozen=True)
class PerBlockTables:
    """Quantize each block with a table of its own, and express the result on the file's table.

    Parameters
    ----------
    tables
        For luminance and for chrominance, the tables that blocks choose from, at most 256, the finest last.
    table_index
        `Frame.block_grid` uint8: which of them a block uses.
    """

    tables: tuple[tuple[QuantizationTable, ...], ...]
    table_index: NDArray[np.uint8]

    def plan(
        self, blocks: NDArray[np.int16], frame: Frame, component: Component, table: QuantizationTable
    ) -> QuantizationPlan:
        """See `Quantizer.plan`."""
        own_steps = np.stack([own.steps_in_sixteenths for own in self.tables[component.huffman_slot]])
        index = frame.largest_of_covered_blocks(self.table_index, component)
        steps = table.steps_in_sixteenths
        return QuantizationPlan(
            blocks,
            index,
            lambda strip, own_index: _kernels.quantize_per_block(strip, own_steps, own_index, steps),
            float(steps[0]),
        )
