"""What the steps of a phase do: which batches they see, what they minimise, and which parts of the network learn.

A batch is a function of the seed, the phase and the step alone: an interrupted run sees what an uninterrupted one would
have seen.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from foveal.training.banks import Banks, GazeFeatures, SceneFeatures
from foveal.training.batches import SceneBatch, draw_scenes
from foveal.training.losses import cam_loss, gaze_loss, labels_present, msroi_loss
from foveal.training.network import ClassMaps, SaliencyNetwork
from foveal.training.scenes import SceneMaker
from foveal.training.schedule import HeadPhase, ScenePhase

SEEN_CLASSES = 5  # of a photo with fixations: the map of MS-ROI that learns from them is the sum over so many
THRESHOLDS = tuple(float(each) for each in np.geomspace(0.005, 0.5, 21).round(4))  # tried for T
THRESHOLD_VIEWS = 4  # every so many views are enough to choose T
_AT_ONCE = 25
_NEARLY_DARK = 1e-2  # a map of MS-ROI may be 0, a density whose logarithm is taken may not


class Lesson(Protocol):
    """One phase's."""

    def batch(self, step: int) -> Any:
        """What a step sees; made in a thread of its own."""

    def losses(self, network: SaliencyNetwork, batch: Any) -> dict[str, Tensor]:
        """`loss`, which is minimised, and what else is worth logging: `accuracy`, `images`, ..."""

    def learners(self, network: SaliencyNetwork) -> list[nn.Module]:
        """Parts of the network that learn; the others stay as they are."""

    def threshold(self, network: SaliencyNetwork) -> dict[str, float]:
        """T of MS-ROI as `threshold`, and how good it is, where this lesson knows better than the validation."""


class SceneLesson:
    """Backbone and class heads, from scenes."""

    def __init__(self, phase: ScenePhase, scenes: SceneMaker, seed: tuple[int, int]) -> None:
        self._phase, self._scenes, self._seed = phase, scenes, seed

    def batch(self, step: int) -> SceneBatch:
        """Scenes, drawn anew for every step."""
        phase, rng = self._phase, np.random.default_rng([*self._seed, step])
        return draw_scenes(self._scenes, phase.batch_size, phase.side, phase.mix, rng)

    def losses(self, network: SaliencyNetwork, batch: SceneBatch) -> dict[str, Tensor]:
        """See `Lesson.losses`."""
        batch = batch.to(next(network.parameters()).device)
        joined = network.backbone(batch.pixels.contiguous(memory_format=torch.channels_last)).joined
        cam, weights = network.cam(joined), self._phase.loss
        loss = weights.cam * cam_loss(cam, batch.targets)
        if weights.uses_msroi:
            loss = loss + msroi_loss(network.msroi(joined), batch.targets, weights)
        accuracy = top_class_is_there(cam.logits, batch.targets.labels)
        return {"loss": loss, "accuracy": accuracy, "images": torch.tensor(len(batch.pixels))}

    def learners(self, network: SaliencyNetwork) -> list[nn.Module]:
        """See `Lesson.learners`."""
        return [network.backbone, network.cam, network.msroi]

    def threshold(self, network: SaliencyNetwork) -> dict[str, float]:
        """See `Lesson.threshold`: scenes of the validation photos tell it."""
        return {}


