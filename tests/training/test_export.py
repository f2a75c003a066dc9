"""The exported ONNX file against the network in PyTorch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` (PyTorch) is not installed")

from foveal.saliency import SaliencyModel  # noqa: E402
from foveal.saliency.model import CAM_PARTS, INPUT, OUTPUTS  # noqa: E402
from foveal.training import export  # noqa: E402

if TYPE_CHECKING:
    from foveal.training.network import SaliencyNetwork

DESCRIPTION = export.Description(
    tuple("abcde"), tuple(map(str, range(1000))), threshold=0.25, input_pixels=76_800, left_out_fold=3
)


@pytest.fixture(scope="module")
def exported(network: SaliencyNetwork, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "model.onnx"
    export.export(network, DESCRIPTION, path)
    return path


@pytest.mark.parametrize("size", [(1, 1), (160, 240), (177, 93), (16, 32), (17, 33), (240, 320)], ids=str)
def test_the_exported_model_computes_what_the_network_computes(
    network: SaliencyNetwork, exported: Path, size: tuple[int, int]
) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(exported, providers=["CPUExecutionProvider"])
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 3, *size)).astype(np.float32)
    found = session.run(list(OUTPUTS), {INPUT: pixels})
    same = export.rounded_network(network)(torch.from_numpy(pixels))
    for name, each, expected in zip(OUTPUTS, found, same, strict=True):
        scale = float(expected.abs().max())
        np.testing.assert_allclose(each, expected.numpy(), atol=1e-4 * max(1.0, scale), err_msg=name)
    maps, features, weights = session.run(["cam_maps", *CAM_PARTS], {INPUT: pixels})
    sums = np.einsum("ckij,nkyx->ncyx", weights, features)
    np.testing.assert_allclose(maps, sums, atol=1e-4 * max(1.0, np.abs(sums).max()))


def test_the_file_says_what_it_is(exported: Path) -> None:
    model = SaliencyModel(exported)
    assert (model.class_names, model.cam_class_names) == (DESCRIPTION.class_names, DESCRIPTION.cam_class_names)
    assert (model.threshold, model.input_pixels) == (0.25, 76_800)
    output = model.see(np.zeros((70, 50, 3), np.uint8))
    assert (output.cam_maps.shape, output.cam_cell_side) == ((1000, 3, 2), 32)
    assert output.class_maps.shape == (5, 9, 7)
    assert export.left_out_fold(exported) == 3
    assert b"/foveal/training/" not in exported.read_bytes()  # no paths of the exporting machine


def test_weights_are_rounded_by_at_most_half_a_level_of_their_channel() -> None:
    values = np.random.default_rng(1).normal(size=(6, 40, 3, 3)).astype(np.float32)
    values[2] = 0
    levels, scales = export.rounded(values)
    assert levels.dtype == np.int8
    largest = np.abs(values).max(axis=(1, 2, 3))
    error = np.abs(levels * scales - values).max(axis=(1, 2, 3))
    assert (error <= largest / 254 * 1.001).all()
    assert (np.abs(levels).max(axis=(1, 2, 3)) == [127, 127, 0, 127, 127, 127]).all()


def test_a_file_of_another_origin_left_out_no_fold(tmp_path: Path) -> None:
    from color_network import write_color_network

    assert export.left_out_fold(write_color_network(tmp_path / "colors.onnx")) is None
    described = json.loads(export.Description(("a",), ("b",), 0.5, 76_800).metadata()["left_out_fold"])
    assert described is None
