"""Numbers as colours: from little to much, and from less to more."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Lightness rises evenly from the first to the last, so that the order is seen in grey, too, and by the colour-blind.
_HEAT = np.array([(8, 8, 28), (66, 22, 104), (147, 38, 103), (221, 81, 58), (252, 165, 10), (252, 255, 190)], float)
_BALANCE = np.array([(24, 84, 176), (146, 186, 226), (240, 240, 240), (240, 160, 126), (178, 36, 24)], float)

Colored = NDArray[np.uint8]


def heat(values: NDArray[np.floating], most: float) -> Colored:
    """Colours from dark for 0 to light for `most` and more: (...) to (..., 3) uint8."""
    return _between(_HEAT, np.asarray(values, float) / most if most > 0 else np.zeros(values.shape))


def balance(values: NDArray[np.floating], most: float) -> Colored:
    """Colours from blue for `-most` and less over grey for 0 to red for `most` and more: (...) to (..., 3) uint8."""
    return _between(_BALANCE, (np.asarray(values, float) / most + 1) / 2 if most > 0 else np.full(values.shape, 0.5))


def heat_gradient() -> str:
    """The colours of `heat` as CSS."""
    return _gradient(_HEAT)


def balance_gradient() -> str:
    """The colours of `balance` as CSS."""
    return _gradient(_BALANCE)


def _gradient(anchors: NDArray[np.float64]) -> str:
    return f"linear-gradient(to right, {', '.join('rgb({:.0f},{:.0f},{:.0f})'.format(*each) for each in anchors)})"


def _between(anchors: NDArray[np.float64], shares: NDArray[np.float64]) -> Colored:
    positions = np.linspace(0, 1, len(anchors))
    channels = [np.interp(np.clip(shares, 0, 1), positions, anchors[:, channel]) for channel in range(3)]
    return np.rint(np.stack(channels, axis=-1)).astype(np.uint8)
