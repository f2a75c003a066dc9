"""Estimate of the libjpeg quality of a file from its quantization tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from foveal.jpeg import QuantizationTable, annex_k_tables


@dataclass(frozen=True)
class QualityEstimate:
    """A libjpeg quality and how well it fits.

    Parameters
    ----------
    quality
        Quality from 1 to 100.
    is_exact
        Whether libjpeg's tables at this quality are identical to those of the file.
    """

    quality: int
    is_exact: bool


@cache
def _libjpeg_steps() -> NDArray[np.float64]:
    """Return the steps of libjpeg's tables: (2, 100, 2, 64) float64.

    The axes are: clamped to 255 (baseline) or to 32,767; quality from 1 to 100; luminance and chrominance; coefficient
    in zig-zag order.
    """
    tables = [[annex_k_tables(quality, largest) for quality in range(1, 101)] for largest in (255, 32767)]
    return np.array([[[table.values for table in pair] for pair in pairs] for pairs in tables], dtype=np.float64)


def estimate_quality(tables: Sequence[QuantizationTable]) -> QualityEstimate:
    """Find the libjpeg quality whose tables are nearest to those of a file.

    Parameters
    ----------
    tables
        Quantization table of each component. The first is compared with libjpeg's luminance table, the next different
        one, if any, with its chrominance table.

    Returns
    -------
    QualityEstimate
        The nearest quality; the highest if several are equally near.
    """
    # Distance: mean absolute difference of the logarithms of steps, with the better clamping of libjpeg's tables.
    steps = np.array([table.values for table in dict.fromkeys(tables)][:2], dtype=np.float64)
    candidates = _libjpeg_steps()[:, :, : len(steps)]
    distance = np.abs(np.log(candidates / steps)).mean(axis=(2, 3)).min(axis=0)
    nearest = len(distance) - 1 - int(np.argmin(distance[::-1]))
    return QualityEstimate(nearest + 1, bool(distance[nearest] == 0))
