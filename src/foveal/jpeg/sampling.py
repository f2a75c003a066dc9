"""Down-sampling of chrominance (ITU-T T.81 A.1.1, A.2), with the decoder's up-sampling in mind."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
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


def halo_pixels(frame: Frame) -> int:
    """Rows of pixels above and below a strip that `sharpen` wants to know of: one of down-sampled samples."""
    return frame.v_max if frame.v_max > 1 else 0


def rows_of_strip(frame: Frame, component: Component, above: int, pixel_rows: int) -> slice:
    """Rows of a component's samples that are those of a strip, which has so many rows of pixels above it."""
    down = frame.v_max // component.v_factor
    return slice(above // down, (above + pixel_rows) // down)


def sharpen(
    samples: NDArray[np.float32], frame: Frame, component: Component, gain: float, rows: slice
) -> NDArray[np.float32]:
    """Correct down-sampled rows for what a decoder's up-sampling will do to them.

    Decoders double a plane with a triangle filter, of which libjpeg's "fancy up-sampling" is the model; averaged again,
    a sample has become (1, 6, 1) / 8 of itself and its neighbours, along each axis that was halved. A step of
    back-projection, c + down(C - up(c)), is then c + (c - blurred c), as down(C) is c itself: no need to up-sample.
    (M. Irani, S. Peleg, "Improving Resolution by Image Registration", CVGIP 53, 1991, had the idea for photographs.)

    Parameters
    ----------
    samples
        (h, w) float32 as `downsample` gives them, with `halo_pixels` around the strip where the picture goes on.
    gain
        How much of the step to take; with 0, and for components that are not down-sampled, nothing happens.
    rows
        Those of the strip itself.

    Returns
    -------
    ndarray
        (rows, w) float32.
    """
    across, down = frame.h_max // component.h_factor, frame.v_max // component.v_factor
    if gain == 0 or across == down == 1:
        return samples[rows]
    sharpened = np.empty((rows.stop - rows.start, samples.shape[1]), dtype=np.float32)
    _kernels.sharpen(samples, across, down, gain, rows.start, sharpened)
    return sharpened
