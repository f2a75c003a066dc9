"""The commands of `python -m foveal.training`, and a whole run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

torch = pytest.importorskip("torch", reason="the extra `train` (PyTorch) is not installed")

from fixation_sets import write_scene_set  # noqa: E402
from shapes import CLASSES, write_zip  # noqa: E402

from foveal.errors import ParameterError  # noqa: E402
from foveal.saliency import SaliencyModel  # noqa: E402
from foveal.training import run  # noqa: E402
from foveal.training.__main__ import main  # noqa: E402
from foveal.training.evaluation import CEILING  # noqa: E402
from foveal.training.export import left_out_fold  # noqa: E402


def options(paths: list[Path]) -> list[str]:
    return [text for path in paths for text in ("--model", str(path))]


def test_a_run_makes_a_network_for_each_fold_and_one_of_all_photos(trained: Path) -> None:
    folds = [run.fold_path(trained, fold) for fold in range(5)]
    assert [left_out_fold(path) for path in folds] == [0, 1, 2, 3, 4]
    assert left_out_fold(trained / run.NETWORK) is None
    model = SaliencyModel(trained / run.NETWORK)
    assert (model.class_names, model.input_pixels) == (CLASSES, 76_800)
    assert 0 < model.threshold < 1


def test_a_run_that_was_interrupted_continues(data: Path, trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks that exist are kept, and one that is missing becomes the same to the last byte."""
    from foveal.training.backbone import Backbone

    def random_backbone() -> Backbone:
        torch.manual_seed(0)
        return Backbone()

    monkeypatch.setattr(run, "load_backbone", random_backbone)
    monkeypatch.setattr(run, "imagenet_names", lambda: tuple(f"class {number}" for number in range(1000)))
    missing, kept = run.fold_path(trained, 2), run.fold_path(trained, 3)
    before, stamp = missing.read_bytes(), kept.stat().st_mtime_ns
    missing.unlink()
    effort = run.Effort(gaze_heads=2, gaze_steps=2, msroi_steps=2, scenes=8)
    run.train(run.Sources.among([data]), trained, seed=1, effort=effort, say=lambda line: None)
    assert missing.read_bytes() == before
    assert kept.stat().st_mtime_ns == stamp


def test_a_network_is_not_judged_by_photos_that_it_learned_from(data: Path, trained: Path, tmp_path: Path) -> None:
    folds = [run.fold_path(trained, fold) for fold in (0, 1, 2, 4, 3)]
    for command, out in (("evaluate", []), ("maps", ["-o", str(tmp_path / "maps")])):
        done = CliRunner().invoke(main, [command, str(data / "discs"), *options(folds), *out])
        assert done.exit_code == 1
        assert done.output == (
            f"Error: {folds[3]} is given for fold 3 but learned from it: "
            "give the networks in the order of the folds that they left out\n"
        )
    assert not (tmp_path / "maps").exists()


def test_networks_are_evaluated_and_their_maps_written(data: Path, trained: Path, tmp_path: Path) -> None:
    folds = [run.fold_path(trained, fold) for fold in range(5)]
    for chosen in (folds, [trained / run.NETWORK]):
        done = CliRunner().invoke(main, ["evaluate", str(data), *options(chosen)])
        assert done.exit_code == 0, done.output
        for text in ("center", "spectral", "cam", "msroi", "gaze", CEILING, "expected NSS"):
            assert text in done.output
    out = tmp_path / "maps"
    done = CliRunner().invoke(main, ["maps", str(data / "discs"), *options(folds), "-o", str(out)])
    assert done.exit_code == 0, done.output
    for method in ("gaze", "msroi", "cam"):
        written = sorted((out / "discs" / method).iterdir())
        assert len(written) == 20
        with Image.open(written[0]) as picture:
            assert np.asarray(picture).max() in (0, 65535)


def test_what_cannot_be_trained_or_evaluated_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    write_zip(tmp_path / "data" / "shapes.zip")
    write_scene_set(tmp_path / "discs")
    for only in ("discs", "data"):
        with pytest.raises(ParameterError, match="both sets of fixations and labelled photos"):
            run.Sources.among([tmp_path / only])
    (tmp_path / "data" / "cat").mkdir()
    with pytest.raises(ParameterError, match="name each of them"):
        run.Sources.among([tmp_path / "data"])
    done = CliRunner().invoke(main, ["evaluate", str(tmp_path / "data")])
    assert "no sets of fixations" in done.output
    done = CliRunner().invoke(main, ["evaluate", str(tmp_path / "discs"), *options([tmp_path / "discs"] * 2)])
    assert "give one network, or 5" in done.output
