"""Numbers of pixels per unit of length, as integers of 16 bits, which JFIF demands (T.871 10.1)."""

from __future__ import annotations

import math
from typing import Any

_MAX = 65_535


def whole_density(density: Any) -> tuple[int, int] | None:
    """Return a print resolution (horizontal, vertical) as integers; None without one, or if it is out of range.

    TIFF files without a resolution have 1 x 1.
    """
    values = _numbers(density)
    rounded = [round(value) for value in values]
    return (rounded[0], rounded[1]) if rounded and all(1 < value <= _MAX for value in rounded) else None


def whole_aspect(density: Any) -> tuple[int, int] | None:
    """Return the ratio of two densities (horizontal, vertical) as integers; None without them or for square pixels."""
    values = _numbers(density)
    if not values or min(values) <= 0:
        return None
    if all(value == round(value) and value <= _MAX for value in values):
        horizontal, vertical = (round(value) for value in values)
    else:
        from fractions import Fraction  # imported late: few photos have such pixels

        ratio = Fraction(values[0] / values[1])
        closest = ratio.limit_denominator(1_000) if ratio < 1 else 1 / (1 / ratio).limit_denominator(1_000)
        horizontal, vertical = closest.numerator, closest.denominator
    return (
        None
        if horizontal == vertical or not 0 < horizontal <= _MAX or not 0 < vertical <= _MAX
        else (horizontal, vertical)
    )


def swap(density: tuple[int, int] | None) -> tuple[int, int] | None:
    """Return a density of pixels that have been turned by a quarter."""
    return density and (density[1], density[0])


def _numbers(density: Any) -> list[float]:
    """Return two finite numbers of a pair, or none."""
    try:
        values = [float(value) for value in density]
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        return []
    return values if len(values) == 2 and all(map(math.isfinite, values)) else []
