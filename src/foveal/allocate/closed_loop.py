"""The closed loop: quantize, decode, measure where errors harm most, and weigh blocks by that.

Masking guesses from the original what texture hides. SSIMULACRA 2 sees the result, and its gradient says what each
error costs. Where the errors of a block cost more than the trellis believes, its weight goes up, elsewhere down.

A small change of quantization changes the score by gradient x change, summed over the pixels. Scores fall with a power
of the errors, so gradient x error, summed over a block, is what its errors cost, up to a factor that all blocks share.
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

_EXPONENT = 0.5  # of a correction: half of the way, as weights change what errors cost
_LEAST, _MOST = 0.8, 5.0  # of a ratio: what seems to cost little costs more by other metrics
_PRIOR = 0.1  # of the mean, added to both sides of a ratio: blocks without errors keep their weight
_TINY = 1e-30  # where there are no errors at all
_OWN, _BESIDE = 2 / 3, 1 / 6  # shares of a block and of each neighbour, along one axis

# Larger photos are measured in bands of rows, each as a picture of its own with what the coarse sizes see around it.
_BAND_PIXELS = 1 << 22
_MARGIN = 64
_PIXELS_PER_STRIP = 1 << 16


def luminance_factors(
    photo: WeighedCoefficients, decide: Callable[[NDArray[np.float32]], Quantization], rounds: int
) -> NDArray[np.float32]:
    """Measure by what factors the weights of luminance's blocks should change, so that equal costs have equal weight.

    Parameters
    ----------
    photo
        Coefficients of a photo with at least `ssimulacra2.MIN_SIDE` pixels on each side.
    decide
        Function that decides how the photo is quantized by a trellis, given factors.
    rounds
        Number of times that the result is decoded and measured.

    Returns
    -------
    ndarray
        (rows, columns) float32: a factor for each 8x8-pixel block.
    """
    threads = photo.settings.threads
    factors = np.ones(photo.frame.block_grid, dtype=np.float32)
    for _ in range(rounds):
        quantization = decide(factors)
        quantized = photo.quantize(quantization)
        believed = _believed(photo.blocks[0], quantized, cast(jpeg.Trellis, quantization.quantizer), threads)
        costs = _costs(photo.pixels, jpeg.reconstruct(quantized), believed, threads)
        factors *= _correction(_smooth(costs), _smooth(believed))
    return factors


def _correction(costs: NDArray[np.float64], believed: NDArray[np.float64]) -> NDArray[np.float32]:
    """By how much to change the weights of blocks; such that what is believed of all errors together stays."""
    ratio = (costs + _PRIOR * costs.mean() + _TINY) / (believed + _PRIOR * believed.mean() + _TINY)
    ratio *= (believed.sum() + _TINY) / ((believed * ratio).sum() + _TINY)
    return np.asarray(ratio.clip(_LEAST, _MOST) ** _EXPONENT, dtype=np.float32)


def _smooth(blocks: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mix each block with its neighbours, down and across, edges repeated: what a block alone says is noisy."""
    padded = np.pad(blocks.astype(np.float64), 1, mode="edge")
    down = _BESIDE * (padded[:-2] + padded[2:]) + _OWN * padded[1:-1]
    return np.asarray(_BESIDE * (down[:, :-2] + down[:, 2:]) + _OWN * down[:, 1:-1])


def _believed(
    luminance: NDArray[np.int16], quantized: jpeg.Coefficients, trellis: jpeg.Trellis, threads: int
) -> NDArray[np.float32]:
    """(rows, columns): what the errors of luminance's AC cost in each block as the trellis counts them."""
    component, table = quantized.frame.components[0], quantized.tables[0]
    steps, by_frequency, lift = table.steps_in_sixteenths[1:], trellis.frequency_weights[0][1:], trellis.lifts[0]
    sums = np.empty((component.block_rows, component.block_columns), dtype=np.float32)

    def add_up(rows: tuple[int, int]) -> None:
        inside = np.s_[rows[0] : rows[1], : component.block_columns, 1:]
        levels = quantized.blocks[0][inside]
        errors = np.abs(luminance[inside]) / steps - np.abs(levels)
        errors[levels != 0] += np.float32(lift)
        sums[slice(*rows)] = np.square(errors) @ by_frequency

    pixels_per_row = component.block_columns * jpeg.BLOCK_SIDE**2
    run_in_threads(add_up, row_ranges(component.block_rows, pixels_per_row, _PIXELS_PER_STRIP), threads)
    return sums * trellis.block_weights[0]


def _costs(
    original: Pixels, decoded: NDArray[np.uint8], believed: NDArray[np.float32], threads: int
) -> NDArray[np.float32]:
    """(rows, columns): what the errors of luminance's AC cost in each block, in all as much as believed."""
    costs = np.empty_like(believed)
    for first, last in _bands(*original.shape[:2]):
        top = max(0, first * jpeg.BLOCK_SIDE - _MARGIN)
        around = np.s_[top : last * jpeg.BLOCK_SIDE + _MARGIN]
        skipped = first - top // jpeg.BLOCK_SIDE
        found = _costs_of_picture(original[around], decoded[around], threads)[skipped : skipped + last - first]
        found = np.maximum(found, 0)
        ours = believed[first:last]
        costs[first:last] = found * (ours.sum(dtype=np.float64) / found.sum(dtype=np.float64)) if found.any() else ours
    return costs


def _bands(height: int, width: int) -> list[tuple[int, int]]:
    """Rows of blocks [first, last) that are measured together, of about equal size."""
    rows, _ = jpeg.block_grid(height, width)
    edges = np.linspace(0, rows, min(rows, -(-height * width // _BAND_PIXELS)) + 1).astype(int).tolist()
    return list(itertools.pairwise(edges))


def _costs_of_picture(original: Pixels, decoded: NDArray[np.uint8], threads: int) -> NDArray[np.float32]:
    """(rows, columns): gradient x error, without the means of blocks: DC is not the trellis's."""
    reference = Ssimulacra2Reference(to_eight_bits(original), threads=threads)
    gradient = reference.gradient(decoded, threads=threads)
    rows, columns = jpeg.block_grid(*original.shape[:2])
    costs = np.empty((rows, columns), dtype=np.float32)

    def add_up(block_rows: tuple[int, int]) -> None:
        first, last = (row * jpeg.BLOCK_SIDE for row in block_rows)
        size = last - first, columns * jpeg.BLOCK_SIDE
        errors = to_planes(decoded[first:last], *size)[0] - to_planes(original[first:last], *size)[0]
        slopes = np.zeros(size, dtype=np.float32)  # beyond the picture nothing changes the score
        seen = gradient[first:last]  # luminance moves R, G and B alike
        slopes[: seen.shape[0], : seen.shape[1]] = seen if seen.ndim == 2 else seen.sum(axis=2)
        costs[slice(*block_rows)] = _block_means(slopes) * _block_means(errors) - _block_means(slopes * errors)

    run_in_threads(add_up, row_ranges(rows, jpeg.BLOCK_SIDE * original.shape[1], _PIXELS_PER_STRIP), threads)
    return costs


def _block_means(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    for _ in range(3):  # 8 = 2 x 2 x 2
        halves = np.empty((samples.shape[0] // 2, samples.shape[1] // 2), dtype=np.float32)
        _kernels.downsample(samples, 2, 2, halves)
        samples = halves
    return samples
