"""Trellis quantization: a quantizer that minimizes the weighted error of each block plus its bits."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal.jpeg.frame import Component, Frame
from foveal.jpeg.quantize import (
    DeadZoneRounding,
    FrequencyProfiles,
    QuantizationPlan,
    dead_zone_widths,
    select_by_slot,
)
from foveal.jpeg.tables import QuantizationTable

_SAMPLE_EVERY = 16  # blocks
_SMALLEST_SAMPLE = 512  # blocks; smaller pictures are sampled more densely, down to every block
_LARGEST_SAMPLE = 4096  # blocks, approximately; larger pictures are sampled less densely
_WEIGHT_STEPS_PER_BIT = 32
_EQUAL_WEIGHTS: NDArray[np.float32] = np.ones(64, dtype=np.float32)
_BITS_OF_LEVEL = 6.0  # typical number of bits of a level of +-1 that the trellis keeps
_ZRL = 0xF0  # symbol of 16 zeros
_EOB = 0x00  # symbol of the end of block


@dataclass(frozen=True)
class Rates:
    """Bits of AC symbols (T.81 F.1.2.2, Huffman encoding of AC coefficients).

    Parameters
    ----------
    run_size_bits
        (11, 63) float32 bits of a level by its category SSSS, 0 to 10, and the run of zeros before it, 0 to 62: those
        of ZRL codes, the RRRRSSSS code and the SSSS additional bits.
    end_of_block_bits
        Bits of the EOB code.
    """

    run_size_bits: NDArray[np.float32]
    end_of_block_bits: float


@dataclass(frozen=True)
class Trellis:
    """Quantizer that minimizes weight x squared error + bits over the AC levels of each block, by dynamic programming.

    Errors are measured in quantizer steps, so that the quantization table weights the frequencies; `frequency_weights`
    and `profiles` multiply these weights. The bits of symbols are estimated for a sequential scan, from a sample of the
    picture's blocks after plain rounding; they are close enough for progressive scans.

    Parameters
    ----------
    block_weights
        Weights by table slot, in bits: the number of bits that a squared error of one step is worth in each block, an
        array of the shape `Frame.block_grid`, float32 above 0. Slots without weights of their own share the last ones.
    frequency_weights
        Factors of the weights by table slot, for each coefficient: (64,) float32 in zig-zag order.
    lifts
        Lifts by table slot, 0 to 0.5: errors of nonzero levels are measured from the coefficient's magnitude plus this
        number of steps, because weakened coefficients are more visible than strengthened ones.
    profiles
        Factors of the weights by block and frequency, for all table slots; None for 1 everywhere.
    """

    block_weights: tuple[NDArray[np.float32], ...]
    frequency_weights: tuple[NDArray[np.float32], ...] = (_EQUAL_WEIGHTS,)
    lifts: tuple[float, ...] = (0.0,)
    profiles: FrequencyProfiles | None = None

    def plan(
        self, blocks: NDArray[np.int16], frame: Frame, component: Component, table: QuantizationTable
    ) -> QuantizationPlan:
        """Prepare the quantization of a component, see `Quantizer.plan`."""
        rates = sample_rates(blocks[: component.block_rows, : component.block_columns], table)
        weights = frame.largest_of_covered_blocks(select_by_slot(self.block_weights, component), component)
        # Rounded, so that levels do not depend on the last bits of weights, which differ between machines.
        rounded = np.rint(weights * _WEIGHT_STEPS_PER_BIT) / np.float32(_WEIGHT_STEPS_PER_BIT)
        steps = table.steps_in_sixteenths
        profiles = FrequencyProfiles.equal(frame) if self.profiles is None else self.profiles
        by_frequency = select_by_slot(self.frequency_weights, component)[np.newaxis] * profiles.factors
        profile = frame.largest_of_covered_blocks(profiles.index, component)
        lift = select_by_slot(self.lifts, component)
        return QuantizationPlan(
            blocks,
            (rounded, profile),
            lambda strip, strip_weight, strip_profile: _kernels.trellis(
                strip,
                steps,
                strip_weight,
                by_frequency,
                strip_profile,
                lift,
                rates.run_size_bits,
                rates.end_of_block_bits,
                _kernels.USUAL_LOOK_BACK,
            ),
            DeadZoneRounding(steps, dead_zone_widths(np.maximum(rounded, 1 / _WEIGHT_STEPS_PER_BIT), _BITS_OF_LEVEL)),
        )


def sample_rates(blocks: NDArray[np.int16], table: QuantizationTable) -> Rates:
    """Estimate the bits of AC symbols in a sequential scan, from a sample of blocks after plain rounding.

    The sample is about every 16th block, at most about 4,096.

    Parameters
    ----------
    blocks
        (rows, columns, 64) int16 coefficients in units of 1/16, in zig-zag order.
    table
        Quantization table of the blocks.
    """
    count = blocks.shape[0] * blocks.shape[1]
    every = max(1, min(_SAMPLE_EVERY, count // _SMALLEST_SAMPLE), count // _LARGEST_SAMPLE)
    # If `every` and the number of columns had a common divisor, the sample would come from some columns only. Every
    # 4th block of 8 columns comes from two of them, every 5th block from all:
    #
    #     X . . . X . . .        X . . . . X . .
    #     X . . . X . . .        . . X . . . . X
    #     X . . . X . . .        . . . . X . . .
    while math.gcd(every, blocks.shape[1]) > 1:
        every += 1
    chosen = np.arange(0, count, every)
    sample = np.ascontiguousarray(blocks[chosen // blocks.shape[1], chosen % blocks.shape[1]])
    _kernels.quantize(sample, table.steps_in_sixteenths)
    histogram = np.zeros((2, 1, 256), dtype=np.uint32)
    _kernels.tally_scan([sample[np.newaxis]], [(1, 1, 0)], (0, 63, 0, 0), 0, 0, 1, histogram)
    return estimate_rates(histogram[1, 0])


def estimate_rates(histogram: NDArray[np.uint32]) -> Rates:
    """Estimate the bits of AC symbols from their histogram.

    Parameters
    ----------
    histogram
        (256,) uint32 counts of RRRRSSSS symbols.
    """
    # A symbol of relative frequency p has about -log2 p bits, and a Huffman code 1 to 16. Symbols that do not occur in
    # the sample count as half an occurrence. A level after a run of zeros is coded as
    #
    #     floor(run / 16) x ZRL | RRRRSSSS with RRRR = run mod 16 | SSSS additional bits
    counts = np.maximum(histogram.astype(np.float64), 0.5)
    code_bits = np.clip(np.log2(counts.sum() / counts), 1, 16)
    runs, sizes = np.arange(63), np.arange(11)[:, np.newaxis]
    bits = (runs // 16) * code_bits[_ZRL] + code_bits[(runs % 16) << 4 | sizes] + sizes
    return Rates(bits.astype(np.float32), float(code_bits[_EOB]))
