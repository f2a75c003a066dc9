"""The spectral residual and the centre prior, and properties of the maps of all methods."""

from __future__ import annotations

import numpy as np
import pytest
from pictures import noisy_gradient
from scipy.ndimage import gaussian_filter, uniform_filter

import foveal
from foveal.errors import ParameterError
from foveal.saliency import METHODS, default_model, look
from foveal.saliency.classical import CLASSICAL_METHODS, SpectralResidual, center_prior
from foveal.saliency.fit import input_size


def dots_and_a_square(row: int, column: int) -> np.ndarray:
    """Return a picture of 48 small dots in rows and a large square in one place, with a little noise."""
    rng = np.random.default_rng(0)
    pixels = rng.normal(60, 4, (240, 320, 3)).clip(0, 255).astype(np.uint8)
    for y in range(20, 240, 40):
        for x in range(20, 320, 40):
            pixels[y - 3 : y + 3, x - 3 : x + 3] = 160
    pixels[row - 14 : row + 14, column - 14 : column + 14] = (250, 220, 40)
    return pixels


@pytest.mark.parametrize(("row", "column"), [(100, 140), (140, 220), (60, 100)])
def test_the_spectral_residual_finds_the_odd_one_out(row: int, column: int) -> None:
    found = foveal.saliency_map(dots_and_a_square(row, column), "spectral")
    peak = np.unravel_index(found.argmax(), found.shape)
    assert np.hypot(peak[0] - row, peak[1] - column) < 30
    assert found.max() == pytest.approx(1, abs=0.05)


def test_the_spectral_residual_agrees_with_the_published_code(coffee: np.ndarray) -> None:
    """The five lines of Hou and Zhang with filters of SciPy, foveal's sigma and borders, and its centre prior."""
    small = coffee[::10, ::10]
    grey = small @ np.array([0.299, 0.587, 0.114])
    spectrum = np.fft.fft2(grey)
    log_amplitude = np.log(np.abs(spectrum))
    residual = log_amplitude - uniform_filter(log_amplitude, 3, mode="wrap")
    saliency = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
    expected = gaussian_filter(saliency, 3.0, truncate=3.0) * center_prior(*grey.shape)
    found = SpectralResidual().map(np.ascontiguousarray(small))
    assert np.abs(found - expected / expected.max()).max() < 1e-5


@pytest.mark.parametrize("method", METHODS)
def test_maps_cover_the_whole_photo_at_its_aspect_ratio(method: str) -> None:
    for size in ((30, 1200), (600, 300)):
        found = look(foveal.Photo(noisy_gradient(*size)), method).map.shape
        if method in CLASSICAL_METHODS:
            side = CLASSICAL_METHODS[method].working_side
            assert found == tuple(max(1, round(each * side / max(size))) for each in size)
        else:
            assert found == input_size(*size, default_model().input_pixels)


def test_the_centre_prior_is_highest_in_the_middle_and_symmetric() -> None:
    found = foveal.saliency_map(noisy_gradient(101, 151), "center")
    assert found[50, 75] == found.max()
    np.testing.assert_allclose(found, found[::-1, ::-1], atol=1e-5)
    assert found[0, 0] < 0.1


@pytest.mark.parametrize("value", [0, 7, 255])
def test_the_map_of_a_flat_photo_is_the_centre_prior(value: int) -> None:
    flat = np.full((50, 70, 3), value, np.uint8)
    np.testing.assert_array_equal(foveal.saliency_map(flat, "spectral"), foveal.saliency_map(flat, "center"))


@pytest.mark.parametrize("method", METHODS)
def test_grey_and_sixteen_bits_give_the_map_of_eight_bit_rgb(method: str) -> None:
    grey = noisy_gradient(60, 80, None)
    expected = foveal.saliency_map(grey, method)
    np.testing.assert_array_equal(foveal.saliency_map(np.repeat(grey[:, :, None], 3, axis=2), method), expected)
    np.testing.assert_array_equal(foveal.saliency_map(grey.astype(np.uint16) * 257, method), expected)


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ParameterError, match="auto, gaze, msroi, cam, spectral, center"):
        foveal.saliency_map(np.zeros((9, 9), np.uint8), "magic")
