"""Blending of transparent pixels with a background colour, because JPEG has no alpha channel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from foveal.checks import describe
from foveal.errors import ParameterError, TransparencyError

Color = str | tuple[int, int, int]

_ROWS_PER_STRIP = 64


def transparency_error(option: str) -> TransparencyError:
    """Return the error for transparent pixels; its message names the option that gives a background colour."""
    return TransparencyError(f"the picture has transparent pixels, and JPEG has no transparency; give {option}")


def remove_alpha(pixels: NDArray[np.uint8 | np.uint16], background: Color | None) -> NDArray[np.uint8 | np.uint16]:
    """Remove the alpha channel of pixels, if they have one, by blending them with a background colour.

    An alpha channel that is opaque everywhere is left out.

    Parameters
    ----------
    pixels
        (H, W) grey, (H, W, 2) grey and alpha, (H, W, 3) RGB or (H, W, 4) RGB and alpha; uint8 or uint16. Alpha is
        straight, not premultiplied.
    background
        Background colour: a name, "#rrggbb" or (r, g, b) in 0..255, also for 16-bit pixels. None if no pixel may be
        transparent.

    Returns
    -------
    ndarray
        (H, W) or (H, W, 3), C-contiguous, of the dtype of `pixels`. Grey pixels stay grey on a grey background.

    Raises
    ------
    TransparencyError
        A pixel is not opaque, and `background` is None.
    ParameterError
        `background` is not a colour.
    """
    rgb = None if background is None else parse_color(background)
    if pixels.ndim == 2 or pixels.shape[2] == 3:
        return np.ascontiguousarray(pixels)
    full = int(np.iinfo(pixels.dtype).max)
    if np.all(pixels[:, :, -1] == full):
        return np.ascontiguousarray(pixels[:, :, 0] if pixels.shape[2] == 2 else pixels[:, :, :3])
    if rgb is None:
        raise transparency_error("a background colour (background=)")
    color = np.array(rgb, dtype=np.uint64) * (full // 255)
    channels = 1 if pixels.shape[2] == 2 and np.all(color == color[0]) else 3
    blended = np.empty((*pixels.shape[:2], channels), dtype=pixels.dtype)
    for top in range(0, len(pixels), _ROWS_PER_STRIP):  # 64-bit copies of a whole large picture would not fit in memory
        strip = slice(top, top + _ROWS_PER_STRIP)
        alpha, visible = pixels[strip, :, -1:].astype(np.uint64), pixels[strip, :, :-1].astype(np.uint64)
        blended[strip] = (visible * alpha + color[:channels] * (full - alpha) + full // 2) // full
    return blended[:, :, 0] if channels == 1 else blended


def parse_color(color: Color) -> tuple[int, ...]:
    """Return a colour as (r, g, b) in 0..255; raise ParameterError if it is none."""
    if isinstance(color, str):
        try:
            return ImageColor.getrgb(color)[:3]
        except ValueError as error:
            raise ParameterError(f"background {describe(color)} is not a colour; try 'white' or '#rrggbb'") from error
    try:
        values = tuple(int(value) for value in color)
    except (TypeError, ValueError, OverflowError):
        values = ()
    if len(values) != 3 or not all(0 <= value <= 255 for value in values):
        raise ParameterError(f"background must be a colour name or (r, g, b) in 0..255, not {describe(color)}")
    return values
