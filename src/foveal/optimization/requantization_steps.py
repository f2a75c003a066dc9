"""Search for quantizer steps that fit coefficients which were quantized before.

If the new step is an odd multiple of the old one, its cells are unions of old cells, and the error is that of a single
quantization. Any other step divides old cells, and an even multiple puts every second old level on the edge of two new
cells. So the error of a frequency jumps from one step to the next, and a step near the wanted one may have less error
and take fewer bits::

    old levels, step 5     |  -1  |   0  |   1  |   2  |   3  |   4  |
    new cells, step 15        |          0          |          1          |
    new cells, step 12          |        0       |        1       |
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LARGEST_STEP = 255  # of baseline files
# Range of steps, as factors of the wanted step, that are tried.
_FINEST_FACTOR, _COARSEST_FACTOR = 0.8, 1.3
_ROUNDS = 2  # of choosing levels by the bits of the levels that were chosen before
# Factor of the bits of a level. Of 1, 0.7, 0.5 and 0.25 it gave the best mean of SSIMULACRA2, PSNR-HVS-M and MS-SSIM.
_BITS_FACTOR = 0.7
_LARGEST_SAMPLE = 16_384  # blocks, approximately
_TIE_WIDTH = 1e-3  # in steps: a magnitude so near to the middle of two levels counts as a tie, as in the trellis
_CATEGORIES = 12  # SSSS of T.81 table F.2, Categories assigned to coefficient values


class Sample(NamedTuple):
    """Some blocks of a component.

    Parameters
    ----------
    levels
        (n, 64) int16 levels in zig-zag order.
    weights
        (n,) weights of the blocks: the bits that a squared error of one wanted step is worth.
    """

    levels: NDArray[np.int16]
    weights: NDArray[np.float32]


class Histogram(NamedTuple):
    """Magnitudes of one frequency.

    Parameters
    ----------
    magnitudes
        Expected magnitude of each level that occurs, in units of samples.
    counts
        Number of blocks that have it.
    weights
        Sum of the weights of these blocks.
    """

    magnitudes: NDArray[np.float64]
    counts: NDArray[np.float64]
    weights: NDArray[np.float64]


def take_sample(levels: NDArray[np.int16], weights: NDArray[np.float32]) -> Sample:
    """Take blocks evenly from a component.

    Parameters
    ----------
    levels
        (rows, columns, 64) int16 levels.
    weights
        (rows, columns) weight of each block.
    """
    count = levels.shape[0] * levels.shape[1]
    chosen = np.linspace(0, count - 1, min(count, _LARGEST_SAMPLE)).astype(np.intp)
    rows, columns = np.divmod(chosen, levels.shape[1])
    return Sample(levels[rows, columns], weights[rows, columns])


def find_steps(
    sample: Sample, old: NDArray[np.int64], wanted: NDArray[np.float64], shifts: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Find the step of each frequency that costs least in weighted squared errors and bits.

    Parameters
    ----------
    sample
        Blocks of the component.
    old
        (64,) steps of the levels. No new step is finer, because the old step has no error at all.
    wanted
        (64,) steps that the component would get if it had not been quantized yet.
    shifts
        (2, 64) distances in old steps by which expected magnitudes are below level 1, and below all larger levels.

    Returns
    -------
    ndarray
        (64,) integer steps, at least as coarse as the old ones and near the wanted ones where these are coarser.
    """
    found = np.empty(64, dtype=np.int64)
    for index in range(64):
        candidates = _candidates(int(old[index]), float(wanted[index]))
        magnitudes = np.abs(sample.levels[:, index])
        if len(candidates) == 1 or (index and not magnitudes.any()):  # no choice, or one that costs nothing
            found[index] = candidates[0]
            continue
        histogram = _tally(magnitudes, sample.weights, float(old[index]), shifts[:, index])
        cost = _cost_of_dc if index == 0 else _cost_of_ac
        found[index] = candidates[np.argmin(cost(histogram, candidates, float(wanted[index])))]
    return found


def _candidates(old: int, wanted: float) -> NDArray[np.int64]:
    finest = max(old, min(LARGEST_STEP, int(np.ceil(wanted * _FINEST_FACTOR))))
    coarsest = min(LARGEST_STEP, int(wanted * _COARSEST_FACTOR))
    return np.arange(finest, max(finest, coarsest) + 1)


def _tally(
    magnitudes: NDArray[np.int16], weights: NDArray[np.float32], old: float, shifts: NDArray[np.float64]
) -> Histogram:
    counts = np.bincount(magnitudes).astype(np.float64)
    sums = np.bincount(magnitudes, weights.astype(np.float64)).astype(np.float64)
    level = np.flatnonzero(counts)
    expected = np.asarray((level - np.array([0, *shifts])[np.minimum(level, 2)]) * old, dtype=np.float64)
    return Histogram(expected, counts[level], sums[level])


def _cost_of_dc(histogram: Histogram, candidates: NDArray[np.int64], wanted: float) -> NDArray[np.float64]:
    """Return the cost of each step in bits. With twice the step, each DC difference takes one bit less."""
    steps = candidates[:, np.newaxis]
    errors = histogram.magnitudes - _round(histogram.magnitudes / steps) * steps
    bits = -np.log2(candidates) * histogram.counts.sum()
    return np.asarray(((errors / wanted) ** 2 * histogram.weights).sum(axis=1) + bits)


def _cost_of_ac(histogram: Histogram, candidates: NDArray[np.int64], wanted: float) -> NDArray[np.float64]:
    """Return the cost of each step in bits, if every level is the best of the rounded one, the next lower one and 0.

    The bits of a level are those of its category, by how often the category is chosen, and the additional bits.
    """
    steps = candidates[:, np.newaxis]
    rounded = _round(histogram.magnitudes / steps)
    options = np.stack([rounded, np.maximum(rounded - 1, 0), np.zeros_like(rounded)])
    distortion = ((histogram.magnitudes - options * steps) / wanted) ** 2 * histogram.weights
    categories = np.frexp(options)[1]  # of a positive integer: the number of its bits
    chosen = categories[0]
    for _ in range(_ROUNDS):
        counts = np.stack([(histogram.counts * (chosen == each)).sum(axis=1) for each in range(_CATEGORIES)], axis=1)
        code_bits = -np.log2((counts + 0.5) / (counts + 0.5).sum(axis=1, keepdims=True))
        level_bits = np.take_along_axis(code_bits[np.newaxis], categories, axis=2) + categories
        costs = distortion + _BITS_FACTOR * histogram.counts * level_bits
        best = costs.argmin(axis=0)[np.newaxis]
        chosen = np.take_along_axis(categories, best, axis=0)[0]
    return np.asarray(np.take_along_axis(costs, best, axis=0)[0].sum(axis=1))


def _round(magnitudes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round to the nearest integer, ties to the lower one."""
    return np.asarray(np.floor(magnitudes + (0.5 - _TIE_WIDTH)))
