"""Coefficients and impulse response of the blur of SSIMULACRA 2, against a Gaussian."""

from __future__ import annotations

import numpy as np
import pytest
from plain_blur import GAUSSIAN, blur_response, recursion

from foveal.metrics.ssimulacra.recursive_gaussian import impulse_response, recursive_gaussian


def test_the_blur_is_nearly_a_gaussian_and_ends_after_four_samples() -> None:
    radius, _ = recursive_gaussian(1.5)
    assert radius == 5
    gaussian = np.exp(-(np.arange(-4, 5) ** 2) / (2 * 1.5**2)) / (1.5 * np.sqrt(2 * np.pi))
    assert np.abs(blur_response() - gaussian).max() < 0.002
    assert blur_response().sum() == pytest.approx(1, abs=1e-12)
    impulse = np.zeros(41)
    impulse[20] = 1
    assert np.abs(np.delete(recursion(impulse), range(16, 25))).max() < 1e-12


def test_response_is_symmetric_and_sums_to_one() -> None:
    """The response is computed from the first half of the recursion."""
    half = impulse_response(GAUSSIAN)
    kernel = np.concatenate([half[:0:-1], half])
    assert half.shape == (5,)
    assert kernel.sum() == pytest.approx(1, abs=1e-12)
