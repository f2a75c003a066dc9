"""Saliency map of the picture of an existing JPEG, in the orientation of its coefficients."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveal import jpeg
from foveal.jpeg import application_data
from foveal.photo import Photo, orientation
from foveal.saliency import Saliency, find_saliency


class StoredMap(NamedTuple):
    """A saliency map in the stored orientation, by which bits are allocated.

    Parameters
    ----------
    values
        (h, w) float32 in [0, 1], of any size; None for no map.
    strength_factor
        Factor of the strength of the map, 0 to 1, see `Saliency.strength_factor`.
    """

    values: NDArray[np.float32] | None
    strength_factor: float


def find_stored_map(coefficients: jpeg.Coefficients, saliency: Saliency) -> StoredMap:
    """Find where people look in the picture of some coefficients, of which pixels are decoded.

    Parameters
    ----------
    coefficients
        A grey or YCbCr picture, with its segments.
    saliency
        Method, map in the displayed orientation, or None.
    """
    if saliency is None:
        return StoredMap(None, 1.0)
    photo = Photo(
        jpeg.reconstruct(coefficients),
        icc_profile=application_data.icc_profile(coefficients.segments),
        exif=application_data.exif_data(coefficients.segments),
    )
    found = find_saliency(photo, saliency)
    if found is None:
        return StoredMap(None, 1.0)
    turned = orientation.to_stored(found.spending_map, photo.orientation)
    return StoredMap(np.ascontiguousarray(turned, dtype=np.float32), found.strength_factor)
