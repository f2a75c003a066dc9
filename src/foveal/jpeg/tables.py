"""Quantization tables: those of T.81 Annex K, their scaling by quality, and the zig-zag order.

T.81 K.1, Quantization tables for luminance and chrominance components; A.3.6, Zig-zag sequence::

     0  1  5  6 14 15 27 28
     2  4  7 13 16 26 29 42
     3  8 12 17 25 30 41 43
     9 11 18 24 31 40 44 53
    10 19 23 32 39 45 52 54
    20 22 33 38 46 51 55 60
    21 34 37 47 50 56 59 61
    35 36 48 49 57 58 62 63
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveal.errors import ParameterError
from foveal.jpeg.dct import COEFFICIENT_SCALE
from foveal.threads import lazy_property

# fmt: off
# T.81 figure A.6, Zig-zag sequence of quantized DCT coefficients:
# NATURAL_INDEX[zigzag_index] = natural_index = 8 * row + column.
NATURAL_INDEX: NDArray[np.intp] = np.array([
     0,  1,  8, 16,  9,  2,  3, 10, 17, 24, 32, 25, 18, 11,  4,  5,
    12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13,  6,  7, 14, 21, 28,
    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
    58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
])

# T.81 table K.1, Luminance quantization table, in natural order.
ANNEX_K_LUMINANCE: NDArray[np.uint16] = np.array([
    16,  11,  10,  16,  24,  40,  51,  61,
    12,  12,  14,  19,  26,  58,  60,  55,
    14,  13,  16,  24,  40,  57,  69,  56,
    14,  17,  22,  29,  51,  87,  80,  62,
    18,  22,  37,  56,  68, 109, 103,  77,
    24,  35,  55,  64,  81, 104, 113,  92,
    49,  64,  78,  87, 103, 121, 120, 101,
    72,  92,  95,  98, 112, 100, 103,  99,
], dtype=np.uint16)

# T.81 table K.2, Chrominance quantization table, in natural order.
ANNEX_K_CHROMINANCE: NDArray[np.uint16] = np.array([
    17,  18,  24,  47,  99,  99,  99,  99,
    18,  21,  26,  66,  99,  99,  99,  99,
    24,  26,  56,  99,  99,  99,  99,  99,
    47,  66,  99,  99,  99,  99,  99,  99,
    99,  99,  99,  99,  99,  99,  99,  99,
    99,  99,  99,  99,  99,  99,  99,  99,
    99,  99,  99,  99,  99,  99,  99,  99,
    99,  99,  99,  99,  99,  99,  99,  99,
], dtype=np.uint16)
# fmt: on


@dataclass(frozen=True)
class QuantizationTable:
    """A quantization table as DQT defines it (T.81 B.2.4.1, Quantization table-specification syntax).

    Parameters
    ----------
    values
        64 quantizer steps in zig-zag order, 1 to 65,535. Steps above 255 need 16-bit entries, which B.2.4.1 allows only
        for 12-bit samples; libjpeg and its descendants also read them in extended sequential and progressive files of
        8-bit samples.

    Raises
    ------
    ParameterError
        `values` are not 64 integers in 1..65,535.
    """

    values: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.values) != 64 or not all(1 <= value <= 65535 for value in self.values):
            raise ParameterError("a quantization table is 64 integers in 1..65535")

    @classmethod
    def from_natural(cls, table: ArrayLike) -> QuantizationTable:
        """Make a table from 64 or 8x8 integer steps in natural (row-major) order."""
        natural = np.asarray(table)
        if natural.size != 64 or not np.issubdtype(natural.dtype, np.integer):
            raise ParameterError("a quantization table is 64 integers in 1..65535")
        return cls(tuple(natural.reshape(64)[NATURAL_INDEX].tolist()))

    @property
    def needs_16_bits(self) -> bool:
        """Whether DQT needs 16-bit entries (Pq = 1) for this table."""
        return max(self.values) > 255

    @property
    def natural(self) -> NDArray[np.uint16]:
        """Quantizer steps in natural order: (64,) uint16."""
        table = np.empty(64, dtype=np.uint16)
        table[NATURAL_INDEX] = self.values
        return table

    @lazy_property
    def steps_in_sixteenths(self) -> NDArray[np.float32]:
        """Quantizer steps in units of 1/16, as coefficients are in the kernels: (64,) float32 in zig-zag order."""
        return np.asarray(self.values, dtype=np.float32) * np.float32(COEFFICIENT_SCALE)


def quality_scale(quality: float) -> float:
    """Return the percentage by which libjpeg scales the Annex K tables at a quality.

    It is a whole number below quality 50, as in libjpeg, and continuous above.

    Parameters
    ----------
    quality
        0 to 100; values below 1 count as 1.
    """
    quality = max(1.0, quality)
    return 5000 // quality if quality < 50 else 200 - 2 * quality


def annex_k_tables(quality: float, largest_step: int = 255) -> tuple[QuantizationTable, QuantizationTable]:
    """Make the luminance and chrominance tables of Annex K, scaled by quality as libjpeg does.

    T.81 K.1, Quantization tables for luminance and chrominance components.

    Parameters
    ----------
    quality
        0 to 100; fractions are allowed.
    largest_step
        Largest step; larger ones are clamped to it. It is 255 in baseline files, 32,767 in libjpeg's other files.
    """
    scale = quality_scale(quality)
    luminance, chrominance = (
        QuantizationTable.from_natural(
            np.clip((base.astype(float) * scale + 50) // 100, 1, largest_step).astype(np.uint16)
        )
        for base in (ANNEX_K_LUMINANCE, ANNEX_K_CHROMINANCE)
    )
    return luminance, chrominance
