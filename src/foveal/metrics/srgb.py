"""The transfer function of sRGB (IEC 61966-2-1): from sample values to light."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_CORNER = 0.04045  # up to here it is a straight line


def to_light(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Light, 0 to 1, of sample values of 0 to 1."""
    return np.where(values <= _CORNER, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def light_slope(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """By how much `to_light` grows with sample values of 0 to 1."""
    return np.where(values <= _CORNER, 1 / 12.92, 2.4 / 1.055 * ((values + 0.055) / 1.055) ** 1.4)
