"""Which of libjpeg's qualities a file's quantization tables stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from foveal.jpeg import QuantizationTable, annex_k_tables


@dataclass(frozen=True)
class QualityEstimate:
    """A quality, 1 to 100, and whether libjpeg's tables at that quality are exactly those of the file."""

    quality: int
    is_exact: bool


@cache
def _libjpeg_steps() -> NDArray[np.float64]:
    """Steps of libjpeg's tables: (clamped to 255 or not, 100 qualities, luminance and chrominance, 64)."""
    tables = [[annex_k_tables(quality, largest) for quality in range(1, 101)] for largest in (255, 32767)]
    return np.array([[[table.values for table in pair] for pair in pairs] for pairs in tables], dtype=np.float64)


def estimate_quality(tables: Sequence[QuantizationTable]) -> QualityEstimate:
    """Find the quality whose tables are nearest, by the mean difference of the logarithms of steps.

    Parameters
    ----------
    tables
        Of each component; the first is compared with luminance, the next other one, if any, with chrominance.

    Returns
    -------
    QualityEstimate
        Of equally near ones the highest.
    """
    steps = np.array([table.values for table in dict.fromkeys(tables)][:2], dtype=np.float64)
    candidates = _libjpeg_steps()[:, :, : len(steps)]
    distance = np.abs(np.log(candidates / steps)).mean(axis=(2, 3)).min(axis=0)
    nearest = len(distance) - 1 - int(np.argmin(distance[::-1]))
    return QualityEstimate(nearest + 1, bool(distance[nearest] == 0))
