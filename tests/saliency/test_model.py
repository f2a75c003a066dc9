"""The network's file: its output, the files that are refused, and its loading, once and only where it is needed."""

from __future__ import annotations

import functools
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import pytest
from color_network import COLORS, color_network, write_color_network
from onnx import helper
from pictures import noisy_gradient

import foveal
from foveal.errors import ModelError, ParameterError
from foveal.saliency import model as model_module
from foveal.saliency import prepare_to_look
from foveal.saliency.model import OUTPUTS, SHIPPED_MODEL, SaliencyModel, default_model
from foveal.saliency.session import Session


def test_the_output_of_the_color_network_is_as_computed_by_hand(tmp_path: Path) -> None:
    model = SaliencyModel(write_color_network(tmp_path / "colors.onnx", 0.25))
    assert (model.class_names, model.threshold) == (COLORS, 0.25)
    rgb = np.zeros((16, 24, 3), np.uint8)
    rgb[8:, :8, 0] = 255
    rgb[:8, 16:20, 2] = 255  # half of a cell
    output = model.see(rgb)
    assert output.seen == (16, 24)
    np.testing.assert_allclose(output.class_maps[0], [[0, 0, 0], [1, 0, 0]])
    np.testing.assert_allclose(output.class_maps[2], [[0, 0, 0.5], [0, 0, 0]])
    np.testing.assert_allclose(output.class_probabilities, [1, 0, 0.5])
    np.testing.assert_allclose(output.cam_probabilities, [2 / 3, 0, 1 / 3], rtol=1e-6)
    np.testing.assert_allclose(output.gaze, [[0, 0, 8 / 6], [8 / 3, 0, 0]], rtol=1e-6)


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (9, 17), (160, 240), (240, 6)], ids=str)
def test_the_maps_of_the_shipped_network_cover_the_whole_picture(size: tuple[int, int]) -> None:
    model = default_model()
    output = model.see(noisy_gradient(*size))
    cells = (-(-size[0] // 8), -(-size[1] // 8))
    assert output.gaze.shape == cells
    assert output.class_maps.shape == (len(model.class_names), *cells)
    assert output.cam_maps.shape == (len(model.cam_class_names), -(-size[0] // 32), -(-size[1] // 32))
    assert output.class_maps.min() >= 0
    assert output.cam_probabilities.sum() == pytest.approx(1, abs=1e-4)
    assert 0 <= output.class_probabilities.min() <= output.class_probabilities.max() <= 1


@pytest.mark.parametrize("size", [(1, 1), (9, 17), (160, 240)], ids=str)
def test_weights_times_features_are_the_class_activation_maps(size: tuple[int, int]) -> None:
    model, rgb = default_model(), noisy_gradient(*size)
    output, parts = model.see(rgb), model.cam_parts(rgb)
    assert parts.features.min() >= 0
    assert parts.weights.shape == (len(model.cam_class_names), len(parts.features))
    sums = np.einsum("ck,kyx->cyx", parts.weights.astype(float), parts.features.astype(float))
    np.testing.assert_allclose(output.cam_maps, sums, atol=1e-3)
    assert parts.features.shape[1:] == output.cam_maps.shape[1:]


def test_a_model_without_cam_parts_still_runs(tmp_path: Path) -> None:
    model = SaliencyModel(write_color_network(tmp_path / "colors.onnx"))
    rgb = np.zeros((16, 24, 3), np.uint8)
    assert model.see(rgb).seen == (16, 24)
    with pytest.raises(ModelError, match=r"colors\.onnx: .*features"):
        model.cam_parts(rgb)


def refused(path: Path, capfd: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(ModelError) as raised:
        SaliencyModel(path).see(np.zeros((20, 20, 3), np.uint8))
    message = str(raised.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    assert capfd.readouterr() == ("", "")
    return message


def test_missing_and_broken_files_are_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    whole = SHIPPED_MODEL.read_bytes()
    broken = {
        "empty": b"",
        "text": b"hello",
        "random": np.random.default_rng(0).bytes(20_000),
        "first byte lost": whole[1:],
        **{f"cut at {share}": whole[: int(len(whole) * share)] for share in (0.001, 0.5, 0.999)},
    }
    path = tmp_path / "model.onnx"
    for data in broken.values():
        path.write_bytes(data)
        refused(path, capfd)
    assert "No such file" in refused(tmp_path / "missing.onnx", capfd)
    with pytest.raises(ModelError, match=r"^a\\nb\.onnx: the model cannot be read: No such file"):
        SaliencyModel("a\nb.onnx")
    assert "directory" in refused(tmp_path, capfd)


_IDENTITY = [helper.make_node("Identity", ["pixels"], ["class_maps"])]
_OTHERS = [
    helper.make_node("ReduceSum", ["pixels", "last_axes"], [name], keepdims=0)
    for name in ("cam_probabilities", "class_probabilities")
]
_WRONG_SHAPES = [
    *_IDENTITY,
    *_OTHERS,
    helper.make_node("Identity", ["pixels"], ["cam_maps"]),
    helper.make_node("ReduceSum", ["pixels", "class_axis"], ["gaze"], keepdims=0),
]
_FAILING = [*_WRONG_SHAPES[:-1], helper.make_node("MatMul", ["cam_maps", "class_axis"], ["gaze"])]
FOREIGN = {
    "another input": (
        color_network(
            input_name="means",
            nodes=[helper.make_node("Identity", ["means"], ["class_maps"])],
            left_out=[name for name in OUTPUTS if name != "class_maps"],
        ),
        "not a saliency network of foveal",
    ),
    "an output missing": (color_network(left_out=["gaze"]), "not a saliency network of foveal"),
    "no classes": (color_network(left_out=["classes"]), "are missing"),
    "no threshold": (color_network(left_out=["threshold"]), "are missing"),
    "classes that are no JSON": (color_network(classes="red, green"), "are missing"),
    "classes of CAM that are no JSON": (color_network(more={"cam_classes": "red"}), "or broken"),
    "classes of CAM of another kind": (color_network(more={"cam_classes": "[1]"}), "not a list of strings"),
    "a class of CAM too few": (color_network(more={"cam_classes": '["red", "green"]'}), "maps of its classes"),
    "pixels in words": (color_network(more={"input_pixels": "many"}), "or broken"),
    "too few pixels": (color_network(more={"input_pixels": "4095"}), "no size of an input"),
    "too many pixels": (color_network(more={"input_pixels": "16777217"}), "no size of an input"),
    "cells of another size": (color_network(more={"cam_cell_side": "7"}), "cells of 7 pixels"),
    "classes of another kind": (color_network(classes='{"red": 1}'), "not a list of strings"),
    "numbers for classes": (color_network(classes="[1, 2, 3]"), "not a list of strings"),
    "a class too few": (color_network(classes='["red", "green"]'), "maps of its classes"),
    "threshold in words": (color_network(threshold="half"), "are missing"),
    "threshold too high": (color_network(threshold="1.5"), "not a probability"),
    "threshold that is no number": (color_network(threshold="nan"), "not a probability"),
    "maps as large as the picture": (color_network(nodes=_WRONG_SHAPES), "maps of its classes"),
    "what cannot be multiplied": (color_network(nodes=_FAILING), ""),
}


@pytest.mark.parametrize(("model", "words"), FOREIGN.values(), ids=FOREIGN)
def test_models_of_something_else_are_refused(
    model: onnx.ModelProto, words: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "foreign.onnx"
    path.write_bytes(model.SerializeToString())
    assert words in refused(path, capfd)


def test_numbers_that_are_not_finite_are_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model = color_network()
    scale = next(each for each in model.graph.initializer if each.name == "log_range")
    scale.CopyFrom(onnx.numpy_helper.from_array(np.float32("nan").reshape(()), "log_range"))
    path = tmp_path / "nan.onnx"
    path.write_bytes(model.SerializeToString())
    assert "finite" in refused(path, capfd)


def test_without_onnxruntime_the_error_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelError, match=r"^[^\n]*network\.onnx: onnxruntime[^\n]*$"):
        SaliencyModel()
    assert foveal.saliency_map(noisy_gradient(9, 9), "spectral").shape == (9, 9)


@pytest.mark.parametrize("threads", [0, -1, 1025, 1.5, True, None, "2"])
def test_threads_out_of_range_are_refused(threads: object) -> None:
    with pytest.raises(ParameterError, match="threads"):
        SaliencyModel(threads=threads)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "rgb", [np.zeros((9, 9), "u1"), np.zeros((9, 9, 4), "u1"), np.zeros((9, 9, 3)), np.zeros((0, 9, 3), "u1")]
)
def test_pixels_that_are_not_eight_bit_rgb_are_refused(rgb: np.ndarray) -> None:
    with pytest.raises(ParameterError, match="uint8"):
        default_model().see(rgb)


def test_the_output_does_not_depend_on_the_threads() -> None:
    rgb = noisy_gradient(160, 240)
    one, two = default_model().see(rgb), SaliencyModel(threads=2).see(rgb)
    for name in OUTPUTS:
        np.testing.assert_allclose(getattr(one, name), getattr(two, name), atol=1e-4, err_msg=name)


def test_the_default_model_is_loaded_once_and_shared_by_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = []

    def counted(path: Path, threads: int) -> Session:
        loaded.append((path, threads))
        return Session(path, threads)

    monkeypatch.setattr(model_module, "Session", counted)
    model_module._shipped_model.cache_clear()
    photos = [noisy_gradient(30 + i, 50) for i in range(8)]
    with ThreadPoolExecutor(8) as pool:
        maps = list(pool.map(foveal.saliency_map, photos))
    assert loaded == [(SHIPPED_MODEL, 1)]
    for photo, found in zip(photos, maps, strict=True):
        np.testing.assert_array_equal(foveal.saliency_map(photo), found)


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ("import foveal, foveal.cli.main, foveal.saliency", False),
        (
            "from click.testing import CliRunner; from foveal.cli import main; CliRunner().invoke(main.cli, '-h')",
            False,
        ),
        ("import foveal, numpy; foveal.encode(numpy.zeros((9, 9), 'u1'), saliency=None)", False),
        ("import foveal, numpy; foveal.saliency_map(numpy.zeros((9, 9), 'u1'), 'spectral')", False),
        ("import foveal, numpy; foveal.encode(numpy.zeros((9, 9), 'u1'))", True),
    ],
)
def test_onnxruntime_is_loaded_only_where_it_is_needed(statements: str, expected: bool) -> None:
    check = f"import sys; {statements}; print('onnxruntime' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == (str(expected), "")


def test_looking_leaves_nothing_in_the_home_folder(tmp_path: Path) -> None:
    """By default, onnxruntime writes a log of its use and an identifier there."""
    program = "import numpy, foveal; foveal.saliency_map(numpy.zeros((64, 64, 3), numpy.uint8))"
    environment = {key: value for key, value in os.environ.items() if key != "ORT_DISABLE_TELEMETRY"}
    subprocess.run([sys.executable, "-c", program], env={**environment, "HOME": str(tmp_path)}, check=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", [b"model.onnx", 5, ["a"], "a\0b", "a\udce9\ud800"], ids=repr)
def test_paths_of_the_wrong_kind_are_refused(path: object) -> None:
    with pytest.raises(ParameterError, match="path"):
        SaliencyModel(path)  # type: ignore[arg-type]


def test_brackets_in_brackets_are_no_list_of_classes(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "deep.onnx"
    path.write_bytes(color_network(classes="[" * 100_000).SerializeToString())
    assert "are missing" in refused(path, capfd)


def external(tensor: onnx.TensorProto | None = None) -> onnx.TensorProto:
    """Return a tensor whose values are in another file."""
    found = onnx.TensorProto() if tensor is None else tensor
    found.data_type, found.data_location = onnx.TensorProto.FLOAT, onnx.TensorProto.EXTERNAL
    found.dims[:] = [1]
    found.ClearField("raw_data")
    entry = found.external_data.add()
    entry.key, entry.value = "location", "secret.bin"
    return found


def add_initializer(model: onnx.ModelProto) -> None:
    external(model.graph.initializer[0])


def add_entry_without_location(model: onnx.ModelProto) -> None:
    external(model.graph.initializer[0]).data_location = onnx.TensorProto.DEFAULT


def add_sparse_values(model: onnx.ModelProto) -> None:
    external(model.graph.sparse_initializer.add().values)


def add_sparse_indices(model: onnx.ModelProto) -> None:
    external(model.graph.sparse_initializer.add().indices)


def add_constant(model: onnx.ModelProto) -> None:
    model.graph.node.append(helper.make_node("Constant", [], ["secret"], value=external()))


def add_list_of_tensors(model: onnx.ModelProto) -> None:
    model.graph.node.append(helper.make_node("Constant", [], ["secret"], values=[external()]))


def add_branch(model: onnx.ModelProto) -> None:
    branch = helper.make_graph([], "branch", [], [], [external()])
    model.graph.node.append(helper.make_node("If", ["pixels"], ["secret"], then_branch=branch))


def add_function(model: onnx.ModelProto) -> None:
    constant = helper.make_node("Constant", [], ["secret"], value=external())
    model.functions.append(helper.make_function("foreign", "Secret", [], ["secret"], [constant], []))


@pytest.mark.parametrize(
    "change",
    [
        add_initializer,
        add_entry_without_location,
        add_sparse_values,
        add_sparse_indices,
        add_constant,
        add_list_of_tensors,
        add_branch,
        add_function,
    ],
)
def test_values_in_other_files_are_not_read(
    change: Callable[[onnx.ModelProto], None], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = color_network()
    change(model)
    (tmp_path / "secret.bin").write_bytes(bytes(4))
    path = tmp_path / "external.onnx"
    path.write_bytes(model.SerializeToString())
    assert "values in other files" in refused(path, capfd)


@pytest.mark.parametrize("data", [b"\x0b\x0c", b"\x3a\x7f", b"\x80" * 20, b"\x3f", b"\x3a\x02\x2a"], ids=bytes.hex)
def test_what_is_no_protobuf_is_refused_before_onnxruntime_reads_it(
    data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foveal.saliency.session._open_inference", lambda *_: pytest.fail("it was opened"))
    (tmp_path / "broken.onnx").write_bytes(data)
    with pytest.raises(ModelError, match="broken"):
        SaliencyModel(tmp_path / "broken.onnx")


def test_models_pickle_by_their_paths(tmp_path: Path) -> None:
    path = write_color_network(tmp_path / "colors.onnx", 0.25)
    rgb = noisy_gradient(16, 24)
    for model in (SaliencyModel(path), SaliencyModel(threads=2)):
        pickled = pickle.dumps(model)
        assert len(pickled) < 1000
        loaded = pickle.loads(pickled)  # noqa: S301 (it was pickled above)
        assert (loaded.path, loaded.class_names, loaded.threshold) == (model.path, model.class_names, model.threshold)
        np.testing.assert_allclose(loaded.see(rgb).gaze, model.see(rgb).gaze, atol=1e-4)
    assert b"network.onnx" not in pickle.dumps(SaliencyModel())  # found in the package that unpickles it
    pickled = pickle.dumps(SaliencyModel(path))
    path.unlink()
    with pytest.raises(ModelError, match=r"colors\.onnx: .*No such file"):
        pickle.loads(pickled)  # noqa: S301 (it was pickled above)


class StoppedError(Exception):
    """Raised by the signal handlers of these tests."""


class Stopping:
    """A handler that is a method of an object."""

    def stop(self, *_: object) -> None:
        raise StoppedError

    __call__ = stop


def stop(*_: object) -> None:
    raise StoppedError


@pytest.mark.parametrize("handler", [stop, Stopping().stop, Stopping(), functools.partial(stop, 1)], ids=range(4))
def test_what_a_signal_handler_raises_is_not_renamed(
    handler: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = SaliencyModel(write_color_network(tmp_path / "colors.onnx"))

    def be_interrupted(*_: object, **__: object) -> None:
        signal.raise_signal(signal.SIGUSR1)

    previous = signal.signal(signal.SIGUSR1, handler)
    try:
        with monkeypatch.context() as patched:
            patched.setattr("onnxruntime.InferenceSession.run", be_interrupted)
            with pytest.raises(StoppedError):
                model.see(noisy_gradient(16, 24))
        monkeypatch.setattr("onnxruntime.InferenceSession.__init__", be_interrupted)
        with pytest.raises(StoppedError):
            SaliencyModel(model.path)
    finally:
        signal.signal(signal.SIGUSR1, previous)


def test_the_network_is_loaded_in_the_background_once(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    has_begun = threading.Event()

    class Opened(SaliencyModel):
        def __init__(self) -> None:
            opened.append(threading.current_thread().name)
            has_begun.set()
            super().__init__()

    monkeypatch.setattr("foveal.saliency.model._shipped_model", functools.cache(Opened))
    prepare_to_look("gaze")
    assert has_begun.wait(60)
    assert default_model() is default_model()
    assert opened == ["foveal-network"]
    background = [thread for thread in threading.enumerate() if thread.name == "foveal-network"]
    for thread in background:
        thread.join(60)
    for saliency in (None, "spectral", "center", np.ones((2, 2), np.float32)):
        prepare_to_look(saliency)
    assert not [thread for thread in threading.enumerate() if thread.name == "foveal-network"]


def test_a_network_that_cannot_be_loaded_is_an_error_where_it_is_needed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("foveal.saliency.model._shipped_model", lambda: SaliencyModel(tmp_path / "none.onnx"))
    prepare_to_look("auto")
    with pytest.raises(ModelError, match="cannot be read"):
        default_model()
    assert capfd.readouterr() == ("", "")


def test_a_program_that_ends_while_the_network_is_loaded_ends_quietly() -> None:
    program = "from foveal.saliency import prepare_to_look; prepare_to_look('auto')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, timeout=60)
    assert (done.stdout, done.stderr) == (b"", b"")
