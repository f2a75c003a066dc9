"""The exported ONNX file against the network in PyTorch."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` (PyTorch) is not installed")

from shapes import CLASSES  # noqa: E402

from foveal.training import checkpoint  # noqa: E402
from foveal.training.loop import CHECKPOINT  # noqa: E402


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")
def test_the_exported_model_computes_what_the_network_computes(trained: Path, tmp_path: Path) -> None:
    for module in ("onnx", "onnxscript"):
        pytest.importorskip(module, reason="the extra `train` is not installed")
    onnxruntime = pytest.importorskip("onnxruntime", reason="the extra `train` is not installed")
    from foveal.training import export

    state = checkpoint.load(trained / CHECKPOINT)
    export.export(state, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    stored = session.get_modelmeta().custom_metadata_map
    assert json.loads(stored["classes"]) == list(CLASSES)
    assert float(stored["threshold"]) == state.threshold
    rounded = export.AllMaps(export.rounded_network(state.averaged_network()))
    original = export.AllMaps(state.averaged_network())
    for size in ((1, 1), (160, 240), (177, 93)):
        pixels = np.random.default_rng(0).uniform(0, 255, (1, 3, *size)).astype(np.float32)
        found = session.run(list(export.OUTPUTS), {export.INPUT: pixels})
        with torch.no_grad():
            expected, unrounded = rounded(torch.from_numpy(pixels)), original(torch.from_numpy(pixels))
        for name, each, same, close in zip(export.OUTPUTS, found, expected, unrounded, strict=True):
            np.testing.assert_allclose(each, same.numpy(), atol=1e-4, err_msg=name)
            np.testing.assert_allclose(each, close.numpy(), atol=0.05, err_msg=name)
        maps, features, weights = session.run(["cam_maps", *export.CAM_PARTS], {export.INPUT: pixels})
        np.testing.assert_allclose(maps, np.einsum("ckij,nkyx->ncyx", weights, features), atol=1e-4)
    assert b"/foveal/training/" not in (tmp_path / "model.onnx").read_bytes()  # no paths of the exporting machine
