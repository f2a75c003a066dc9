"""Estimates of the coefficients that a file was quantized from, by their distribution in each frequency.

The AC coefficients of a frequency are distributed about as Laplace's distribution, density exp(-decay x |x|). A
quantizer that rounds leaves of a magnitude the cell that it lies in, between level - 1/2 and level + 1/2 steps. Within
a cell small magnitudes are more frequent than large ones, so the expected magnitude is below the middle of the cell,
which a decoder shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveal import jpeg
from foveal.threads import row_ranges, run_in_threads

_COEFFICIENTS_PER_STRIP = 1 << 18
# Levels that are added to those of each frequency, with a usual ratio of successive frequencies of levels, so that the
# few levels of high frequencies do not decide alone.
_PRIOR_LEVELS, _PRIOR_RATIO = 8.0, 0.3
# Half widths of the cell of level 0, in steps: of a rounding quantizer, and the widest that is taken for one with RDO.
_LEAST_HALF_WIDTH, _MOST_HALF_WIDTH = 0.5, 1.0
_SEED = 0x5EED


@dataclass(frozen=True, eq=False)
class Distribution:
    """Distribution of the AC coefficients of a component before they were quantized, by frequency.

    Parameters
    ----------
    decay
        (64,) decay of the density per quantizer step, in zig-zag order; DC has no meaning.
    half_width
        (64,) half the width of the cell of level 0, in quantizer steps.
    """

    decay: NDArray[np.float64]
    half_width: NDArray[np.float64]

    @property
    def shift(self) -> NDArray[np.float64]:
        """Distance in steps of the expected magnitude below the middle of its cell: (64,), 0 for DC."""
        # The mean of t over [-1/2, 1/2] with density exp(-decay x t) is 1 / decay - coth(decay / 2) / 2.
        shift = 0.5 / np.tanh(self.decay / 2) - 1 / self.decay
        shift[0] = 0
        return shift


def fit_distribution(levels: NDArray[np.int16]) -> Distribution:
    """Fit the distribution of the coefficients of a component to their levels.

    Parameters
    ----------
    levels
        (rows, columns, 64) int16 levels in zig-zag order.
    """
    # Nonzero magnitudes of Laplace's distribution are geometric, whose ratio has the maximum likelihood estimate
    # 1 - count / sum. Zeros tell nothing of it, because an encoder may have set levels to zero to save bits. They tell
    # how many it did: the share of nonzero levels is exp(-decay x half_width).
    count = np.count_nonzero(levels, axis=(0, 1)).astype(np.float64)
    total = np.abs(levels, dtype=np.int32).sum(axis=(0, 1), dtype=np.float64)
    ratio = (total - count + _PRIOR_LEVELS * _PRIOR_RATIO) / (total + _PRIOR_LEVELS)
    decay = -np.log(ratio)
    share = (count + 0.5) / (levels.shape[0] * levels.shape[1] + 1)
    return Distribution(decay, np.clip(-np.log(share) / decay, _LEAST_HALF_WIDTH, _MOST_HALF_WIDTH))


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
        shift = (distribution.shift * steps).astype(np.float32)

        def fill(
            rows: tuple[int, int],
            levels: NDArray[np.int16] = levels,
            out: NDArray[np.int16] = out,
            steps: NDArray[np.float32] = steps,
            shift: NDArray[np.float32] = shift,
        ) -> None:
            strip = levels[slice(*rows)]
            np.rint(strip * steps - np.sign(strip) * shift, out=out[slice(*rows)], casting="unsafe")

        run_in_threads(fill, row_ranges(levels.shape[0], levels[0].size, _COEFFICIENTS_PER_STRIP), threads)
    jpeg.fill_padding_blocks(source.frame, expected)
    return expected


def plausible_blocks(
    source: jpeg.Coefficients, distributions: tuple[Distribution, ...]
) -> tuple[NDArray[np.int16], ...]:
    """Return coefficients that a file may have been quantized from, drawn at random from the cells of its levels.

    Errors against them are those that may be expected against the true original, which is not known: they contain what
    the first quantization lost. DC keeps its level.

    Parameters
    ----------
    source
        Levels and tables of the file; level x step must be within +-2,047.
    distributions
        Distribution of each component, from `fit_distributions`.

    Returns
    -------
    tuple of ndarray
        For each component, coefficients in units of 1/16; always the same for the same file.
    """
    rng = np.random.default_rng(_SEED)
    return tuple(
        _draw(levels, table, distribution, rng)
        for levels, table, distribution in zip(source.blocks, source.tables, distributions, strict=True)
    )


def _draw(
    levels: NDArray[np.int16], table: jpeg.QuantizationTable, distribution: Distribution, rng: np.random.Generator
) -> NDArray[np.int16]:
    # The inverse of the distribution function in a cell of some width: -log(1 - u (1 - exp(-decay x width))) / decay
    decay = distribution.decay.astype(np.float32)
    is_zero = levels == 0
    width = np.where(is_zero, distribution.half_width.astype(np.float32), np.float32(1))
    uniform = rng.random(levels.shape, dtype=np.float32)
    magnitude = -np.log1p(uniform * np.expm1(-decay * width)) / decay
    magnitude += np.where(is_zero, 0, np.abs(levels) - np.float32(0.5))
    sign = np.where(is_zero, rng.integers(0, 2, levels.shape, dtype=np.int8) * 2 - 1, np.sign(levels))
    drawn = np.rint(sign * magnitude * table.steps_in_sixteenths).astype(np.int16)
    drawn[:, :, 0] = np.rint(levels[:, :, 0] * table.steps_in_sixteenths[0])
    return drawn
