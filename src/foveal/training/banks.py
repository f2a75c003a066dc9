"""Backbone features of the training data, computed once and cached on disk, from which heads train in minutes.

The same features serve all cross-validation folds. They are stored in 16 bits. Each photo with fixations has four views
(two sizes, flipped and not).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from foveal.training.batches import SIDE_MULTIPLE, as_pixels, color_jitter, draw_scenes
from foveal.training.gaze_data import GazeExample
from foveal.training.losses import SceneTargets
from foveal.training.network import Backbone, Features, halve
from foveal.training.scenes import SceneMaker
from foveal.training.schedule import HeadPhase

GAZE_SCALES = (0.9, 1.1)  # sizes of the views relative to the examples
_AT_ONCE = 25


@dataclass(frozen=True)
class GazeFeatures:
    """Backbone features of n views of photos with fixations, all of one shape.

    Attributes
    ----------
    example
        (n,) index of each view's photo.
    fine, coarse
        Feature maps of the view and of its half-size copy.
    density
        (n, H, W) fixation density.
    trust
        (n,) weight of each view in the loss, see `GazeExample`.
    """

    example: Tensor
    fine: Features
    coarse: Features
    density: Tensor
    trust: Tensor

    def __len__(self) -> int:
        return len(self.example)

    def take(self, rows: Tensor) -> GazeFeatures:
        """Return some of the views with features in 32 bits."""
        fine, coarse = (Features(*(part[rows].float() for part in each)) for each in (self.fine, self.coarse))
        return GazeFeatures(self.example[rows], fine, coarse, self.density[rows], self.trust[rows])

    def to(self, device: torch.device) -> GazeFeatures:
        """Copy the tensors to a device."""
        fine, coarse = (Features(*(part.to(device) for part in each)) for each in (self.fine, self.coarse))
        return GazeFeatures(self.example, fine, coarse, self.density.to(device), self.trust.to(device))

    def rows_of(self, chosen: NDArray[np.bool_]) -> Tensor:
        """Return the indices of the views of the chosen photos."""
        return torch.nonzero(torch.from_numpy(chosen)[self.example])[:, 0]


@dataclass(frozen=True)
class SceneFeatures:
    """Joined backbone features of n scenes of one shape, with their objects."""

    joined: Tensor
    targets: SceneTargets

    def __len__(self) -> int:
        return len(self.joined)

    def take(self, rows: Tensor) -> SceneFeatures:
        """Return some of the scenes with features in 32 bits."""
        return SceneFeatures(
            self.joined[rows].float(), SceneTargets(self.targets.labels[rows], self.targets.boxes[rows])
        )

    def to(self, device: torch.device) -> SceneFeatures:
        """Copy the tensors to a device."""
        return SceneFeatures(self.joined.to(device), self.targets.to(device))


@dataclass(frozen=True)
class Banks:
    """Training data of the heads; `learned` (examples,) is true for photos with fixations that are not held back."""

    gaze: list[GazeFeatures]
    scenes: list[SceneFeatures]
    learned: NDArray[np.bool_]


def compute_gaze_features(backbone: Backbone, examples: list[GazeExample], seed: int) -> list[GazeFeatures]:
    """Compute the features of all views of all photos, colours jittered; one entry for each shape."""
    rng = np.random.default_rng(seed)
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for number, example in enumerate(examples):
        by_shape.setdefault(example.rgb.shape, []).append(number)
    bank = []
    for shape, scale in product(sorted(by_shape), GAZE_SCALES):
        numbers = by_shape[shape]
        views = [
            _views(backbone, examples, numbers[first : first + _AT_ONCE], flipped, scale, rng)
            for flipped in (False, True)
            for first in range(0, len(numbers), _AT_ONCE)
        ]
        bank.append(_joined_views(views))
    return bank


@torch.no_grad()
def _views(
    backbone: Backbone,
    examples: list[GazeExample],
    numbers: list[int],
    flipped: bool,
    scale: float,
    rng: np.random.Generator,
) -> GazeFeatures:
    chosen = [examples[number] for number in numbers]
    pixels = as_pixels([example.rgb for example in chosen])
    density = torch.from_numpy(np.stack([example.density for example in chosen]))
    if flipped:
        pixels, density = pixels.flip(3), density.flip(2)
    sides = [SIDE_MULTIPLE * round(side * scale / SIDE_MULTIPLE) for side in pixels.shape[2:]]
    resized = functional.interpolate(pixels, size=sides, mode="bilinear", antialias=True)
    seen = color_jitter(resized, rng).to(next(backbone.parameters()).device)
    fine, coarse = (Features(*(part.half().cpu() for part in backbone(each))) for each in (seen, halve(seen)))
    trust = torch.tensor([example.trust for example in chosen])
    return GazeFeatures(torch.tensor(numbers), fine, coarse, density, trust)


def _joined_views(views: list[GazeFeatures]) -> GazeFeatures:
    fine, coarse = (
        Features(*(torch.cat(parts) for parts in zip(*each, strict=True)))
        for each in ([view.fine for view in views], [view.coarse for view in views])
    )
    example, density, trust = (
        torch.cat([getattr(view, name) for view in views]) for name in ("example", "density", "trust")
    )
    return GazeFeatures(example, fine, coarse, density, trust)


@torch.no_grad()
def compute_scene_features(backbone: Backbone, scenes: SceneMaker, phase: HeadPhase, seed: int) -> list[SceneFeatures]:
    """Draw the scenes of a phase and compute their features; one entry for each shape."""
    rng = np.random.default_rng(seed)
    device = next(backbone.parameters()).device
    by_shape: dict[tuple[int, ...], list[SceneFeatures]] = {}
    for _ in range(0, phase.scenes, _AT_ONCE):
        batch = draw_scenes(scenes, _AT_ONCE, phase.side, phase.mix, rng)
        joined = backbone(batch.pixels.to(device)).joined.half().cpu()
        by_shape.setdefault(tuple(joined.shape[2:]), []).append(SceneFeatures(joined, batch.targets))
    return [
        SceneFeatures(
            torch.cat([each.joined for each in parts]),
            SceneTargets(*(torch.cat([getattr(each.targets, name) for each in parts]) for name in ("labels", "boxes"))),
        )
        for _, parts in sorted(by_shape.items())
    ]


def load_or_compute(path: Path, make: Callable[[], Any]) -> Any:
    """Load the cached object at `path`, memory-mapped, or compute and cache it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        half_written = path.with_suffix(".tmp")
        torch.save(make(), half_written)
        half_written.replace(path)
    with torch.serialization.safe_globals([GazeFeatures, SceneFeatures, SceneTargets, Features]):
        return torch.load(path, map_location="cpu", weights_only=True, mmap=True)


def fingerprint(backbone: Backbone, arrays: Iterable[NDArray[Any]], settings: str) -> str:
    """Return a cache key that changes with the backbone's weights, the pictures and the settings."""
    digest = hashlib.sha256(settings.encode())
    for value in backbone.state_dict().values():
        digest.update(value.cpu().numpy().tobytes())
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]
