"""What training minimises."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from foveal.training.network import ClassMaps
from foveal.training.photos import NO_CLASS

LABEL_SMOOTHING = 0.1
BOX_SIGMA = 0.3  # of a box's side: the middle of a box that should light up


@dataclass(frozen=True)
class SceneTargets:
    """What is where in n scenes.

    Attributes
    ----------
    labels
        (n, objects) int64; NO_CLASS where there are fewer objects, or one of no class.
    boxes
        (n, objects, 4) float32: top, left, bottom, right as shares of the frame.
    """

    labels: Tensor
    boxes: Tensor

    def to(self, device: torch.device) -> SceneTargets:
        """Copy to where the network is."""
        return SceneTargets(self.labels.to(device), self.boxes.to(device))


@dataclass(frozen=True)
class LossWeights:
    """How much each part of the loss counts.

    Attributes
    ----------
    cam
        Cross-entropy of CAM's softmax; where there are several labels, they share the target.
    msroi
        Cross-entropy of MS-ROI's sigmoids, summed over the classes.
    location
        MS-ROI's maps should light up inside an object's box (most in its middle) and stay dark outside.
    gaze
        Each gaze head's map should be the density of fixations.
    msroi_gaze
        So should MS-ROI's, the sum over the classes that it sees.
    """

    cam: float = 1.0
    msroi: float = 0.5
    location: float = 0.5
    gaze: float = 1.0
    msroi_gaze: float = 0.5

    @property
    def uses_msroi(self) -> bool:
        """Whether MS-ROI's head is trained."""
        return self.msroi > 0 or self.location > 0


def cam_loss(cam: ClassMaps, targets: SceneTargets) -> Tensor:
    """Cross-entropy of CAM's softmax: a scalar. Labels share the target; scenes without a label do not count."""
    present = labels_present(targets.labels, cam.logits.shape[1])
    number = present.sum(1, keepdim=True)
    shared = present / number.clamp(min=1) * (1 - LABEL_SMOOTHING) + LABEL_SMOOTHING / cam.logits.shape[1]
    each = -(shared * functional.log_softmax(cam.logits, 1)).sum(1)
    labelled = (number[:, 0] > 0).float()
    return (each * labelled).sum() / labelled.sum().clamp(min=1)


def msroi_loss(msroi: ClassMaps, targets: SceneTargets, weights: LossWeights) -> Tensor:
    """Cross-entropy of MS-ROI's sigmoids, classes not being exclusive, and `location_loss`, as weighted: a scalar."""
    present = labels_present(targets.labels, msroi.logits.shape[1])
    each = functional.binary_cross_entropy_with_logits(msroi.logits, present, reduction="none")
    return weights.msroi * each.sum(1).mean() + weights.location * location_loss(msroi, targets)


def labels_present(labels: Tensor, classes: int) -> Tensor:
    """(n, objects) labels to (n, classes), 1 where an object of the class is in the scene."""
    present = torch.zeros(len(labels), classes + 1, device=labels.device)
    columns = torch.where(labels == NO_CLASS, classes, labels)
    return present.scatter_(1, columns, 1.0)[:, :classes]


def location_loss(class_maps: ClassMaps, targets: SceneTargets) -> Tensor:
    """Cross-entropy of the maps of the classes that are there, inside and outside of their objects' boxes.

    A map that is z everywhere has evidence z, so a cell of value z is read as the logit z + bias. Inside, cells count
    by a Gaussian around the middle of the box, since a photo shows its object there. Objects that fill the frame have
    no outside.
    """
    maps, labels = class_maps.maps, targets.labels
    known = (labels != NO_CLASS).float()
    numbers = labels.clamp(min=0)
    height, width = maps.shape[2:]
    logits = maps.gather(1, numbers[:, :, None, None].expand(-1, -1, height, width))
    logits = logits + class_maps.bias[numbers][:, :, None, None]
    inside, middle = _cells_of_boxes(targets.boxes, height, width)
    same_class = (labels[:, :, None] == labels[:, None, :]).float()
    outside = 1 - torch.einsum("nab,nbhw->nahw", same_class, inside).clamp(max=1)
    lit = _weighted_mean(functional.softplus(-logits), middle)
    dark = _weighted_mean(functional.softplus(logits), outside)
    return ((lit + dark) * known).sum() / known.sum().clamp(min=1)


def _cells_of_boxes(boxes: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
    """For boxes (n, objects, 4): the cells inside; the same times a Gaussian around the middle of the box."""
    rows = (torch.arange(height, device=boxes.device) + 0.5) / height
    columns = (torch.arange(width, device=boxes.device) + 0.5) / width
    top, left, bottom, right = (side[:, :, None] for side in boxes.unbind(2))
    inside = ((rows >= top) & (rows < bottom))[:, :, :, None] & ((columns >= left) & (columns < right))[:, :, None, :]
    down = (rows - (top + bottom) / 2) / (bottom - top).clamp(min=1e-6)
    across = (columns - (left + right) / 2) / (right - left).clamp(min=1e-6)
    squared = (down[:, :, :, None] ** 2 + across[:, :, None, :] ** 2) / BOX_SIGMA**2
    return inside.float(), inside * torch.exp(-0.5 * squared)


def _weighted_mean(values: Tensor, weights: Tensor) -> Tensor:
    """Mean over the last two axes; 0 where all weights are 0."""
    return (values * weights).sum((2, 3)) / weights.sum((2, 3)).clamp(min=1e-6)


def gaze_loss(log_density: Tensor, density: Tensor, trust: Tensor) -> Tensor:
    """Kullback-Leibler divergence of the fixation density from the predicted one, and 1 - their correlation.

    Parameters
    ----------
    log_density
        (n, h, w): the network's map, a log up to a constant.
    density
        (n, H, W), not negative, sums positive; averaged over the network's cells.
    trust
        (n,) how much each picture counts: 1 for fixations, less for masks of objects that stand in for them.

    Returns
    -------
    Tensor
        A scalar.

    References
    ----------
    M. Kuemmerer, T. Wallis, M. Bethge, "Information-theoretic model comparison unifies saliency metrics", PNAS 2015:
    why to predict a density.
    """
    cells = functional.adaptive_avg_pool2d(density[:, None], log_density.shape[1:])[:, 0].flatten(1)
    truth = cells / cells.sum(1, keepdim=True)
    log_prediction = functional.log_softmax(log_density.flatten(1), 1)
    divergence = (truth * (torch.log(truth + 1e-9) - log_prediction)).sum(1)
    lost = 1 - _correlation(torch.exp(log_prediction), truth)
    return ((divergence + lost) * trust).sum() / trust.sum().clamp(min=1e-6)


def _correlation(first: Tensor, second: Tensor) -> Tensor:
    """Pearson's, along the last axis."""
    first, second = (each - each.mean(1, keepdim=True) for each in (first, second))
    return functional.cosine_similarity(first, second, dim=1, eps=1e-12)
