"""The transfer function of sRGB (IEC 61966-2-1), from sample values to linear light, and its derivative."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LINEAR_LIMIT = 0.04045  # the function is a straight line up to this sample value, a power above it


def to_light(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the linear light, 0 to 1, of sample values from 0 to 1."""
    return np.where(values <= _LINEAR_LIMIT, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def light_derivative(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the derivative of `to_light` at sample values from 0 to 1."""
    return np.where(values <= _LINEAR_LIMIT, 1 / 12.92, 2.4 / 1.055 * ((values + 0.055) / 1.055) ** 1.4)
