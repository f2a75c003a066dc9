"""Weights of a saliency map by block and frequency."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.fft import idctn

import foveal
from foveal.allocate.effort import EffortName
from foveal.allocate.foveation import frequency_profiles
from foveal.allocate.perception import FREQUENCY, MOVES_BORDERS, Foveation, Trend
from foveal.allocate.weights import LEAST_WEIGHT
from foveal.jpeg import NATURAL_INDEX

FOVEATION = Foveation(excess=Trend(0.4, 0.2), knee=0.5, borders=0.1)


@pytest.mark.parametrize(("level", "excess"), [(1.4, 0.2), (2.2, 0.4), (3.0, 0.6), (9.0, 0.6)])
def test_a_weight_counts_less_at_low_frequencies(level: float, excess: float) -> None:
    """w x factor is w^(1 - e(f)) at the 16 weights that have a profile of their own."""
    weights = (LEAST_WEIGHT ** np.linspace(0, 1, 16)).reshape(4, 4).astype(np.float32)
    found = frequency_profiles(weights, FOVEATION, level)
    exponents = excess / (1 + (FREQUENCY / 0.5) ** 2) + 0.1 * MOVES_BORDERS
    for weight, row in zip(weights.ravel(), found.index.ravel(), strict=True):
        np.testing.assert_allclose(weight * found.factors[row], weight ** (1 - exponents), rtol=1e-5)


def test_an_excess_above_1_is_1() -> None:
    """No frequency of a block that matters less gets more weight than those of a block of weight 1."""
    weights = np.full((1, 1), LEAST_WEIGHT, np.float32)
    found = frequency_profiles(weights, Foveation(excess=Trend(0.8), knee=0.5, borders=0.5), 2.2)
    factors = found.factors[found.index[0, 0]]
    assert factors.max() == pytest.approx(1 / LEAST_WEIGHT, rel=1e-5)


def test_only_some_coefficients_move_the_mean_of_a_border() -> None:
    """DC and the coefficients of MOVES_BORDERS, by SciPy's inverse DCT of each coefficient alone."""
    for zigzag_index, natural_index in enumerate(NATURAL_INDEX):
        block = np.zeros(64)
        block[natural_index] = 1
        samples = idctn(block.reshape(8, 8), norm="ortho")
        means = [samples[0].mean(), samples[7].mean(), samples[:, 0].mean(), samples[:, 7].mean()]
        assert (np.abs(means).max() > 0.03) == (zigzag_index == 0 or MOVES_BORDERS[zigzag_index])


def test_equal_weights_have_no_profile() -> None:
    found = frequency_profiles(np.ones((3, 5), np.float32), FOVEATION, 2.2)
    np.testing.assert_array_equal(found.factors[found.index], np.ones((3, 5, 64), np.float32))


def test_profiles_rise_with_the_weight() -> None:
    """A block of down-sampled chroma takes the profile of the most important block that it covers."""
    weights = np.linspace(LEAST_WEIGHT, 1, 101, dtype=np.float32).reshape(1, -1)
    found = frequency_profiles(weights, FOVEATION, 2.2)
    assert (np.diff(found.index.astype(int)) >= 0).all()
    assert (found.index[0, 0], found.index[0, -1]) == (0, len(found.factors) - 1)


@pytest.mark.parametrize("effort", ["fast", "balanced"])
def test_the_background_keeps_its_low_frequencies(effort: EffortName, coffee: np.ndarray) -> None:
    """At quality 40 nearly every block of the background has AC, where equal weights for all frequencies leave none."""
    mask = np.zeros(coffee.shape[:2], np.float32)
    mask[100:250, 200:400] = 1
    data = foveal.encode(coffee, quality=40, saliency=mask, strength=0.8, effort=effort)
    levels = foveal.jpeg.read_coefficients(data).blocks[0]
    background = levels[35:50, 2:20, 1:]  # the wooden table
    assert (background != 0).any(axis=2).mean() > 0.8
