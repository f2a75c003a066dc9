"""The blur of SSIMULACRA 2 in plain NumPy: exact, and with the rounding errors of libjxl."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import convolve1d

from foveal.metrics.ssimulacra.recursive_gaussian import recursive_gaussian

GAUSSIAN = recursive_gaussian(1.5)[1]


def recursion(samples: np.ndarray) -> np.ndarray:
    """Blur along the first axis by the recursion in double precision, with zeros around the samples."""
    length = len(samples)
    padded = np.concatenate([np.zeros((10, *samples.shape[1:])), samples, np.zeros((4, *samples.shape[1:]))])
    out = np.zeros_like(padded)
    for gain, feedback in GAUSSIAN:
        wave = np.zeros_like(padded)
        for n in range(6, length + 10):  # the output at n is the one of sample n - 10
            wave[n] = gain * (padded[n - 6] + padded[n + 4]) - feedback * wave[n - 1] - wave[n - 2]
        out += wave
    return out[10 : 10 + length]


def blur_response() -> np.ndarray:
    """Return the (9,) impulse response of the blur, four samples to each side of its middle."""
    impulse = np.zeros(21)
    impulse[10] = 1
    return recursion(impulse)[6:15]


def convolved(samples: np.ndarray) -> np.ndarray:
    """Blur planes (rows, channels, columns) along both axes by convolution, in double precision."""
    across = convolve1d(samples.astype(np.float64), blur_response(), axis=2, mode="constant")
    return convolve1d(across, blur_response(), axis=0, mode="constant")


def fused(a: np.ndarray, b: float, c: np.ndarray) -> np.ndarray:
    """Return a b + c, rounded once to single precision."""
    return (a.astype(np.float64) * np.float64(np.float32(b)) + c).astype(np.float32)


def drifting_across(rows: np.ndarray) -> np.ndarray:
    """Blur along the second axis in single precision, four columns at once, rounded like libjxl."""
    count, columns = rows.shape
    padded = np.zeros((count, columns + 20), dtype=np.float32)
    padded[:, 10:-10] = rows
    last = [np.zeros(count, np.float32) for _ in GAUSSIAN]
    before = [np.zeros(count, np.float32) for _ in GAUSSIAN]
    out = np.zeros_like(rows)
    column = -4
    while column < columns:
        steps = 4 if 8 <= column < columns - 7 else 1
        sums = [padded[:, column + k + 4] + padded[:, column + k + 14] for k in range(steps)]
        waves = []
        for i, (gain, feedback) in enumerate(GAUSSIAN):
            ones = [0, 1, -feedback, feedback**2 - 1, -(feedback**3) + 2 * feedback]
            ones.append(feedback**4 - 3 * feedback**2 + 1)
            wave = []
            for k in range(steps):
                value = sums[0] * np.float32(gain * ones[k + 1])
                for j in range(1, k + 1):
                    value = fused(sums[j], gain * ones[k - j + 1], value)
                value = fused(before[i], -ones[k + 1], value)
                wave.append(fused(last[i], ones[k + 2], value))
            before[i], last[i] = [last[i], *wave][-2:]
            waves.append(wave)
        for k in range(steps):
            if column + k >= 0:
                out[:, column + k] = waves[0][k] + (waves[1][k] + waves[2][k])
        column += steps
    return out


def drifting_down(rows: np.ndarray) -> np.ndarray:
    """Blur along the first axis in single precision, rounded like libjxl."""
    padded = np.concatenate([np.zeros((10, rows.shape[1]), np.float32), rows, np.zeros((4, rows.shape[1]), np.float32)])
    waves = [[np.zeros(rows.shape[1], np.float32)] * 2 for _ in GAUSSIAN]
    out = []
    for n in range(6, len(rows) + 10):
        for wave, (gain, feedback) in zip(waves, GAUSSIAN, strict=True):
            decayed = fused(wave[-1], -feedback, -wave[-2])
            wave.append(fused(padded[n - 6] + padded[n + 4], gain, decayed))
        out.append(waves[0][-1] + (waves[1][-1] + waves[2][-1]))
    return np.stack(out[4:])


def drifting(planes: np.ndarray) -> np.ndarray:
    """Blur planes (rows, channels, columns) along both axes with the rounding errors of libjxl."""
    return np.stack([drifting_down(drifting_across(planes[:, c])) for c in range(3)], axis=1)
