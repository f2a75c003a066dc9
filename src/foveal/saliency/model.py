"""The saliency network: an ONNX file, run by onnxruntime, and its output for a picture."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from foveal.checks import MAX_THREADS, check_integer, escape
from foveal.errors import FovealError, ModelError, ParameterError
from foveal.saliency.cells import CELL_SIDE
from foveal.saliency.fit import SMALLEST_SIDE
from foveal.saliency.session import Session
from foveal.threads import loading

SHIPPED_MODEL = Path(__file__).with_name("network.onnx")
WORKING_SIDE = 240  # longer side of the input in pixels, for networks whose file does not give `input_pixels`

# Names of inputs and outputs in the ONNX file, as the export writes them.
INPUT = "pixels"
OUTPUTS = ("cam_maps", "cam_probabilities", "class_maps", "class_probabilities", "gaze")
MAX_INPUT_PIXELS = 2**24
CAM_CELL_SIDES = (8, 16, 32)
CAM_PARTS = ("features", "cam_weights")  # additional outputs, see `CamParts`

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class NetworkOutput:
    """The output of the network for one picture of (H, W) pixels: maps of h = ceil(H / 8) by w = ceil(W / 8) cells.

    All arrays are float32. CAM and MS-ROI may have different classes.

    Attributes
    ----------
    seen
        Size (H, W) of the network's input in pixels.
    cam_maps
        (CAM's classes, ceil(H / c), ceil(W / c)) with c = `cam_cell_side`: class activation maps.
    cam_probabilities
        (CAM's classes,): probabilities of the classes by CAM, which sum to 1 (softmax).
    class_maps
        (classes, h, w): class maps of MS-ROI, not negative.
    class_probabilities
        (classes,): probabilities of the classes by MS-ROI, each from 0 to 1 and independent of the others (sigmoid).
    gaze
        (h, w): logarithm of the fixation density, up to an additive constant.
    cam_cell_side
        Height and width of the cells of `cam_maps` in pixels of the input.
    """

    seen: tuple[int, int]
    cam_maps: Floats
    cam_probabilities: Floats
    class_maps: Floats
    class_probabilities: Floats
    gaze: Floats
    cam_cell_side: int = CELL_SIDE


class CamParts(NamedTuple):
    """The factors of class activation maps: the map of class c is the sum over k of weights[c, k] * features[k].

    Attributes
    ----------
    features
        (features, h, w) float32, not negative: feature maps of the backbone, in the cells of `NetworkOutput.cam_maps`.
    weights
        (CAM's classes, features) float32: weights of the feature maps for each class.

    References
    ----------
    B. Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016, equation 2.
    """

    features: Floats
    weights: Floats


class Model(Protocol):
    """The interface that `foveal.saliency.look` needs of a network, which `SaliencyModel` implements."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the maps."""

    @property
    def threshold(self) -> float:
        """Threshold T of MS-ROI, a probability."""

    def see(self, rgb: NDArray[np.uint8]) -> NetworkOutput:
        """Run the network on an (H, W, 3) uint8 RGB picture, see `SaliencyModel.see`."""


class SaliencyModel:
    """A saliency network: class activation maps (CAM), MS-ROI and gaze in one ONNX file.

    Loading takes longer than one run, so keep the model and reuse it; several threads may share it. Without a model of
    your own, `foveal.saliency_map` and `foveal.encode` use the shipped one, which is loaded once, at its first use.

    A model pickles by its path: the process that unpickles it loads the file. The shipped network is found wherever
    foveal is installed. A model can be used after a fork, also if other threads were running it.

    Parameters
    ----------
    path
        Path of the ONNX file, as `python -m foveal.training train` writes it; None for the shipped network. All its
        values must be in that file.
    threads
        Number of threads for one run, 1 to 1,024. With 1, onnxruntime starts no thread pool.

    Attributes
    ----------
    path : Path
        Path of the ONNX file.
    class_names : tuple of str
        Names of the classes of MS-ROI, in the order of the maps.
    cam_class_names : tuple of str
        Names of the classes of CAM, in the order of the maps; those of MS-ROI if the file does not name others.
    threshold : float
        Threshold T of MS-ROI, 0 to 1: its map is the sum of the maps of the classes of a higher probability.
    input_pixels : int or None
        Number of pixels of the pictures that the network was trained for, see `foveal.saliency.fit.input_size`; None
        for files that do not give it, whose pictures have 240 pixels on the longer side.

    Raises
    ------
    ModelError
        The file is missing, broken or not a network of foveal, or onnxruntime is not installed.
    ParameterError
        `path` is not a path, or `threads` is not an integer from 1 to 1,024.

    References
    ----------
    B. Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016 (CAM); A. Prakash et al.,
    "Semantic Perceptual Image Compression using Deep Convolution Networks", DCC 2017, arXiv 1612.08712 (MS-ROI).
    """

    path: Path
    class_names: tuple[str, ...]
    cam_class_names: tuple[str, ...]
    threshold: float
    input_pixels: int | None

    def __init__(self, path: str | os.PathLike[str] | None = None, threads: int = 1) -> None:
        check_integer("threads", threads, 1, MAX_THREADS)
        self._threads = int(threads)
        self.path = SHIPPED_MODEL if path is None else _as_path(path)
        self._session = Session(self.path, self._threads)
        self._check_interface()
        self._read_metadata()

    def __reduce__(self) -> tuple[type[SaliencyModel], tuple[Path | None, int]]:
        """Pickle the model as its path and its number of threads."""
        return type(self), (None if self.path == SHIPPED_MODEL else self.path, self._threads)

    def see(self, rgb: NDArray[np.uint8]) -> NetworkOutput:
        """Run the network on a picture.

        Parameters
        ----------
        rgb
            (H, W, 3) uint8 RGB, upright. The network was trained for pictures of about `input_pixels` pixels.

        Returns
        -------
        NetworkOutput
            Maps and probabilities of all classes, and the logarithm of the fixation density.

        Raises
        ------
        ParameterError
            `rgb` has another shape or dtype, or is empty.
        ModelError
            The network cannot be run, or its outputs have wrong shapes or are not finite.
        """
        outputs = self._run(OUTPUTS, rgb)
        cells, cam_cells = (
            tuple(-(-side // cell_side) for side in rgb.shape[:2]) for cell_side in (CELL_SIDE, self._cam_cell_side)
        )
        classes, cam_classes = (len(self.class_names),), (len(self.cam_class_names),)
        shapes = (cam_classes + cam_cells, cam_classes, classes + cells, classes, cells)
        for output, shape in zip(outputs, shapes, strict=True):
            if output.shape != (1, *shape) or not np.isfinite(output).all():
                raise ModelError(f"{escape(str(self.path))}: the model does not compute finite maps of its classes")
        seen = (rgb.shape[0], rgb.shape[1])
        cam_maps, cam_probabilities, class_maps, class_probabilities, gaze = (output[0] for output in outputs)
        return NetworkOutput(
            seen, cam_maps, cam_probabilities, class_maps, class_probabilities, gaze, self._cam_cell_side
        )

    def cam_parts(self, rgb: NDArray[np.uint8]) -> CamParts:
        """Run the network on a picture and return the factors of its class activation maps.

        Parameters and errors are those of `see`. A ModelError is also raised if the file lacks these outputs, as files
        of early exports do.
        """
        if not set(CAM_PARTS) <= {each.name for each in self._session.outputs()}:
            raise ModelError(f"{escape(str(self.path))}: the model does not output its features; export it again")
        features, weights = self._run(CAM_PARTS, rgb)
        return CamParts(features[0], weights.reshape(weights.shape[:2]))

    def _run(self, names: Sequence[str], rgb: NDArray[np.uint8]) -> list[Floats]:
        if not isinstance(rgb, np.ndarray):
            raise ParameterError(f"the network needs an array of pixels, not {type(rgb).__name__}")
        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or rgb.size == 0:
            raise ParameterError(f"the network needs (H, W, 3) uint8 pixels, not {rgb.shape} {rgb.dtype}")
        pixels = np.ascontiguousarray(rgb.transpose(2, 0, 1), dtype=np.float32)[np.newaxis]
        return self._session.run(names, {INPUT: pixels})

    def _check_interface(self) -> None:
        inputs, outputs = self._session.inputs(), self._session.outputs()
        fits = [(each.name, each.type, len(each.shape)) for each in inputs] == [(INPUT, "tensor(float)", 4)]
        kinds = {each.name: each.type for each in outputs}
        if not fits or any(kinds.get(name) != "tensor(float)" for name in OUTPUTS):
            raise ModelError(f"{escape(str(self.path))}: an ONNX model, but not a saliency network of foveal")

    def _read_metadata(self) -> None:
        """Set the attributes that the file's metadata gives; raise ModelError if they are missing or wrong."""
        metadata, file = self._session.metadata(), escape(str(self.path))
        try:
            names, threshold = json.loads(metadata["classes"]), float(metadata["threshold"])
            cam_names = json.loads(metadata["cam_classes"]) if "cam_classes" in metadata else names
            pixels = int(metadata["input_pixels"]) if "input_pixels" in metadata else None
            cam_cell_side = int(metadata.get("cam_cell_side", CELL_SIDE))
        except (KeyError, ValueError, RecursionError) as error:  # RecursionError: brackets in brackets
            raise ModelError(f"{file}: the class names or the threshold are missing, or broken") from error
        for each in (names, cam_names):
            if not (isinstance(each, list) and each and all(isinstance(name, str) for name in each)):
                raise ModelError(f"{file}: the class names are not a list of strings")
        if not 0 <= threshold <= 1:
            raise ModelError(f"{file}: the threshold {threshold} is not a probability")
        if pixels is not None and not SMALLEST_SIDE**2 <= pixels <= MAX_INPUT_PIXELS:
            raise ModelError(f"{file}: {pixels} pixels are no size of an input")
        if cam_cell_side not in CAM_CELL_SIDES:
            raise ModelError(f"{file}: cells of {cam_cell_side} pixels are not supported")
        self.class_names, self.cam_class_names, self.threshold = tuple(names), tuple(cam_names), threshold
        self.input_pixels, self._cam_cell_side = pixels, cam_cell_side


def default_model() -> SaliencyModel:
    """Return the shipped model, which is loaded at the first call; raises ModelError like `SaliencyModel`."""
    with loading:
        return _shipped_model()


_shipped_model = functools.cache(SaliencyModel)


def load_in_background() -> None:
    """Begin to load the shipped model on another thread; `default_model` waits for it, and raises its errors.

    The end of the program waits for the thread: onnxruntime does not bear to be torn down while it opens a session.
    """
    with suppress(RuntimeError):  # no thread can be started: the model is loaded when it is needed
        Thread(target=_load_quietly, name="foveal-network").start()


def _load_quietly() -> None:
    with suppress(FovealError, MemoryError):
        default_model()


def _as_path(path: str | os.PathLike[str]) -> Path:
    try:
        return Path(path)
    except TypeError as error:  # bytes, for example, or a PathLike that returns them
        raise ParameterError(f"the path of a model must be a string or a path, not {type(path).__name__}") from error
