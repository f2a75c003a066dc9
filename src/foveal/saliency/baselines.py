"""Saliency without training: the spectral residual and the centre prior."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

CENTER_SIGMA = 0.3  # of the centre prior, as a share of each side


class Baseline(Protocol):
    """Sees a small RGB picture, says where people look."""

    @property
    def working_side(self) -> int:
        """Length in pixels that the longest side of the picture should have."""

    def map(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Map of an (h, w, 3) picture: (h', w') float32 in [0, 1] that covers all of it."""


def center_prior(height: int, width: int) -> NDArray[np.float64]:
    """Gaussian around the middle of the picture: people look there first (and photographers aim there)."""
    down, across = (((np.arange(n) + 0.5) / n - 0.5) / CENTER_SIGMA for n in (height, width))
    return np.asarray(np.exp(-0.5 * (down[:, np.newaxis] ** 2 + across**2)))


@dataclass(frozen=True)
class CenterPrior:
    """The middle of the picture, whatever it shows."""

    working_side: int = 64

    def map(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `Baseline.map`."""
        return _to_unit_range(center_prior(*rgb.shape[:2]))


@dataclass(frozen=True)
class SpectralResidual:
    """What is unusual in the amplitude spectrum, times the centre prior.

    References
    ----------
    X. Hou, L. Zhang, "Saliency Detection: A Spectral Residual Approach", CVPR 2007: the log amplitude spectrum of a
    64-pixel picture minus its 3x3 mean, transformed back with the original phase, squared and smoothed. We take the
    mean around the edges, since a spectrum is periodic, and smooth with a sigma of 3 pixels (the paper: 8).
    """

    working_side: int = 64
    smoothing_sigma: float = 3.0

    def map(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `Baseline.map`."""
        grey = rgb.astype(np.float64) @ np.array([0.299, 0.587, 0.114])
        prior = center_prior(*grey.shape)
        if np.ptp(grey) < 1:  # nothing to see but rounding: no evidence against the prior
            return _to_unit_range(prior)
        spectrum = np.fft.fft2(grey)
        log_amplitude = np.log(np.abs(spectrum) + 1e-9)
        residual = log_amplitude - _mean_3x3(log_amplitude)
        unusual = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
        return _to_unit_range(_blur(unusual, self.smoothing_sigma) * prior)


def _mean_3x3(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of each value and its eight neighbours, around the edges (a spectrum is periodic)."""
    rows = values + np.roll(values, 1, axis=0) + np.roll(values, -1, axis=0)
    return np.asarray((rows + np.roll(rows, 1, axis=1) + np.roll(rows, -1, axis=1)) / 9)


def _blur(values: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Gaussian blur; beyond the edges the picture counts as mirrored."""
    radius = int(np.ceil(3 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    for axis in (0, 1):
        padding = [(radius, radius) if a == axis else (0, 0) for a in (0, 1)]
        padded = np.pad(values, padding, mode="symmetric")
        values = np.apply_along_axis(np.convolve, axis, padded, kernel, mode="valid")
    return values


def _to_unit_range(values: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.asarray(values / values.max(), dtype=np.float32)


BASELINES: dict[str, Baseline] = {"spectral": SpectralResidual(), "center": CenterPrior()}
