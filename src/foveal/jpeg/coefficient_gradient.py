"""Derivatives with respect to the pixels of a decoded picture, as derivatives with respect to its DCT coefficients.

Each stage of decoding (inverse DCT, up-sampling, colour conversion) is linear but for rounding and clamping, so its
transpose takes derivatives back, and the stages run in the opposite order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foveal.jpeg import dct, sampling
from foveal.jpeg.color import TO_RGB
from foveal.jpeg.frame import BLOCK_SIDE, Frame
from foveal.threads import row_ranges, run_in_threads

_PIXELS_PER_STRIP = 1 << 16
_TO_RGB = TO_RGB.astype(np.float32)


def coefficient_gradient(by_pixels: NDArray[np.float32], frame: Frame, threads: int) -> tuple[NDArray[np.float32], ...]:
    """Convert derivatives with respect to pixels to derivatives with respect to DCT coefficients.

    Parameters
    ----------
    by_pixels
        (h, w, 3) RGB or (h, w) grey: derivatives with respect to the samples of a decoded picture.
    frame
        Size and components of the picture.
    threads
        Number of threads to use.

    Returns
    -------
    tuple of ndarray
        For each component, (padded_block_rows, padded_block_columns, 64) float32 in zig-zag order: derivatives with
        respect to coefficients in units of 1.
    """
    found = tuple(np.empty((c.padded_block_rows, c.padded_block_columns, 64), np.float32) for c in frame.components)

    def convert(mcu_rows: tuple[int, int]) -> None:
        top, bottom = (row * frame.mcu_height for row in mcu_rows)
        halo = sampling.halo_rows(frame)
        above, below = min(halo, top), halo if mcu_rows[1] < frame.mcu_rows else 0
        strip = by_pixels[top - above : bottom + below]
        # Padding beyond the picture is cut off by decoders, so nothing depends on it.
        planes = np.zeros((len(found), above + bottom - top + below, frame.padded_width), dtype=np.float32)
        inside = planes[:, : strip.shape[0], : strip.shape[1]]
        # The transpose of RGB = TO_RGB @ YCbCr. Not by `@`: the lock of BLAS can be held over a fork.
        inside[:] = strip if strip.ndim == 2 else np.einsum("yxc,ck->kyx", strip, _TO_RGB)
        for plane, component, blocks in zip(planes, frame.components, found, strict=True):
            samples = sampling.transpose_upsampling(plane, frame, component, above, bottom - top)
            # The DCT is orthonormal: its transpose is its inverse.
            first = mcu_rows[0] * component.v_factor
            blocks[first : first + samples.shape[0] // BLOCK_SIDE] = dct.forward_unrounded(samples)

    run_in_threads(
        convert, row_ranges(frame.mcu_rows, frame.mcu_height * frame.padded_width, _PIXELS_PER_STRIP), threads
    )
    return found
