"""Training of the heads on the features of a frozen backbone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from foveal.training.banks import GazeGroup, SceneBank
from foveal.training.heads import ClassMaps, GazeHead, MsRoiHead
from foveal.training.losses import gaze_loss, msroi_loss

BATCH = 16  # views
SCENE_BATCH = 32
CROP_SHARE = 0.2  # how often a crop is drawn, relative to a whole photo
LEARNING_RATE, WEIGHT_DECAY, LARGEST_GRADIENT = 3e-3, 0.05, 5.0
WARM_UP = 20  # steps
AVERAGED_SHARE = 0.1  # time constant of the mean of the weights, relative to the number of steps
SEEN_CLASSES = 5  # most probable classes whose MS-ROI maps are summed to learn from fixations
MSROI_GAZE_WEIGHT = 0.5  # of the loss of MS-ROI's map on fixations
NEARLY_DARK = 1e-2  # added to MS-ROI maps, which may be 0, before the logarithm
THRESHOLDS = tuple(float(each) for each in np.geomspace(0.005, 0.5, 21).round(4))  # candidates for T

Head = TypeVar("Head", bound=nn.Module)


@dataclass(frozen=True)
class Fit:
    """One training of a head: seed, number of steps, and the fold whose photos are held back (None: none)."""

    seed: int
    steps: int
    held_back: int | None = None


def fit_gaze_head(groups: Sequence[GazeGroup], fit: Fit) -> GazeHead:
    """Train a gaze head on fixations and masks."""
    torch.manual_seed(fit.seed)
    draw = _GazeDraw(groups, fit.held_back)

    def loss(head: GazeHead, rng: np.random.Generator) -> Tensor:
        group, chosen = draw(rng)
        return gaze_loss(head(group.features.take(chosen)), group.density[chosen], group.trust[chosen])

    return _minimise(GazeHead(), loss, fit)


def fit_msroi_head(groups: Sequence[GazeGroup], scenes: SceneBank, fit: Fit) -> MsRoiHead:
    """Train an MS-ROI head: on the classes and places of objects in scenes, and its summed map on fixations."""
    torch.manual_seed(fit.seed)
    draw = _GazeDraw(groups, fit.held_back)
    sizes = np.array([len(group) for group in scenes.groups])

    def loss(head: MsRoiHead, rng: np.random.Generator) -> Tensor:
        group, chosen = draw(rng)
        seen = torch.log(probability_weighted_map(head(group.features.take(chosen))) + NEARLY_DARK)
        density = torch.nn.functional.avg_pool2d(group.density[chosen], 2) * 4  # from cells of 8 pixels to those of 16
        places = scenes.groups[int(rng.choice(len(sizes), p=sizes / sizes.sum()))]
        some = torch.from_numpy(rng.choice(len(places), min(SCENE_BATCH, len(places)), replace=False))
        objects = msroi_loss(head(places.take(some)), scenes.targets.take(places.rows[some]))
        return objects + MSROI_GAZE_WEIGHT * gaze_loss(seen, density, group.trust[chosen])

    return _minimise(MsRoiHead(len(scenes.class_names)), loss, fit)


class _GazeDraw:
    """Draws batches of views of one shape, of photos that are not held back."""

    def __init__(self, groups: Sequence[GazeGroup], held_back: int | None) -> None:
        self._entries: list[tuple[GazeGroup, np.ndarray]] = []
        weights = []
        for group in groups:
            learned = (group.fold != (-1 if held_back is None else held_back)) & (group.trust > 0)
            for kind, share in ((group.is_whole, 1.0), (~group.is_whole, CROP_SHARE)):
                rows = np.flatnonzero((learned & kind).numpy())
                if len(rows) >= BATCH:  # normalisation over a batch needs several views
                    self._entries.append((group, rows))
                    weights.append(share * len(rows))
        self._chances = np.array(weights) / sum(weights)

    def __call__(self, rng: np.random.Generator) -> tuple[GazeGroup, Tensor]:
        """Return a group, and the places of the drawn views in it."""
        group, rows = self._entries[int(rng.choice(len(self._entries), p=self._chances))]
        return group, torch.from_numpy(rng.choice(rows, BATCH, replace=False))


def _minimise(head: Head, loss: Callable[[Head, np.random.Generator], Tensor], fit: Fit) -> Head:
    """Train a head, and return it with the exponential mean of its weights."""
    rng = np.random.default_rng([fit.seed, 1])
    optimizer = torch.optim.AdamW(head.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    average = {name: value.clone() for name, value in head.state_dict().items()}
    head.train()
    for step in range(fit.steps):
        for parameters in optimizer.param_groups:
            parameters["lr"] = LEARNING_RATE * _schedule(step, fit.steps)
        optimizer.zero_grad()
        loss(head, rng).backward()
        nn.utils.clip_grad_norm_(head.parameters(), LARGEST_GRADIENT)
        optimizer.step()
        _add_to_average(average, head, 1 / max(1.0, min(AVERAGED_SHARE * fit.steps, step + 1)))
    head.load_state_dict(average)
    return head.eval()


def _schedule(step: int, steps: int) -> float:
    """Return the learning rate of a step relative to the highest: a linear warm-up, then half a cosine."""
    return min(1.0, (step + 1) / WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * step / steps))


@torch.no_grad()
def _add_to_average(average: dict[str, Tensor], head: nn.Module, share: float) -> None:
    for name, value in head.state_dict().items():
        if value.dtype.is_floating_point:
            average[name].lerp_(value, share)
        else:
            average[name].copy_(value)


def probability_weighted_map(msroi: ClassMaps) -> Tensor:
    """Return the sum of the maps of the most probable classes, weighted by their probabilities: (n, h, w).

    It replaces MS-ROI's hard decision by a threshold in training. No gradient flows to the probabilities.
    """
    probable = torch.sigmoid(msroi.logits.detach())
    values, classes = probable.topk(min(SEEN_CLASSES, probable.shape[1]), dim=1)
    chosen = msroi.maps.gather(1, classes[:, :, None, None].expand(-1, -1, *msroi.maps.shape[2:]))
    return (values[:, :, None, None] * chosen).sum(1)


@torch.no_grad()
def best_threshold(head: MsRoiHead, groups: Sequence[GazeGroup], held_back: int | None) -> float:
    """Return the T with which MS-ROI's map predicts the fixations on whole photos best, by NSS."""
    scores = [
        torch.stack([nss_of_cells(thresholded_map(found, each), density) for each in THRESHOLDS])
        for found, density in _found_on_whole_photos(head, groups, held_back)
    ]
    return THRESHOLDS[int(torch.cat(scores, 1).mean(1).argmax())]


