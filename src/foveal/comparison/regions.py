"""Choice of the parts of a photo to show enlarged: the most salient one, and one of the background."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHOWN_SIDE = 288  # most pixels of the longer side of a region after enlarging
_LEAST_SIDE = 8  # least pixels of a side of a region, if the photo has as many
_WINDOWS_PER_SIDE = 3  # windows that fit along the longer side, so that a second one fits beside any window
_STEPS = 1000  # least number of window positions along the longer side of a large photo
_BACKGROUND_SHARE = 0.25  # share of the windows, the least salient, from which the most textured is chosen


@dataclass(frozen=True)
class Region:
    """A rectangle of a photo as displayed.

    Parameters
    ----------
    name
        "salient" or "background".
    top, left
        Row and column of its first pixel.
    height, width
        Size in pixels.
    """

    name: str
    top: int
    left: int
    height: int
    width: int

    @property
    def zoom(self) -> int:
        """Factor by which the region is enlarged, a whole number: each pixel becomes a square."""
        return SHOWN_SIDE // max(self.height, self.width)

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns of the region in the photo."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)


def choose_regions(pixels: NDArray[np.uint8], saliency: NDArray[np.float32]) -> tuple[Region, ...]:
    """Choose the most salient window of a photo, and a window of the background.

    Candidates for the background are the windows at least half a window away from the salient one or, if there are
    none, those that do not overlap it. Of the least salient quarter of them, the most textured is chosen: losses are
    not visible in flat areas. Texture is the mean difference between neighbouring pixels.

    Parameters
    ----------
    pixels
        Photo as displayed, (H, W, 3) uint8.
    saliency
        Saliency map, (H, W) float32.

    Returns
    -------
    tuple of Region
        "salient" and "background", both of the same size; a photo of one pixel has only the first.
    """
    height, width = _window_size(*saliency.shape)
    step = max(1, max(saliency.shape) // _STEPS)
    salience = _window_means(saliency, height, width, step)
    top, left = _pixel_position(salience.argmax(), salience.shape, step)
    salient = Region("salient", top, left, height, width)
    rows, columns = (step * positions for positions in np.ogrid[: salience.shape[0], : salience.shape[1]])
    gaps = np.maximum(abs(rows - top) / height, abs(columns - left) / width) - 1  # distance in window sizes
    apart = gaps >= (0.5 if gaps.max() >= 0.5 else 0)
    if not apart.any():
        return (salient,)
    background = apart & (salience <= np.quantile(salience[apart], _BACKGROUND_SHARE))
    texture = np.where(background, _window_means(_texture(pixels), height, width, step), -1)
    top, left = _pixel_position(texture.argmax(), texture.shape, step)
    return salient, Region("background", top, left, height, width)


def _window_size(height: int, width: int) -> tuple[int, int]:
    """Return the height and width of windows: SHOWN_SIDE over a whole zoom, at most a third of the longer side."""
    longer = max(height, width)
    zoom = -(-SHOWN_SIDE // min(SHOWN_SIDE, max(_LEAST_SIDE, longer // _WINDOWS_PER_SIDE)))
    side, third = SHOWN_SIDE // zoom, max(1, longer // _WINDOWS_PER_SIDE)
    if height >= width:
        return min(side, third), min(side, width)
    return min(side, height), min(side, third)


def _window_means(values: NDArray[np.float32], height: int, width: int, step: int) -> NDArray[np.float64]:
    """Return the mean over each window, by the row and column of its upper left corner in units of `step`.

    The sum over a window is computed from four values of a summed-area table.
    """
    sums = np.pad(values.cumsum(axis=0, dtype=np.float64).cumsum(axis=1), ((1, 0), (1, 0)))
    above, below = sums[:-height:step], sums[height::step]
    totals = below[:, width::step] - above[:, width::step] - below[:, :-width:step] + above[:, :-width:step]
    return np.asarray(totals / (height * width))


def _pixel_position(index: np.intp, shape: tuple[int, ...], step: int) -> tuple[int, int]:
    """Return the row and column of a pixel from the flat index of a window position."""
    row, column = np.unravel_index(index, shape)
    return step * int(row), step * int(column)


def _texture(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the difference in luminance between each pixel and those above and to the left of it, (H, W)."""
    luminance = pixels @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    down = abs(np.diff(luminance, axis=0, prepend=luminance[:1]))
    across = abs(np.diff(luminance, axis=1, prepend=luminance[:, :1]))
    return np.asarray(down + across, dtype=np.float32)
