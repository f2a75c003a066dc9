"""The forward discrete cosine transform of 8x8 blocks (T.81 A.3.3, FDCT and IDCT)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels

COEFFICIENT_SCALE = 16  # coefficients are integers in units of 1/16 (kCoefficientScale of the kernels)


def forward(plane: NDArray[np.float32], blocks: NDArray[np.int16]) -> None:
    """Transform every 8x8 block of a plane (T.81 A.3.3, FDCT and IDCT).

    ::

        DCT[i, j] = 1/sqrt(2 N) C(i) C(j) sum_x sum_y I[x, y] cos((2x + 1) i pi / 2N) cos((2y + 1) j pi / 2N)

    with N = 8, C(0) = 1/sqrt 2 and C(k) = 1 for other k, computed by the factorization of Arai, Agui and Nakajima
    (1988).

    Parameters
    ----------
    plane
        (8 r, 8 c) float32 samples, centred on 0.
    blocks
        (r, c, 64) int16, filled with the coefficients in zig-zag order, in units of 1/16, rounded to nearest.
    """
    _kernels.forward_dct(plane, blocks)


def forward_unrounded(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Transform every 8x8 block of a plane like `forward`, without rounding.

    Parameters
    ----------
    plane
        (8 r, 8 c) float32 values, of any size.

    Returns
    -------
    ndarray
        (r, c, 64) float32 coefficients in zig-zag order, in the units of the plane.
    """
    blocks = np.empty((plane.shape[0] // 8, plane.shape[1] // 8, 64), dtype=np.float32)
    _kernels.forward_dct_unrounded(plane, blocks)
    return blocks
