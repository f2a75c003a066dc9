"""Export of the network as an ONNX file, for any size of the input.

Batch normalisation is folded into convolutions. Large weight tensors are rounded to 8 bits, with a scale for each
output channel, and stored as a cast and a multiplication, which onnxruntime computes once when it loads the file. The
arithmetic is in 32 bits.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from foveal.saliency.cells import CELL_SIDE
from foveal.saliency.fit import SIDE_MULTIPLE
from foveal.saliency.model import CAM_PARTS, INPUT, OUTPUTS
from foveal.training.backbone import (
    BACKBONE_STRIDE,
    PIXEL_MEAN,
    PIXEL_SPREAD,
    Backbone,
    Features,
    InvertedResidual,
    SameConv,
)
from foveal.training.heads import EVIDENCE_SHARPNESS, FINE, MAPS_PER_CLASS, ConvUnit, GazeHead, MsRoiHead, Trunk
from foveal.training.network import SaliencyNetwork

OPSET = 18
ROUNDED_FROM = 1024  # smallest number of values of a weight tensor that is stored in 8 bits
_RANKS = {"cam_maps": 4, "cam_probabilities": 2, "class_maps": 4, "class_probabilities": 2, "gaze": 3}


@dataclass(frozen=True)
class Description:
    """What the file says of the network besides its weights.

    Attributes
    ----------
    class_names, cam_class_names
        Names of the classes of MS-ROI and of CAM, in the order of their maps.
    threshold
        Threshold T of MS-ROI.
    input_pixels
        Number of pixels of the copies of photos that the network was trained on.
    left_out_fold
        Fold of the photos with fixations that the heads did not see; None if they saw all.
    """

    class_names: tuple[str, ...]
    cam_class_names: tuple[str, ...]
    threshold: float
    input_pixels: int
    left_out_fold: int | None = None

    def metadata(self) -> dict[str, str]:
        """Return the entries of the file's metadata."""
        return {
            "classes": json.dumps(self.class_names),
            "cam_classes": json.dumps(self.cam_class_names),
            "threshold": repr(self.threshold),
            "input_pixels": str(self.input_pixels),
            "cam_cell_side": str(BACKBONE_STRIDE),
            "left_out_fold": json.dumps(self.left_out_fold),
        }


def export(network: SaliencyNetwork, description: Description, path: Path) -> None:
    """Write a network as ONNX, its weights rounded as `rounded_network` does."""
    model = _model(rounded_network(network))
    helper.set_model_props(model, description.metadata())
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def left_out_fold(path: Path) -> int | None:
    """Return the fold that the heads of an exported network did not learn from; None if they learned from all."""
    entries = {each.key: each.value for each in onnx.load(path).metadata_props}
    fold = json.loads(entries.get("left_out_fold", "null"))
    return fold if isinstance(fold, int) else None


def rounded_network(network: SaliencyNetwork) -> SaliencyNetwork:
    """Return a copy for inference: normalisation folded into convolutions, weights rounded as the file stores them."""
    folded = copy.deepcopy(network).eval()
    for module in folded.modules():
        if isinstance(module, ConvUnit):
            module[0], module[1] = fuse_conv_bn_eval(module[0], module[1]), nn.Identity()
    with torch.no_grad():
        for parameter in folded.parameters():
            values = parameter.numpy()
            if _is_rounded(values):
                levels, scales = rounded(values)
                parameter.copy_(torch.from_numpy(levels * scales))
    return folded


