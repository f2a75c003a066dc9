"""The blur of SSIMULACRA 2: what kernels/recursive_gaussian.hpp computes it from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_REACH = 4  # samples to each side


def recursive_gaussian(sigma: float) -> tuple[int, NDArray[np.float64]]:
    """Radius, and (3, 2) gain and feedback of the cosines, of a Gaussian as a sum of three truncated cosines.

    D. Charalampidis, "Recursive Implementation of the Gaussian Filter Using Truncated Cosine Functions", IEEE
    Transactions on Signal Processing 64, 2016, as libjxl sets it up; numbers of equations below.
    """
    radius = round(3.2795 * sigma + 0.2546)  # (57)
    frequencies = np.array([1, 3, 5]) * np.pi / (2 * radius)  # table I
    signs = np.array([1, -1, 1])
    totals = signs / np.tan(frequencies / 2)  # (37)
    spreads = signs * totals**2 / np.sin(frequencies)  # (44)
    spectrum = np.exp(-((sigma * frequencies) ** 2) / 2) / radius  # (50): the Gaussian's own
    free = np.cross(totals, spreads)
    free /= free[2]  # (52)
    # (55): the total is 1, the variance sigma^2, and the rest as close to the spectrum as can be
    moments = np.array([1.0, radius**2 - sigma**2, float(free @ spectrum)])
    amplitudes = np.linalg.solve(np.stack([totals, spreads, free]), moments)  # (53)
    gains = -amplitudes * np.cos(frequencies * (radius + 1))  # (33)
    return radius, np.stack([gains, -2 * np.cos(frequencies)], axis=1)


def response(gaussian: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the blur of some gains and feedbacks makes of a single sample: (5,) there and to either side."""
    waves = [np.zeros(len(gaussian)), gaussian[:, 0]]
    for _ in range(_REACH):
        waves.append(-gaussian[:, 1] * waves[-1] - waves[-2])
    return np.asarray(np.array(waves[:0:-1]).sum(axis=1))


GAUSSIAN = recursive_gaussian(1.5)[1]
