"""The network on the page, against the network run directly."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from explain_pages import PHOTO, make_page
from pictures import noisy_gradient
from PIL import Image

from foveal.errors import ModelError
from foveal.saliency import SaliencyModel


def test_the_network_section_shows_the_output_of_the_network() -> None:
    pixels = noisy_gradient(120, 180)
    shown = make_page(pixels, saliency="auto")
    model = SaliencyModel()
    output = model.see(np.asarray(Image.fromarray(pixels).resize((336, 224), Image.Resampling.BILINEAR)))
    top = int(output.cam_probabilities.argmax())
    rows = shown.rows("class-evidence")
    assert rows[0] == [
        model.cam_class_names[top],
        f"{output.cam_maps[top].mean():.4f}",
        f"{output.cam_probabilities[top]:.2%}",
    ]
    assert [row[0] for row in rows] == [
        model.cam_class_names[i] for i in np.argsort(-output.cam_probabilities, kind="stable")[:5]
    ]
    assert shown.text("cam-evidence") == f"{output.cam_maps[top].mean():.4f}"
    kept = int((output.class_probabilities > model.threshold).sum())
    assert ("this one map" if kept <= 1 else f"all {kept} maps") in shown.text("network")


def test_without_onnxruntime_only_methods_without_a_network_are_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    from foveal.saliency import model

    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    model._shipped_model.cache_clear()
    with pytest.raises(ModelError, match="onnxruntime"):
        make_page(PHOTO, saliency="auto")
    assert "was not used" in make_page(PHOTO, saliency="spectral").text("network")