def rounded(values: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return levels of -127..127 of a weight tensor, and the scale of each output channel, for broadcasting."""
    largest = np.abs(values).max(axis=tuple(range(1, values.ndim)), keepdims=True)
    scales = (np.maximum(largest, 1e-12) / 127).astype(np.float32)
    return np.rint(values / scales).astype(np.int8), scales


def _is_rounded(values: NDArray[np.float32]) -> bool:
    return values.size >= ROUNDED_FROM and values.ndim in (2, 4) and values.shape[0] > 1


def _model(network: SaliencyNetwork) -> ModelProto:
    graph = _Graph()
    size = graph.add("Shape", INPUT, start=2, end=4)
    pixels = _padded(graph, size)
    features = _backbone(graph, network.backbone, pixels)
    cells = graph.add("Div", graph.add("Add", size, graph.integers(CELL_SIDE - 1)), graph.integers(CELL_SIDE))
    _cam(graph, network.backbone, features.seventh)
    _msroi(graph, network.msroi, features, cells)
    heads = [_gaze(graph, head, features) for head in network.gaze]
    mean = graph.add("Mul", graph.add("Sum", *heads), graph.number(1 / len(heads)))
    graph.add("Squeeze", graph.cut(mean, cells), graph.integers(1), output="gaze")
    outputs = [
        helper.make_tensor_value_info(n, TensorProto.FLOAT, [None] * _RANKS.get(n, 4)) for n in (*OUTPUTS, *CAM_PARTS)
    ]
    inputs = [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [1, 3, "height", "width"])]
    proto = helper.make_graph(graph.nodes, "saliency", inputs, outputs, graph.constants)
    return helper.make_model(proto, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)


@dataclass
class _Graph:
    """Nodes and constants of an ONNX graph that grows; values are known by their names."""

    nodes: list[NodeProto] = field(default_factory=list)
    constants: list[TensorProto] = field(default_factory=list)

    def add(self, operation: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """Append a node, and return the name of its output."""
        name = output or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, list(inputs), [name], **attributes))
        return name

    def constant(self, values: NDArray[Any]) -> str:
        """Append a constant, and return its name."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def integers(self, *values: int) -> str:
        """Append a constant of 64-bit integers, (n,)."""
        return self.constant(np.array(values, np.int64))

    def number(self, value: float) -> str:
        """Append a constant of one 32-bit number."""
        return self.constant(np.array(value, np.float32))

    def weights(self, tensor: torch.Tensor) -> str:
        """Append weights, in 8 bits if they are large."""
        values = tensor.detach().numpy()
        if not _is_rounded(values):
            return self.constant(values)
        levels, scales = rounded(values)
        return self.add("Mul", self.add("Cast", self.constant(levels), to=TensorProto.FLOAT), self.constant(scales))

    def convolve(self, x: str, convolution: nn.Conv2d) -> str:
        """Append a convolution; TensorFlow's padding for a SameConv."""
        if isinstance(convolution, SameConv):
            padding: dict[str, Any] = {"auto_pad": "SAME_UPPER"}
        else:
            down, across = (int(side) for side in convolution.padding)
            padding = {"pads": [down, across, down, across]}
        inputs = [x, self.weights(convolution.weight)]
        if convolution.bias is not None:
            inputs.append(self.constant(convolution.bias.detach().numpy()))
        return self.add(
            "Conv",
            *inputs,
            kernel_shape=list(convolution.kernel_size),
            strides=list(convolution.stride),
            dilations=list(convolution.dilation),
            group=convolution.groups,
            **padding,
        )

    def double(self, x: str) -> str:
        """Append a bilinear enlargement of both sides by 2."""
        scales = self.constant(np.array([1, 1, 2, 2], np.float32))
        return self.add("Resize", x, "", scales, mode="linear", coordinate_transformation_mode="half_pixel")

    def cut(self, x: str, size: str, output: str | None = None) -> str:
        """Append a cut of the last two axes of (n, c, h, w) to a size (2,)."""
        return self.add("Slice", x, self.integers(0, 0), size, self.integers(2, 3), output=output)


def _padded(graph: _Graph, size: str) -> str:
    """Repeat the last row and column until both sides are multiples of SIDE_MULTIPLE."""
    multiple = graph.integers(SIDE_MULTIPLE)
    missing = graph.add("Mod", graph.add("Neg", size), multiple)
    padding = graph.add("Concat", graph.integers(0, 0, 0, 0, 0, 0), missing, axis=0)
    return graph.add("Pad", INPUT, padding, mode="edge")


def _backbone(graph: _Graph, backbone: Backbone, pixels: str) -> Features:
    """Append the backbone, and return the names of its features."""
    x = graph.add("Div", graph.add("Sub", pixels, graph.number(PIXEL_MEAN)), graph.number(PIXEL_SPREAD))
    x = _relu6(graph, graph.convolve(x, backbone.stem))
    outputs = []
    for stage in backbone.stages:
        for block in stage:
            x = _block(graph, block, x)
        outputs.append(x)
    halved = graph.add("AveragePool", outputs[1], kernel_shape=[2, 2], strides=[2, 2])
    return Features(halved, *outputs[2:])


def _block(graph: _Graph, block: InvertedResidual, x: str) -> str:
    y = x if block.expand is None else _relu6(graph, graph.convolve(x, block.expand))
    y = graph.convolve(_relu6(graph, graph.convolve(y, block.depthwise)), block.project)
    return graph.add("Add", x, y) if block.residual else y


def _relu6(graph: _Graph, x: str, output: str | None = None) -> str:
    return graph.add("Clip", x, graph.number(0), graph.number(6), output=output)


def _cam(graph: _Graph, backbone: Backbone, seventh: str) -> None:
    """Append class activation maps, their factors, and the probabilities of their classes."""
    features_name, weights_name = CAM_PARTS
    features = _relu6(graph, graph.convolve(seventh, backbone.last), features_name)
    weights = graph.weights(backbone.classifier.weight)
    kernels = graph.add("Unsqueeze", weights, graph.integers(2, 3), output=weights_name)
    graph.add("Conv", features, kernels, kernel_shape=[1, 1], output="cam_maps")
    means = graph.add("ReduceMean", "cam_maps", graph.integers(2, 3), keepdims=0)
    logits = graph.add("Add", means, graph.constant(backbone.classifier.bias.detach().numpy()))
    graph.add("Softmax", logits, axis=1, output="cam_probabilities")


def _trunk(graph: _Graph, trunk: Trunk, features: Sequence[str]) -> str:
    reduced = [graph.convolve(x, reduce) for x, reduce in zip(features, trunk.reduce, strict=True)]
    second, third, fourth, fifth, sixth, seventh = reduced
    fine = [graph.add("SpaceToDepth", x, blocksize=2) for x in (second, third)]
    size = graph.add("Shape", fourth, start=2, end=4)
    coarse = [graph.cut(graph.double(x), size) for x in (sixth, seventh)]
    joined = graph.add("Concat", *fine, fourth, fifth, *coarse, axis=1)
    order = _channel_order(trunk.norm.num_features)
    x = graph.add("Relu", _normalized(graph, trunk.norm, joined, order))
    mix: nn.Conv2d = copy.deepcopy(trunk.mix[0])
    mix.weight.data = mix.weight.data[:, order]
    x = graph.add("Relu", graph.convolve(x, mix))
    means = graph.add("ReduceMean", x, graph.integers(2, 3), keepdims=0)
    overall = graph.add(
        "Gemm",
        means,
        graph.weights(trunk.overall.weight),
        graph.constant(trunk.overall.bias.detach().numpy()),
        transB=1,
    )
    overall = graph.add("Unsqueeze", overall, graph.integers(2, 3))
    around = [graph.add("Relu", graph.convolve(x, unit[0])) for unit in trunk.around]
    everything = graph.add("Concat", graph.add("Relu", graph.add("Add", x, overall)), *around, axis=1)
    return graph.add("Relu", graph.convolve(everything, trunk.read[0]))


def _channel_order(channels: int) -> NDArray[np.int64]:
    """Return the channels of PyTorch's `pixel_unshuffle` in the order of ONNX's SpaceToDepth, then all others.

    PyTorch has the four cells of a channel together, ONNX has the same cell of all channels together.
    """
    one = np.arange(4 * FINE).reshape(FINE, 4).T.ravel()
    return np.concatenate([one, one + 4 * FINE, np.arange(8 * FINE, channels)])


def _normalized(graph: _Graph, norm: nn.BatchNorm2d, x: str, order: NDArray[np.int64]) -> str:
    assert norm.running_mean is not None and norm.running_var is not None  # noqa: S101 (they are tracked)
    scale = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach().numpy()
    offset = norm.bias.detach().numpy() - norm.running_mean.numpy() * scale
    scaled = graph.add("Mul", x, graph.constant(scale[order][:, None, None]))
    return graph.add("Add", scaled, graph.constant(offset[order][:, None, None]))


def _gaze(graph: _Graph, head: GazeHead, features: Sequence[str]) -> str:
    """Append a gaze head, and return the name of its output (1, 1, h, w)."""
    x = _trunk(graph, head.trunk, features)
    x = graph.add("Relu", graph.convolve(x, head.last[0]))
    x = graph.add("DepthToSpace", graph.convolve(x, head.out), blocksize=2)
    size = graph.add("Concat", graph.integers(1, 1), graph.add("Shape", x, start=2, end=4), axis=0)
    prior = graph.constant(head.prior.detach().numpy())
    prior = graph.add("Resize", prior, "", "", size, mode="linear", coordinate_transformation_mode="half_pixel")
    return graph.add("Add", x, prior)


def _msroi(graph: _Graph, head: MsRoiHead, features: Sequence[str], cells: str) -> None:
    """Append the class maps of MS-ROI and the probabilities of its classes."""
    trunk = _trunk(graph, head.trunk, features)
    wide = graph.double(graph.add("Relu", graph.convolve(features[-1], head.wide[0])))
    joined = graph.add("Concat", trunk, graph.cut(wide, graph.add("Shape", trunk, start=2, end=4)), axis=1)
    x = graph.add("Relu", graph.convolve(joined, head.weights))
    parts = [f"part{each}" for each in range(MAPS_PER_CLASS)]
    graph.nodes.append(helper.make_node("Split", [x], parts, axis=1, num_outputs=len(parts)))
    maps = graph.add("Sum", *parts)
    graph.cut(graph.double(maps), cells, output="class_maps")
    peak = graph.add("ReduceMax", maps, graph.integers(2, 3))
    raised = graph.add("Exp", graph.add("Mul", graph.add("Sub", maps, peak), graph.number(EVIDENCE_SHARPNESS)))
    means = graph.add("Log", graph.add("ReduceMean", raised, graph.integers(2, 3)))
    evidence = graph.add("Add", peak, graph.add("Div", means, graph.number(EVIDENCE_SHARPNESS)))
    bias = graph.constant(head.bias.detach().numpy())
    logits = graph.add("Add", graph.add("Squeeze", evidence, graph.integers(2, 3)), bias)
    graph.add("Sigmoid", logits, output="class_probabilities")