class HeadLesson:
    """The gaze heads and MS-ROI's, from features of photos with fixations and of scenes."""

    def __init__(self, phase: HeadPhase, banks: Banks, seed: tuple[int, int]) -> None:
        self._phase, self._banks, self._seed = phase, banks, seed
        self._gaze_rows = [entry.of_examples(banks.learned) for entry in banks.gaze]
        self._scene_rows = [torch.arange(len(entry)) for entry in banks.scenes]

    def batch(self, step: int) -> tuple[GazeFeatures, SceneFeatures]:
        """Views of photos of one shape, scenes of one shape."""
        rng = np.random.default_rng([*self._seed, step])
        entry, rows = _draw(self._gaze_rows, self._phase.gaze_batch_size, rng)
        gaze = self._banks.gaze[entry].take(rows)
        entry, rows = _draw(self._scene_rows, self._phase.scene_batch_size, rng)
        return gaze, self._banks.scenes[entry].take(rows)

    def losses(self, network: SaliencyNetwork, batch: tuple[GazeFeatures, SceneFeatures]) -> dict[str, Tensor]:
        """See `Lesson.losses`."""
        weights, device = self._phase.loss, next(network.parameters()).device
        gaze, scenes = batch[0].to(device), batch[1].to(device)
        members = network.gaze.each(gaze.fine, gaze.coarse)
        found = torch.stack([gaze_loss(member, gaze.density, gaze.trust) for member in members]).mean()
        seen = torch.log(seen_map(network.msroi(gaze.fine.joined)) + _NEARLY_DARK)
        msroi = network.msroi(scenes.joined)
        return {
            "loss": weights.gaze * found
            + weights.msroi_gaze * gaze_loss(seen, gaze.density, gaze.trust)
            + msroi_loss(msroi, scenes.targets, weights),
            "gaze_loss": found,
            "accuracy": top_class_is_there(msroi.logits, scenes.targets.labels),
            "images": torch.tensor(len(gaze) + len(scenes)),
        }

    def learners(self, network: SaliencyNetwork) -> list[nn.Module]:
        """See `Lesson.learners`."""
        return [network.gaze, network.msroi]

    @torch.no_grad()
    def threshold(self, network: SaliencyNetwork) -> dict[str, float]:
        """See `Lesson.threshold`: the T with which MS-ROI's map scores best (`nss`) where people looked."""
        device, scores = next(network.parameters()).device, []
        for entry, rows in zip(self._banks.gaze, self._gaze_rows, strict=True):
            fixated = rows[entry.trust[rows] == 1][::THRESHOLD_VIEWS]
            for some in fixated.split(_AT_ONCE) if len(fixated) else ():
                views = entry.take(some).to(device)
                msroi = network.msroi(views.fine.joined)
                scores.append(torch.stack([nss_of_cells(kept_map(msroi, t), views.density) for t in THRESHOLDS]))
        if not scores:
            return {}
        means = torch.cat(scores, 1).mean(1)
        best = int(means.argmax())
        return {"threshold": THRESHOLDS[best], "nss_of_msroi": float(means[best])}


def seen_map(msroi: ClassMaps) -> Tensor:
    """Sum of the maps of the most probable classes, each as much as it is probable: (n, h, w).

    What MS-ROI's hard decision by a threshold becomes for learning; the probabilities themselves do not learn from it.
    """
    probable = torch.sigmoid(msroi.logits.detach())
    values, classes = probable.topk(min(SEEN_CLASSES, probable.shape[1]), dim=1)
    chosen = msroi.maps.gather(1, classes[:, :, None, None].expand(-1, -1, *msroi.maps.shape[2:]))
    return (values[:, :, None, None] * chosen).sum(1)


def kept_map(msroi: ClassMaps, threshold: float) -> Tensor:
    """Sum of the maps of the classes more probable than T, or of the most probable one: (n, h, w)."""
    probable = torch.sigmoid(msroi.logits)
    kept = (probable > threshold) | (probable == probable.amax(1, keepdim=True))
    return torch.einsum("nchw,nc->nhw", msroi.maps, kept.float())


def nss_of_cells(found: Tensor, density: Tensor) -> Tensor:
    """NSS of maps (n, h, w), with fixations spread as their densities (n, H, W): (n,). 0 for a map of one value."""
    cells = functional.adaptive_avg_pool2d(density[:, None], found.shape[1:])[:, 0].flatten(1)
    values = found.flatten(1)
    standard = (values - values.mean(1, keepdim=True)) / values.std(1, correction=0, keepdim=True).clamp(min=1e-9)
    return (standard * cells).sum(1) / cells.sum(1)


def top_class_is_there(logits: Tensor, labels: Tensor) -> Tensor:
    """Share of the scenes with labels in which the most probable class is one of them: a scalar."""
    present = labels_present(labels, logits.shape[1])
    labelled = present.amax(1)
    return present.gather(1, logits.argmax(1, keepdim=True)).sum() / labelled.sum().clamp(min=1)


def _draw(rows: list[Tensor], wanted: int, rng: np.random.Generator) -> tuple[int, Tensor]:
    """Draw an entry of a bank, larger ones more often, and some of its rows."""
    sizes = np.array([len(each) for each in rows])
    entry = int(rng.choice(len(rows), p=sizes / sizes.sum()))
    return entry, rows[entry][torch.from_numpy(rng.choice(sizes[entry], min(sizes[entry], wanted), replace=False))]
