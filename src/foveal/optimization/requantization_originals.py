"""Estimates of the coefficients that a file was quantized from, by their distribution in each frequency.

The AC coefficients of a frequency are distributed about as Laplace's distribution, density exp(-decay x |x|). A
quantizer that rounds keeps only the cell of a magnitude, between level - 1/2 and level + 1/2 steps. Within
a cell small magnitudes are more frequent than large ones, so the expected magnitude is below the middle of the cell,
which a decoder shows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foveal import jpeg
from foveal.threads import row_ranges, run_in_threads

_COEFFICIENTS_PER_STRIP = 1 << 18
# Prior of the fitted decays: the sum of magnitudes that is added to each frequency, and the ratio between the counts of
# successive levels that it stands for. So the few levels of high frequencies do not decide alone.
_PRIOR_LEVELS, _PRIOR_RATIO = 8.0, 0.3
_LARGEST_SAMPLE = 32_768  # blocks to which distributions are fitted
_CLASSES, _BLOCKS_PER_CLASS = 8, 64  # largest number of classes of blocks, and blocks that each must have on average
_DECAYS = np.geomspace(0.05, 30, 80)
_HALF_WIDTHS = np.linspace(0.5, 1.2, 8)  # 0.5 is that of an encoder that rounds
_SEED = 0x5EED


@dataclass(frozen=True, eq=False)
class ZeroCells:
    """Distribution of the coefficients that became zero, by class of block: classes are busier and busier.

    Parameters
    ----------
    limits
        (classes - 1,) largest number of nonzero AC levels of a block of each class but the last.
    decay
        (classes, 64) decay of the density per quantizer step, in zig-zag order; DC has no meaning.
    half_width
        Half the width of the cell of level 0 in quantizer steps: more than 0.5 if the encoder set levels to zero to
        save bits.
    """

    limits: NDArray[np.intp]
    decay: NDArray[np.float32]
    half_width: float

    def classes_of(self, levels: NDArray[np.int16]) -> NDArray[np.intp]:
        """Return the class of each block, of levels (..., 64)."""
        return np.asarray(np.searchsorted(self.limits, np.count_nonzero(levels[..., 1:], axis=-1)), dtype=np.intp)


@dataclass(frozen=True, eq=False)
class Distribution:
    """Distribution of the AC coefficients of a component before they were quantized.

    Parameters
    ----------
    decay
        (64,) decay of the density of coefficients with nonzero levels per quantizer step, in zig-zag order; DC has no
        meaning.
    zeros
        Distribution of the coefficients that became zero.
    """

    decay: NDArray[np.float64]
    zeros: ZeroCells

    @property
    def shifts(self) -> NDArray[np.float64]:
        """Distances in steps of expected magnitudes below their levels: (2, 64), of level 1 and of all larger levels.

        They are 0 for DC, and not negative: an encoder that set weak levels to zero may have left mostly strong ones.
        """
        # The mean of t over [0, width] with density exp(-decay x t) is 1 / decay - width / (exp(decay x width) - 1).
        # The cell of level 1 begins where that of 0 ends.
        starts = np.array([[self.zeros.half_width - 1], [-0.5]])
        width = 0.5 - starts
        shifts = np.maximum(0, width / np.expm1(self.decay * width) - 1 / self.decay - starts)
        shifts[:, 0] = 0
        return np.asarray(shifts)


def fit_distribution(levels: NDArray[np.int16]) -> Distribution:
    """Fit the distribution of the coefficients of a component to their levels.

    Parameters
    ----------
    levels
        (rows, columns, 64) int16 levels in zig-zag order.
    """
    # Nonzero magnitudes of Laplace's distribution are geometric, whose ratio has the maximum likelihood estimate
    # 1 - count / sum. Zeros tell nothing of it, because an encoder may have set levels to zero to save bits.
    magnitudes = _sample_magnitudes(levels)
    count = np.count_nonzero(magnitudes, axis=0).astype(np.float64)
    total = magnitudes.sum(axis=0, dtype=np.float64)
    ratio = (total - count + _PRIOR_LEVELS * _PRIOR_RATIO) / (total + _PRIOR_LEVELS)
    return Distribution(-np.log(ratio), fit_zero_cells(levels))


def fit_zero_cells(levels: NDArray[np.int16]) -> ZeroCells:
    """Fit the distributions of the coefficients that became zero, by maximum likelihood.

    The decays of a class follow from how many of its levels are 0, 1 and more; the width of the cell of 0, which all
    share, from how these three go together.

    Parameters
    ----------
    levels
        (rows, columns, 64) int16 levels in zig-zag order.
    """
    magnitudes = _sample_magnitudes(levels)
    busy = np.count_nonzero(magnitudes[:, 1:], axis=1)
    class_count = min(_CLASSES, max(1, len(busy) // _BLOCKS_PER_CLASS))
    limits = np.unique(np.quantile(busy, np.arange(1, class_count) / class_count, method="lower"))
    classes = np.searchsorted(limits, busy)
    # For each class and frequency: numbers of zeros, of ones and of larger levels, and the sum of the larger levels
    counts = np.zeros((4, len(limits) + 1, 64))
    for index in range(len(limits) + 1):
        members = magnitudes[classes == index]
        more = np.where(members > 1, members, 0)
        counts[:, index] = [(members == 0).sum(0), (members == 1).sum(0), (more > 0).sum(0), more.sum(0)]
    likelihoods = np.stack([_log_likelihood(counts, half_width) for half_width in _HALF_WIDTHS])
    chosen = int(likelihoods[:, :, 1:].max(axis=3).sum(axis=(1, 2)).argmax())
    decay = _DECAYS[likelihoods[chosen].argmax(axis=2)].astype(np.float32)
    return ZeroCells(limits, decay, float(_HALF_WIDTHS[chosen]))


def _sample_magnitudes(levels: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return the magnitudes of blocks that are evenly chosen from levels of (rows, columns, 64): (n, 64)."""
    count = levels.shape[0] * levels.shape[1]
    chosen = np.linspace(0, count - 1, min(count, _LARGEST_SAMPLE)).astype(np.intp)
    rows, columns = np.divmod(chosen, levels.shape[1])
    return np.abs(levels[rows, columns])


