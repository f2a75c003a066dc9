"""The training loop over the phases of a schedule, which can resume from its checkpoints with the same result."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from foveal.errors import ModelError
from foveal.training import checkpoint
from foveal.training.banks import Banks, compute_gaze_features, compute_scene_features, fingerprint, load_or_compute
from foveal.training.batches import prefetch
from foveal.training.checkpoint import Checkpoint, Position
from foveal.training.curves import draw_curves
from foveal.training.gaze_data import GazeExample, GazePhoto
from foveal.training.lessons import HeadLesson, Lesson, SceneLesson
from foveal.training.network import NetworkShape, SaliencyNetwork
from foveal.training.photos import LabelledPhotos
from foveal.training.progress import RunLog, progress_bar
from foveal.training.scenes import SceneMaker
from foveal.training.schedule import HeadPhase, Phase, ScenePhase, Schedule
from foveal.training.validation import validate

CHECKPOINT = "checkpoint.pt"
LOG = "log.jsonl"
CURVES = "curves.png"
MAX_GRADIENT = 5.0
FIRST_THRESHOLD = 0.5


@dataclass(frozen=True)
class TrainingData:
    """Data of a training run.

    Attributes
    ----------
    train, validation
        Labelled photos with the same class numbers.
    gaze
        Photos with fixations or masks.
    held_back
        Photos of `gaze` that are used for validation, not for training.
    cache
        Folder for decoded photos and features.
    """

    train: LabelledPhotos
    validation: LabelledPhotos
    gaze: list[GazeExample]
    held_back: list[GazePhoto]
    cache: Path

    @property
    def learned(self) -> NDArray[np.bool_]:
        """Mask (len(gaze),) of the photos of `gaze` that are trained on."""
        paths = {photo.path for photo in self.held_back}
        return np.array([example.path not in paths for example in self.gaze])

    @property
    def learned_folds(self) -> frozenset[int]:
        """Cross-validation folds of the photos of `gaze` that are trained on."""
        return frozenset(example.fold for example, may in zip(self.gaze, self.learned, strict=True) if may)


@dataclass(frozen=True)
class Run:
    """Output folder, schedule, seed and device of a training run."""

    out: Path
    schedule: Schedule
    seed: int = 0
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))


def train(data: TrainingData, run: Run, start: Checkpoint) -> Checkpoint:
    """Train from `start` to the end of the schedule.

    Parameters
    ----------
    data
        Photos to train on and to validate with.
    run
        Settings of the run. Checkpoints (the last one, and one for the end of each phase), log and curves are written
        to `run.out`.
    start
        State from `new_checkpoint`, or the checkpoint of a run of the same schedule, seed and data. That run ends with
        the same result as an uninterrupted one (on the same machine, with the same number of threads).

    Returns
    -------
    Checkpoint
        State at the end of the run.
    """
    run.out.mkdir(parents=True, exist_ok=True)
    log = RunLog(run.out / LOG, start.position)
    trainer = Trainer(data, run, log, start)
    for number in range(start.position.phase, len(run.schedule.phases)):
        trainer.run_phase(number)
        draw_curves(log.entries(), run.out / CURVES)
    return trainer.state(Position(len(run.schedule.phases)))


def new_checkpoint(class_names: tuple[str, ...], shape: NetworkShape, seed: int) -> Checkpoint:
    """Return the state before the first step, with random weights by the seed."""
    torch.manual_seed(seed)
    fresh = SaliencyNetwork(shape).state_dict()
    return Checkpoint(Position(), shape, class_names, fresh, fresh, None, FIRST_THRESHOLD, frozenset())


def checkpoint_from_weights(other: Checkpoint, class_names: tuple[str, ...]) -> Checkpoint:
    """Return the state before the first step, with the averaged weights of another run.

    Raises
    ------
    ModelError
        The other run has other classes.
    """
    if other.class_names != class_names:
        raise ModelError("the weights to start from are of a network for other classes")
    return replace(other, position=Position(), weights=other.average, optimizer=None)


class Trainer:
    """Network in training, with the moving average of its weights and the optimizer."""

    def __init__(self, data: TrainingData, run: Run, log: RunLog, start: Checkpoint) -> None:
        self._data, self._run, self._log, self._start = data, run, log, start
        self._threshold, self._learned_folds = start.threshold, start.learned_folds
        self.network = self._network(start.weights).train()
        self.average = self._network(start.average).eval()
        self._optimizer: torch.optim.Optimizer | None = None

    def _network(self, weights: dict[str, Any]) -> SaliencyNetwork:
        network = SaliencyNetwork(self._start.shape)
        network.load_state_dict(weights)
        return network.to(self._run.device, memory_format=torch.channels_last)

    def state(self, position: Position) -> Checkpoint:
        """Return the checkpoint to resume from at `position`."""
        optimizer = self._optimizer.state_dict() if self._optimizer and position.step else None
        weights, average = self.network.state_dict(), self.average.state_dict()
        shape, names, folds = self.network.shape, self._start.class_names, self._learned_folds
        return Checkpoint(position, shape, names, weights, average, optimizer, self._threshold, folds)

    def run_phase(self, number: int) -> None:
        """Run a phase from its start or from the position of the checkpoint, then validate."""
        phase = self._run.schedule.phases[number]
        resumed = number == self._start.position.phase and self._start.position.step > 0
        first = self._start.position.step if resumed else 0
        lesson = self._lesson(phase, number)
        if isinstance(phase, HeadPhase):
            self._learned_folds |= self._data.learned_folds
            if not resumed:  # the frozen backbone is the averaged one
                self.network.load_state_dict(self.average.state_dict())
        self._optimizer = new_optimizer(lesson.learners(self.network), phase, self._run.schedule.weight_decay)
        if resumed and self._start.optimizer is not None:
            self._optimizer.load_state_dict(self._start.optimizer)
        self._train_steps(number, first, lesson)
        scores = validate(self.average, self._data.validation, self._data.held_back, phase.side, self._run.schedule)
        if better := lesson.threshold(self.average):
            scores = {name: value for name, value in scores.items() if name != "f1"} | better
        self._threshold = scores["threshold"]
        self._log.write(Position(number, phase.steps), {"phase": phase.name, "validation": scores})
        for name in (f"{phase.name}.pt", CHECKPOINT):  # other runs can start from the first
            checkpoint.save(self.state(Position(number + 1)), self._run.out / name)

    def _lesson(self, phase: Phase, number: int) -> Lesson:
        seed, scenes = (self._run.seed, number), SceneMaker(self._data.train)
        if isinstance(phase, ScenePhase):
            return SceneLesson(phase, scenes, seed)
        return HeadLesson(phase, self._banks(phase, scenes), seed)

    def _banks(self, phase: HeadPhase, scenes: SceneMaker) -> Banks:
        backbone, seed, folder = self.average.backbone, self._run.seed, self._data.cache
        pictures = [array for example in self._data.gaze for array in (example.rgb, example.density)]
        name = fingerprint(backbone, pictures, f"{phase.scenes} {phase.side} {phase.mix} {seed}")
        return Banks(
            load_or_compute(folder / f"{name}-gaze.pt", lambda: compute_gaze_features(backbone, self._data.gaze, seed)),
            load_or_compute(
                folder / f"{name}-scenes.pt", lambda: compute_scene_features(backbone, scenes, phase, seed)
            ),
            self._data.learned,
        )

    def _train_steps(self, number: int, first: int, lesson: Lesson) -> None:
        phase = self._run.schedule.phases[number]
        batches = prefetch(lesson.batch, range(first, phase.steps))
        with progress_bar(phase.name, phase.steps, first) as progress:
            for step, entry in self._logged_steps(number, lesson, batches, first):
                done = Position(number, step)
                if entry:
                    self._log.write(done, {"phase": phase.name, **entry})
                    progress.show(step, entry)
                if step % self._run.schedule.checkpoint_every == 0:
                    checkpoint.save(self.state(done), self._run.out / CHECKPOINT)

    def _logged_steps(
        self, number: int, lesson: Lesson, batches: Iterator[Any], first: int
    ) -> Iterator[tuple[int, dict[str, float]]]:
        """Run the steps; yield the number of steps done and the entry for the log, which is empty for most steps."""
        phase, meter = self._run.schedule.phases[number], Meter()
        for step, batch in enumerate(batches, first):
            _seed_dropout(self._run.seed, number, step)
            rate = learning_rate(phase, step)
            meter.add(self._step(lesson, batch, rate))
            self._update_average(phase, step)
            done = step + 1
            to_log = done % self._run.schedule.log_every == 0 or done == phase.steps
            yield done, ({**meter.take(), "learning_rate": rate} if to_log else {})

    def _step(self, lesson: Lesson, batch: Any, rate: float) -> dict[str, Tensor]:
        assert self._optimizer is not None  # noqa: S101 (run_phase made it)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self.network.eval()
        for learner in lesson.learners(self.network):
            learner.train()
        self._optimizer.zero_grad()
        scores = lesson.losses(self.network, batch)
        scores["loss"].backward()
        learning = [each for group in self._optimizer.param_groups for each in group["params"]]
        nn.utils.clip_grad_norm_(learning, MAX_GRADIENT)
        self._optimizer.step()
        return {key: value.detach() for key, value in scores.items()}

    @torch.no_grad()
    def _update_average(self, phase: Phase, step: int) -> None:
        """Update the moving average of the weights, which follows them closely at the start of a phase."""
        share = max(1 / (self._run.schedule.average_over * phase.steps), 9 / (10 + step))
        now = self.network.state_dict()
        for name, value in self.average.state_dict().items():
            if value.is_floating_point():
                value.lerp_(now[name], min(1.0, share))
            else:
                value.copy_(now[name])


def _seed_dropout(seed: int, phase: int, step: int) -> None:
    """Seed PyTorch for a step, so that dropout depends only on the seed, the phase and the step, like the batch."""
    torch.manual_seed(int(np.random.SeedSequence([seed, phase, step]).generate_state(1)[0]))


class Meter:
    """Means of the logged quantities, and images per second, since the last `take`."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._steps = 0
        self._since = time.perf_counter()

    def add(self, scores: dict[str, Tensor]) -> None:
        """Add the quantities of a step."""
        for name, value in scores.items():
            self._sums[name] = self._sums.get(name, 0.0) + float(value)
        self._steps += 1

    def take(self) -> dict[str, float]:
        """Return the means since the last call, and reset."""
        now = time.perf_counter()
        images = self._sums.pop("images", 0.0)
        means = {name: value / self._steps for name, value in self._sums.items()}
        means["images_per_second"] = images / (now - self._since)
        self._sums, self._steps, self._since = {}, 0, now
        return means


def new_optimizer(learners: list[nn.Module], phase: Phase, weight_decay: float) -> torch.optim.Optimizer:
    """Make an AdamW optimizer without weight decay on biases and normalisation."""
    parameters = [parameter for learner in learners for parameter in learner.parameters()]
    groups = [
        {"params": [each for each in parameters if each.ndim > 1], "weight_decay": weight_decay},
        {"params": [each for each in parameters if each.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=phase.learning_rate[0])


def learning_rate(phase: Phase, step: int) -> float:
    """Return the learning rate of a step: half a cosine from the first rate of the phase to its last."""
    first, last = phase.learning_rate
    return last + (first - last) * (1 + math.cos(math.pi * step / phase.steps)) / 2
