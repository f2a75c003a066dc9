"""Down-sampling of chrominance (T.81 A.1.1, Dimensions and sampling factors), and sharpening to compensate for it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal.jpeg.frame import Component, Frame


def downsample(plane: NDArray[np.float32], frame: Frame, component: Component) -> NDArray[np.float32]:
    """Down-sample a plane to the sampling factors of a component (T.81 A.1.1, Dimensions and sampling factors).

    Each sample is the mean of the samples that it replaces.

    Parameters
    ----------
    plane
        (h, w) float32 samples at the resolution of the picture, whole MCUs.
    frame
        Frame of the picture, with the largest sampling factors.
    component
        Component of the frame, with its own sampling factors.

    Returns
    -------
    ndarray
        (h v_factor / v_max, w h_factor / h_max) float32; `plane` itself if the component has the full resolution.
    """
    across, down = frame.h_max // component.h_factor, frame.v_max // component.v_factor
    if across == down == 1:
        return plane
    smaller = np.empty((plane.shape[0] // down, plane.shape[1] // across), dtype=np.float32)
    _kernels.downsample(plane, across, down, smaller)
    return smaller


def halo_rows(frame: Frame) -> int:
    """Return the rows of pixels above and below a strip that `sharpen` needs: those of one row of chroma samples."""
    return frame.v_max if frame.v_max > 1 else 0


def strip_rows(frame: Frame, component: Component, above: int, pixel_rows: int) -> slice:
    """Return the rows of a component's samples that belong to a strip, without its halo.

    Parameters
    ----------
    frame, component
        Frame of the picture and component of the frame.
    above
        Rows of pixels of the halo above the strip.
    pixel_rows
        Rows of pixels of the strip.
    """
    down = frame.v_max // component.v_factor
    return slice(above // down, (above + pixel_rows) // down)


def sharpen(
    samples: NDArray[np.float32], frame: Frame, component: Component, gain: float, rows: slice
) -> NDArray[np.float32]:
    """Sharpen down-sampled samples to compensate for the blur of the decoder's up-sampling.

    This is a step of back-projection: the error that remains after up-sampling is down-sampled and added to the samples
    (M. Irani, S. Peleg, "Improving Resolution by Image Registration", CVGIP 53, 1991).

    Parameters
    ----------
    samples
        (h, w) float32 samples from `downsample`: those of the strip and of `halo_rows` above and below it, as far as
        the picture has them.
    frame, component
        Frame of the picture and component of the frame.
    gain
        Share of the step that is taken; 0 leaves the samples as they are.
    rows
        Rows of `samples` that belong to the strip, from `strip_rows`.

    Returns
    -------
    ndarray
        (rows, w) float32; the rows as they are if the component is not down-sampled.
    """
    # The step is c + down(C - up(c)), with C the plane at full resolution and c = down(C). Decoders up-sample with a
    # triangle filter, as libjpeg's "fancy up-sampling" does: along each halved axis, down(up(c)) is c blurred by
    # (1, 6, 1) / 8.
    #
    #     c           l       c       r         samples of a row
    #     up(c)         .   x   y   .           x = (l + 3 c) / 4, y = (3 c + r) / 4
    #     down(up(c))         m                 m = (x + y) / 2 = (l + 6 c + r) / 8
    #
    # So the step is c + (c - blurred c), and nothing has to be up-sampled.
    across, down = frame.h_max // component.h_factor, frame.v_max // component.v_factor
    if gain == 0 or across == down == 1:
        return samples[rows]
    sharpened = np.empty((rows.stop - rows.start, samples.shape[1]), dtype=np.float32)
    _kernels.sharpen(samples, across, down, gain, rows.start, sharpened)
    return sharpened


def transpose_upsampling(
    plane: NDArray[np.float32], frame: Frame, component: Component, above: int, pixel_rows: int
) -> NDArray[np.float32]:
    """Apply the transpose of the decoder's up-sampling to a strip: from all pixels to the samples that they come from.

    Parameters
    ----------
    plane
        (h, w) float32 values at the resolution of the picture: those of the strip and of `halo_rows` above and below
        it, as far as the picture has them.
    frame, component
        Frame of the picture and component of the frame.
    above
        Rows of pixels of the halo above the strip.
    pixel_rows
        Rows of pixels of the strip.

    Returns
    -------
    ndarray
        (rows of the strip, w) float32 at the resolution of the component: how much each sample counts in all pixels.
    """
    # Along each halved axis, a sample counts 3/4 in the two pixels that it replaces, and 1/4 in the next ones. Their
    # sum in twos, blurred by (1, 6, 1) / 8 as by `sharpen` with the gain -1, is nearly the same:
    #
    #     pixels                   a    b  |  c    d  |  e    f
    #     transpose                .   1/4 | 3/4  3/4 | 1/4   .
    #     blur of sums in twos    1/8  1/8 | 3/4  3/4 | 1/8  1/8
    across, down = frame.h_max // component.h_factor, frame.v_max // component.v_factor
    rows = strip_rows(frame, component, above, pixel_rows)
    return sharpen(downsample(plane, frame, component), frame, component, -1, rows) * np.float32(across * down)
