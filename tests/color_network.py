"""A network whose output can be computed by hand, in the format of the trained network: its classes are colours.

The map of "red" is the mean of the red channel over a cell, from 0 to 1; likewise for "green" and "blue". The
probability of a class is the value of its brightest cell for MS-ROI, and proportional to the mean of its map for CAM.
The logarithm of the fixation density is LOG_RANGE times the mean of the three maps.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper

COLORS = ("red", "green", "blue")
LOG_RANGE = 8.0

_NODES = [
    helper.make_node("AveragePool", ["pixels"], ["means"], kernel_shape=[8, 8], strides=[8, 8], ceil_mode=1),
    helper.make_node("Div", ["means", "white"], ["class_maps"]),
    helper.make_node("ReduceMax", ["class_maps", "last_axes"], ["class_probabilities"], keepdims=0),
    helper.make_node("Identity", ["class_maps"], ["cam_maps"]),
    helper.make_node("ReduceMean", ["class_maps", "last_axes"], ["cam_means"], keepdims=0),
    helper.make_node("ReduceSum", ["cam_means"], ["cam_sum"], keepdims=1),
    helper.make_node("Max", ["cam_sum", "little"], ["cam_divisor"]),
    helper.make_node("Div", ["cam_means", "cam_divisor"], ["cam_probabilities"]),
    helper.make_node("ReduceMean", ["class_maps", "class_axis"], ["mean_map"], keepdims=0),
    helper.make_node("Mul", ["mean_map", "log_range"], ["gaze"]),
]
_CONSTANTS = {
    "white": np.float32(255),
    "little": np.float32(1e-6),
    "log_range": np.float32(LOG_RANGE),
    "last_axes": np.array([2, 3]),
    "class_axis": np.array([1]),
}
_OUTPUTS = {"cam_maps": 4, "cam_probabilities": 2, "class_maps": 4, "class_probabilities": 2, "gaze": 3}


def color_network(
    threshold: str = "0.5",
    classes: str = json.dumps(COLORS),
    nodes: Sequence[object] = _NODES,
    input_name: str = "pixels",
    left_out: Sequence[str] = (),
    more: Mapping[str, str] | None = None,
) -> ModelProto:
    """Return the network; arguments other than the defaults make a file that foveal must refuse."""
    graph = helper.make_graph(
        list(nodes),
        "colors",
        [helper.make_tensor_value_info(input_name, TensorProto.FLOAT, [1, 3, "height", "width"])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * rank)
            for name, rank in _OUTPUTS.items()
            if name not in left_out
        ],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in _CONSTANTS.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    metadata = {"classes": classes, "threshold": threshold, **(more or {})}
    helper.set_model_props(model, {name: value for name, value in metadata.items() if name not in left_out})
    return model


def write_color_network(path: Path, threshold: float = 0.5) -> Path:
    """Write the network as an ONNX file."""
    model = color_network(repr(threshold))
    checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path


def red_and_blue() -> np.ndarray:
    """A picture for the network, 480 x 320 pixels: a bright red square of 64 pixels, a darker blue area of 128 x 96."""
    pixels = np.zeros((320, 480, 3), np.uint8)
    pixels[32:96, 48:112, 0] = 255
    pixels[192:288, 320:448, 2] = 204
    return pixels
