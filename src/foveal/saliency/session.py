"""Running an ONNX file with onnxruntime, also in a process that was forked while a model was loaded or running."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveal.checks import escape
from foveal.errors import ModelError, ParameterError, raised_by_signal_handler
from foveal.saliency.external_data import has_external_data
from foveal.threads import loading

_abandoned: list[Any] = []  # sessions that are not destroyed, which could wait for their locks


class _State(NamedTuple):
    """A session of onnxruntime, the process that uses it, and an entry for each run in progress."""

    inference: Any
    process: int
    runs: list[None]


class Session:
    """An ONNX file, loaded by onnxruntime.

    A child process cannot use a session that another thread was running when the process was forked, because its locks
    may be held forever, nor the thread pool of a session. There, the model is loaded again at its next run.

    Parameters
    ----------
    path
        Path of the ONNX file.
    threads
        Number of threads for one run. With 1, onnxruntime starts no thread pool.

    Raises
    ------
    ModelError
        The file is missing or broken, or onnxruntime is not installed.
    """

    def __init__(self, path: Path, threads: int) -> None:
        self._path = path
        self._threads = threads
        self._model = _read_model(path)
        self._state = self._open()

    def inputs(self) -> list[Any]:
        """Return the inputs of the model, with `name`, `type` and `shape`."""
        return list(self._state.inference.get_inputs())

    def outputs(self) -> list[Any]:
        """Return the outputs of the model, with `name`, `type` and `shape`."""
        return list(self._state.inference.get_outputs())

    def metadata(self) -> dict[str, str]:
        """Return the metadata of the model by name."""
        return dict(self._state.inference.get_modelmeta().custom_metadata_map)

    def run(self, names: Sequence[str], inputs: Mapping[str, NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        """Run the model, and return its outputs of these names; raise ModelError if it cannot be run."""
        state = self._usable_state()
        state.runs.append(None)
        try:
            return list(state.inference.run(list(names), dict(inputs)))
        except Exception as error:  # onnxruntime's exceptions have no common base class
            if raised_by_signal_handler(error):
                raise
            raise ModelError(f"{escape(str(self._path))}: the model cannot be run") from error
        finally:
            state.runs.pop()

    def _usable_state(self) -> _State:
        state = self._state
        if state.process != os.getpid():
            if self._threads > 1 or state.runs:
                _abandoned.append(state.inference)
                self._state = self._open()
            else:
                self._state = state._replace(process=os.getpid(), runs=[])
        return self._state

    def _open(self) -> _State:
        with loading:
            return _State(_open_inference(self._path, self._model, self._threads), os.getpid(), [])


def _read_model(path: Path) -> bytes:
    try:
        model = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{escape(str(path))}: the model cannot be read: {error.strerror}") from error
    except ValueError as error:  # a NUL character, or a character that the file system cannot encode
        raise ParameterError(f"{str(path)!r} is not a path: {error}") from error
    try:
        is_external = has_external_data(model)
    except ValueError as error:
        raise ModelError(f"{escape(str(path))}: not an ONNX model, or a broken one") from error
    if is_external:
        raise ModelError(
            f"{escape(str(path))}: the model has values in other files, which are not read; export it into one file"
        )
    return model


def _open_inference(path: Path, model: bytes, threads: int) -> Any:
    """Open an ONNX file as an InferenceSession of onnxruntime."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # else it writes a log and an identifier to the home folder
    try:
        import onnxruntime  # imported late: it takes longer than all of foveal, and most commands do not need it
    except ImportError as error:
        raise ModelError(
            f"{escape(str(path))}: onnxruntime, which runs the model, cannot be imported: {error} "
            "(without it: no saliency, spectral, center, or a map of your own)"
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 4  # errors are raised, not printed
    options.add_session_config_entry("session.load_model_format", "ONNX")  # not its own, which has external data, too
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions have no common base class
        if raised_by_signal_handler(error):
            raise
        raise ModelError(f"{escape(str(path))}: not an ONNX model, or a broken one") from error