def _found_on_whole_photos(
    head: MsRoiHead, groups: Sequence[GazeGroup], held_back: int | None
) -> Iterator[tuple[ClassMaps, Tensor]]:
    """Yield the maps of whole photos with fixations, and the density (n, h, w) in the cells of these maps."""
    for group in groups:
        learned = group.is_whole & (group.trust == 1) & (group.fold != (-1 if held_back is None else held_back))
        rows = torch.nonzero(learned)[:, 0]
        for some in rows.split(BATCH) if len(rows) else ():
            found = head(group.features.take(some))
            yield found, torch.nn.functional.avg_pool2d(group.density[some], 2) * 4


def thresholded_map(msroi: ClassMaps, threshold: float) -> Tensor:
    """Return the sum of the maps of classes more probable than T, or of the most probable one: (n, h, w)."""
    probable = torch.sigmoid(msroi.logits)
    kept = (probable > threshold) | (probable == probable.amax(1, keepdim=True))
    return torch.einsum("nchw,nc->nhw", msroi.maps, kept.float())


def nss_of_cells(found: Tensor, density: Tensor) -> Tensor:
    """Return the NSS (n,) of maps (n, h, w) by shares of the density in their cells; 0 for a constant map."""
    values, shares = found.flatten(1), density.flatten(1)
    standard = (values - values.mean(1, keepdim=True)) / values.std(1, correction=0, keepdim=True).clamp(min=1e-9)
    return (standard * shares).sum(1) / shares.sum(1)
