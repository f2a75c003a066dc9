"""Ways to spend bits by weight: each gives the quantization tables of a file and what decides its levels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from foveal.allocate.masking import masking_weights
from foveal.allocate.perception import Perception
from foveal.jpeg import DeadZone, PerBlockTables, QuantizationTable, Quantizer, Trellis, annex_k_tables

QUALITY_FACTORS = 32  # different ones in a file

Weights = tuple[NDArray[np.float32], NDArray[np.float32]]  # for luminance and for chrominance

# From least to most work; each makes a quantizer of block weights.
_QUANTIZERS: dict[str, Callable[[Weights, tuple[NDArray[np.float32], ...]], Quantizer]] = {
    "fast": lambda weights, _: DeadZone(weights),
    "balanced": partial(Trellis, look_back=4),
    "best": partial(Trellis, look_back=63),
}
EFFORTS = tuple(_QUANTIZERS)


@dataclass(frozen=True)
class Allocation:
    """Tables of the file, and what decides its levels."""

    tables: tuple[QuantizationTable, ...]
    quantizer: Quantizer


def rdo(
    level: float,
    weights: NDArray[np.float32],
    activity: NDArray[np.float32],
    effort: str,
    tuned: Perception,
) -> Allocation:
    """Blocks that matter less give up more of their coefficients, wherever that saves most bits for its harm.

    An error in a block matters by its saliency and by how much of it the block's texture masks.

    Parameters
    ----------
    level
        Of the tables: the logarithm of luminance's coarsest steps.
    weights
        (rows, columns) of each 8x8-pixel block by saliency, in (0, 1].
    activity
        (rows, columns): see `masking.activity`.
    effort
        One of `EFFORTS`: "fast" decides by a dead zone, "balanced" by a trellis, "best" by an exhaustive one.
    tuned
        The numbers behind tables, masking and lambda.

    Returns
    -------
    Allocation
        The tables of that level, and the quantizer.
    """
    relative = _relative(weights)
    luminance, chrominance = (
        np.asarray(relative * masking_weights(activity, exponent) / trade, dtype=np.float32)
        for exponent, trade in zip(tuned.masking(level), tuned.lambdas(level), strict=True)
    )
    tables, by_frequency = zip(*tuned.tables(level), strict=True)
    return Allocation(tables, _QUANTIZERS[effort]((luminance, chrominance), by_frequency))


def _relative(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights over the square root of their mean.

    So lambda falls with it. Where most blocks give up bits, tables that are as fine for the same bytes, and less
    trellis in what matters, do more for both what is looked at and the whole than a lambda that is blind to it.
    Measured by `bench.fixations`.
    """
    return np.asarray(weights / np.sqrt(weights.mean(dtype=np.float64)), dtype=np.float32)


def quality_map(quality: float, weights: NDArray[np.float32]) -> Allocation:
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
        (rows, columns) of each 8x8-pixel block, in (0, 1].

    Returns
    -------
    Allocation
        The tables of that quality, and the quantizer.
    """
    file_tables = annex_k_tables(quality)
    wanted = np.sqrt(weights)
    factors = np.linspace(wanted.min(), wanted.max(), QUALITY_FACTORS)
    index = np.rint(np.interp(wanted, factors, np.arange(QUALITY_FACTORS))).astype(np.uint8)
    luminance, chrominance = (
        tuple(QuantizationTable(_coarser(table, factor)) for factor in factors) for table in file_tables
    )
    return Allocation(file_tables, PerBlockTables((luminance, chrominance), index))


def _coarser(table: QuantizationTable, factor: float) -> tuple[int, ...]:
    return tuple(np.rint(np.array(table.values) / factor).astype(int).tolist())
