"""Visual masking: errors are less visible in busy texture than in smooth areas."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal.allocate.perception import Masking
from foveal.allocate.weights import means_3x3
from foveal.jpeg import COEFFICIENT_SCALE, Component
from foveal.threads import row_ranges, run_in_threads

USUAL_DETAIL = 0.16  # ratio of high to low frequencies at which a block keeps its weight
_COEFFICIENTS_PER_STRIP = 1 << 18
# Added to numerator and denominator of the ratio, in units of 8-bit samples: weaker frequencies count as noise.
_HIGH_NOISE, _LOW_NOISE = 0.34, 1.07
_LEAST_DETAIL, _MOST_DETAIL = 0.035, 0.48


class Texture(NamedTuple):
    """Root mean square of the AC coefficients in each block: (rows, columns) float32, in units of 8-bit samples.

    Parameters
    ----------
    strength
        Root mean square of all 63 AC coefficients.
    low
        Root mean square of the low frequencies, 1 to 5 in zig-zag order.
    high
        Root mean square of the high frequencies, 15 to 63 in zig-zag order.
    """

    strength: NDArray[np.float32]
    low: NDArray[np.float32]
    high: NDArray[np.float32]


def texture(blocks: NDArray[np.int16], component: Component, threads: int = 1) -> Texture:
    """Measure the texture of a component.

    Parameters
    ----------
    blocks
        (padded rows, padded columns, 64) int16 coefficients in units of 1/16.
    component
        Component of the frame that the blocks belong to.
    threads
        Largest number of threads; the result does not depend on it.
    """
    bands = np.empty((3, *blocks.shape[:2]), dtype=np.float32)

    def measure(rows: tuple[int, int]) -> None:
        strip = slice(*rows)
        _kernels.ac_strengths(blocks[strip].reshape(-1, 64), *(band[strip].reshape(-1) for band in bands))
        bands[:, strip] /= COEFFICIENT_SCALE

    run_in_threads(measure, row_ranges(blocks.shape[0], blocks[0].size, _COEFFICIENTS_PER_STRIP), threads)
    return Texture(*bands[:, : component.block_rows, : component.block_columns])


def activity(strength: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the activity of each luminance block: the smaller of its strength and the mean of its 3 x 3 neighbourhood.

    A block that is busier than its neighbourhood masks no more than the neighbourhood does: an edge next to a flat area
    hides nothing, because ringing is visible there.

    Parameters
    ----------
    strength
        (rows, columns) float32, see `Texture.strength`.
    """
    return np.minimum(strength, means_3x3(strength))


def smoothness(luminance: Texture, knee: float) -> NDArray[np.float32]:
    """Return how smooth each block is, (rows, columns) float32: 1 without high frequencies, 0 with many.

    Smooth blocks, such as those of skies and backgrounds out of focus, cost few bits, but errors in them show as a
    lattice of block borders. A block next to one with texture is no smoother than their neighbourhood.

    Parameters
    ----------
    luminance
        Texture of Y.
    knee
        Strength of the high frequencies at which a block is half smooth, see `SmoothAreas`.
    """
    high = np.maximum(luminance.high, means_3x3(luminance.high)) / np.float32(knee)
    return np.asarray(1 / (1 + high**2), dtype=np.float32)


def masking_weights(luminance: Texture, masking: Masking, level: float) -> NDArray[np.float32]:
    """Return the weight of luminance errors in each block at a level of the tables, (rows, columns) float32 above 0.

    The weight falls as the block's activity rises, as in SSIM, where the variance divides errors. It rises with the
    ratio of high to low frequencies: if low frequencies are much stronger, they hide the errors of the high ones.
    """
    # weight = floor + (1 - floor) / (1 + (activity / knee)^power): 1 in flat blocks, halfway to the floor at the knee,
    # and near the floor in the busiest blocks.
    floor = min(max(masking.floor.at(level), 0.0), 1.0)
    busy = (activity(luminance.strength) / np.float32(masking.knee)) ** np.float32(masking.power.at(level))
    weights = floor + (1 - floor) / (1 + busy)
    detail = (luminance.high + np.float32(_HIGH_NOISE)) / (luminance.low + np.float32(_LOW_NOISE))
    detail = np.clip(detail, _LEAST_DETAIL, _MOST_DETAIL) / np.float32(USUAL_DETAIL)
    return np.asarray(weights * detail ** np.float32(masking.detail), dtype=np.float32)
