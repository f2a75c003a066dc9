"""The closed loop of effort "best": quantize, decode, measure where errors cost most, and correct the block weights.

Masking uses only the original to estimate how well texture hides errors. Two judges measure it on the result. The first
is SSIMULACRA 2, which compares the decoded picture; its gradient measures how much score each error costs. The second
is a model of contrast masking in the DCT domain, which counts the part of each error that is visible. If the errors of
a block cost more than the distortion that the trellis counts for them, the weight of the block rises; otherwise it
falls. With one judge alone, files gain by that judge and lose by other metrics.

A small change of the samples changes the score by the sum of gradient x change over the samples. The loss of score
grows with a power of the errors. The cost of the errors of a block is therefore proportional to the sum of gradient x
error over the block, with the same factor for all blocks.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import cast

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal import jpeg
from foveal.allocate.allocation import Quantization, WeighedCoefficients
from foveal.jpeg import Pixels, to_planes
from foveal.metrics.ssimulacra import Ssimulacra2Reference
from foveal.photo import to_eight_bits
from foveal.threads import row_ranges, run_in_threads

# For each judge, a weight is multiplied by (cost / distortion) ^ _CORRECTION_EXPONENT; the factor of both is their
# geometric mean. The exponent is small because the new weights change the costs too, and because larger corrections
# lose by other metrics.
_CORRECTION_EXPONENT = 0.25
# Limits of the ratio. The lower one is near 1 because errors that cost little by one judge cost more by others.
_LEAST_RATIO, _MOST_RATIO = 0.9, 5.0
# Share of their mean that is added to costs and to distortion, so that blocks without errors keep their weight.
_REGULARISATION = 0.1
_DIVISION_GUARD = 1e-30  # avoids division by zero if there are no errors at all
# Sensitivities of the 63 AC frequencies in zig-zag order: the reciprocals of Annex K's thresholds of visibility.
_SENSITIVITY = np.asarray(10 / np.array(jpeg.annex_k_tables(50)[0].values[1:]), dtype=np.float32)
_MASKED_SHARE = np.float32(0.02)  # of the contrast of a block: errors below are invisible
_CENTRE_TAP, _SIDE_TAP = 2 / 3, 1 / 6  # filter along one axis: weights of a block and of each of its two neighbours

# Photos of more than _BAND_PIXELS pixels are measured in bands of rows. Each band is measured as a separate picture,
# with a margin of _BAND_MARGIN rows above and below it that the coarse scales of SSIMULACRA 2 need.
_BAND_PIXELS = 1 << 22
_BAND_MARGIN = 64
_PIXELS_PER_STRIP = 1 << 16


def luminance_factors(
    photo: WeighedCoefficients, decide: Callable[[NDArray[np.float32]], Quantization], rounds: int
) -> NDArray[np.float32]:
    """Measure factors that bring the weights of luminance blocks closer to the costs of the errors in them.

    Parameters
    ----------
    photo
        Coefficients of a photo with at least `ssimulacra2.MIN_SIDE` pixels on each side.
    decide
        Function that returns a `Quantization` of the photo with a trellis, given factors of its block weights.
    rounds
        Number of times that the result is decoded and measured.

    Returns
    -------
    ndarray
        (rows, columns) float32 factors of the weights of the 8x8-pixel blocks.
    """
    threads = photo.settings.threads
    factors = np.ones(photo.frame.block_grid, dtype=np.float32)
    for _ in range(rounds):
        quantization = decide(factors)
        quantized = photo.quantize(quantization)
        trellis = cast(jpeg.Trellis, quantization.quantizer)
        distortion = _trellis_distortion(photo.blocks[0], quantized, trellis, threads)
        costs = _measure_costs(photo.pixels, jpeg.reconstruct(quantized), distortion, threads)
        visible = _visible_errors(photo.blocks[0], quantized, threads)
        by_score, by_masking = (_correction(_smooth(each), _smooth(distortion)) for each in (costs, visible))
        factors *= np.sqrt(by_score * by_masking)
    return factors


def _correction(costs: NDArray[np.float64], distortion: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the factors that correct the block weights from measured costs and the distortion of the trellis.

    The ratios are scaled so that they leave the sum of the distortion unchanged, then clamped and damped.
    """
    prior_cost, prior_distortion = _REGULARISATION * costs.mean(), _REGULARISATION * distortion.mean()
    ratio = (costs + prior_cost + _DIVISION_GUARD) / (distortion + prior_distortion + _DIVISION_GUARD)
    ratio *= (distortion.sum() + _DIVISION_GUARD) / ((distortion * ratio).sum() + _DIVISION_GUARD)
    return np.asarray(ratio.clip(_LEAST_RATIO, _MOST_RATIO) ** _CORRECTION_EXPONENT, dtype=np.float32)


