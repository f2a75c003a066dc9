"""EXIF orientations: conversion of arrays from the stored to the displayed orientation, and back.

The number says where the first row and the first column of the stored picture are displayed (Exif 2.32, 4.6.5.1)::

    1  top, left        2  top, right       3  bottom, right    4  bottom, left
    5  left, top        6  right, top       7  right, bottom    8  left, bottom
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound=np.generic)

UPRIGHT = 1
# Orientation -> whether to reverse (rows, columns). Orientations 5 to 8 are transposed first.
_FLIPS = {
    1: (False, False),
    2: (False, True),
    3: (True, True),
    4: (True, False),
    5: (False, False),
    6: (False, True),
    7: (True, True),
    8: (True, False),
}


def swaps_sides(orientation: int) -> bool:
    """Return whether the rows of the stored picture are displayed as columns."""
    return orientation >= 5


def reversed_axes(orientation: int) -> tuple[bool, bool]:
    """Return whether the (rows, columns) of the displayed picture run against those of the stored one.

    If the orientation swaps sides, the rows of the displayed picture are the columns of the stored one.
    """
    return _FLIPS[orientation]


def rectangle_to_stored(
    top_left: tuple[int, int], size: tuple[int, int], displayed_size: tuple[int, int], orientation: int
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return a rectangle of the displayed picture as it lies in the stored one.

    Parameters
    ----------
    top_left, size
        Row and column of its top left pixel, and its height and width.
    displayed_size
        Height and width of the displayed picture.
    orientation
        EXIF orientation of the photo, 1 to 8.

    Returns
    -------
    top_left, size
        The same of the rectangle in the stored picture.
    """
    starts = [
        whole - start - length if is_reversed else start
        for start, length, whole, is_reversed in zip(
            top_left, size, displayed_size, reversed_axes(orientation), strict=True
        )
    ]
    if swaps_sides(orientation):
        return (starts[1], starts[0]), (size[1], size[0])
    return (starts[0], starts[1]), size


def to_displayed(stored: NDArray[Scalar], orientation: int) -> NDArray[Scalar]:
    """Return a view of an array (H, W, ...), turned from the stored to the displayed orientation.

    Parameters
    ----------
    stored
        Array in the stored orientation: pixels, or a map of them.
    orientation
        EXIF orientation of the photo, 1 to 8.
    """
    if swaps_sides(orientation):
        stored = np.swapaxes(stored, 0, 1)
    return _flip(stored, orientation)


def to_stored(displayed: NDArray[Scalar], orientation: int) -> NDArray[Scalar]:
    """Return a view of an array (H, W, ...), turned from the displayed to the stored orientation.

    Parameters
    ----------
    displayed
        Array in the displayed orientation: pixels, or a map of them.
    orientation
        EXIF orientation of the photo, 1 to 8.
    """
    flipped = _flip(displayed, orientation)
    return np.swapaxes(flipped, 0, 1) if swaps_sides(orientation) else flipped


def _flip(array: NDArray[Scalar], orientation: int) -> NDArray[Scalar]:
    rows, columns = _FLIPS[orientation]
    return array[:: -1 if rows else 1, :: -1 if columns else 1]
