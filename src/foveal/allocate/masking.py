"""Visual masking: busy texture hides errors that a smooth gradient shows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foveal import _kernels
from foveal.allocate.perception import MASKED_ABOVE, USUAL_STRENGTH
from foveal.allocate.weights import means_3x3
from foveal.jpeg import Component
from foveal.jpeg.strips import in_threads, row_ranges

_SIXTEENTHS = 16
_COEFFICIENTS_PER_STRIP = 1 << 18


def strength(blocks: NDArray[np.int16], component: Component, threads: int = 1) -> NDArray[np.float32]:
    """Root mean square of the AC coefficients of each block of a component.

    Parameters
    ----------
    blocks
        (padded rows, padded columns, 64) int16 coefficients in sixteenths.
    threads
        Threads to work on; the result does not depend on it.

    Returns
    -------
    ndarray
        (block_rows, block_columns) float32, in the unit of pixels.
    """
    sixteenths = np.empty(blocks.shape[:2], dtype=np.float32)

    def measure(rows: tuple[int, int]) -> None:
        strip = slice(*rows)
        _kernels.ac_strength(blocks[strip].reshape(-1, 64), sixteenths[strip].reshape(-1))

    in_threads(measure, row_ranges(blocks.shape[0], blocks[0].size, _COEFFICIENTS_PER_STRIP), threads)
    return sixteenths[: component.block_rows, : component.block_columns] / np.float32(_SIXTEENTHS)


def activity(strength: NDArray[np.float32]) -> NDArray[np.float32]:
    """How busy each block of luminance is, and those around it, from `strength`.

    Where a block is busier than its neighbourhood, it counts as busy as that: an edge beside something flat masks
    nothing, ringing shows there.
    """
    return np.minimum(strength, means_3x3(strength))


def masking_weights(activity: NDArray[np.float32], exponent: float) -> NDArray[np.float32]:
    """Weight of the errors in each block: it falls with a power of its activity, and is 1 where that is usual."""
    return np.asarray((USUAL_STRENGTH / (MASKED_ABOVE + activity)) ** exponent, dtype=np.float32)
