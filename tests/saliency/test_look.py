"""Saliency maps of several methods: when the network runs, its classes, and results without a network."""

from __future__ import annotations

import pytest
from color_network import red_and_blue
from pictures import noisy_gradient
from stub_network import StubModel, gaussian_log_density, network_output

import foveal
from foveal.saliency import SaliencyModel, look, look_by_methods


def test_the_network_runs_once_for_several_methods() -> None:
    model = StubModel(network_output(gaussian_log_density(3)))
    results = look_by_methods(
        foveal.Photo(noisy_gradient(16, 24)), ["auto", "cam", "gaze", "center", "msroi"], model=model
    )
    assert list(results) == ["center", "gaze", "cam", "msroi"]
    assert model.calls == 1
    look_by_methods(foveal.Photo(noisy_gradient(16, 24)), ["center", "spectral"], model=model)
    assert model.calls == 1


def test_top_k_limits_the_classes_in_the_map(color_model: SaliencyModel) -> None:
    photo = foveal.Photo(red_and_blue())
    for top_k, names in ((1, ["red"]), (2, ["red", "blue"]), (5, ["red", "blue"]), (None, ["red", "blue"])):
        result = look(photo, "msroi", top_k=top_k, model=color_model)
        assert [seen.name for seen in result.classes] == names
        assert result.map.max() == 1
        assert (foveal.saliency_map(photo, "msroi", top_k=top_k, model=color_model)[240, 380] > 0.5) == (
            "blue" in names
        )


@pytest.mark.parametrize("method", ["spectral", "center"])
def test_methods_without_a_network_have_confidence_one(method: str) -> None:
    result = look(foveal.Photo(noisy_gradient(30, 40)), method)
    assert (result.method, result.confidence, result.classes) == (method, 1.0, ())
