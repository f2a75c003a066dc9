"""Down-sampling of chrominance (ITU-T T.81 A.1.1, A.2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foveal import _kernels
from foveal.jpeg.frame import Component, Frame


def downsample(plane: NDArray[np.float32], frame: Frame, component: Component) -> NDArray[np.float32]:
    """Average the samples of a full-resolution plane that one sample of the component stands for.

    Parameters
    ----------
    plane
        (h, w) float32 at the resolution of the picture, whole MCUs.

    Returns
    -------
    ndarray
        (h v_factor / v_max, w h_factor / h_max) float32; the plane itself where nothing is to be done.
    """
    across, down = frame.h_max // component.h_factor, frame.v_max // component.v_factor
    if across == down == 1:
        return plane
    smaller = np.empty((plane.shape[0] // down, plane.shape[1] // across), dtype=np.float32)
    _kernels.downsample(plane, across, down, smaller)
    return smaller
