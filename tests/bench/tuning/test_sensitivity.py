"""Gradients by DCT coefficients against changes of the decoded picture, and the shapes of profiles."""

from __future__ import annotations

import numpy as np
from scipy.fft import idctn

from bench.tuning import sensitivity
from foveal.jpeg import NATURAL_INDEX


def upsample(plane: np.ndarray) -> np.ndarray:
    """A decoder's triangle filter along the first axis: 3/4 of the nearer sample, 1/4 of the further."""
    before, after = np.concatenate([plane[:1], plane[:-1]]), np.concatenate([plane[1:], plane[-1:]])
    return np.stack([0.75 * plane + 0.25 * before, 0.75 * plane + 0.25 * after], 1).reshape(-1, plane.shape[1])


def test_coefficient_gradients_are_those_of_the_decoded_picture() -> None:
    """A change of coefficients changes a weighted sum of samples by change x gradient, at edges too."""
    rng = np.random.default_rng(8)
    rgb_gradient = rng.normal(size=(32, 48, 3)).astype(np.float32)
    gradients = sensitivity.to_coefficient_gradients(rgb_gradient)
    planes = []
    expected = 0.0
    for gradient, (rows, columns) in zip(gradients, ((4, 6), (2, 3), (2, 3)), strict=True):
        assert gradient.shape == (rows, columns, 64)
        steps = rng.normal(size=gradient.shape)
        expected += float((steps * gradient).sum())
        natural = np.zeros_like(steps)
        natural[..., NATURAL_INDEX] = steps
        blocks = idctn(natural.reshape(rows, columns, 8, 8), axes=(2, 3), norm="ortho")
        planes.append(blocks.swapaxes(1, 2).reshape(8 * rows, 8 * columns))
    luma, blue, red = planes[0], *(upsample(upsample(plane).T).T for plane in planes[1:])
    rgb = np.stack([luma + 1.402 * red, luma - 0.344136 * blue - 0.714136 * red, luma + 1.772 * blue], axis=2)
    np.testing.assert_allclose(float((rgb * rgb_gradient).sum()), expected, rtol=1e-5)


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
