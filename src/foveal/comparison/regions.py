"""Which parts of a photo to show enlarged: the most salient one, and one of the background."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHOWN_SIDE = 288  # pixels of the longer side of an enlarged part, at most
_LEAST_SIDE = 8  # of a part, where the photo has as much
_WINDOWS_PER_SIDE = 3  # along the longer side: then there is room beside a window wherever it lies
_STEPS = 1000  # positions of windows along the longer side of a large photo, at least
_BACKGROUND_SHARE = 0.25  # of all windows: the least salient, among which the most textured is chosen


@dataclass(frozen=True)
class Region:
    """A rectangle of a photo as displayed, in pixels, and how many times it is enlarged."""

    name: str
    top: int
    left: int
    height: int
    width: int

    @property
    def zoom(self) -> int:
        """How many times it is enlarged, a whole number: each pixel becomes a square."""
        return SHOWN_SIDE // max(self.height, self.width)

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns of the photo."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)


def choose_regions(pixels: NDArray[np.uint8], saliency: NDArray[np.float32]) -> tuple[Region, ...]:
    """Choose the most salient window of a photo, and a window of the background.

    The second is the most textured (by the mean difference between neighbours) of the least salient quarter of all
    windows that do not touch the first, and lie half a window away from it where there is room: losses cannot be seen
    in a flat sky.

    Parameters
    ----------
    pixels
        (H, W, 3) uint8 as displayed.
    saliency
        (H, W) float32.

    Returns
    -------
    tuple of Region
        "salient" and "background", of one size; a photo of one pixel has only the first.
    """
    height, width = _window_size(*saliency.shape)
    step = max(1, max(saliency.shape) // _STEPS)
    salience = _window_means(saliency, height, width, step)
    top, left = _position(salience.argmax(), salience.shape, step)
    salient = Region("salient", top, left, height, width)
    rows, columns = (step * positions for positions in np.ogrid[: salience.shape[0], : salience.shape[1]])
    gaps = np.maximum(abs(rows - top) / height, abs(columns - left) / width) - 1  # in windows
    apart = gaps >= (0.5 if gaps.max() >= 0.5 else 0)
    if not apart.any():
        return (salient,)
    background = apart & (salience <= np.quantile(salience[apart], _BACKGROUND_SHARE))
    texture = np.where(background, _window_means(_texture(pixels), height, width, step), -1)
    top, left = _position(texture.argmax(), texture.shape, step)
    return salient, Region("background", top, left, height, width)


def _window_size(height: int, width: int) -> tuple[int, int]:
    """Height and width of windows of a photo: as large as they are shown at some whole zoom, and at most a third."""
    longer = max(height, width)
    zoom = -(-SHOWN_SIDE // min(SHOWN_SIDE, max(_LEAST_SIDE, longer // _WINDOWS_PER_SIDE)))
    side, third = SHOWN_SIDE // zoom, max(1, longer // _WINDOWS_PER_SIDE)
    if height >= width:
        return min(side, third), min(side, width)
    return min(side, height), min(side, third)


def _window_means(values: NDArray[np.float32], height: int, width: int, step: int) -> NDArray[np.float64]:
    """Mean over each window, by the position of its upper left corner in steps."""
    sums = np.pad(values.cumsum(axis=0, dtype=np.float64).cumsum(axis=1), ((1, 0), (1, 0)))
    above, below = sums[:-height:step], sums[height::step]
    totals = below[:, width::step] - above[:, width::step] - below[:, :-width:step] + above[:, :-width:step]
    return np.asarray(totals / (height * width))


def _position(index: np.intp, shape: tuple[int, ...], step: int) -> tuple[int, int]:
    row, column = np.unravel_index(index, shape)
    return step * int(row), step * int(column)


def _texture(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How much the luminance differs from that of the pixels above and to the left: (H, W)."""
    luminance = pixels @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    down = abs(np.diff(luminance, axis=0, prepend=luminance[:1]))
    across = abs(np.diff(luminance, axis=1, prepend=luminance[:, :1]))
    return np.asarray(down + across, dtype=np.float32)