def _log_likelihood(counts: NDArray[np.float64], half_width: float) -> NDArray[np.float64]:
    """Return the logarithm of the likelihood of each of _DECAYS: (classes, 64, decays)."""
    # The cells of the magnitudes 0, 1, 2, ... begin at 0, half_width, 3/2, 5/2, ...
    zeros, ones, more, sums = counts[..., np.newaxis]
    in_zero = np.log(-np.expm1(-_DECAYS * half_width))
    in_one = -_DECAYS * half_width + np.log(-np.expm1(-_DECAYS * (1.5 - half_width)))
    in_more = more * np.log(-np.expm1(-_DECAYS)) - _DECAYS * (sums - more / 2)
    return np.asarray(zeros * in_zero + ones * in_one + in_more)


def fit_distributions(source: jpeg.Coefficients) -> tuple[Distribution, ...]:
    """Fit the distribution of each component of a file to the levels within the picture."""
    return tuple(
        fit_distribution(levels[: component.block_rows, : component.block_columns])
        for component, levels in zip(source.frame.components, source.blocks, strict=True)
    )


def expected_blocks(
    source: jpeg.Coefficients, distributions: tuple[Distribution, ...], threads: int
) -> tuple[NDArray[np.int16], ...]:
    """Return the expected coefficients of a file before it was quantized.

    Parameters
    ----------
    source
        Levels and tables of the file; level x step must be within +-2,047.
    distributions
        Distribution of each component, from `fit_distributions`.
    threads
        Largest number of threads; the result does not depend on it.

    Returns
    -------
    tuple of ndarray
        For each component, coefficients in units of 1/16 as `jpeg.transform` returns them. Padding blocks have levels
        that take few bits.
    """
    expected = tuple(np.empty_like(levels) for levels in source.blocks)
    for levels, table, distribution, out in zip(source.blocks, source.tables, distributions, expected, strict=True):
        steps = table.steps_in_sixteenths
        shifts = (distribution.shifts * steps).astype(np.float32)

        def fill(
            rows: tuple[int, int],
            levels: NDArray[np.int16] = levels,
            out: NDArray[np.int16] = out,
            steps: NDArray[np.float32] = steps,
            shifts: NDArray[np.float32] = shifts,
        ) -> None:
            strip = levels[slice(*rows)]
            shift = np.where(np.abs(strip) == 1, *shifts)
            np.rint(strip * steps - np.sign(strip) * shift, out=out[slice(*rows)], casting="unsafe")

        run_in_threads(fill, row_ranges(levels.shape[0], levels[0].size, _COEFFICIENTS_PER_STRIP), threads)
    jpeg.fill_padding_blocks(source.frame, expected)
    return expected


def plausible_original(source: jpeg.Coefficients, distributions: tuple[Distribution, ...]) -> jpeg.Coefficients:
    """Return a picture that a file may have been quantized from, drawn at random from the cells of its levels.

    Errors against it are those that may be expected against the true original, which is not known: they contain what
    the first quantization lost. So is its texture: expected coefficients have less. DC keeps its level.

    Parameters
    ----------
    source
        Contents of the file; level x step must be within +-2,047.
    distributions
        Distribution of each component, from `fit_distributions`.

    Returns
    -------
    Coefficients
        Levels of step 1; always the same for the same file.
    """
    rng = np.random.default_rng(_SEED)
    drawn = tuple(
        _draw(levels, table, distribution, rng)
        for levels, table, distribution in zip(source.blocks, source.tables, distributions, strict=True)
    )
    return replace(source, tables=(jpeg.QuantizationTable((1,) * 64),) * len(drawn), blocks=drawn)


def _draw(
    levels: NDArray[np.int16],
    table: jpeg.QuantizationTable,
    distribution: Distribution,
    rng: np.random.Generator,
) -> NDArray[np.int16]:
    # The inverse of the distribution function in a cell of some width: -log(1 - u (1 - exp(-decay x width))) / decay
    steps = np.array(table.values, dtype=np.float32)
    cells, is_zero = distribution.zeros, levels == 0
    decay = np.where(is_zero, cells.decay[cells.classes_of(levels)], distribution.decay.astype(np.float32))
    width = np.where(is_zero, np.float32(cells.half_width), np.float32(1))
    uniform = rng.random(levels.shape, dtype=np.float32)
    magnitude = -np.log1p(uniform * np.expm1(-decay * width)) / decay
    magnitude += np.where(is_zero, 0, np.abs(levels) - np.float32(0.5))
    sign = np.where(is_zero, rng.integers(0, 2, levels.shape, dtype=np.int8) * 2 - 1, np.sign(levels))
    drawn: NDArray[np.int16] = np.rint(sign * magnitude * steps).astype(np.int16)
    drawn[:, :, 0] = levels[:, :, 0] * steps[0]
    return drawn
