"""Export of a checkpoint as an ONNX file with all heads, for any input size.

Batch normalisation is folded into the convolutions. Large weight tensors are then rounded to 16 bits and stored in 16
bits; the arithmetic is in 32 bits. Weights are rounded before the export, so that the file computes the same as the
rounded PyTorch network.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from foveal.saliency.model import CAM_PARTS, INPUT, OUTPUTS
from foveal.training.checkpoint import Checkpoint
from foveal.training.network import ConvUnit, Halve, ResidualBlock, SaliencyNetwork

OPSET = 18
HALF_FROM = 256  # smallest number of values of a weight tensor that is stored in 16 bits


class AllMaps(nn.Module):
    """The network with its outputs as a tuple, in the order of OUTPUTS.

    `cam_maps` and `class_maps` (MS-ROI's) are (n, classes, h, w), the probabilities (n, classes), `gaze` (n, h, w), the
    log of a density up to a constant. h = ceil(H / 8), w = ceil(W / 8).
    """

    def __init__(self, network: SaliencyNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """Compute all outputs for pixels (n, 3, H, W), float32 RGB in 0..255."""
        output = self.network(pixels)
        cam, msroi = output.cam, output.msroi
        return cam.maps, torch.softmax(cam.logits, 1), msroi.maps, torch.sigmoid(msroi.logits), output.gaze


def export(checkpoint: Checkpoint, path: Path) -> None:
    """Write the averaged network of a checkpoint as ONNX, with class names and threshold in the metadata."""
    network = AllMaps(rounded_network(checkpoint.averaged_network())).eval()
    sides = {2: torch.export.Dim("height", min=1, max=8192), 3: torch.export.Dim("width", min=1, max=8192)}
    program = torch.onnx.export(
        network,
        (torch.zeros(1, 3, 165, 243),),
        input_names=[INPUT],
        output_names=list(OUTPUTS),
        dynamic_shapes=(sides,),
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
    )
    assert program is not None  # noqa: S101 (it is for a path only)
    model = with_cam_parts(with_half_weights(without_traces(program.model_proto)))
    metadata = {"classes": json.dumps(checkpoint.class_names), "threshold": repr(checkpoint.threshold)}
    helper.set_model_props(model, metadata)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def rounded_network(network: SaliencyNetwork) -> SaliencyNetwork:
    """Return an inference copy: normalisation folded into convolutions, weights rounded as the file stores them."""
    folded = copy.deepcopy(network).eval()
    for module in folded.modules():
        if isinstance(module, ConvUnit):
            module[0], module[1] = fuse_conv_bn_eval(module[0], module[1]), nn.Identity()
        elif isinstance(module, Halve):
            module.convolution, module.norm = fuse_conv_bn_eval(module.convolution, module.norm), nn.Identity()
        elif isinstance(module, ResidualBlock):
            module.second, module.norm = fuse_conv_bn_eval(module.second, module.norm), nn.Identity()
    with torch.no_grad():
        for parameter in folded.parameters():
            if parameter.numel() >= HALF_FROM:
                parameter.copy_(parameter.half())
    return folded


def without_traces(model: onnx.ModelProto) -> onnx.ModelProto:
    """Remove the exporter's notes on the origin of each operation (paths, and a tenth of the file)."""
    del model.graph.value_info[:]
    for part in (model.graph, *model.graph.node, *model.graph.initializer, *model.graph.input, *model.graph.output):
        del part.metadata_props[:]
    return model


def with_half_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store the weights that 16 bits hold exactly in 16 bits, with a cast to 32 before their use."""
    casts = []
    for initializer in model.graph.initializer:
        values = numpy_helper.to_array(initializer)
        if values.dtype != np.float32 or values.size < HALF_FROM or not _fits_in_half(values):
            continue
        name = initializer.name
        initializer.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}_half"))
        casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(casts + nodes)
    return model


def with_cam_parts(model: onnx.ModelProto) -> onnx.ModelProto:
    """Add the parts of the class activation maps as outputs: CAM_PARTS, the two inputs of one convolution.

    They are separate outputs, so that a session that does not request them does not change.
    """
    convolution = next(node for node in model.graph.node if "cam_maps" in node.output)
    for name, part in zip(CAM_PARTS, convolution.input[:2], strict=True):
        model.graph.node.append(helper.make_node("Identity", [part], [name]))
        model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * 4))
    return model


def _fits_in_half(values: NDArray[np.float32]) -> bool:
    return bool((values.astype(np.float16).astype(np.float32) == values).all())
