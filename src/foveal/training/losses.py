"""Loss functions of the saliency network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from foveal.training.heads import ClassMaps
from foveal.training.photos import NO_CLASS
from foveal.training.scenes import MAX_OBJECTS, Scene

LABELS_WEIGHT = 0.5  # of the cross-entropy of MS-ROI's sigmoids, which is summed over the classes
LOCATION_WEIGHT = 0.5  # of `location_loss`, which makes MS-ROI's maps high inside an object's box and low outside
BOX_SIGMA = 0.3  # sigma of the Gaussian weight inside a box, relative to its sides


@dataclass(frozen=True)
class SceneTargets:
    """Labels and boxes of the objects in n scenes.

    Attributes
    ----------
    labels
        (n, objects) int64 class numbers; NO_CLASS for an object without a class, and as padding.
    boxes
        (n, objects, 4) float32: top, left, bottom, right as fractions of the frame.
    """

    labels: Tensor
    boxes: Tensor

    @classmethod
    def of(cls, scenes: Sequence[Scene]) -> SceneTargets:
        """Collect the labels and boxes of the objects in scenes."""
        labels = torch.full((len(scenes), MAX_OBJECTS), NO_CLASS, dtype=torch.int64)
        boxes = torch.zeros(len(scenes), MAX_OBJECTS, 4)
        for row, scene in enumerate(scenes):
            height, width = scene.rgb.shape[:2]
            for column, placed in enumerate(scene.objects):
                box = placed.box
                labels[row, column] = placed.label
                boxes[row, column] = torch.tensor(
                    [box.top / height, box.left / width, box.bottom / height, box.right / width]
                )
        return cls(labels, boxes)

    def take(self, chosen: Tensor) -> SceneTargets:
        """Return the targets of some of the scenes, by their numbers."""
        return SceneTargets(self.labels[chosen], self.boxes[chosen])


def msroi_loss(msroi: ClassMaps, targets: SceneTargets) -> Tensor:
    """Return the weighted sum of the cross-entropy of MS-ROI's sigmoids and of `location_loss`, a scalar."""
    present = labels_present(targets.labels, msroi.logits.shape[1])
    entropies = functional.binary_cross_entropy_with_logits(msroi.logits, present, reduction="none")
    return LABELS_WEIGHT * entropies.sum(1).mean() + LOCATION_WEIGHT * location_loss(msroi, targets)


def labels_present(labels: Tensor, classes: int) -> Tensor:
    """Convert labels (n, objects) to indicators (n, classes), 1 if an object of the class is in the scene."""
    present = torch.zeros(len(labels), classes + 1, device=labels.device)
    columns = torch.where(labels == NO_CLASS, classes, labels)
    return present.scatter_(1, columns, 1.0)[:, :classes]


def location_loss(class_maps: ClassMaps, targets: SceneTargets) -> Tensor:
    """Return the cross-entropy of the maps of present classes, inside and outside the boxes of their objects.

    A map with the constant value z gives its class the evidence z, so a cell of value z is read as the logit z + bias.
    The cells inside a box are weighted by a Gaussian around its middle, where a photo usually shows its object. Objects
    that fill the frame have no cells outside.
    """
    maps, labels = class_maps.maps, targets.labels
    has_class = (labels != NO_CLASS).float()
    classes = labels.clamp(min=0)  # any class will do for NO_CLASS, since `has_class` masks it
    height, width = maps.shape[2:]
    logits = maps.gather(1, classes[:, :, None, None].expand(-1, -1, height, width))
    logits = logits + class_maps.bias[classes][:, :, None, None]
    inside, inside_weights = _mask_boxes(targets.boxes, height, width)
    same_class = (labels[:, :, None] == labels[:, None, :]).float()
    outside = 1 - torch.einsum("nab,nbhw->nahw", same_class, inside).clamp(max=1)
    inside_loss = _weighted_mean(functional.softplus(-logits), inside_weights)
    outside_loss = _weighted_mean(functional.softplus(logits), outside)
    return ((inside_loss + outside_loss) * has_class).sum() / has_class.sum().clamp(min=1)


def _mask_boxes(boxes: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Return masks of the cells inside boxes (n, objects, 4), and the masks times a Gaussian around the middle."""
    rows = (torch.arange(height, device=boxes.device) + 0.5) / height
    columns = (torch.arange(width, device=boxes.device) + 0.5) / width
    top, left, bottom, right = (side[:, :, None] for side in boxes.unbind(2))
    inside = ((rows >= top) & (rows < bottom))[:, :, :, None] & ((columns >= left) & (columns < right))[:, :, None, :]
    row_offsets = (rows - (top + bottom) / 2) / (bottom - top).clamp(min=1e-6)
    column_offsets = (columns - (left + right) / 2) / (right - left).clamp(min=1e-6)
    squared = (row_offsets[:, :, :, None] ** 2 + column_offsets[:, :, None, :] ** 2) / BOX_SIGMA**2
    return inside.float(), inside * torch.exp(-0.5 * squared)


def _weighted_mean(values: Tensor, weights: Tensor) -> Tensor:
    """Return the weighted mean over the last two axes; 0 if all weights are 0."""
    return (values * weights).sum((2, 3)) / weights.sum((2, 3)).clamp(min=1e-6)


def gaze_loss(log_density: Tensor, density: Tensor, trust: Tensor) -> Tensor:
    """Return the loss of predicted densities: Kullback-Leibler divergence (truth || prediction), plus 1 - correlation.

    Parameters
    ----------
    log_density
        (n, h, w): map of the network, the logarithm of the predicted density up to a constant.
    density
        (n, h, w): share of the fixation density in each cell; the sum of a picture is 1.
    trust
        (n,): weight of each picture, 1 for fixations and less for masks of objects.

    Returns
    -------
    Tensor
        Mean over the pictures of their losses times `trust`, a scalar: batches of little trust count less.

    References
    ----------
    M. Kuemmerer, T. Wallis, M. Bethge, "Information-theoretic model comparison unifies saliency metrics", PNAS 2015
    (reasons to predict a density).
    """
    truth = density.flatten(1)
    log_prediction = functional.log_softmax(log_density.flatten(1), 1)
    divergence = (truth * (torch.log(truth + 1e-9) - log_prediction)).sum(1)
    decorrelation = 1 - _correlation(torch.exp(log_prediction), truth)
    return ((divergence + decorrelation) * trust).mean()


def _correlation(first: Tensor, second: Tensor) -> Tensor:
    """Return Pearson's correlation along the last axis."""
    first, second = (each - each.mean(1, keepdim=True) for each in (first, second))
    return functional.cosine_similarity(first, second, dim=1, eps=1e-12)
