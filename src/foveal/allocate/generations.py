"""Pictures that were decoded from a file of about the same quality: their quantizer steps and levels are kept.

The trellis sets levels to zero that are not worth their bits. After one save, a coefficient of 1.3 steps is exactly 1
step, and the trellis would now drop it; each save would lose more. Coefficients that are multiples of a step show that
a picture comes from a file with this step.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foveal import jpeg
from foveal.allocate.allocation import Quantization
from foveal.allocate.perception import FREQUENCY, LARGEST_STEP

_SAMPLED_BLOCKS = 4096
_LEAST_LEVELS = 20  # nonzero levels of a frequency in the sample; fewer say nothing
_DECIDING = 10  # frequencies 1 to 9 decide
# Logarithm of the largest ratio of a candidate step to the wanted one: a constant, and a part by `FREQUENCY`.
_LARGEST_RATIO, _RATIO_BY_FREQUENCY = 0.02, 0.3
_NEAR = 8  # distance from a multiple in units of 1/16: half a level, which rounded pixels seldom exceed
# Share of the coefficients that are near a multiple, beyond the share that is near one by chance: in originals at most
# 0.05, in decoded files 0.25 to 0.9 (lower in saturated colours, which decoders clamp).
_LEAST_SHARE = 0.25
_LEAST_ODD = 0.25  # of the levels of DC, half of which are odd
# Largest relative difference of a previous step from the wanted one: the map of a decoded picture, which tables depend
# on, is nearly that of the original. Share of the coefficients whose steps must be so alike.
_LARGEST_DIFFERENCE, _LEAST_ALIKE = 0.03, 0.9


def find_previous_table(
    blocks: NDArray[np.int16], component: jpeg.Component, wanted: jpeg.QuantizationTable
) -> jpeg.QuantizationTable | None:
    """Return the table by which a component has been quantized before, if it is of the same quality as the wanted one.

    Parameters
    ----------
    blocks
        (padded rows, padded columns, 64) int16 coefficients in units of 1/16, in zig-zag order.
    component
        Component of the frame that the blocks belong to.
    wanted
        Quantization table of the new file, which gives the steps of frequencies without coefficients and of DC.
    """
    inside = blocks[: component.block_rows, : component.block_columns].reshape(-1, 64)
    sample = np.abs(inside[:: max(1, len(inside) // _SAMPLED_BLOCKS)].astype(np.int32))
    if not _is_dc_of_step(sample[:, 0], wanted.values[0]):
        return None
    steps, counts, near, possible = np.array(wanted.values), np.zeros(64), 0.0, 0.0
    for k in range(1, 64):
        magnitudes = sample[:, k][sample[:, k] > jpeg.COEFFICIENT_SCALE * wanted.values[k] // 2]
        if len(magnitudes) < _LEAST_LEVELS:
            continue
        counts[k] = len(magnitudes)
        excess, steps[k] = max((_excess_of_multiples(magnitudes, step), step) for step in _steps_like(wanted, k))
        if k < _DECIDING:
            near, possible = near + excess, possible + len(magnitudes)
        elif near < _LEAST_SHARE * possible:
            return None
    if possible == 0 or near < _LEAST_SHARE * possible or not _are_alike(steps, wanted, counts):
        return None
    return jpeg.QuantizationTable(tuple(steps.tolist()))


def _are_alike(steps: NDArray[np.int64], wanted: jpeg.QuantizationTable, counts: NDArray[np.float64]) -> bool:
    """Return whether the steps of nearly all coefficients are the wanted ones.

    Larger differences are chance matches in files of other encoders.
    """
    alike = np.abs(steps - wanted.values) <= _LARGEST_DIFFERENCE * np.array(wanted.values)
    return bool(counts[alike].sum() >= _LEAST_ALIKE * counts.sum())


def _is_dc_of_step(magnitudes: NDArray[np.int32], step: int) -> bool:
    """Return whether DC coefficients are multiples of a step, and not of twice the step.

    Other encoders make DC coarser beside the lowest frequencies.
    """
    unit = step * jpeg.COEFFICIENT_SCALE
    if unit <= 4 * _NEAR:
        return True  # every other value is near a multiple by chance
    levels = np.rint(magnitudes / unit)
    near = np.abs(magnitudes - levels * unit) <= _NEAR
    chance = (2 * _NEAR + 1) / unit
    return bool(near.mean() - chance >= _LEAST_SHARE * (1 - chance) and (levels[near] % 2).mean() >= _LEAST_ODD)


def _steps_like(wanted: jpeg.QuantizationTable, k: int) -> range:
    """Return the steps of a frequency to choose the previous one from."""
    ratio = float(np.exp(_LARGEST_RATIO + _RATIO_BY_FREQUENCY * FREQUENCY[k]))
    step = wanted.values[k]
    return range(round(step / ratio) or 1, min(round(step * ratio), LARGEST_STEP) + 1)


def _excess_of_multiples(magnitudes: NDArray[np.int32], step: int) -> float:
    """Return how many magnitudes, in units of 1/16, are near a multiple of a step, beyond those that are by chance."""
    unit = step * jpeg.COEFFICIENT_SCALE
    rest = magnitudes % unit
    chance = min(1.0, (2 * _NEAR + 1) / unit)
    return float(np.count_nonzero(np.minimum(rest, unit - rest) <= _NEAR) - chance * len(magnitudes))


def keep_levels(tables: tuple[jpeg.QuantizationTable, ...], frame: jpeg.Frame) -> Quantization:
    """Return the quantization that rounds every coefficient to the nearest level.

    Infinite weights make `DeadZone` plain rounding: its threshold is then half a step. `Rounding` would not settle DC.
    """
    return Quantization(tables, jpeg.DeadZone((np.full(frame.block_grid, np.inf, dtype=np.float32),)))
