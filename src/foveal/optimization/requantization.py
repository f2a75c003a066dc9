"""Requantization of coefficients in the DCT domain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveal import jpeg
from foveal.allocate.effort import Effort


@dataclass(frozen=True)
class RequantizationSettings:
    """Settings of `requantize`."""

    quality: float
    saliency_map: NDArray[np.float32] | None
    strength: float
    effort: Effort
    threads: int


def requantize(source: jpeg.Coefficients, settings: RequantizationSettings) -> jpeg.Coefficients:
    """Return the coefficients as they are."""
    return source


def default_quality(source: jpeg.Coefficients, settings: RequantizationSettings) -> float | None:
    """Return None: nothing is to be gained."""
    return None


def quality_for_score(source: jpeg.Coefficients, score: float, settings: RequantizationSettings) -> float | None:
    """Return None: nothing is to be gained."""
    return None


def quality_for_size(source: jpeg.Coefficients, size_bytes: int, settings: RequantizationSettings) -> float | None:
    """Return None: nothing is to be gained."""
    return None
