"""Ways to spend bits by weight: each gives the quantization tables of a file and what decides its levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveal.allocate.effort import EFFORTS
from foveal.allocate.perception import Perception
from foveal.jpeg import PerBlockTables, QuantizationTable, Quantizer, annex_k_tables

QUALITY_FACTORS = 32  # different ones in a file


@dataclass(frozen=True)
class Allocation:
    """Tables of the file, and what decides its levels."""

    tables: tuple[QuantizationTable, ...]
    quantizer: Quantizer


def rdo(
    level: float,
    weights: NDArray[np.float32],
    visibility: Sequence[NDArray[np.float32]],
    effort: str,
    tuned: Perception,
) -> Allocation:
    """Blocks that matter less give up more of their coefficients, wherever that saves most bits for its harm.

    An error in a block matters by its saliency and by how much of it is seen.

    Parameters
    ----------
    level
        Of the tables: a logarithm, by which all of their steps grow.
    weights
        (rows, columns) of each 8x8-pixel block by saliency, in (0, 1].
    visibility
        For each component, (rows, columns) of each 8x8-pixel block: how much an error is seen there.
    effort
        One of `EFFORTS`, whose quantizer decides.
    tuned
        The numbers behind tables and lambda.

    Returns
    -------
    Allocation
        The tables of that level, and the quantizer.
    """
    relative, spectra = _relative(weights), tuned.spectra[: len(visibility)]
    block_weights = tuple(
        np.asarray(relative * seen / np.exp(spectrum.bit_worth.at(level)), dtype=np.float32)
        for spectrum, seen in zip(spectra, visibility, strict=True)
    )
    tables, by_frequency = zip(*(spectrum.table(level) for spectrum in spectra), strict=True)
    lifts = tuple(spectrum.lift for spectrum in spectra)
    return Allocation(tables, EFFORTS[effort].quantizer(block_weights, by_frequency, lifts))


def _relative(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights over the square root of their mean.

    So lambda falls with it. Where most blocks give up bits, tables that are as fine for the same bytes, and less
    trellis in what matters, do more for both what is looked at and the whole than a lambda that is blind to it.
    Measured by `bench.gaze.map_worth`.
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
