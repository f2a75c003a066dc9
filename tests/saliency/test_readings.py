"""Maps and confidences from the network's output, in cases that can be computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
from color_network import red_and_blue
from stub_network import StubModel, gaussian_log_density, network_output

import foveal
from foveal.photo.small_copy import small_copy
from foveal.saliency import SaliencyModel, SaliencyResult, look, look_by_methods
from foveal.saliency.readings import (
    CLEAR_NSS,
    FLAT_NSS,
    NSS_LINE,
    OBSERVERS_NSS,
    nss_of_itself,
    read_gaze,
    visibility,
)


def test_msroi_shows_all_kept_classes_and_cam_the_most_probable_one(color_model: SaliencyModel) -> None:
    photo = foveal.Photo(red_and_blue())
    results = look_by_methods(photo, ["msroi", "cam"], model=color_model)
    found = {name: result.resized((320, 480)) for name, result in results.items()}
    red, blue, elsewhere = np.s_[44:84, 60:100], np.s_[204:276, 332:436], np.s_[140:160, 200:260]
    assert found["msroi"][red].mean() > 0.85
    assert found["msroi"][blue].mean() == pytest.approx(0.8 * found["msroi"][red].mean(), abs=0.05)
    assert found["cam"][blue].mean() > 0.85  # darker but three times as large: a higher mean
    assert found["cam"][red].max() < 0.01
    for each in found.values():
        assert each[elsewhere].max() < 0.01
        assert each.max() <= 1


def test_a_class_below_the_threshold_makes_a_map_of_low_confidence(color_model: SaliencyModel) -> None:
    dark = foveal.Photo(red_and_blue() // 4)
    dim = look(dark, "msroi", model=color_model)
    assert [seen.name for seen in dim.classes] == ["red"]
    assert dim.confidence == pytest.approx(63 / 255 * visibility(small_copy(dark, 240)), abs=0.005)
    assert dim.confidence < color_model.threshold
    assert look(foveal.Photo(red_and_blue()), "msroi", model=color_model).confidence == pytest.approx(1, abs=0.005)


@pytest.mark.parametrize("method", ["msroi", "cam"])
def test_without_evidence_the_map_and_its_confidence_are_zero(color_model: SaliencyModel, method: str) -> None:
    result = look(foveal.Photo(np.zeros((40, 60), np.uint8)), method, model=color_model)
    assert (result.map.max(), result.confidence, result.classes) == (0, 0, ())
    assert result.resized((40, 60)).shape == (40, 60)


def test_negative_activations_are_clamped() -> None:
    output = network_output(np.zeros((20, 30)))
    output.cam_maps[1] = -5
    output.cam_maps[1, :, 25:] = 5
    output.cam_probabilities[:] = (0.25, 0.75)
    halves = np.repeat(np.array([[0, 255]], np.uint8), 24, axis=1).repeat(32, axis=0)
    result = look(foveal.Photo(halves), "cam", model=StubModel(output))
    assert result.confidence == 0.75
    assert (result.map[:, :180] == 0).all()  # of 240 columns
    assert result.map[:, 220:].min() > 0.8


@pytest.mark.parametrize(("height", "width", "confidence"), [(32, 31, 0), (31, 32, 0), (32, 32, 0.75)])
def test_nothing_is_prominent_in_a_tiny_picture(height: int, width: int, confidence: float) -> None:
    output = network_output(np.zeros((20, 30)))
    output.cam_maps[1] = 5
    output.cam_probabilities[:] = (0.25, 0.75)
    photo = foveal.Photo(np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8))
    assert look(photo, "cam", model=StubModel(output)).confidence == confidence


@pytest.mark.parametrize(("spread", "confidence"), [(0, 0), (4, 0.5), (8, 1), (100, 1)])
def test_visibility_rises_with_contrast(spread: int, confidence: float) -> None:
    """Two halves of 128 -+ spread: the standard deviation of luminance is the spread, and 8 of it is enough."""
    grey = np.full((160, 240, 3), 128 - spread, np.uint8)
    grey[:, 120:] = 128 + spread
    assert visibility(grey) == pytest.approx(confidence)


def test_nss_of_itself_is_the_nss_of_fixations_drawn_from_the_density() -> None:
    """NSS (Peters et al. 2005) of a million fixations drawn from the density."""
    rng = np.random.default_rng(0)
    density = rng.gamma(0.5, size=(20, 30)).astype(np.float32)
    chances = density.ravel().astype(np.float64)
    fixations = rng.choice(density.size, 1_000_000, p=chances / chances.sum())
    scored = ((density - density.mean()) / density.std()).ravel()[fixations].mean()
    assert nss_of_itself(density) == pytest.approx(scored, rel=0.01)
    assert nss_of_itself(np.full((4, 5), 0.3, np.float32)) == pytest.approx(0, abs=1e-6)


def test_confidence_and_strength_rise_with_the_concentration_of_the_density() -> None:
    densities = [gaussian_log_density(sharpness) for sharpness in np.linspace(0, 60, 60)]
    readings = [read_gaze(network_output(each)) for each in densities]
    expected = [NSS_LINE[0] + NSS_LINE[1] * nss_of_itself(np.exp(each)) for each in densities]
    assert [reading.expected_nss for reading in readings] == pytest.approx(expected, rel=1e-5)
    assert expected == sorted(expected)
    for reading, nss in zip(readings, expected, strict=True):
        assert reading.confidence == pytest.approx(min(nss / OBSERVERS_NSS, 1), rel=1e-5)
        ramp = (nss - FLAT_NSS) / (CLEAR_NSS - FLAT_NSS)
        assert reading.spending_share == pytest.approx(np.clip(ramp, 0, 1), abs=1e-5)
    assert readings[0].spending_share == 0  # a flat density
    assert (readings[-1].spending_share, readings[-1].confidence) == (1, 1)


def test_the_factor_of_the_strength_is_the_confidence_unless_a_method_has_its_own() -> None:
    assert SaliencyResult("map", np.ones((2, 2)), 0.25).strength_factor == 0.25
    assert SaliencyResult("map", np.ones((2, 2)), 0.25, spending_share=0.5).strength_factor == 0.5
    faint = np.repeat(np.array([[126, 130]], np.uint8), 120, axis=1).repeat(160, axis=0)  # of visibility 1/4
    found = look(foveal.Photo(faint), model=StubModel(network_output(gaussian_log_density(60))))
    assert (found.strength_factor, found.confidence) == pytest.approx((0.25, 0.25))


def test_confidence_does_not_depend_on_the_additive_constant() -> None:
    for shift in (-300, 300):
        near = read_gaze(network_output(gaussian_log_density(15)))
        far = read_gaze(network_output(gaussian_log_density(15) + shift))
        np.testing.assert_allclose(near.map, far.map, atol=1e-4)
        assert near.confidence == pytest.approx(far.confidence, abs=1e-3)


def test_a_gaze_map_covers_the_photo_exactly(color_model: SaliencyModel) -> None:
    """A white spot in the last column of 1000 x 30 pixels: the last cells of 240 x 7 reach beyond by a pixel."""
    pixels = np.zeros((30, 1000, 3), np.uint8)
    pixels[:, 960:] = 255
    found = foveal.saliency_map(pixels, "gaze", model=color_model)
    assert found[:, 983:].min() > 0.85  # of 33 pixels for a cell
    assert found[:, :920].max() < 0.05  # exp(-8) = 0.0003, and what interpolation spreads
    assert found.max() == pytest.approx(1, abs=1e-6)
