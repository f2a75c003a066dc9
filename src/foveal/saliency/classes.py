"""The classes that MS-ROI keeps, and where it sees them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral

import numpy as np
from numpy.typing import NDArray

from foveal.errors import ParameterError
from foveal.saliency.cells import CELL_SIDE

BOX_LEVEL = 0.5  # of the peak of a class's map: what is above it, around the peak, is in the box


@dataclass(frozen=True)
class Box:
    """A part of a photo as displayed, in pixels: `x` columns from the left, `y` rows from the top, its size."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class SeenClass:
    """A class that MS-ROI kept: its name, its probability (`score`, 0 to 1), and where its map is brightest."""

    name: str
    score: float
    box: Box


def check_top_k(top_k: int | None) -> None:
    """Raise ParameterError unless it is None or an integer from 1."""
    if top_k is not None and (isinstance(top_k, bool) or not isinstance(top_k, Integral) or top_k < 1):
        raise ParameterError(f"top_k must be an integer from 1, or None for all, not {top_k!r}")


def kept_classes(probabilities: NDArray[np.float32], threshold: float, top_k: int | None = None) -> NDArray[np.intp]:
    """Indices of the classes more probable than T, the most probable first, at most `top_k`.

    The most probable one where none is more probable than T. Classes of the same probability keep their order.

    References
    ----------
    A. Prakash et al., DCC 2017: M sums the maps of the classes whose evidence exceeds T. Their released code takes the
    five most probable classes instead: `top_k=5` with a low T.
    """
    order = np.argsort(-probabilities, kind="stable")
    count = max(1, int((probabilities > threshold).sum()))
    return order[:count] if top_k is None else order[: min(count, top_k)]


def box_of_peak(cells: NDArray[np.float32], seen: tuple[int, int], size: tuple[int, int]) -> Box:
    """Find where a class is: the box around the connected cells above half of the peak that hold the peak.

    Parameters
    ----------
    cells
        (ceil(h / 8), ceil(w / 8)), not negative, not dark everywhere.
    seen
        (h, w): the size that the network saw.
    size
        (H, W) of the photo as displayed.

    Returns
    -------
    Box
        Within the photo; its sides fall on the edges of cells, rounded outwards to whole pixels.
    """
    peak = np.unravel_index(int(cells.argmax()), cells.shape)
    region = _connected(np.asarray(cells > BOX_LEVEL * cells[peak]), peak)
    rows, columns = np.nonzero(region)
    top, bottom = _stretch(rows, seen[0], size[0])
    left, right = _stretch(columns, seen[1], size[1])
    return Box(left, top, right - left, bottom - top)


def _stretch(indices: NDArray[np.intp], seen: int, length: int) -> tuple[int, int]:
    """First pixel of the cells of these indices, and the one behind the last, along a side of `length` pixels."""
    first, end = int(indices.min()) * CELL_SIDE, min((int(indices.max()) + 1) * CELL_SIDE, seen)
    return first * length // seen, math.ceil(end * length / seen)


def _connected(lit: NDArray[np.bool_], seed: tuple[np.intp, ...]) -> NDArray[np.bool_]:
    """Cells that can be reached from `seed` over lit cells that share a side."""
    region = np.zeros_like(lit)
    region[seed] = True
    while True:
        grown = region.copy()
        grown[1:] |= region[:-1]
        grown[:-1] |= region[1:]
        grown[:, 1:] |= region[:, :-1]
        grown[:, :-1] |= region[:, 1:]
        grown &= lit
        if (grown == region).all():
            return region
        region = grown
