"""The network at work: an ONNX file and what it says about a picture."""

from __future__ import annotations

import functools
import json
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from foveal.checks import MAX_THREADS, check_integer
from foveal.errors import ModelError, ParameterError
from foveal.saliency.cells import CELL_SIDE

SHIPPED_MODEL = Path(__file__).with_name("network.onnx")
WORKING_SIDE = 240  # pixels of the long side of what the network sees

# Names in the ONNX file; the export writes them.
INPUT = "pixels"
OUTPUTS = ("cam_maps", "cam_probabilities", "class_maps", "class_probabilities", "gaze")
CAM_PARTS = ("features", "cam_weights")  # what `cam_maps` are made of, for who wants to see that

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class NetworkOutput:
    """All that the network says about one picture of (H, W) pixels, in maps of h = ceil(H / 8), w = ceil(W / 8) cells.

    Attributes
    ----------
    seen
        (H, W).
    cam_maps, cam_probabilities
        Class activation maps (classes, h, w); (classes,), which sum to 1.
    class_maps, class_probabilities
        Of MS-ROI: (classes, h, w), not negative; (classes,), each from 0 to 1 by itself.
    gaze
        (h, w): log of the density of fixations, up to a constant.
    """

    seen: tuple[int, int]
    cam_maps: Floats
    cam_probabilities: Floats
    class_maps: Floats
    class_probabilities: Floats
    gaze: Floats


class CamParts(NamedTuple):
    """What class activation maps are made of: the map of class c is the sum over k of weights[c, k] features[k].

    Attributes
    ----------
    features
        (k, h, w), not negative: what the backbone found, in cells like those of `NetworkOutput`.
    weights
        (classes, k).

    References
    ----------
    B. Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016, equation 2.
    """

    features: Floats
    weights: Floats


class Model(Protocol):
    """What looking needs of a network: see `SaliencyModel`."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """What it knows."""

    @property
    def threshold(self) -> float:
        """T of MS-ROI."""

    def see(self, rgb: NDArray[np.uint8]) -> NetworkOutput:
        """Run it on (H, W, 3) RGB."""


class SaliencyModel:
    """A network that finds where people look: CAM, MS-ROI and gaze in one ONNX file.

    Loading takes longer than looking, so make one and keep it; threads may share it. `foveal.saliency_map` and
    `foveal.encode` share one of the shipped file, made when it is first needed.

    Parameters
    ----------
    path
        The ONNX file, as `python -m foveal.training export` writes it; None for the shipped one.
    threads
        Threads that one look may use, from 1. With 1 there is no pool of threads, and the model survives a fork.

    Attributes
    ----------
    path : Path
        Where it came from.
    class_names : tuple of str
        What it knows, in the order of the maps.
    threshold : float
        T of MS-ROI: classes of a higher probability light up.

    Raises
    ------
    ModelError
        The file is missing, broken or of something else, or onnxruntime is not installed.
    ParameterError
        `threads` is not an integer from 1 to 1,024.

    References
    ----------
    B. Zhou et al., CVPR 2016 (CAM); A. Prakash et al., DCC 2017, arXiv 1612.08712 (MS-ROI).
    """

    path: Path
    class_names: tuple[str, ...]
    threshold: float
    _session: Any

    def __init__(self, path: str | os.PathLike[str] | None = None, threads: int = 1) -> None:
        check_integer("threads", threads, 1, MAX_THREADS)
        self.path = SHIPPED_MODEL if path is None else Path(path)
        self._session = _load(self.path, int(threads))
        self._check_interface()
        self.class_names, self.threshold = self._read_metadata()

    def see(self, rgb: NDArray[np.uint8]) -> NetworkOutput:
        """Run the network.

        Parameters
        ----------
        rgb
            (H, W, 3) uint8 RGB, upright; it works best at the size it was trained on, 240 pixels on the longer side.

        Raises
        ------
        ParameterError
            Not such an array.
        ModelError
            The file does not compute what it should.
        """
        outputs = self._run(OUTPUTS, rgb)
        cells = tuple(-(-side // CELL_SIDE) for side in rgb.shape[:2])
        classes = (len(self.class_names),)
        shapes = (classes + cells, classes, classes + cells, classes, cells)
        for output, shape in zip(outputs, shapes, strict=True):
            if output.shape != (1, *shape) or not np.isfinite(output).all():
                raise ModelError(f"{self.path}: the model does not give finite maps of its classes")
        return NetworkOutput((rgb.shape[0], rgb.shape[1]), *(output[0] for output in outputs))

    def cam_parts(self, rgb: NDArray[np.uint8]) -> CamParts:
        """Run the network for the features that its class activation maps are made of, and their weights.

        Parameters and errors are those of `see`; a ModelError also where the file does not have them: those exported
        before there was `foveal explain`.
        """
        if not set(CAM_PARTS) <= {each.name for each in self._session.get_outputs()}:
            raise ModelError(f"{self.path}: the model does not give its features; export it again")
        features, weights = self._run(CAM_PARTS, rgb)
        return CamParts(features[0], weights.reshape(weights.shape[:2]))

    def _run(self, names: Sequence[str], rgb: NDArray[np.uint8]) -> list[Floats]:
        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or rgb.size == 0:
            raise ParameterError(f"the network sees (H, W, 3) uint8, not {rgb.shape} {rgb.dtype}")
        pixels = np.ascontiguousarray(rgb.transpose(2, 0, 1), dtype=np.float32)[np.newaxis]
        try:
            return list(self._session.run(list(names), {INPUT: pixels}))
        except Exception as error:  # onnxruntime's own kinds, which share no base of their own
            raise ModelError(f"{self.path}: the model cannot be run") from error

    def _check_interface(self) -> None:
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        fits = [(each.name, each.type, len(each.shape)) for each in inputs] == [(INPUT, "tensor(float)", 4)]
        kinds = {each.name: each.type for each in outputs}
        if not fits or any(kinds.get(name) != "tensor(float)" for name in OUTPUTS):
            raise ModelError(f"{self.path}: an ONNX model, but not one of foveal's")

    def _read_metadata(self) -> tuple[tuple[str, ...], float]:
        metadata = self._session.get_modelmeta().custom_metadata_map
        try:
            names, threshold = json.loads(metadata["classes"]), float(metadata["threshold"])
        except (KeyError, ValueError) as error:
            raise ModelError(f"{self.path}: the names of the classes or the threshold are missing") from error
        if not (isinstance(names, list) and names and all(isinstance(name, str) for name in names)):
            raise ModelError(f"{self.path}: the names of the classes are no list")
        if not 0 <= threshold <= 1:
            raise ModelError(f"{self.path}: the threshold {threshold} is no probability")
        return tuple(names), threshold


def default_model() -> SaliencyModel:
    """The shipped model, loaded at the first call; raises ModelError like `SaliencyModel`."""
    with _loading:
        return _shipped_model()


_loading = threading.Lock()
_shipped_model = functools.cache(SaliencyModel)


def _load(path: Path, threads: int) -> Any:
    """Session of onnxruntime for a file."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # else it keeps a log and an identifier in the home folder
    try:
        import onnxruntime  # takes longer to import than all of foveal, and most commands do not need it
    except ImportError as error:
        raise ModelError(f"{path}: onnxruntime, which runs the model, cannot be imported: {error}") from error
    try:
        model = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: the model cannot be read: {error.strerror}") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 4  # what goes wrong is raised, not printed
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own kinds, which share no base of their own
        raise ModelError(f"{path}: not an ONNX model, or a broken one") from error
