"""The distortion of quantized coefficients as the trellis counts it, and corrections of what it leaves out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foveal import jpeg
from foveal.allocate.allocation import WeighedCoefficients
from foveal.allocate.weighing import Weighing
from foveal.threads import row_ranges, run_in_threads

# The costs of all errors by the judge, as a share of the sum of their magnitudes: some errors improve the score. Below
# this share, judge and model have nothing in common.
_LEAST_AGREEMENT = 0.01
_COEFFICIENTS_PER_STRIP = 1 << 16


@dataclass(frozen=True)
class ShiftSize:
    """Size of the shifts of a component's coefficients.

    Parameters
    ----------
    limit
        Limit of the computed shift, in quantizer steps.
    share
        Share of the computed shift that a round takes; the round also drops this share of the shifts before it.
    """

    limit: float
    share: float


@dataclass(frozen=True, eq=False)
class ErrorModel:
    """The distortion of one component: block weight x importance x squared error in steps, summed over coefficients.

    Parameters
    ----------
    exact, levels
        (rows, columns, 64) int16: coefficients in units of 1/16, and their levels.
    steps
        (64,) float32 quantizer steps in units of 1.
    lift
        Errors of nonzero AC levels are measured from this number of steps above the coefficient's magnitude.
    weights
        (rows, columns) float32: bits that a squared error of one step is worth in each block, without saliency.
    importance
        (64,) float32 factors of the weights for each coefficient.
    saliency
        (rows, columns) float32 weights of the blocks by saliency.
    trust
        (rows, columns) float32: share of the shifts that each block gets.
    threads
        Number of threads to use.
    """

    exact: NDArray[np.int16]
    levels: NDArray[np.int16]
    steps: NDArray[np.float32]
    lift: float
    weights: NDArray[np.float32]
    importance: NDArray[np.float32]
    saliency: NDArray[np.float32]
    trust: NDArray[np.float32]
    threads: int

    def part(self, rows: slice) -> ErrorModel:
        """Return the model of some rows of blocks."""
        by_block = ("exact", "levels", "weights", "saliency", "trust")
        return replace(self, **{name: getattr(self, name)[rows] for name in by_block})

    def shift(self, corrected: NDArray[np.int16], slopes: NDArray[np.float32], size: ShiftSize) -> None:
        """Shift coefficients to where the trellis, which knows only the model, minimises the judge's error and bits.

        Parameters
        ----------
        corrected
            (rows, columns, 64) int16 coefficients in units of 1/16 that were quantized; shifted in place.
        slopes
            (rows, columns, 64) float32 derivatives of the judge's error with respect to the coefficients, in steps.
        size
            Size of the shifts.
        """
        scale, overshoots = self._compare_with(slopes)
        if scale is None:
            return
        units, trust = self.steps * jpeg.COEFFICIENT_SCALE, self.trust * ~overshoots

        def move(rows: tuple[int, int]) -> None:
            strip = slice(*rows)
            weights = self.weights[strip, :, np.newaxis] * self.importance
            shifts = np.clip(self._errors(strip) - scale * slopes[strip] / (2 * weights), -size.limit, size.limit)
            shifts *= size.share * trust[strip, :, np.newaxis] * units
            exact = self.exact[strip].astype(np.float32)
            moved = exact + (1 - size.share) * (corrected[strip] - exact) + shifts
            corrected[strip] = np.rint(moved).clip(np.iinfo(np.int16).min, np.iinfo(np.int16).max)

        self._run_in_strips(move)

    def _compare_with(self, slopes: NDArray[np.float32]) -> tuple[np.float32 | None, NDArray[np.bool_]]:
        """Compare what errors cost by the judge and by the model.

        To first order, errors cost slope x error by the judge, and twice their distortion by the model. DC is left out,
        because the trellis does not choose its levels. So are blocks in which white or black overshoots
        (kernels/deringing.hpp): a decoder clamps these errors, so they cost nothing.

        Returns
        -------
        scale
            Factor that scales the judge's slopes to those of the model: it makes the costs of all blocks, weighted by
            saliency, equal. None if the two do not agree at all.
        overshoots
            (rows, columns) blocks in which white or black overshoots: levels exceed coefficients by more than a step.
        """
        overshoots = np.empty(self.weights.shape, dtype=np.bool_)
        by_block = np.empty((3, *self.weights.shape), dtype=np.float32)

        def add_up(rows: tuple[int, int]) -> None:
            strip = slice(*rows)
            errors = self._errors(strip)[..., 1:]
            overshoots[strip] = (np.sign(self.levels[strip][..., 1:]) * errors).max(axis=2) > 1
            costs = slopes[strip][..., 1:] * errors
            # Not by `@`: the lock of BLAS, which numpy multiplies with, can be held over a fork.
            squares = np.einsum("yxk,k->yx", np.square(errors), self.importance[1:])
            by_block[:, strip] = costs.sum(axis=2), np.abs(costs).sum(axis=2), self.weights[strip] * squares

        self._run_in_strips(add_up)
        costs, magnitudes, distortion = np.einsum("cyx,yx->c", by_block, self.saliency * ~overshoots, dtype=np.float64)
        agree = costs > _LEAST_AGREEMENT * magnitudes
        return np.float32(2 * distortion / costs) if agree else None, overshoots

    def _errors(self, rows: slice) -> NDArray[np.float32]:
        """Return the errors of the coefficients in some rows of blocks, in steps."""
        levels = self.levels[rows].astype(np.float32)
        lifts = np.full(64, self.lift, dtype=np.float32)
        lifts[0] = 0  # DC is rounded
        lifted = self.exact[rows] / (self.steps * jpeg.COEFFICIENT_SCALE) + lifts * np.sign(levels)
        return np.asarray(levels - lifted, dtype=np.float32)

    def _run_in_strips(self, function: Callable[[tuple[int, int]], None]) -> None:
        strips = row_ranges(self.weights.shape[0], self.weights.shape[1] * 64, _COEFFICIENTS_PER_STRIP)
        run_in_threads(function, strips, self.threads)


def error_models(
    photo: WeighedCoefficients, weighing: Weighing, trellis: jpeg.Trellis, quantized: jpeg.Coefficients
) -> list[ErrorModel]:
    """Return the error model of each component of a photo that a trellis with the weights of a weighing quantized."""
    models = []
    for index, (component, seen) in enumerate(
        zip(photo.frame.components, weighing.bits_per_squared_error(), strict=True)
    ):
        inside = np.s_[: component.block_rows, : component.block_columns]
        weights, saliency, trust = (
            photo.frame.largest_of_covered_blocks(each, component)[inside]
            for each in (seen, weighing.saliency, weighing.trust)
        )
        models.append(
            ErrorModel(
                exact=photo.blocks[index][inside],
                levels=quantized.blocks[index][inside],
                steps=np.array(quantized.tables[index].values, dtype=np.float32),
                lift=trellis.lifts[index],
                weights=weights,
                importance=trellis.frequency_weights[index],
                saliency=saliency,
                trust=trust,
                threads=photo.settings.threads,
            )
        )
    return models
