"""Visual masking: busy texture hides errors that a smooth gradient shows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal.allocate.perception import Masking
from foveal.allocate.weights import means_3x3
from foveal.jpeg import COEFFICIENT_SCALE, Component
from foveal.threads import row_ranges, run_in_threads

USUAL_DETAIL = 0.16  # share of fine waves that changes no weight
_COEFFICIENTS_PER_STRIP = 1 << 18
_NO_FINE, _NO_COARSE = 0.34, 1.07  # in the unit of pixels: weaker waves are noise
_LEAST_DETAIL, _MOST_DETAIL = 0.035, 0.48


class Texture(NamedTuple):
    """Root mean square of the AC coefficients of each block of a component: (rows, columns) float32, unit of pixels.

    Parameters
    ----------
    strength
        Of all of them.
    coarse
        Of the coarse waves: 1 to 5 in zig-zag order.
    fine
        Of the fine ones: 15 to 63.
    """

    strength: NDArray[np.float32]
    coarse: NDArray[np.float32]
    fine: NDArray[np.float32]


def texture(blocks: NDArray[np.int16], component: Component, threads: int = 1) -> Texture:
    """Measure the texture of a component.

    Parameters
    ----------
    blocks
        (padded rows, padded columns, 64) int16 coefficients in sixteenths.
    threads
        Threads to work on; the result does not depend on it.
    """
    bands = np.empty((3, *blocks.shape[:2]), dtype=np.float32)

    def measure(rows: tuple[int, int]) -> None:
        strip = slice(*rows)
        _kernels.ac_strengths(blocks[strip].reshape(-1, 64), *(band[strip].reshape(-1) for band in bands))
        bands[:, strip] /= COEFFICIENT_SCALE

    run_in_threads(measure, row_ranges(blocks.shape[0], blocks[0].size, _COEFFICIENTS_PER_STRIP), threads)
    return Texture(*bands[:, : component.block_rows, : component.block_columns])


def activity(strength: NDArray[np.float32]) -> NDArray[np.float32]:
    """How busy each block of luminance is, and those around it, from `Texture.strength`.

    Where a block is busier than its neighbourhood, it counts as busy as that: an edge beside something flat masks
    nothing, ringing shows there.
    """
    return np.minimum(strength, means_3x3(strength))


def masking_weights(luminance: Texture, masking: Masking) -> NDArray[np.float32]:
    """Weight of the errors of luminance in each block, (rows, columns) float32 above 0.

    It falls as the block's activity passes a knee, as in SSIM, where variance divides errors. And it rises with the
    share of fine waves in the texture: where they are weak beside coarse ones, their errors drown.
    """
    busy = (activity(luminance.strength) / np.float32(masking.knee)) ** np.float32(masking.power)
    weights = masking.floor + (1 - masking.floor) / (1 + busy)
    detail = (luminance.fine + np.float32(_NO_FINE)) / (luminance.coarse + np.float32(_NO_COARSE))
    detail = np.clip(detail, _LEAST_DETAIL, _MOST_DETAIL) / np.float32(USUAL_DETAIL)
    return np.asarray(weights * detail ** np.float32(masking.detail), dtype=np.float32)
