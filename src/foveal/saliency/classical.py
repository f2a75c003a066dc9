"""Saliency methods without training: the spectral residual and the centre prior."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

CENTER_SIGMA = 0.3  # standard deviation of the centre prior, as a fraction of each side


class ClassicalMethod(Protocol):
    """A saliency method without training: it computes a saliency map from a small RGB picture."""

    @property
    def working_side(self) -> int:
        """Length in pixels of the longer side of the pictures that the method is made for."""

    def map(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the saliency map of an (h, w, 3) uint8 RGB picture: (h, w) float32 in [0, 1] with a peak of 1."""


def center_prior(height: int, width: int) -> NDArray[np.float64]:
    """Return the centre prior of a picture: a Gaussian around its centre, (height, width) float64 in [0, 1].

    People look at the centre first, and photographers place the subject there.
    """
    down, across = (((np.arange(n) + 0.5) / n - 0.5) / CENTER_SIGMA for n in (height, width))
    return np.asarray(np.exp(-0.5 * (down[:, np.newaxis] ** 2 + across**2)))


@dataclass(frozen=True)
class CenterPrior:
    """The centre prior as a saliency method: the same map for all pictures of the same size."""

    working_side: int = 64

    def map(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the saliency map of a picture, see `ClassicalMethod.map`."""
        return _scale_to_peak(center_prior(*rgb.shape[:2]))


@dataclass(frozen=True)
class SpectralResidual:
    """The spectral residual method: the unusual part of the amplitude spectrum, times the centre prior.

    References
    ----------
    X. Hou, L. Zhang, "Saliency Detection: A Spectral Residual Approach", CVPR 2007: the log amplitude spectrum of a
    64-pixel picture minus its 3x3 mean, transformed back with the original phase, squared and smoothed. Here the mean
    wraps around at the edges, because a spectrum is periodic, and sigma of the smoothing is 3 pixels (8 in the paper).
    """

    working_side: int = 64
    smoothing_sigma: float = 3.0

    def map(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the saliency map of a picture, see `ClassicalMethod.map`."""
        # Not by `@`: the lock of BLAS, which numpy multiplies with, can be held over a fork.
        grey = np.einsum("yxc,c->yx", rgb, np.array([0.299, 0.587, 0.114]))
        prior = center_prior(*grey.shape)
        if np.ptp(grey) < 1:  # differences of rounding only: the prior alone is the map
            return _scale_to_peak(prior)
        spectrum = np.fft.fft2(grey)
        log_amplitude = np.log(np.abs(spectrum) + 1e-9)
        residual = log_amplitude - _mean_3x3(log_amplitude)
        unusual = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
        return _scale_to_peak(_blur(unusual, self.smoothing_sigma) * prior)


def _mean_3x3(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of each value and its eight neighbours, wrapping around at the edges."""
    rows = values + np.roll(values, 1, axis=0) + np.roll(values, -1, axis=0)
    return np.asarray((rows + np.roll(rows, 1, axis=1) + np.roll(rows, -1, axis=1)) / 9)


def _blur(values: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Apply a Gaussian blur, with the values mirrored at the edges."""
    radius = int(np.ceil(3 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    for axis in (0, 1):
        padding = [(radius, radius) if a == axis else (0, 0) for a in (0, 1)]
        padded = np.pad(values, padding, mode="symmetric")
        values = np.apply_along_axis(np.convolve, axis, padded, kernel, mode="valid")
    return values


def _scale_to_peak(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Divide values by their maximum."""
    return np.asarray(values / values.max(), dtype=np.float32)


CLASSICAL_METHODS: dict[str, ClassicalMethod] = {"spectral": SpectralResidual(), "center": CenterPrior()}
