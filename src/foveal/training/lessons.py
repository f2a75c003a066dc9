"""Batches, losses and trained parts of the network for each kind of phase.

A batch depends only on the seed, the phase and the step, so that a resumed run sees the same batches as an
uninterrupted one.
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

SEEN_CLASSES = 5  # most probable classes whose MS-ROI maps are summed to learn from fixations
THRESHOLDS = tuple(float(each) for each in np.geomspace(0.005, 0.5, 21).round(4))  # candidates for T
THRESHOLD_VIEWS = 4  # T is chosen on every fourth view
_AT_ONCE = 25
_NEARLY_DARK = 1e-2  # added to MS-ROI maps, which may be 0, before the logarithm


class Lesson(Protocol):
    """Interface of one phase: its batches, losses and trained parts."""

    def batch(self, step: int) -> Any:
        """Return the batch of a step; called in a background thread."""

    def losses(self, network: SaliencyNetwork, batch: Any) -> dict[str, Tensor]:
        """Return `loss`, which is minimised, and other quantities for the log: `accuracy`, `images`, ..."""

    def learners(self, network: SaliencyNetwork) -> list[nn.Module]:
        """Return the parts of the network that are trained; the others are frozen."""

    def threshold(self, network: SaliencyNetwork) -> dict[str, float]:
        """Return T of MS-ROI as `threshold` with its score, or nothing if the validation is to choose it."""


class SceneLesson:
    """Training of the backbone and the class heads on scenes."""

    def __init__(self, phase: ScenePhase, scenes: SceneMaker, seed: tuple[int, int]) -> None:
        self._phase, self._scenes, self._seed = phase, scenes, seed

    def batch(self, step: int) -> SceneBatch:
        """Draw the scenes of a step."""
        phase, rng = self._phase, np.random.default_rng([*self._seed, step])
        return draw_scenes(self._scenes, phase.batch_size, phase.side, phase.mix, rng)

    def losses(self, network: SaliencyNetwork, batch: SceneBatch) -> dict[str, Tensor]:
        """Return the losses, as `Lesson.losses`."""
        batch = batch.to(next(network.parameters()).device)
        joined = network.backbone(batch.pixels.contiguous(memory_format=torch.channels_last)).joined
        cam, weights = network.cam(joined), self._phase.loss
        loss = weights.cam * cam_loss(cam, batch.targets)
        if weights.uses_msroi:
            loss = loss + msroi_loss(network.msroi(joined), batch.targets, weights)
        accuracy = top_class_accuracy(cam.logits, batch.targets.labels)
        return {"loss": loss, "accuracy": accuracy, "images": torch.tensor(len(batch.pixels))}

    def learners(self, network: SaliencyNetwork) -> list[nn.Module]:
        """Return the trained parts, as `Lesson.learners`."""
        return [network.backbone, network.cam, network.msroi]

    def threshold(self, network: SaliencyNetwork) -> dict[str, float]:
        """Return nothing: T is chosen in validation."""
        return {}


class HeadLesson:
    """Training of the gaze heads and the MS-ROI head on features of photos with fixations and of scenes."""

    def __init__(self, phase: HeadPhase, banks: Banks, seed: tuple[int, int]) -> None:
        self._phase, self._banks, self._seed = phase, banks, seed
        self._gaze_rows = [entry.rows_of(banks.learned) for entry in banks.gaze]
        self._scene_rows = [torch.arange(len(entry)) for entry in banks.scenes]

    def batch(self, step: int) -> tuple[GazeFeatures, SceneFeatures]:
        """Draw views of photos of one shape, and scenes of one shape."""
        rng = np.random.default_rng([*self._seed, step])
        entry, rows = _draw(self._gaze_rows, self._phase.gaze_batch_size, rng)
        gaze = self._banks.gaze[entry].take(rows)
        entry, rows = _draw(self._scene_rows, self._phase.scene_batch_size, rng)
        return gaze, self._banks.scenes[entry].take(rows)

    def losses(self, network: SaliencyNetwork, batch: tuple[GazeFeatures, SceneFeatures]) -> dict[str, Tensor]:
        """Return the losses, as `Lesson.losses`."""
        weights, device = self._phase.loss, next(network.parameters()).device
        gaze, scenes = batch[0].to(device), batch[1].to(device)
        members = network.gaze.each(gaze.fine, gaze.coarse)
        found = torch.stack([gaze_loss(member, gaze.density, gaze.trust) for member in members]).mean()
        seen = torch.log(probability_weighted_map(network.msroi(gaze.fine.joined)) + _NEARLY_DARK)
        msroi = network.msroi(scenes.joined)
        return {
            "loss": weights.gaze * found
            + weights.msroi_gaze * gaze_loss(seen, gaze.density, gaze.trust)
            + msroi_loss(msroi, scenes.targets, weights),
            "gaze_loss": found,
            "accuracy": top_class_accuracy(msroi.logits, scenes.targets.labels),
            "images": torch.tensor(len(gaze) + len(scenes)),
        }

    def learners(self, network: SaliencyNetwork) -> list[nn.Module]:
        """Return the trained parts, as `Lesson.learners`."""
        return [network.gaze, network.msroi]

    @torch.no_grad()
    def threshold(self, network: SaliencyNetwork) -> dict[str, float]:
        """Return the T with which MS-ROI's map predicts fixations best, by NSS."""
        device, scores = next(network.parameters()).device, []
        for entry, rows in zip(self._banks.gaze, self._gaze_rows, strict=True):
            fixated = rows[entry.trust[rows] == 1][::THRESHOLD_VIEWS]
            for some in fixated.split(_AT_ONCE) if len(fixated) else ():
                views = entry.take(some).to(device)
                msroi = network.msroi(views.fine.joined)
                scores.append(torch.stack([nss_of_cells(thresholded_map(msroi, t), views.density) for t in THRESHOLDS]))
        if not scores:
            return {}
        means = torch.cat(scores, 1).mean(1)
        best = int(means.argmax())
        return {"threshold": THRESHOLDS[best], "nss_of_msroi": float(means[best])}


