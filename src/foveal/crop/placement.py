"""The place of a window of a given size in a photo: what it keeps of the saliency map, and what it cuts.

A window gets a score for each position that it may have:

    mass inside - CUT_COST x (mass of objects that it divides) - ROOM_COST x (mass of those whose room it divides)

The mass of the whole map is 1. Objects, such as faces, are the connected parts of the map above half of its peak. They
have room around them, most above, for headroom. Positions whose scores are nearly the best are ties: among them, the
main object is brought to a third of the window.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveal.saliency.classes import BOX_LEVEL, connected_region

# Chosen on half of the photos of OSIE and crowd, see docs/crop.md.
# CUT_COST is the share of an object's mass that is taken off the score of a window with half of the object inside.
# ROOM_COST is the share for a window with half of the object and the room around it inside.
CUT_COST, ROOM_COST = 0.3, 0.05
TIE = 0.0005  # of the mass of the whole map
# Room around what lies above half of the peak, as shares of its height and width: people look at the middle of a face.
ROOM_ABOVE, ROOM_BELOW, ROOM_BESIDE = 0.7, 0.2, 0.3

_GRID_SIDE = 96  # cells; maps are reduced to it, and the network's own have at most 60
_MAX_POSITIONS = 257  # along each side of the photo; odd, so that the middle is among them
_MAX_OBJECTS = 6
_LARGEST_SHARE = 0.9  # of the window's height and width that an object with its room may take; else it has no room
_LARGEST_SHARE_ON_A_THIRD = 0.6  # of the window's height or width: a larger object stands in the middle


Edges = tuple[NDArray[np.float64], NDArray[np.float64]]  # starts and ends along one side, in cells of a map


class Position(NamedTuple):
    """Row and column of the top left pixel of a window."""

    y: int
    x: int


@dataclass(frozen=True, eq=False)
class Positions:
    """Positions that a window may have along one side of a photo.

    Parameters
    ----------
    length
        Length of the photo's side in pixels.
    window
        Length of the window in pixels, at most `length`.
    starts
        First pixels of the window, rising, at least one.
    """

    length: int
    window: int
    starts: NDArray[np.intp]

    @classmethod
    def every(cls, length: int, window: int, step: int = 1, first: int = 0) -> Positions:
        """Return the positions at multiples of a step from the first one, thinned out evenly if they are very many."""
        count = (length - window - first) // step + 1
        chosen = np.unique(np.linspace(0, count - 1, min(count, _MAX_POSITIONS)).round().astype(np.intp))
        return cls(length, window, first + step * chosen)

    def edges(self, cells: int) -> Edges:
        """Return the starts and ends of the window in cells of a map."""
        starts, ends = (np.asarray(each * cells / self.length) for each in (self.starts, self.starts + self.window))
        return starts, ends


class _Mass:
    """Sums of a map over rectangles whose sides may lie within cells, by a summed-area table."""

    def __init__(self, values: NDArray[np.float64]) -> None:
        self._table = np.zeros((values.shape[0] + 1, values.shape[1] + 1))
        self._table[1:, 1:] = values.cumsum(0).cumsum(1)

    def inside(self, rows: Edges, columns: Edges) -> NDArray[np.float64]:
        """Return the sums over all pairs of row ranges (n) and column ranges (m) in cells: (n, m)."""
        bands = _interpolate(self._table, rows[1]) - _interpolate(self._table, rows[0])
        return (_interpolate(bands.T, columns[1]) - _interpolate(bands.T, columns[0])).T


def _interpolate(table: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Interpolate the rows of a table at fractional indices."""
    below = np.minimum(at.astype(np.intp), len(table) - 2)
    share = (at - below)[:, np.newaxis]
    return np.asarray(table[below] * (1 - share) + table[below + 1] * share)