def _smooth(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Average each block with its neighbours, edges repeated, because values of single blocks are noisy."""
    padded = np.pad(values.astype(np.float64), 1, mode="edge")
    down = _SIDE_TAP * (padded[:-2] + padded[2:]) + _CENTRE_TAP * padded[1:-1]
    return np.asarray(_SIDE_TAP * (down[:, :-2] + down[:, 2:]) + _CENTRE_TAP * down[:, 1:-1])


def _trellis_distortion(
    luminance: NDArray[np.int16], quantized: jpeg.Coefficients, trellis: jpeg.Trellis, threads: int
) -> NDArray[np.float32]:
    """Return the distortion of the luminance AC coefficients of each block as the trellis counts it, (rows, columns).

    It is block weight x sum of (frequency weight x squared error in quantizer steps). The error of a nonzero level is
    measured from `lift` steps above the coefficient's magnitude, see `jpeg.Trellis`. Its profiles are left out: they
    are 1 without saliency, which the loop leaves out.
    """
    component, table = quantized.frame.components[0], quantized.tables[0]
    steps, by_frequency, lift = table.steps_in_sixteenths[1:], trellis.frequency_weights[0][1:], trellis.lifts[0]
    sums = np.empty((component.block_rows, component.block_columns), dtype=np.float32)

    def add_up(rows: tuple[int, int]) -> None:
        inside = np.s_[rows[0] : rows[1], : component.block_columns, 1:]
        levels = quantized.blocks[0][inside]
        errors = np.abs(luminance[inside]) / steps - np.abs(levels)
        errors[levels != 0] += np.float32(lift)
        # Not by `@`: the lock of BLAS, which numpy multiplies with, can be held over a fork.
        sums[slice(*rows)] = np.einsum("yxk,k->yx", np.square(errors), by_frequency)

    pixels_per_row = component.block_columns * jpeg.BLOCK_SIDE**2
    run_in_threads(add_up, row_ranges(component.block_rows, pixels_per_row, _PIXELS_PER_STRIP), threads)
    return sums * trellis.block_weights[0]


def _visible_errors(luminance: NDArray[np.int16], quantized: jpeg.Coefficients, threads: int) -> NDArray[np.float32]:
    """Return the visible part of the errors of the luminance AC coefficients in each block, (rows, columns).

    It is the sum of squared errors, weighted by the sensitivity to their frequency. Of each error only what exceeds a
    threshold counts. The threshold rises with the contrast of the block, as in N. Ponomarenko et al., "On
    between-coefficient contrast masking of DCT basis functions", 2007.
    """
    component, table = quantized.frame.components[0], quantized.tables[0]
    steps, sensitivity = np.array(table.values[1:], np.float32), np.square(_SENSITIVITY)
    sums = np.empty((component.block_rows, component.block_columns), dtype=np.float32)

    def add_up(rows: tuple[int, int]) -> None:
        inside = np.s_[rows[0] : rows[1], : component.block_columns, 1:]
        exact = luminance[inside] * np.float32(1 / jpeg.COEFFICIENT_SCALE)
        errors = np.abs(exact - quantized.blocks[0][inside] * steps)
        contrast = np.sqrt(np.einsum("yxk,k->yx", np.square(exact), sensitivity))
        visible = np.maximum(errors - (_MASKED_SHARE * contrast)[..., np.newaxis] / sensitivity, 0)
        sums[slice(*rows)] = np.einsum("yxk,k->yx", np.square(visible), sensitivity)

    pixels_per_row = component.block_columns * jpeg.BLOCK_SIDE**2
    run_in_threads(add_up, row_ranges(component.block_rows, pixels_per_row, _PIXELS_PER_STRIP), threads)
    return sums


def _measure_costs(
    original: Pixels, decoded: NDArray[np.uint8], distortion: NDArray[np.float32], threads: int
) -> NDArray[np.float32]:
    """Measure the cost of the errors of the luminance AC coefficients in each block, (rows, columns), not negative.

    The costs of each band are scaled to the same sum as its distortion, because the factor between cost and distortion
    differs from band to band.
    """
    costs = np.empty_like(distortion)
    for first, last in _row_bands(*original.shape[:2]):
        top = max(0, first * jpeg.BLOCK_SIDE - _BAND_MARGIN)
        around = np.s_[top : last * jpeg.BLOCK_SIDE + _BAND_MARGIN]
        skipped = first - top // jpeg.BLOCK_SIDE
        measured = _gradient_costs(original[around], decoded[around], threads)[skipped : skipped + last - first]
        measured = np.maximum(measured, 0)  # some errors improve the score
        total, measured_total = (each.sum(dtype=np.float64) for each in (distortion[first:last], measured))
        costs[first:last] = measured * (total / measured_total) if measured.any() else distortion[first:last]
    return costs


def _row_bands(height: int, width: int) -> list[tuple[int, int]]:
    """Split a photo into bands of block rows [first, last) of about equal size, to be measured one after the other."""
    rows, _ = jpeg.block_grid(height, width)
    edges = np.linspace(0, rows, min(rows, -(-height * width // _BAND_PIXELS)) + 1).astype(int).tolist()
    return list(itertools.pairwise(edges))


def _gradient_costs(original: Pixels, decoded: NDArray[np.uint8], threads: int) -> NDArray[np.float32]:
    """Return the mean of -gradient x luminance error over each block, without the contribution of DC, (rows, columns).

    The error of DC contributes mean gradient x mean error. It is left out because the trellis does not choose DC
    levels.
    """
    reference = Ssimulacra2Reference(to_eight_bits(original), threads=threads)
    gradient = reference.gradient(decoded, threads=threads)
    rows, columns = jpeg.block_grid(*original.shape[:2])
    costs = np.empty((rows, columns), dtype=np.float32)

    def add_up(block_rows: tuple[int, int]) -> None:
        first, last = (row * jpeg.BLOCK_SIDE for row in block_rows)
        size = last - first, columns * jpeg.BLOCK_SIDE
        errors = to_planes(decoded[first:last], *size)[0] - to_planes(original[first:last], *size)[0]
        slopes = np.zeros(size, dtype=np.float32)  # padding beyond the picture does not change the score
        inside = gradient[first:last]  # a change of luminance changes R, G and B equally
        slopes[: inside.shape[0], : inside.shape[1]] = inside if inside.ndim == 2 else inside.sum(axis=2)
        costs[slice(*block_rows)] = _block_means(slopes) * _block_means(errors) - _block_means(slopes * errors)

    run_in_threads(add_up, row_ranges(rows, jpeg.BLOCK_SIDE * original.shape[1], _PIXELS_PER_STRIP), threads)
    return costs


def _block_means(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean of each block of 8 x 8 samples, by averaging 2 x 2 values three times."""
    for _ in range(3):
        halves = np.empty((samples.shape[0] // 2, samples.shape[1] // 2), dtype=np.float32)
        _kernels.downsample(samples, 2, 2, halves)
        samples = halves
    return samples
