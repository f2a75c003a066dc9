"""A tiny network, schedule and data set of shapes: what tests of training share. Needs PyTorch."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from shapes import SIDE, background, draw_shape

from foveal.training import losses
from foveal.training.gaze_data import FOLDS, GazeExample
from foveal.training.loop import LOG
from foveal.training.network import NetworkShape
from foveal.training.scenes import SceneMix
from foveal.training.schedule import HeadPhase, ScenePhase, Schedule

SHAPE = NetworkShape(3, widths=(8, 16, 24, 32), blocks=(1, 1, 1), features=24, maps_per_class=2, gaze_width=16)
SCHEDULE = Schedule(
    phases=(
        ScenePhase("photos", 32 * 75, SIDE, 32, (5e-3, 3e-3), loss=losses.LossWeights(msroi=0, location=0)),
        ScenePhase("scenes", 16 * 125, 64, 16, (5e-3, 1e-4), SceneMix(mosaics=0.3, pasted=0.6)),
        HeadPhase(
            "heads",
            100,
            gaze_batch_size=8,
            scene_batch_size=8,
            learning_rate=(3e-3, 1e-4),
            scenes=600,
            side=64,
            mix=SceneMix(mosaics=0.3, pasted=0.6),
            loss=losses.LossWeights(msroi_gaze=0),  # people look at discs alone here, MS-ROI is to see all shapes
        ),
    ),
    checkpoint_every=25,
)


def shortened(steps: int) -> Schedule:
    """The schedule with so many steps in each phase."""
    photos, scenes, heads = SCHEDULE.phases
    assert isinstance(photos, ScenePhase)
    assert isinstance(scenes, ScenePhase)
    phases = [replace(each, scenes=steps * each.batch_size) for each in (photos, scenes)]
    return replace(SCHEDULE, phases=(*phases, replace(heads, steps=steps)))


def gaze_examples() -> list[GazeExample]:
    """People look at the disc, whatever else there is."""
    rng = np.random.default_rng(1)
    examples = []
    for number in range(48):
        image = background(96, rng)
        left, top = rng.integers(0, 72, 2).tolist()
        draw_shape(image, "square", (left, top, left + 20, top + 20))
        left, top = rng.integers(0, 72, 2).tolist()
        draw_shape(image, "disc", (left, top, left + 20, top + 20))
        density = np.zeros((96, 96), np.float32)
        density[top : top + 20, left : left + 20] = 1 / 400
        examples.append(GazeExample(Path(f"{number}.png"), np.asarray(image), density, 1.0, number % FOLDS))
    return examples


def write_scene_set(folder: Path) -> None:
    """Four photos of a disc; everybody looks at it."""
    rng = np.random.default_rng(9)
    (folder / "images").mkdir(parents=True)
    points = {}
    for number in range(4):
        image = background(96, rng)
        left, top = rng.integers(4, 68, 2).tolist()
        draw_shape(image, "disc", (left, top, left + 24, top + 24))
        image.save(folder / "images" / f"{number}.png")
        spread = rng.uniform(4, 20, (60, 2))
        observers = np.arange(60)[:, None] % 6
        points[str(number)] = np.hstack([(spread + np.array([left, top])) / 96, observers]).astype(np.float32)
    np.savez(folder / "fixations.npz", **points)


def log_of(out: Path) -> list[dict[str, object]]:
    entries = [json.loads(line) for line in (out / LOG).read_text().splitlines()]
    return [{key: value for key, value in entry.items() if key != "images_per_second"} for entry in entries]


def as_batch(rgb: np.ndarray) -> object:
    return torch.from_numpy(rgb.astype(np.float32).transpose(2, 0, 1).copy())[None]


def enlarged(cells: object) -> np.ndarray:
    return np.kron(cells.detach().numpy(), np.ones((8, 8)))  # type: ignore[attr-defined]
