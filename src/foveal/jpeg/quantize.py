"""Quantization of DCT coefficients, and the quantizers, which choose the levels of each block.

T.81 A.3.4, DCT coefficient quantization and dequantization. Most quantizers take weights for the 8x8-pixel blocks of
the picture: blocks of more weight keep more quality.
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

_COEFFICIENTS_PER_STRIP = 1 << 18  # a strip fits the cache


@dataclass(frozen=True)
class DeadZoneRounding:
    """Rounding of the coefficients of a component, with AC coefficients below a threshold set to 0.

    Parameters
    ----------
    steps
        (64,) float32 quantizer steps in units of 1/16.
    widths
        (rows, columns) float32 dead zones of blocks, see `dead_zone_widths`.
    """

    steps: NDArray[np.float32]
    widths: NDArray[np.float32]


@dataclass(frozen=True)
class QuantizationPlan:
    """The quantization of one component, ready to run on any of its rows.

    Parameters
    ----------
    blocks
        (rows, columns, 64) int16 coefficients in units of 1/16, in zig-zag order.
    per_block
        Arguments of the kernel for each block, (rows, columns) each: a threshold, a weight or the index of a table.
    kernel
        Function that turns (n, 64) int16 coefficients into levels in place, given the (n,) values of each of
        `per_block`.
    rounding
        Rounding that approximates the kernel. If it is given, DC may be settled (kernels/settle_dc.hpp), and white and
        black may overshoot (kernels/deringing.hpp); None for neither.
    """

    blocks: NDArray[np.int16]
    per_block: tuple[NDArray[Any], ...]
    kernel: Callable[..., None]
    rounding: DeadZoneRounding | None = None

    def run(self, rows: tuple[int, int], levels: NDArray[np.int16], marks: NDArray[np.uint8] | None) -> None:
        """Quantize some rows of blocks.

        Parameters
        ----------
        rows
            Rows [first, last) of the blocks.
        levels
            (rows, columns, 64) int16, filled with levels in those rows; `blocks` itself to quantize in place.
        marks
            (rows, columns) uint8, not 0 for blocks whose mean may move in a decoder, and HAS_SATURATED_PIXEL for blocks
            of luminance in which white or black may overshoot, see `encoder.quantize`; None to leave coefficients as
            they are.
        """
        strip = slice(*rows)
        if levels is not self.blocks:
            levels[strip] = self.blocks[strip]  # the copy is still in the cache when the kernel overwrites it
        blocks, per_block = levels[strip].reshape(-1, 64), [values[strip].reshape(-1) for values in self.per_block]
        if marks is None or self.rounding is None:
            self.kernel(blocks, *per_block)
            return
        strip_marks = marks[strip].reshape(-1)
        may_overshoot = strip_marks == _kernels.HAS_SATURATED_PIXEL
        if may_overshoot.any():
            widths = self.rounding.widths[strip].reshape(-1)
            _kernels.dering(blocks, may_overshoot.view(np.uint8), self.rounding.steps, widths)
        dc = blocks[:, 0].copy()  # the kernel overwrites it
        self.kernel(blocks, *per_block)
        _kernels.settle_dc(blocks, dc, strip_marks, float(self.rounding.steps[0]))


def run_plans(
    plans: Sequence[QuantizationPlan],
    levels: Sequence[NDArray[np.int16]],
    marks: Sequence[NDArray[np.uint8] | None],
    threads: int,
) -> None:
    """Run the quantization plans of all components of a picture, strip by strip in several threads.

    Parameters
    ----------
    plans
        Quantization of each component.
    levels
        Array to fill for each component, of the shape of its blocks; the blocks themselves to quantize in place.
    marks
        Argument of `QuantizationPlan.run` for each component.
    threads
        Number of threads to use.
    """
    strips = [
        (plan, rows, component_levels, component_marks)
        for plan, component_levels, component_marks in zip(plans, levels, marks, strict=True)
        for rows in row_ranges(plan.blocks.shape[0], plan.blocks[0].size, _COEFFICIENTS_PER_STRIP)
    ]
    run_in_threads(lambda strip: strip[0].run(*strip[1:]), strips, threads)


def select_by_slot(values: Sequence[Value], component: Component) -> Value:
    """Return the value for the table slot of a component; slots without a value of their own share the last one."""
    return values[min(component.table_slot, len(values) - 1)]


def dead_zone_widths(weights: NDArray[np.float32], bits: float) -> NDArray[np.float32]:
    """Return by how many steps dead zones reach beyond that of rounding: AC coefficients in them are not worth a level.

    Parameters
    ----------
    weights
        Number of bits that a squared error of one step is worth.
    bits
        Number of bits of a level of +-1.
    """
    # A magnitude of m steps costs weight (m - 1)^2 + bits as level 1 and weight m^2 as level 0: equal at
    # m = 1/2 + bits / (2 weight). Magnitudes from 3/2 on round to 2 and are not touched.
    return np.asarray(bits / (2 * weights), dtype=np.float32)


class Quantizer(Protocol):
    """Interface of quantizers, which choose the levels of a picture."""

    def plan(
        self, blocks: NDArray[np.int16], frame: Frame, component: Component, table: QuantizationTable
    ) -> QuantizationPlan:
        """Prepare the quantization of a component.

        Parameters
        ----------
        blocks
            (padded_block_rows, padded_block_columns, 64) int16 coefficients in units of 1/16, in zig-zag order.
        frame
            Frame of the picture.
        component
            Component of the frame that the blocks belong to.
        table
            Quantization table of the component in the file.
        """


@dataclass(frozen=True, eq=False)
class FrequencyProfiles:
    """Factors of the weights by block and frequency.

    Parameters
    ----------
    factors
        (profiles, 64) float32 above 0 in zig-zag order: a factor for each coefficient; at most 256 profiles.
    index
        Profile of each 8x8-pixel block: an array of the shape `Frame.block_grid`, uint8. A block of a down-sampled
        component takes the largest index of the blocks that it covers.
    """

    factors: NDArray[np.float32]
    index: NDArray[np.uint8]

    @classmethod
    def equal(cls, frame: Frame) -> FrequencyProfiles:
        """Return factors of 1 for all blocks and frequencies of a picture."""
        return cls(np.ones((1, 64), dtype=np.float32), np.zeros(frame.block_grid, dtype=np.uint8))


@dataclass(frozen=True)
class Rounding:
    """Quantizer that rounds every coefficient to the nearest level (ties away from zero), as libjpeg does.

    T.81 A.3.4, DCT coefficient quantization and dequantization. The formula of the report (K. Kishore, "AI in Image
    Processing", chapter 3) takes the floor instead, which would shift every value towards minus infinity.
    """

    def plan(
        self, blocks: NDArray[np.int16], frame: Frame, component: Component, table: QuantizationTable
    ) -> QuantizationPlan:
        """Prepare the quantization of a component, see `Quantizer.plan`."""
        steps = table.steps_in_sixteenths
        return QuantizationPlan(blocks, (), lambda strip: _kernels.quantize(strip, steps))


@dataclass(frozen=True)
class DeadZone:
    """Quantizer that rounds, but sets AC levels of +-1 to 0 if they are not worth their bits.

    A coefficient of just over half a step costs several bits and reduces the error little.

    Parameters
    ----------
    block_weights
        Weights by table slot, in bits: the number of bits that a squared error of one step is worth in each block, an
        array of the shape `Frame.block_grid`, float32 above 0. Slots without weights of their own share the last ones.
    profiles
        Factors of the weights by block and frequency, for all table slots; None for 1 everywhere.
    bits
        Typical number of bits of a level of +-1.
    """

    block_weights: tuple[NDArray[np.float32], ...]
    profiles: FrequencyProfiles | None = None
    bits: float = 5.0

    def plan(
        self, blocks: NDArray[np.int16], frame: Frame, component: Component, table: QuantizationTable
    ) -> QuantizationPlan:
        """Prepare the quantization of a component, see `Quantizer.plan`."""
        weights = frame.largest_of_covered_blocks(select_by_slot(self.block_weights, component), component)
        widths = dead_zone_widths(weights, self.bits)
        profiles = FrequencyProfiles.equal(frame) if self.profiles is None else self.profiles
        profile = frame.largest_of_covered_blocks(profiles.index, component)
        steps, factors = table.steps_in_sixteenths, np.reciprocal(profiles.factors)
        return QuantizationPlan(
            blocks,
            (widths, profile),
            lambda strip, strip_widths, strip_profile: _kernels.quantize_dead_zones(
                strip, steps, strip_widths, factors, strip_profile
            ),
            DeadZoneRounding(steps, widths),
        )


@dataclass(frozen=True)
class PerBlockTables:
    """Quantizer that quantizes each block with a table of its own, then again with the table of the file.

    Parameters
    ----------
    tables
        Tables for the blocks of luminance, and tables for those of chrominance: at most 256 each, the finest last.
    table_index
        Index of the table of each 8x8-pixel block: an array of the shape `Frame.block_grid`, uint8.
    """

    tables: tuple[tuple[QuantizationTable, ...], ...]
    table_index: NDArray[np.uint8]

    def plan(
        self, blocks: NDArray[np.int16], frame: Frame, component: Component, table: QuantizationTable
    ) -> QuantizationPlan:
        """Prepare the quantization of a component, see `Quantizer.plan`."""
        own_steps = np.stack([own.steps_in_sixteenths for own in self.tables[component.huffman_slot]])
        index = frame.largest_of_covered_blocks(self.table_index, component)
        steps = table.steps_in_sixteenths
        return QuantizationPlan(
            blocks,
            (index,),
            lambda strip, own_index: _kernels.quantize_per_block(strip, own_steps, own_index, steps),
            DeadZoneRounding(steps, np.zeros(blocks.shape[:2], dtype=np.float32)),
        )
