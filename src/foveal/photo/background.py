"""Transparent pixels in front of a colour: JPEG has no alpha channel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from foveal.errors import ParameterError, UnsupportedError

Color = str | tuple[int, int, int]

_ROWS_AT_ONCE = 64


def without_alpha(pixels: NDArray[np.uint8 | np.uint16], background: Color | None) -> NDArray[np.uint8 | np.uint16]:
    """Blend pixels with a colour by their alpha.

    Parameters
    ----------
    pixels
        (H, W), (H, W, 2), (H, W, 3) or (H, W, 4), uint8 or uint16; of 2 and 4 channels the last is alpha.
    background
        A colour name, "#rrggbb" or (r, g, b) in 0..255 (also for 16-bit pixels); None where there must be no alpha.

    Returns
    -------
    ndarray
        (H, W) or (H, W, 3), C-contiguous. Grey pixels stay grey in front of a grey colour.

    Raises
    ------
    UnsupportedError
        There is an alpha channel and no colour.
    ParameterError
        `background` is not a colour.
    """
    rgb = None if background is None else _rgb(background)
    if pixels.ndim == 2 or pixels.shape[2] == 3:
        return np.ascontiguousarray(pixels)
    if rgb is None:
        raise UnsupportedError("the picture has an alpha channel, which JPEG has not; give background= (--background)")
    full = int(np.iinfo(pixels.dtype).max)
    color = np.array(rgb, dtype=np.uint64) * (full // 255)
    channels = 1 if pixels.shape[2] == 2 and np.all(color == color[0]) else 3
    blended = np.empty((*pixels.shape[:2], channels), dtype=pixels.dtype)
    for top in range(0, len(pixels), _ROWS_AT_ONCE):  # 64-bit copies of all of a large picture would not fit
        strip = slice(top, top + _ROWS_AT_ONCE)
        alpha, visible = pixels[strip, :, -1:].astype(np.uint64), pixels[strip, :, :-1].astype(np.uint64)
        blended[strip] = (visible * alpha + color[:channels] * (full - alpha) + full // 2) // full
    return blended[:, :, 0] if channels == 1 else blended


def _rgb(color: Color) -> tuple[int, ...]:
    if isinstance(color, str):
        try:
            return ImageColor.getrgb(color)[:3]
        except ValueError as error:
            raise ParameterError(f"background {color!r} is not a colour; try 'white' or '#rrggbb'") from error
    try:
        values = tuple(int(value) for value in color)
    except (TypeError, ValueError, OverflowError):
        values = ()
    if len(values) != 3 or not all(0 <= value <= 255 for value in values):
        raise ParameterError(f"background must be a colour name or (r, g, b) in 0..255, not {color!r}")
    return values
