"""Selection of the classes that MS-ROI keeps, and bounding boxes of their maps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral

import numpy as np
from numpy.typing import NDArray

from foveal.checks import describe
from foveal.errors import ParameterError
from foveal.saliency.cells import CELL_SIDE

BOX_LEVEL = 0.5  # cells above this fraction of the peak of a class's map belong to its box


@dataclass(frozen=True)
class Box:
    """A rectangle of pixels in a photo in its displayed orientation.

    Parameters
    ----------
    x, y
        Column and row of the top left pixel, from 0.
    width, height
        Size in pixels.
    """

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class SeenClass:
    """A class that MS-ROI kept for a photo.

    Parameters
    ----------
    name
        Name of the class.
    score
        Probability of the class, 0 to 1, independent of those of other classes.
    box
        Bounding box of the brightest region of the class's map.
    """

    name: str
    score: float
    box: Box


def check_top_k(top_k: int | None) -> None:
    """Raise ParameterError unless `top_k` is None or a positive integer."""
    if top_k is not None and (isinstance(top_k, bool) or not isinstance(top_k, Integral) or top_k < 1):
        raise ParameterError(f"top_k must be an integer from 1, or None for all, not {describe(top_k)}")


def kept_classes(probabilities: NDArray[np.float32], threshold: float, top_k: int | None = None) -> NDArray[np.intp]:
    """Return the indices of the classes that MS-ROI keeps: those whose probability exceeds the threshold T.

    Parameters
    ----------
    probabilities
        (classes,) probabilities, 0 to 1.
    threshold
        T of MS-ROI, 0 to 1.
    top_k
        Largest number of classes to keep; None for no limit.

    Returns
    -------
    ndarray
        Indices in descending order of probability; classes of the same probability keep their order. If no probability
        exceeds T, the most probable class alone.

    References
    ----------
    A. Prakash et al., DCC 2017: the map M is the sum of the maps of the classes whose evidence exceeds T. Their
    released code takes the five most probable classes instead, which is `top_k=5` with a low T.
    """
    order = np.argsort(-probabilities, kind="stable")
    count = max(1, int((probabilities > threshold).sum()))
    return order[:count] if top_k is None else order[: min(count, top_k)]


def box_of_peak(cells: NDArray[np.float32], seen: tuple[int, int], size: tuple[int, int]) -> Box:
    """Find the bounding box of the region of a class's map that lies above half of its peak and contains the peak.

    Parameters
    ----------
    cells
        (ceil(h / 8), ceil(w / 8)): map of the class, not negative, with a positive peak.
    seen
        Size (h, w) of the network's input in pixels.
    size
        Size (H, W) of the photo in pixels in its displayed orientation.

    Returns
    -------
    Box
        Box within the photo. Its sides lie on edges of cells, rounded outwards to whole pixels.
    """
    peak = np.unravel_index(int(cells.argmax()), cells.shape)
    region = connected_region(np.asarray(cells > BOX_LEVEL * cells[peak]), peak)
    rows, columns = np.nonzero(region)
    top, bottom = _pixel_range(rows, seen[0], size[0])
    left, right = _pixel_range(columns, seen[1], size[1])
    return Box(left, top, right - left, bottom - top)


def _pixel_range(indices: NDArray[np.intp], seen: int, length: int) -> tuple[int, int]:
    """Return the half-open range of pixels that cells cover along one side of a photo.

    `seen` is the length of that side of the network's input, `length` that of the photo, in pixels.
    """
    first, end = int(indices.min()) * CELL_SIDE, min((int(indices.max()) + 1) * CELL_SIDE, seen)
    return first * length // seen, math.ceil(end * length / seen)


def connected_region(mask: NDArray[np.bool_], seed: tuple[np.intp, ...]) -> NDArray[np.bool_]:
    """Return the 4-connected region of a mask that contains the cell `seed`, by growing it until nothing is added."""
    region = np.zeros_like(mask)
    region[seed] = True
    while True:
        grown = region.copy()
        grown[1:] |= region[:-1]
        grown[:-1] |= region[1:]
        grown[:, 1:] |= region[:, :-1]
        grown[:, :-1] |= region[:, 1:]
        grown &= mask
        if (grown == region).all():
            return region
        region = grown