def probability_weighted_map(msroi: ClassMaps) -> Tensor:
    """Return the sum of the maps of the most probable classes, weighted by their probabilities: (n, h, w).

    It replaces MS-ROI's hard decision by a threshold in training. No gradient flows to the probabilities.
    """
    probable = torch.sigmoid(msroi.logits.detach())
    values, classes = probable.topk(min(SEEN_CLASSES, probable.shape[1]), dim=1)
    chosen = msroi.maps.gather(1, classes[:, :, None, None].expand(-1, -1, *msroi.maps.shape[2:]))
    return (values[:, :, None, None] * chosen).sum(1)


def thresholded_map(msroi: ClassMaps, threshold: float) -> Tensor:
    """Return the sum of the maps of classes more probable than T, or of the most probable one: (n, h, w)."""
    probable = torch.sigmoid(msroi.logits)
    kept = (probable > threshold) | (probable == probable.amax(1, keepdim=True))
    return torch.einsum("nchw,nc->nhw", msroi.maps, kept.float())


def nss_of_cells(found: Tensor, density: Tensor) -> Tensor:
    """Return the NSS (n,) of maps (n, h, w) by fixation densities (n, H, W); 0 for a constant map."""
    cells = functional.adaptive_avg_pool2d(density[:, None], found.shape[1:])[:, 0].flatten(1)
    values = found.flatten(1)
    standard = (values - values.mean(1, keepdim=True)) / values.std(1, correction=0, keepdim=True).clamp(min=1e-9)
    return (standard * cells).sum(1) / cells.sum(1)


def top_class_accuracy(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the share of labelled scenes in which the most probable class is present: a scalar."""
    present = labels_present(labels, logits.shape[1])
    labelled = present.amax(1)
    return present.gather(1, logits.argmax(1, keepdim=True)).sum() / labelled.sum().clamp(min=1)


def _draw(rows: list[Tensor], wanted: int, rng: np.random.Generator) -> tuple[int, Tensor]:
    """Draw an entry with a probability in proportion to its size, and some of its rows."""
    sizes = np.array([len(each) for each in rows])
    entry = int(rng.choice(len(rows), p=sizes / sizes.sum()))
    return entry, rows[entry][torch.from_numpy(rng.choice(sizes[entry], min(sizes[entry], wanted), replace=False))]
