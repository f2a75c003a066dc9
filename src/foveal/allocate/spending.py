"""Ways to spend bits by weight: each gives the quantization tables and the quantizer of a file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveal.jpeg.quantize import DeadZone, PerBlockTables, Quantizer
from foveal.jpeg.tables import QuantizationTable, annex_k_tables
from foveal.jpeg.trellis import Trellis

QUALITY_MAP_LEVELS = 32


@dataclass(frozen=True)
class Spending:
    """Tables of the file, and what decides its levels."""

    tables: tuple[QuantizationTable, QuantizationTable]
    quantizer: Quantizer


def rate_distortion(quality: float, weights: NDArray[np.float32], effort: str) -> Spending:
    """Blocks that matter less give up more of their coefficients, wherever that saves most bits for its harm.

    Parameters
    ----------
    quality
        0 to 100: the tables, as libjpeg scales Annex K.
    weights
        Of each block, in (0, 1].
    effort
        "fast" decides by a dead zone, "balanced" by a trellis, "best" by an exhaustive one.
    """
    quantizers: dict[str, Quantizer] = {
        "fast": DeadZone(weights),
        "balanced": Trellis(weights),
        "best": Trellis(weights, look_back=63),
    }
    return Spending(annex_k_tables(quality), quantizers[effort])


def quality_map(quality: float, weights: NDArray[np.float32]) -> Spending:
    """Each block is quantized with a quality factor of its own, between a low one and that of the file (MS-ROI).

    The published encoder (A. Prakash et al., DCC 2017) mixes the pixels of JPEGs of several qualities and encodes the
    mix again; here each block is quantized once, with the quantization matrix divided by its factor, and the values
    that a decoder would rebuild are expressed on the file's one table. The factor of a block of weight w is sqrt(w):
    its steps are 1 / sqrt(w) times as large, which at high rates weighs its squared error by w.

    Parameters
    ----------
    quality
        0 to 100: the tables of the file, as libjpeg scales Annex K.
    weights
        Of each block, in (0, 1].
    """
    file_tables = annex_k_tables(quality)
    factors = np.sqrt(weights)
    levels = np.linspace(factors.min(), factors.max(), QUALITY_MAP_LEVELS)
    index = np.rint(np.interp(factors, levels, np.arange(QUALITY_MAP_LEVELS))).astype(np.float32)
    luminance, chrominance = (
        tuple(QuantizationTable(_coarser(table, factor)) for factor in levels) for table in file_tables
    )
    return Spending(file_tables, PerBlockTables((luminance, chrominance), index))


def _coarser(table: QuantizationTable, factor: float) -> tuple[int, ...]:
    return tuple(np.rint(np.array(table.values) / factor).astype(int).tolist())
