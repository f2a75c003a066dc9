"""Fixtures of the tests of saliency."""

from __future__ import annotations

import pytest
from color_network import write_color_network

from foveal.saliency import SaliencyModel


@pytest.fixture(scope="module")
def color_model(tmp_path_factory: pytest.TempPathFactory) -> SaliencyModel:
    """A network whose classes are colours, with a threshold T of 0.5."""
    return SaliencyModel(write_color_network(tmp_path_factory.mktemp("model") / "colors.onnx"))
