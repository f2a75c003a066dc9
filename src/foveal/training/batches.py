"""Batches that are a function of the seed and the step alone, made while the network computes.

So a run that was interrupted sees what an uninterrupted one would have seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from foveal.training.gaze_data import GazeExample
from foveal.training.losses import SceneTargets
from foveal.training.photos import NO_CLASS
from foveal.training.scenes import MAX_OBJECTS, Scene, SceneMaker
from foveal.training.schedule import Phase

ASPECTS = (1.0, 4 / 3, 3 / 4)  # width over height of scenes
SIDE_MULTIPLE = 8
JITTER = 0.25  # brightness, contrast and saturation change by up to so much
GAZE_SCALES = (0.85, 1.0, 1.15)  # photos with fixations are seen at these sizes
_BATCHES_AHEAD = 3

T = TypeVar("T")


@dataclass(frozen=True)
class SceneBatch:
    """(n, 3, h, w) float32 RGB in 0..255 and what is where."""

    pixels: Tensor
    targets: SceneTargets

    def to(self, device: torch.device) -> SceneBatch:
        """Copy to where the network is."""
        targets = SceneTargets(self.targets.labels.to(device), self.targets.boxes.to(device))
        return SceneBatch(self.pixels.to(device), targets)


@dataclass(frozen=True)
class GazeBatch:
    """(n, 3, h, w) float32 RGB in 0..255, densities (n, H, W), trust (n,)."""

    pixels: Tensor
    density: Tensor
    trust: Tensor

    def to(self, device: torch.device) -> GazeBatch:
        """Copy to where the network is."""
        return GazeBatch(self.pixels.to(device), self.density.to(device), self.trust.to(device))


@dataclass(frozen=True)
class StepBatch:
    """What one step of training sees."""

    scenes: SceneBatch
    gaze: GazeBatch | None


class BatchMaker:
    """Makes the batch of any step of a phase."""

    def __init__(self, scenes: SceneMaker, gaze: list[GazeExample], seed: int) -> None:
        self._scenes = scenes
        self._seed = seed
        by_shape: dict[tuple[int, ...], list[GazeExample]] = {}
        for example in gaze:
            by_shape.setdefault(example.rgb.shape, []).append(example)
        self._gaze = [by_shape[shape] for shape in sorted(by_shape)]

    def batch(self, phase: Phase, number: int, step: int) -> StepBatch:
        """Batch of a step; `number` is that of the phase in its schedule."""
        rng = np.random.default_rng([self._seed, number, step])
        mix, size = phase.mix, _scene_size(phase.side, rng)
        scenes = scene_batch([self._scenes.draw(mix, size, rng) for _ in range(phase.batch_size)])
        jittered = SceneBatch(color_jitter(scenes.pixels, rng), scenes.targets)
        gaze = self._gaze_batch(phase.gaze_batch_size, rng) if phase.gaze_batch_size and self._gaze else None
        return StepBatch(jittered, gaze)

    def _gaze_batch(self, size: int, rng: np.random.Generator) -> GazeBatch:
        """Photos of one shape, flipped half of the time, at one of three sizes."""
        numbers = [len(group) for group in self._gaze]
        group = self._gaze[rng.choice(len(numbers), p=np.array(numbers) / sum(numbers))]
        examples = [group[index] for index in rng.choice(len(group), min(size, len(group)), replace=False)]
        pixels = _as_pixels([example.rgb for example in examples])
        density = torch.from_numpy(np.stack([example.density for example in examples]))
        flipped = torch.from_numpy(rng.random(len(examples)) < 0.5)
        pixels[flipped], density[flipped] = pixels[flipped].flip(3), density[flipped].flip(2)
        scale = float(rng.choice(GAZE_SCALES))
        sides = [SIDE_MULTIPLE * round(side * scale / SIDE_MULTIPLE) for side in pixels.shape[2:]]
        resized = torch.nn.functional.interpolate(pixels, size=sides, mode="bilinear", antialias=True)
        trust = torch.tensor([example.trust for example in examples])
        return GazeBatch(color_jitter(resized, rng), density, trust)


def scene_batch(scenes: list[Scene]) -> SceneBatch:
    """Stack scenes of the same size."""
    height, width = scenes[0].rgb.shape[:2]
    labels = torch.full((len(scenes), MAX_OBJECTS), NO_CLASS, dtype=torch.int64)
    boxes = torch.zeros(len(scenes), MAX_OBJECTS, 4)
    for row, scene in enumerate(scenes):
        for column, placed in enumerate(scene.objects):
            box = placed.box
            labels[row, column] = placed.label
            boxes[row, column] = torch.tensor(
                [box.top / height, box.left / width, box.bottom / height, box.right / width]
            )
    return SceneBatch(_as_pixels([scene.rgb for scene in scenes]), SceneTargets(labels, boxes))


def _as_pixels(pictures: list[NDArray[np.uint8]]) -> Tensor:
    """(h, w, 3) uint8 each to (n, 3, h, w) float32 in 0..255, channels last in memory."""
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float()


def _scene_size(side: int, rng: np.random.Generator) -> tuple[int, int]:
    """Height and width of about side x side pixels."""
    aspect = float(rng.choice(ASPECTS))
    height, width = (SIDE_MULTIPLE * round(side * factor / SIDE_MULTIPLE) for factor in (aspect**-0.5, aspect**0.5))
    return height, width


def color_jitter(pixels: Tensor, rng: np.random.Generator) -> Tensor:
    """Change brightness, contrast and saturation of each picture (n, 3, h, w) at random; stays in 0..255.

    Brightness scales all, saturation scales the distance from grey, contrast the distance from the picture's mean:
    together one matrix and one offset for each picture.
    """
    factors = rng.uniform(1 - JITTER, 1 + JITTER, (3, len(pixels), 1, 1)).astype(np.float32)
    brightness, contrast, saturation = torch.from_numpy(factors)
    rows = pixels.permute(0, 2, 3, 1).flatten(1, 2)
    matrix = brightness * contrast * (saturation * torch.eye(3) + (1 - saturation) / 3)
    offset = (1 - contrast) * brightness * rows.mean((1, 2), keepdim=True)
    changed = torch.baddbmm(offset, rows, matrix).clamp_(0, 255)
    return changed.unflatten(1, pixels.shape[2:]).permute(0, 3, 1, 2)


def made_ahead(make: Callable[[int], T], steps: range) -> Iterator[T]:
    """Make the results for these steps in a thread of their own, in order, a few ahead of their use."""
    with ThreadPoolExecutor(1) as pool:
        waiting: list[Future[T]] = []
        for step in steps:
            waiting.append(pool.submit(make, step))
            if len(waiting) > _BATCHES_AHEAD:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()
