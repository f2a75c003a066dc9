"""EXIF orientations: from pixels as stored to pixels as displayed, and back."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound=np.generic)

UPRIGHT = 1
# Orientation -> whether to flip (rows, columns); 5 to 8 swap rows with columns first (Exif 2.32, 4.6.5.1).
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
    """Whether the displayed picture is as wide as the stored one is high."""
    return orientation >= 5


def to_displayed(stored: NDArray[Scalar], orientation: int) -> NDArray[Scalar]:
    """Turn an array (H, W, ...) from the stored to the displayed orientation, 1 to 8; a view."""
    if swaps_sides(orientation):
        stored = np.swapaxes(stored, 0, 1)
    return _flipped(stored, orientation)


def to_stored(displayed: NDArray[Scalar], orientation: int) -> NDArray[Scalar]:
    """Turn an array (H, W, ...) from the displayed to the stored orientation, 1 to 8; a view."""
    flipped = _flipped(displayed, orientation)
    return np.swapaxes(flipped, 0, 1) if swaps_sides(orientation) else flipped


def _flipped(array: NDArray[Scalar], orientation: int) -> NDArray[Scalar]:
    rows, columns = _FLIPS[orientation]
    return array[:: -1 if rows else 1, :: -1 if columns else 1]
