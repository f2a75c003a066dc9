"""Batches of scenes, prepared in a background thread while the network computes.

A batch depends only on the seed and the step, so that a resumed run sees the same batches as an uninterrupted one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from foveal.training.losses import SceneTargets
from foveal.training.photos import NO_CLASS
from foveal.training.scenes import MAX_OBJECTS, Scene, SceneMaker, SceneMix

ASPECTS = (1.0, 4 / 3, 3 / 4)  # width divided by height of scenes
SIDE_MULTIPLE = 8
JITTER = 0.25  # largest relative change of brightness, contrast and saturation
_BATCHES_AHEAD = 3

T = TypeVar("T")


@dataclass(frozen=True)
class SceneBatch:
    """Batch of scenes: pixels (n, 3, h, w) float32 RGB in 0..255, and the objects in them."""

    pixels: Tensor
    targets: SceneTargets

    def to(self, device: torch.device) -> SceneBatch:
        """Copy the tensors to a device."""
        return SceneBatch(self.pixels.to(device), self.targets.to(device))


def draw_scenes(scenes: SceneMaker, number: int, side: int, mix: SceneMix, rng: np.random.Generator) -> SceneBatch:
    """Draw a batch of scenes of one shape with about side x side pixels, and jitter their colours."""
    aspect = float(rng.choice(ASPECTS))
    height, width = (SIDE_MULTIPLE * round(side * factor / SIDE_MULTIPLE) for factor in (aspect**-0.5, aspect**0.5))
    drawn = scene_batch([scenes.draw(mix, (height, width), rng) for _ in range(number)])
    return SceneBatch(color_jitter(drawn.pixels, rng), drawn.targets)


def scene_batch(scenes: list[Scene]) -> SceneBatch:
    """Stack scenes of the same size to a batch."""
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
    return SceneBatch(as_pixels([scene.rgb for scene in scenes]), SceneTargets(labels, boxes))


def as_pixels(pictures: Sequence[NDArray[np.uint8]]) -> Tensor:
    """Stack pictures (h, w, 3) uint8 to (n, 3, h, w) float32 in 0..255, channels last in memory."""
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float()


def color_jitter(pixels: Tensor, rng: np.random.Generator) -> Tensor:
    """Change brightness, contrast and saturation of each picture (n, 3, h, w) at random, and clamp to 0..255.

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


def prefetch(make: Callable[[int], T], steps: range) -> Iterator[T]:
    """Yield the results for these steps in order, made in a background thread a few steps ahead."""
    with ThreadPoolExecutor(1) as pool:
        waiting: list[Future[T]] = []
        for step in steps:
            waiting.append(pool.submit(make, step))
            if len(waiting) > _BATCHES_AHEAD:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()
