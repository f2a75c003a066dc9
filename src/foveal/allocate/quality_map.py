"""The published MS-ROI allocation: each block is quantized at a quality of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveal.allocate.allocation import Quantization, WeighedCoefficients
from foveal.allocate.effort import Effort
from foveal.jpeg import PerBlockTables, QuantizationTable, annex_k_tables

QUALITY_FACTORS = 32  # number of distinct factors in a file


@dataclass(frozen=True)
class QualityMap:
    """Allocation that quantizes each block with a quality factor of its own, at most that of the file.

    The published encoder [1]_ mixes the pixels of JPEGs of several qualities and encodes the mix again. Here each block
    is quantized once, with the quantization table divided by its factor, and the dequantized values are rounded to
    multiples of the file's one table. The factor of a block of weight w is sqrt(w). So its steps are 1 / sqrt(w) times
    as large and, at high rates, its squared error is 1 / w times as large, which minimises the error weighted by w.

    References
    ----------
    .. [1] A. Prakash et al., "Semantic Perceptual Image Compression using Deep Convolution Networks", DCC 2017.
    """

    def sharpening_at(self, quality: float) -> float:
        """Return 0: the published method does not sharpen down-sampled colour."""
        return 0.0

    def decide(self, photo: WeighedCoefficients, quality: float, effort: Effort) -> Quantization:
        """Decide how a photo is quantized at a quality, see `Allocation.decide`; the effort is ignored."""
        return quantization_by_weights(photo.weights, quality)


def quantization_by_weights(weights: NDArray[np.float32], quality: float) -> Quantization:
    """Choose a quantization table for each block by its weight.

    Parameters
    ----------
    weights
        (rows, columns) weight of each 8x8-pixel block, in (0, 1].
    quality
        Quality of the file's tables, 0 to 100, by libjpeg's scaling of the tables of Annex K.

    Returns
    -------
    Quantization
        The Annex K tables of that quality, and a quantizer with a coarser or equal table for each block.
    """
    # The quantizer takes one table for each of 32 evenly spaced factors; each block uses that of the nearest factor.
    file_tables = annex_k_tables(quality)
    wanted = np.sqrt(weights)
    factors = np.linspace(wanted.min(), wanted.max(), QUALITY_FACTORS)
    index = np.rint(np.interp(wanted, factors, np.arange(QUALITY_FACTORS))).astype(np.uint8)
    luminance, chrominance = (
        tuple(QuantizationTable(_divide_steps(table, factor)) for factor in factors) for table in file_tables
    )
    return Quantization(file_tables, PerBlockTables((luminance, chrominance), index))


def _divide_steps(table: QuantizationTable, factor: float) -> tuple[int, ...]:
    return tuple(np.rint(np.array(table.values) / factor).astype(int).tolist())
