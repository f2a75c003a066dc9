"""Colour maps: a sequential one for amounts, and a diverging one for differences."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Lightness rises evenly along the sequential map, so that its order is also seen in grey and by the colour-blind.
_SEQUENTIAL = np.array(
    [(8, 8, 28), (66, 22, 104), (147, 38, 103), (221, 81, 58), (252, 165, 10), (252, 255, 190)], float
)
_DIVERGING = np.array([(24, 84, 176), (146, 186, 226), (240, 240, 240), (240, 160, 126), (178, 36, 24)], float)
_BRIGHTEST_QUANTILE = 0.995

ColoredPixels = NDArray[np.uint8]


def sequential_colors(values: NDArray[np.floating], most: float) -> ColoredPixels:
    """Return a colour for each amount: dark for 0, light for `most` and more.

    Parameters
    ----------
    values
        Amounts, an array of any shape.
    most
        Amount that has the lightest colour.

    Returns
    -------
    ndarray
        uint8 of the shape of `values`, with one more axis for red, green and blue.
    """
    return _interpolate(_SEQUENTIAL, np.asarray(values, float) / most if most > 0 else np.zeros(values.shape))


def diverging_colors(values: NDArray[np.floating], most: float) -> ColoredPixels:
    """Return a colour for each difference: blue for `-most` and less, grey for 0, red for `most` and more.

    Parameters
    ----------
    values
        Differences, an array of any shape.
    most
        Absolute difference that has the strongest colours.

    Returns
    -------
    ndarray
        uint8 of the shape of `values`, with one more axis for red, green and blue.
    """
    shares = (np.asarray(values, float) / most + 1) / 2 if most > 0 else np.full(values.shape, 0.5)
    return _interpolate(_DIVERGING, shares)


def sequential_gradient() -> str:
    """Return the colours of `sequential_colors` as a CSS gradient."""
    return _css_gradient(_SEQUENTIAL)


def diverging_gradient() -> str:
    """Return the colours of `diverging_colors` as a CSS gradient."""
    return _css_gradient(_DIVERGING)


def brightest_value(values: NDArray[np.floating]) -> float:
    """Return the value that gets the lightest colour: the quantile 0.995 of all values, at least 1.

    The largest few values are drawn alike, so that they do not darken all the others.
    """
    return max(float(np.quantile(values, _BRIGHTEST_QUANTILE)), 1.0)


def _css_gradient(anchors: NDArray[np.float64]) -> str:
    return f"linear-gradient(to right, {', '.join('rgb({:.0f},{:.0f},{:.0f})'.format(*each) for each in anchors)})"


def _interpolate(anchors: NDArray[np.float64], shares: NDArray[np.float64]) -> ColoredPixels:
    """Interpolate linearly between equidistant colours, of which the first stands for 0 and the last for 1."""
    positions = np.linspace(0, 1, len(anchors))
    channels = [np.interp(np.clip(shares, 0, 1), positions, anchors[:, channel]) for channel in range(3)]
    return np.rint(np.stack(channels, axis=-1)).astype(np.uint8)
