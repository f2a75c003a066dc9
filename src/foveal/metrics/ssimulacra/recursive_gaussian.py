"""Coefficients and impulse response of the blur of SSIMULACRA 2, which kernels/recursive_gaussian.hpp runs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_RESPONSE_REACH = 4  # samples of the impulse response to each side of its middle


def recursive_gaussian(sigma: float) -> tuple[int, NDArray[np.float64]]:
    """Return the radius, and the (3, 2) gains and feedbacks, of a Gaussian as a sum of three truncated cosines.

    D. Charalampidis, "Recursive Implementation of the Gaussian Filter Using Truncated Cosine Functions", IEEE
    Transactions on Signal Processing 64, 2016, as libjxl sets it up. The comments cite equations of that paper.
    """
    # A cosine that is cut off at +-radius can be convolved recursively, at a cost that does not depend on the radius:
    # y[n] = gain (x[n - radius - 1] + x[n + radius - 1]) - feedback y[n - 1] - y[n - 2]
    # So three frequencies are fixed, and the amplitudes whose sum comes closest to the Gaussian are solved for.
    radius = round(3.2795 * sigma + 0.2546)  # (57)
    frequencies = np.array([1, 3, 5]) * np.pi / (2 * radius)  # table I
    signs = np.array([1, -1, 1])
    totals = signs / np.tan(frequencies / 2)  # (37): sum of each cosine
    spreads = signs * totals**2 / np.sin(frequencies)  # (44): second moment of each cosine
    spectrum = np.exp(-((sigma * frequencies) ** 2) / 2) / radius  # (50): spectrum of the Gaussian itself
    free = np.cross(totals, spreads)
    free /= free[2]  # (52): direction that changes neither the total nor the variance
    # (55): the total is 1, the variance is sigma^2, and the rest is as close to the spectrum as possible
    moments = np.array([1.0, radius**2 - sigma**2, float(free @ spectrum)])
    amplitudes = np.linalg.solve(np.stack([totals, spreads, free]), moments)  # (53)
    gains = -amplitudes * np.cos(frequencies * (radius + 1))  # (33)
    return radius, np.stack([gains, -2 * np.cos(frequencies)], axis=1)


def impulse_response(gaussian: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (5,) impulse response of a blur, given its gains and feedbacks: the middle, then one side outwards.

    It is symmetric and zero further out, so the recursion need only run from the first input to the middle.
    """
    outputs = [np.zeros(len(gaussian)), gaussian[:, 0]]
    for _ in range(_RESPONSE_REACH):
        outputs.append(-gaussian[:, 1] * outputs[-1] - outputs[-2])
    return np.asarray(np.array(outputs[:0:-1]).sum(axis=1))


GAUSSIAN = recursive_gaussian(1.5)[1]
