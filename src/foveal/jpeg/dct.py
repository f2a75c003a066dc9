"""The forward discrete cosine transform of 8x8 blocks (ITU-T T.81 A.3.3)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels

COEFFICIENT_SCALE = 16  # kCoefficientScale of the kernels: coefficients are whole numbers of sixteenths


def forward(plane: NDArray[np.float32], blocks: NDArray[np.int16]) -> None:
    """Transform every block of a plane.

    DCT[i, j] = 1/sqrt(2 N) C(i) C(j) sum_x sum_y I[x, y] cos((2x + 1) i pi / 2N) cos((2y + 1) j pi / 2N) with N = 8 and
    C(0) = 1/sqrt 2, computed by the factorisation of Arai, Agui and Nakajima (1988).

    Parameters
    ----------
    plane
        (8 r, 8 c) float32 samples, centred on 0.
    blocks
        (r, c, 64) int16, filled with the coefficients in zig-zag order, in sixteenths, rounded to nearest.
    """
    _kernels.forward_dct(plane, blocks)
