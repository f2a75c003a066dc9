"""What is asked of a crop: an aspect or a size, how tight it is, and the size that it is scaled to."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np

from foveal.checks import check_number, describe
from foveal.errors import ParameterError
from foveal.jpeg import MAX_SIDE

Aspect = str | float | tuple[float, float]  # "16:9", 1.5 or (16, 9): width to height
Size = str | tuple[int, int]  # "400x300" or (400, 300): width and height in pixels

MAX_ZOOM = 100.0
_ASPECT = re.compile(r"(\d+(?:\.\d+)?)(?:\s*[:/]\s*(\d+(?:\.\d+)?))?", re.ASCII)
_SIZE = re.compile(r"(\d+)\s*[xX×]\s*(\d+)", re.ASCII)


@dataclass(frozen=True)
class CropRequest:
    """What is asked of a crop; it is checked when the object is made.

    Parameters
    ----------
    aspect
        Width to height of the crop. None for the aspect of `size`, or of the photo if there is no `size`.
    size
        Width and height in pixels of the photo; None for the largest window of the aspect.
    zoom
        How many times narrower and lower the crop is than the largest window of its aspect, from 1.
    output_size
        Width and height in pixels that the crop is scaled to; None to keep its pixels. What does not have this aspect
        is cropped further.

    Raises
    ------
    ParameterError
        An argument has the wrong type or is out of range, or `size` is given with `aspect` or `zoom`.
    """

    aspect: Aspect | None = None
    size: Size | None = None
    zoom: float = 1.0
    output_size: Size | None = None

    def __post_init__(self) -> None:
        check_number("zoom", self.zoom, 1, MAX_ZOOM)
        if self.size is not None and self.aspect is not None:
            raise ParameterError("give one of aspect and size")
        if self.size is not None and self.zoom != 1:
            raise ParameterError("size and zoom cannot be given together: the size says how tight the crop is")
        _ = self.ratio, self.pixels, self.scaled_to  # checks them

    @property
    def ratio(self) -> float | None:
        """Width divided by height; None if no aspect is asked for."""
        return None if self.aspect is None else parse_aspect(self.aspect)

    @property
    def pixels(self) -> tuple[int, int] | None:
        """Size as (width, height); None if none is asked for."""
        return None if self.size is None else parse_size("size", self.size)

    @property
    def scaled_to(self) -> tuple[int, int] | None:
        """Output size as (width, height); None if the pixels are kept."""
        return None if self.output_size is None else parse_size("output_size", self.output_size)

    def window(self, height: int, width: int) -> tuple[int, int]:
        """Return the height and width of the window in a photo of some size in pixels.

        Raises
        ------
        ParameterError
            The photo is smaller than the size that is asked for.
        """
        if self.pixels is not None:
            across, down = self.pixels
            if across > width or down > height:
                raise ParameterError(f"a crop of {across} x {down} does not fit into a photo of {width} x {height}")
            return _cover((down, across), self.scaled_to)
        wanted = self.ratio
        down, across = (height, width) if wanted is None else largest_window(height, width, wanted)
        return _cover((_at_least_one(down / self.zoom), _at_least_one(across / self.zoom)), self.scaled_to)


def largest_window(height: int, width: int, ratio: float) -> tuple[int, int]:
    """Return the height and width of the largest window of an aspect (width to height) in a picture."""
    if width >= height * ratio:
        return height, min(width, _at_least_one(height * ratio))
    return min(height, _at_least_one(width / ratio)), width


def _cover(window: tuple[int, int], output: tuple[int, int] | None) -> tuple[int, int]:
    """Return the part of a window that covers an output size (width, height)."""
    return window if output is None else largest_window(*window, output[0] / output[1])


def _at_least_one(length: float) -> int:
    return max(1, math.floor(length + 0.5))


def parse_aspect(value: Any) -> float:
    """Return width divided by height of an aspect such as "16:9", "1.5", 1.5 or (16, 9).

    Raises
    ------
    ParameterError
        The value is no aspect, or not between 1:65535 and 65535:1.
    """
    ratio = math.nan
    if isinstance(value, str):
        parts = _ASPECT.fullmatch(value.strip())
        if parts is not None:
            ratio = _divide(float(parts[1]), float(parts[2] or 1))
    elif _is_number(value):
        ratio = _to_float(value)
    elif isinstance(value, tuple | list) and len(value) == 2 and all(map(_is_number, value)):
        ratio = _divide(*map(_to_float, value))
    if not 1 / MAX_SIDE <= ratio <= MAX_SIDE:
        raise ParameterError(f"aspect must be width to height, such as '16:9' or 1.5, not {describe(value)}")
    return ratio


def parse_size(name: str, value: Any) -> tuple[int, int]:
    """Return (width, height) in pixels of a size such as "400x300" or (400, 300).

    Raises
    ------
    ParameterError
        The value is no size, or a side is not from 1 to 65,535.
    """
    sides: tuple[Any, ...] = ()
    if isinstance(value, str):
        parts = _SIZE.fullmatch(value.strip())
        sides = () if parts is None else tuple(int(part) if len(part) <= 6 else 0 for part in parts.groups())
    elif isinstance(value, tuple | list) and len(value) == 2:
        sides = tuple(value)
    if len(sides) != 2 or not all(_is_side(each) for each in sides):
        raise ParameterError(
            f"{name} must be width and height in pixels, such as '400x300', each from 1 to {MAX_SIDE:,}, "
            f"not {describe(value)}"
        )
    return int(sides[0]), int(sides[1])


def _divide(width: float, height: float) -> float:
    return width / height if height else math.nan


def _to_float(value: Any) -> float:
    """Return a number as a float; NaN for an integer or a fraction that is too large for one."""
    try:
        return float(value)
    except OverflowError:
        return math.nan


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_)


def _is_side(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool | np.bool_) and 1 <= int(value) <= MAX_SIDE
