"""A tiny training on generated shapes: the losses fall, and a resumed run ends with the same result."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the extra `train` (PyTorch) is not installed")

from shapes import CLASSES  # noqa: E402
from tiny_training import SHAPE, log_of, shortened  # noqa: E402

from foveal.training import checkpoint  # noqa: E402
from foveal.training.loop import CHECKPOINT, CURVES, LOG, Run, TrainingData, new_checkpoint, train  # noqa: E402


def test_the_losses_fall_and_the_classes_are_learned(trained: Path) -> None:
    entries = log_of(trained)
    for phase, quantity in (("photos", "loss"), ("scenes", "loss"), ("heads", "gaze_loss")):
        course = [entry[quantity] for entry in entries if entry["phase"] == phase and quantity in entry]
        assert course[-1] < 0.8 * course[0], (phase, course)
    scores = {entry["phase"]: entry["validation"] for entry in entries if "validation" in entry}
    assert scores["heads"]["cam_accuracy"] > 0.9
    assert scores["heads"]["msroi_accuracy"] > 0.9
    assert scores["scenes"]["f1"] > 0.8
    assert "f1" not in scores["heads"]  # it was of another T than the one that fixations choose here
    assert (trained / CURVES).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("stop", [(1, 20), (2, 10)], ids=["scenes", "heads"])
def test_a_resumed_run_ends_as_if_it_had_not_stopped(data: TrainingData, tmp_path: Path, stop: tuple[int, int]) -> None:
    """Stopped within a phase, right after a checkpoint: weights and log are equal to the last bit."""
    torch.set_num_threads(1)
    schedule = replace(shortened(30), log_every=5, checkpoint_every=10)
    start = new_checkpoint(CLASSES, SHAPE, seed=2)
    whole = train(data, Run(tmp_path / "whole", schedule, seed=2), start)

    class PowerCutError(Exception):
        pass

    def save_until_the_power_fails(state: checkpoint.Checkpoint, path: Path) -> None:
        save(state, path)
        if state.position == checkpoint.Position(*stop):
            raise PowerCutError

    save = checkpoint.save
    run = Run(tmp_path / "cut", schedule, seed=2)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(PowerCutError):
        patch.setattr(checkpoint, "save", save_until_the_power_fails)
        train(data, run, start)
    with (tmp_path / "cut" / LOG).open("a") as log:
        log.write(f'{{"at": [{stop[0]}, {stop[1] + 5}], "phase": "')  # a line cut off, of steps that will be done again
    torch.manual_seed(99)  # whatever was drawn before
    resumed = train(data, run, checkpoint.load(tmp_path / "cut" / CHECKPOINT))

    for name, value in whole.weights.items():
        assert torch.equal(value, resumed.weights[name]), name
        assert torch.equal(whole.average[name], resumed.average[name]), name
    assert log_of(tmp_path / "cut") == log_of(tmp_path / "whole")
    other_seed = train(data, replace(run, out=tmp_path / "other", seed=3), start)
    assert not torch.equal(whole.weights["cam.bias"], other_seed.weights["cam.bias"])
