"""PSNR-HVS-M: PSNR of DCT coefficients weighted by contrast sensitivity, less the error that texture masks.

N. Ponomarenko, F. Silvestri, K. Egiazarian, M. Carli, J. Astola, V. Lukin, "On between-coefficient contrast masking of
DCT basis functions", 3rd International Workshop on Video Processing and Quality Metrics, 2007. Of luminance, in 8x8
blocks; a strip of less than a block at the right and lower edge is left out, as in the authors' program.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn

from bench.rd.luma import decibels, luma
from foveal.jpeg import BLOCK_SIDE, EightBitPixels
from foveal.jpeg.tables import ANNEX_K_LUMINANCE

# Both published tables are, to the sixth digit, those of T.81 table K.1 turned over.
_STEPS = ANNEX_K_LUMINANCE.reshape(BLOCK_SIDE, BLOCK_SIDE).astype(np.float64)
CONTRAST_SENSITIVITY = 25.73509 / _STEPS
MASKING = (10 / _STEPS) ** 2
_MASKING_OF_AC = MASKING * (np.arange(BLOCK_SIDE**2).reshape(_STEPS.shape) > 0)
_MASKED_SHARE = 1 / np.sqrt(16 * 64)  # of the root of a block's energy: the paper's factor, and the mean of 64

Blocks = NDArray[np.float64]  # (blocks, 8, 8)


class PsnrHvsMReference:
    """An original, (H, W, 3) uint8 of at least 8 x 8, that decoded versions of it are compared with."""

    def __init__(self, original: EightBitPixels) -> None:
        self._coefficients, self._masked = _seen(original)

    def score(self, decoded: EightBitPixels) -> float:
        """PSNR-HVS-M in decibels; infinite where no error can be seen."""
        coefficients, masked = _seen(decoded)
        error = np.abs(self._coefficients - coefficients)
        threshold = np.maximum(self._masked, masked)[:, None, None] / MASKING
        threshold[:, 0, 0] = 0  # nothing masks DC
        visible = np.maximum(error - threshold, 0) * CONTRAST_SENSITIVITY
        return decibels(float(np.mean(visible**2)))


def _seen(pixels: EightBitPixels) -> tuple[Blocks, NDArray[np.float64]]:
    """Coefficients of all blocks, and how much error each block masks."""
    samples = _blocks(luma(pixels))
    coefficients = np.asarray(dctn(samples, axes=(1, 2), norm="ortho"))
    energy = np.einsum("bij,bij,ij->b", coefficients, coefficients, _MASKING_OF_AC)
    return coefficients, np.sqrt(energy * _evenness(samples)) * _MASKED_SHARE


def _evenness(samples: Blocks) -> NDArray[np.float64]:
    """Variance of the quarters of each block against that of the block.

    An edge has little of it: the block varies, its quarters do not. Error beside an edge is seen, so it masks little.
    """
    side = BLOCK_SIDE // 2
    quarters = samples.reshape(-1, 2, side, 2, side)
    inside = _scaled_variance(quarters, axes=(2, 4)).sum(axis=(1, 2))
    whole = _scaled_variance(samples, axes=(1, 2))
    return np.asarray(np.divide(inside, whole, out=np.zeros_like(whole), where=whole > 0))


def _scaled_variance(values: NDArray[np.float64], axes: tuple[int, int]) -> NDArray[np.float64]:
    """Unbiased variance times the number of values."""
    count = values.shape[axes[0]] * values.shape[axes[1]]
    return np.asarray(values.var(axis=axes, ddof=1) * count)


def _blocks(plane: NDArray[np.float64]) -> Blocks:
    """All whole 8x8 blocks of a plane."""
    rows, columns = plane.shape[0] // BLOCK_SIDE, plane.shape[1] // BLOCK_SIDE
    whole = plane[: rows * BLOCK_SIDE, : columns * BLOCK_SIDE]
    return whole.reshape(rows, BLOCK_SIDE, columns, BLOCK_SIDE).swapaxes(1, 2).reshape(-1, BLOCK_SIDE, BLOCK_SIDE)