class _Area(NamedTuple):
    """A rectangle of a map: start and end of its rows and columns in cells."""

    rows: tuple[float, float]
    columns: tuple[float, float]

    def share_inside(self, rows: Edges, columns: Edges) -> NDArray[np.float64]:
        """Return the share of its area inside windows with some edges in cells: (rows, columns)."""
        down, across = (
            np.clip(np.minimum(ends, span[1]) - np.maximum(starts, span[0]), 0, None) / (span[1] - span[0])
            for (starts, ends), span in ((rows, self.rows), (columns, self.columns))
        )
        return np.asarray(down[:, np.newaxis] * across)

    def fits(self, height: float, width: float) -> bool:
        """Return whether it fits into a window of some size in cells."""
        return self.rows[1] - self.rows[0] <= height and self.columns[1] - self.columns[0] <= width


class _Object(NamedTuple):
    """A part of the photo that should not be divided.

    Parameters
    ----------
    area, roomy_area
        Bounding box of a connected part of the map above half of its peak, without and with room around it.
    mass
        Share of the map inside `roomy_area`, 0 to 1.
    """

    area: _Area
    roomy_area: _Area
    mass: float


class Scene:
    """A saliency map, made ready to place windows in its photo.

    Parameters
    ----------
    saliency_map
        (h, w) map, not negative, of any size, that covers the photo.
    """

    def __init__(self, saliency_map: NDArray[np.floating | np.bool_]) -> None:
        grid = _reduce(saliency_map)
        total = grid.sum()
        self._grid: NDArray[np.float64] = grid / total if total > 0 else np.full(grid.shape, 1 / grid.size)
        self._mass = _Mass(self._grid)
        self._objects = list(_find_objects(self._grid)) if total > 0 else []

    def share_inside(self, rows: Positions, columns: Positions) -> NDArray[np.float64]:
        """Return the share of the map inside a window at each of its positions: (rows, columns)."""
        height, width = self._grid.shape
        return self._mass.inside(rows.edges(height), columns.edges(width))

    def place(self, rows: Positions, columns: Positions) -> Position:
        """Return the best of the positions of a window."""
        scores = self._scores(rows, columns)
        ties = scores >= scores.max() - TIE
        distances = np.where(ties, self._distance_of_main_object(rows, columns), np.inf)
        y, x = np.unravel_index(int(np.lexsort((-scores.ravel(), distances.ravel().round(6)))[0]), scores.shape)
        return Position(int(rows.starts[y]), int(columns.starts[x]))

    def focus(self, rows: tuple[float, float], columns: tuple[float, float]) -> tuple[float, float]:
        """Return the centre of what a window shows of the map.

        Parameters
        ----------
        rows, columns
            Start and end of the window as shares of the photo's sides.

        Returns
        -------
        tuple of float
            Centre (y, x) as shares of the photo's sides.
        """
        height, width = self._grid.shape
        cover_y = _coverage((rows[0] * height, rows[1] * height), height)
        cover_x = _coverage((columns[0] * width, columns[1] * width), width)
        shown = self._grid * cover_y[:, np.newaxis] * cover_x
        if not shown.sum() > 0:
            return (rows[0] + rows[1]) / 2, (columns[0] + columns[1]) / 2
        y = float((shown.sum(axis=1) * (np.arange(height) + 0.5)).sum() / shown.sum()) / height
        x = float((shown.sum(axis=0) * (np.arange(width) + 0.5)).sum() / shown.sum()) / width
        return min(max(y, rows[0]), rows[1]), min(max(x, columns[0]), columns[1])

    def share_of_main_object(self, rows: Positions, columns: Positions) -> NDArray[np.float64]:
        """Return the share of the main object inside a window at each of its positions; 1 without an object."""
        height, width = self._grid.shape
        main = self._main_object
        if main is None:
            return np.ones((len(rows.starts), len(columns.starts)))
        return main.area.share_inside(rows.edges(height), columns.edges(width))

    @property
    def _main_object(self) -> _Object | None:
        """Object with the largest mass."""
        return max(self._objects, key=lambda each: each.mass, default=None)

    def _scores(self, rows: Positions, columns: Positions) -> NDArray[np.float64]:
        edges = [positions.edges(cells) for positions, cells in zip((rows, columns), self._grid.shape, strict=True)]
        largest = [
            _LARGEST_SHARE * positions.window / positions.length * cells
            for positions, cells in zip((rows, columns), self._grid.shape, strict=True)
        ]
        scores = self.share_inside(rows, columns)
        for each in self._objects:
            costs = [(CUT_COST, each.area)]
            if each.roomy_area.fits(*largest):
                costs.append((ROOM_COST, each.roomy_area))
            for cost, area in costs:
                inside = area.share_inside(edges[0], edges[1])
                scores = scores - cost * each.mass * 4 * inside * (1 - inside)  # 1 x mass where half of it is cut
        return scores

    def _distance_of_main_object(self, rows: Positions, columns: Positions) -> NDArray[np.float64]:
        """Return how far the main object is from where it looks well in the window, in shares of the window."""
        spans = ((0.0, 1.0), (0.0, 1.0))
        if self._main_object is not None:
            (top, bottom), (left, right), (height, width) = *self._main_object.area, self._grid.shape
            spans = (top / height, bottom / height), (left / width, right / width)
        down, across = (_distance(positions, *span) for positions, span in zip((rows, columns), spans, strict=True))
        return np.hypot(down[:, np.newaxis], across)


