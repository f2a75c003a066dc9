"""PSNR-HVS-M: PSNR of DCT coefficients weighted by contrast sensitivity, without the errors that texture masks.

N. Ponomarenko, F. Silvestri, K. Egiazarian, M. Carli, J. Astola, V. Lukin, "On between-coefficient contrast masking of
DCT basis functions", 3rd International Workshop on Video Processing and Quality Metrics, 2007. It is computed on 8x8
blocks of the luminance. Partial blocks at the right and lower edge are left out, as in the authors' program.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn

from bench.rd.luma import decibels, luma
from foveal.jpeg import BLOCK_SIDE, EightBitPixels
from foveal.jpeg.tables import ANNEX_K_LUMINANCE

# Both published tables follow from the reciprocals of T.81 table K.1, Luminance quantization table, to six digits.
_STEPS = ANNEX_K_LUMINANCE.reshape(BLOCK_SIDE, BLOCK_SIDE).astype(np.float64)
CONTRAST_SENSITIVITY = 25.73509 / _STEPS
MASKING = (10 / _STEPS) ** 2
_MASKING_OF_AC = MASKING * (np.arange(BLOCK_SIDE**2).reshape(_STEPS.shape) > 0)
_MASKED_SHARE = 1 / np.sqrt(16 * 64)  # from the root of a block's energy: 1/16 by the paper, 1/64 for the mean

Blocks = NDArray[np.float64]  # (blocks, 8, 8)


class PsnrHvsMReference:
    """Original picture (H, W, 3) uint8, at least 8 x 8, prepared to score decoded versions by PSNR-HVS-M."""

    def __init__(self, original: EightBitPixels) -> None:
        self._coefficients, self._masked = _analyse(original)

    def score(self, decoded: EightBitPixels) -> float:
        """Return PSNR-HVS-M in decibels; infinite if no error is visible."""
        coefficients, masked = _analyse(decoded)
        error = np.abs(self._coefficients - coefficients)
        threshold = np.maximum(self._masked, masked)[:, None, None] / MASKING
        threshold[:, 0, 0] = 0  # errors of DC are never masked
        visible = np.maximum(error - threshold, 0) * CONTRAST_SENSITIVITY
        return decibels(float(np.mean(visible**2)))


def _analyse(pixels: EightBitPixels) -> tuple[Blocks, NDArray[np.float64]]:
    """Return the DCT coefficients of all blocks, and the size of errors that each block masks."""
    samples = _split(luma(pixels))
    coefficients = np.asarray(dctn(samples, axes=(1, 2), norm="ortho"))
    energy = np.einsum("bij,bij,ij->b", coefficients, coefficients, _MASKING_OF_AC)
    return coefficients, np.sqrt(energy * _texture_ratio(samples)) * _MASKED_SHARE


def _texture_ratio(samples: Blocks) -> NDArray[np.float64]:
    """Return the variance within the quarters of each block relative to the variance of the block.

    It is high for texture and low for an edge, where the block varies but most quarters do not. Errors beside an edge
    are visible, so an edge masks little.
    """
    side = BLOCK_SIDE // 2
    quarters = samples.reshape(-1, 2, side, 2, side)
    inside = _scaled_variance(quarters, axes=(2, 4)).sum(axis=(1, 2))
    whole = _scaled_variance(samples, axes=(1, 2))
    return np.asarray(np.divide(inside, whole, out=np.zeros_like(whole), where=whole > 0))


def _scaled_variance(values: NDArray[np.float64], axes: tuple[int, int]) -> NDArray[np.float64]:
    """Return the unbiased variance times the number of values."""
    count = values.shape[axes[0]] * values.shape[axes[1]]
    return np.asarray(values.var(axis=axes, ddof=1) * count)


def _split(plane: NDArray[np.float64]) -> Blocks:
    """Split a plane into whole 8x8 blocks."""
    rows, columns = plane.shape[0] // BLOCK_SIDE, plane.shape[1] // BLOCK_SIDE
    whole = plane[: rows * BLOCK_SIDE, : columns * BLOCK_SIDE]
    return whole.reshape(rows, BLOCK_SIDE, columns, BLOCK_SIDE).swapaxes(1, 2).reshape(-1, BLOCK_SIDE, BLOCK_SIDE)
