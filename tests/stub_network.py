"""A saliency network with a fixed output, for tests of what is made of the output."""

from __future__ import annotations

import numpy as np

from foveal.saliency.model import NetworkOutput


class StubModel:
    """A model with the same output for every picture, which counts its runs."""

    threshold = 0.5
    class_names = ("one", "two")

    def __init__(self, output: NetworkOutput) -> None:
        self.output = output
        self.calls = 0

    def see(self, rgb: np.ndarray) -> NetworkOutput:
        self.calls += 1
        return self.output


def network_output(gaze: np.ndarray) -> NetworkOutput:
    """Output for a picture of 160 x 240 pixels: a log density of fixations, and maps of two classes that are 0."""
    rows, columns = gaze.shape
    classes = np.zeros((2, rows, columns), np.float32)
    probabilities = np.array([0.5, 0.5], np.float32)
    return NetworkOutput(
        (160, 240), classes, probabilities, classes.copy(), probabilities.copy(), gaze.astype(np.float32)
    )


def gaussian_log_density(sharpness: float) -> np.ndarray:
    """Logarithm of a Gaussian density over 20 x 30 cells."""
    y, x = np.mgrid[-1:1:20j, -1:1:30j]
    return -0.5 * sharpness * (x**2 + y**2)
