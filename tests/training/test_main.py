"""The commands of `python -m foveal.training`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

pytest.importorskip("torch", reason="the extra `train` (PyTorch) is not installed")

from shapes import CLASSES, write_zip
from tiny_training import SHAPE, log_of, shortened, write_scene_set

from foveal.training import checkpoint
from foveal.training.__main__ import main
from foveal.training.evaluation import CEILING
from foveal.training.gaze_data import FOLDS, gaze_photos
from foveal.training.loop import checkpoint_from_weights, new_checkpoint
from foveal.training.schedule import SCHEDULES


def test_a_network_is_not_judged_by_photos_that_it_learned_from(tmp_path: Path) -> None:
    write_scene_set(tmp_path / "discs")
    state = new_checkpoint(CLASSES, SHAPE, seed=1)
    every_fold = frozenset(range(FOLDS))
    for fold in every_fold:
        checkpoint.save(replace(state, learned_folds=every_fold - {fold}), tmp_path / f"{fold}.pt")
    checkpoint.save(state, tmp_path / "blank.pt")

    def outcome(*names: object, command: str = "maps") -> tuple[int, str]:
        options = [text for name in names for text in ("--checkpoint", str(tmp_path / f"{name}.pt"))]
        out = ["-o", str(tmp_path / "maps")] if command == "maps" else []
        done = CliRunner().invoke(main, [command, str(tmp_path / "discs"), *options, *out])
        return done.exit_code, done.output

    for command in ("maps", "evaluate"):
        code, output = outcome(0, 1, 2, 4, 3, command=command)
        assert code == 1
        assert output == (
            f"Error: {tmp_path / '4.pt'} is given for fold 3 but learned from folds 0, 1, 2, 3: "
            "give the checkpoints in the order of the folds that they left out\n"
        )
    assert not (tmp_path / "maps").exists()
    assert outcome(0, 1, 2, 3, 4) == (0, "")
    assert outcome(0, 1, "blank", "blank", 4) == (0, "")
    assert outcome(4) == (0, "")  # one network is judged by whatever it is given


def test_what_cannot_be_trained_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    write_scene_set(tmp_path / "discs")
    runner = CliRunner()
    only_fixations = ["train", "--data", str(tmp_path / "discs"), "--out", str(tmp_path / "run")]
    assert "no photos in folders of classes" in runner.invoke(main, only_fixations).output
    write_zip(tmp_path / "data" / "shapes.zip")
    only_photos = ["train", "--data", str(tmp_path / "data"), "--out", str(tmp_path / "run2")]
    assert "no photos with fixations" in runner.invoke(main, only_photos).output
    assert "no phase head; there are" in runner.invoke(main, [*only_photos, "--only", "head"]).output
    (tmp_path / "data" / "cat").mkdir()
    assert "name each of them" in runner.invoke(main, only_photos).output
    (tmp_path / "data" / "cat").rmdir()
    assert "no sets of fixations" in runner.invoke(main, ["evaluate", str(tmp_path / "data")]).output


def test_the_commands_train_evaluate_and_refuse_to_overwrite(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    write_zip(tmp_path / "data" / "shapes.zip")
    write_scene_set(tmp_path / "data" / "discs")
    run = ["train", "--data", str(tmp_path / "data"), "--out", str(tmp_path / "run"), "--schedule", "trial"]
    runner = CliRunner()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SCHEDULES, "trial", shortened(2))
        first = runner.invoke(main, [*run, "--fold", "1"], catch_exceptions=False)
        again = runner.invoke(main, [*run, "--fold", "1"])
        other = runner.invoke(main, [*run, "--fold", "2", "--resume"])
    assert first.exit_code == 0, first.output
    photo_folds = {photo.fold for photo in gaze_photos(tmp_path / "data" / "discs")}
    assert {1} < photo_folds
    assert checkpoint.load(tmp_path / "run" / "scenes.pt").learned_folds == frozenset()
    heads = checkpoint.load(tmp_path / "run" / "heads.pt")
    assert heads.learned_folds == photo_folds - {1}
    assert checkpoint_from_weights(heads, CLASSES).learned_folds == photo_folds - {1}
    assert "discs_nss" in [*log_of(tmp_path / "run")[-1]["validation"]]  # type: ignore[misc]
    assert again.exit_code == 1
    assert "--resume" in again.output
    assert other.exit_code == 1
    assert "other settings" in other.output
    table = runner.invoke(
        main, ["evaluate", str(tmp_path / "data"), "--checkpoint", str(tmp_path / "run" / "heads.pt")]
    )
    assert table.exit_code == 0, table.output
    for method in ("center", "spectral", "cam", "msroi", "gaze", CEILING):
        assert method in table.output
