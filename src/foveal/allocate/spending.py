"""Ways to spend bits by weight: each gives the quantization tables and the quantizer of a file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveal.jpeg.quantize import DeadZone, PerBlockTables, Quantizer
from foveal.jpeg.tables import QuantizationTable, annex_k_tables, quality_of_scale, quality_scale
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
    """Each block is quantized with a quality of its own, between a low one and `quality` (the published MS-ROI method).

    The published encoder (A. Prakash et al., DCC 2017) mixes the pixels of JPEGs of several qualities and encodes the
    mix again; here each block is quantized once with the matrix of its quality, and the values that a decoder would
    rebuild are expressed on the file's one table. A block of weight w gets steps 1 / sqrt(w) times as large, which at
    high rates weighs its squared error by w.

    Parameters
    ----------
    quality
        0 to 100: the highest quality, and that of the file's table.
    weights
        Of each block, in (0, 1].
    """
    scale = quality_scale(quality)
    qualities = quality_of_scale(scale / np.sqrt(weights.astype(np.float64)))
    levels = np.linspace(qualities.min(), qualities.max(), QUALITY_MAP_LEVELS)
    index = np.rint(np.interp(qualities, levels, np.arange(QUALITY_MAP_LEVELS))).astype(np.float32)
    tables = [annex_k_tables(level) for level in levels]
    luminance, chrominance = zip(*tables, strict=True)
    return Spending(annex_k_tables(quality), PerBlockTables((luminance, chrominance), index))
