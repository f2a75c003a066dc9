"""The shapes of profiles."""

from __future__ import annotations

import numpy as np

from bench.tuning import sensitivity
from foveal.jpeg import NATURAL_INDEX


def test_profiles_are_symmetric_and_centred() -> None:
    profile = np.random.default_rng(9).normal(size=63)
    found = sensitivity.make_symmetric(profile)
    square = np.zeros(64)
    square[NATURAL_INDEX[1:]] = found
    np.testing.assert_allclose(square.reshape(8, 8), square.reshape(8, 8).T)
    np.testing.assert_allclose(sensitivity.make_symmetric(found), found)
    np.testing.assert_allclose(
        np.average(sensitivity.subtract_mean(profile), weights=1 / np.arange(1, 64)), 0, atol=1e-12
    )


def test_a_smooth_profile_is_its_own_trend() -> None:
    down, across = np.divmod(NATURAL_INDEX[1:], 8) / np.float64(7)
    surface = 0.3 - 0.2 * np.hypot(down, across) + 0.5 * (down**2 + across**2) + 0.1 * down * across
    np.testing.assert_allclose(sensitivity.fit_trend(surface), surface, atol=1e-9)
