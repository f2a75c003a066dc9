"""Rate-distortion optimised quantization: for each block the levels that cost least in error and bits together."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal.jpeg.frame import Component, Frame
from foveal.jpeg.quantize import QuantizationPlan, of_slot
from foveal.jpeg.tables import QuantizationTable

EXHAUSTIVE_LOOK_BACK = 63
_SAMPLE_EVERY = 16
_SMALLEST_SAMPLE = 512  # blocks; smaller pictures are sampled more densely, down to every block
_LARGEST_SAMPLE = 4096  # blocks, about; larger pictures are sampled less densely
_STEPS_OF_WEIGHT = 32  # in a bit
_EVEN: NDArray[np.float32] = np.ones(64, dtype=np.float32)
_ZERO_RUN_16 = 0xF0
_END_OF_BLOCK = 0x00


@dataclass(frozen=True)
class Rates:
    """What AC symbols cost.

    Parameters
    ----------
    run_size_bits
        (11, 63) float32: bits of a level of 0 to 10 bits after 0 to 62 zeros, ZRL codes and its own bits included.
    end_of_block_bits
        Bits of EOB.
    """

    run_size_bits: NDArray[np.float32]
    end_of_block_bits: float


@dataclass(frozen=True)
class Trellis:
    """Minimise weight x squared error + bits over the AC levels of each block (dynamic programming).

    Errors count in quantizer steps, so that the table says what an error matters at each frequency; frequency weights
    may say more. The rates come from the image's own symbols (a sample of plainly rounded blocks), as a sequential scan
    would code them; progressive scans follow them closely enough.

    Parameters
    ----------
    block_weights
        For each table slot, `Frame.block_grid` float32 above 0: the bits that a squared step is worth; the last serves
        those that have none of their own.
    frequency_weights
        For each table slot, (64,) float32 in zig-zag order.
    lifts
        For each table slot, 0 to 0.5: the error of a level that is not 0 counts from so many steps above the
        coefficient's magnitude, as what is weakened shows more than what is strengthened.
    look_back
        Nonzero positions before a coefficient that the search considers as its predecessor.
    """

    block_weights: tuple[NDArray[np.float32], ...]
    frequency_weights: tuple[NDArray[np.float32], ...] = (_EVEN,)
    lifts: tuple[float, ...] = (0.0,)
    look_back: int = _kernels.USUAL_LOOK_BACK

    def plan(
        self, blocks: NDArray[np.int16], frame: Frame, component: Component, table: QuantizationTable
    ) -> QuantizationPlan:
        """See `Quantizer.plan`."""
        rates = sampled_rates(blocks[: component.block_rows, : component.block_columns], table)
        weights = frame.largest_of_covered_blocks(of_slot(self.block_weights, component), component)
        # Rounded, so that the last bit of a float computed elsewhere cannot change a decision.
        rounded = np.rint(weights * _STEPS_OF_WEIGHT) / np.float32(_STEPS_OF_WEIGHT)
        steps = table.steps_in_sixteenths
        by_frequency, lift = of_slot(self.frequency_weights, component), of_slot(self.lifts, component)
        return QuantizationPlan(
            blocks,
            rounded,
            lambda strip, strip_weight: _kernels.trellis(
                strip,
                steps,
                strip_weight,
                by_frequency,
                lift,
                rates.run_size_bits,
                rates.end_of_block_bits,
                self.look_back,
            ),
            float(steps[0]),
        )


def sampled_rates(blocks: NDArray[np.int16], table: QuantizationTable) -> Rates:
    """Rates of AC symbols, coded sequentially, after plain rounding of about every 16th block, 4,096 at most.

    Parameters
    ----------
    blocks
        (rows, columns, 64) int16 coefficients in sixteenths, zig-zag order.
    """
    count = blocks.shape[0] * blocks.shape[1]
    every = max(1, min(_SAMPLE_EVERY, count // _SMALLEST_SAMPLE), count // _LARGEST_SAMPLE)
    while math.gcd(every, blocks.shape[1]) > 1:  # else the sample would come from a few columns of the picture
        every += 1
    chosen = np.arange(0, count, every)
    sample = np.ascontiguousarray(blocks[chosen // blocks.shape[1], chosen % blocks.shape[1]])
    _kernels.quantize(sample, table.steps_in_sixteenths, np.full(len(sample), 0.5, dtype=np.float32))
    histogram = np.zeros((2, 1, 256), dtype=np.uint32)
    _kernels.tally_scan([sample[np.newaxis]], [(1, 1, 0)], (0, 63, 0, 0), 0, 0, 1, histogram)
    return rates_of(histogram[1, 0])


def rates_of(histogram: NDArray[np.uint32]) -> Rates:
    """Rates under an ideal code for (256,) counts of RRRRSSSS symbols; those not seen count half a time."""
    counts = np.maximum(histogram.astype(np.float64), 0.5)
    code_bits = np.clip(np.log2(counts.sum() / counts), 1, 16)
    runs, sizes = np.arange(63), np.arange(11)[:, np.newaxis]
    bits = (runs // 16) * code_bits[_ZERO_RUN_16] + code_bits[(runs % 16) << 4 | sizes] + sizes
    return Rates(bits.astype(np.float32), float(code_bits[_END_OF_BLOCK]))