def _distance(positions: Positions, start: float, end: float) -> NDArray[np.float64]:
    """Return the distance of an object from the nearest third along one side, or from the middle if it is large."""
    window = positions.window / positions.length
    place = ((start + end) / 2 - positions.starts / positions.length) / window
    is_large = end - start > _LARGEST_SHARE_ON_A_THIRD * window
    targets = (0.5,) if is_large else (1 / 3, 2 / 3)
    return np.asarray(np.min([np.abs(place - target) for target in targets], axis=0))


def _reduce(saliency_map: NDArray[np.floating | np.bool_]) -> NDArray[np.float64]:
    """Reduce a map to at most _GRID_SIDE cells on its longer side, each with the sum of its area."""
    scale = min(1, _GRID_SIDE / max(saliency_map.shape))
    rows, columns = (
        np.arange(cells + 1) * (side / cells)
        for side, cells in ((side, max(1, round(side * scale))) for side in saliency_map.shape)
    )
    return _Mass(saliency_map.astype(np.float64)).inside((rows[:-1], rows[1:]), (columns[:-1], columns[1:])).clip(min=0)


def _find_objects(grid: NDArray[np.float64]) -> Iterator[_Object]:
    """Yield the objects of a map, by falling peak."""
    level, left = BOX_LEVEL * grid.max(), grid.copy()
    for _ in range(_MAX_OBJECTS):
        peak = np.unravel_index(int(left.argmax()), left.shape)
        if left[peak] <= level:
            return
        region = connected_region(np.asarray(left > level), peak)
        yield _with_room(grid, region)
        left[region] = 0


def _with_room(grid: NDArray[np.float64], region: NDArray[np.bool_]) -> _Object:
    """Return the object around a region of a map."""
    (top, bottom), (left, right) = ((int(each.min()), int(each.max()) + 1) for each in np.nonzero(region))
    height, width = bottom - top, right - left
    rows = max(0.0, top - ROOM_ABOVE * height), min(float(grid.shape[0]), bottom + ROOM_BELOW * height)
    columns = max(0.0, left - ROOM_BESIDE * width), min(float(grid.shape[1]), right + ROOM_BESIDE * width)
    covered = grid * _coverage(rows, grid.shape[0])[:, np.newaxis] * _coverage(columns, grid.shape[1])
    return _Object(_Area((top, bottom), (left, right)), _Area(rows, columns), float(covered.sum()))


def _coverage(span: tuple[float, float], cells: int) -> NDArray[np.float64]:
    """Return the share of each cell of a side that lies in a span, which is given in cells."""
    first = np.arange(cells)
    return np.asarray(np.clip(np.minimum(first + 1, span[1]) - np.maximum(first, span[0]), 0, 1))
