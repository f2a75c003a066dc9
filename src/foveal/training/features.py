"""The backbone's features of many pictures, computed once: the heads are trained on them without the backbone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from foveal.training.backbone import Backbone, Features


@dataclass(frozen=True)
class FeatureGroup:
    """Features of pictures of one shape, with what is known about them.

    Attributes
    ----------
    stages
        Arrays of `Features`, float16.
    rows
        (n,) int64: number of each picture in the order in which the pictures were given.
    """

    stages: Features
    rows: Tensor

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, chosen: Tensor) -> Features:
        """Return the features of some pictures, by their place in the group, as float32."""
        return Features(*(stage[chosen].float() for stage in self.stages))


@torch.no_grad()
def compute_features(backbone: Backbone, pictures: Iterable[NDArray[np.uint8]]) -> list[FeatureGroup]:
    """Compute the features of pictures (h, w, 3) uint8, grouped by shape, the largest group first."""
    computed: dict[tuple[int, int], list[tuple[int, Features]]] = defaultdict(list)
    device = next(backbone.parameters()).device
    for number, rgb in enumerate(pictures):
        stages = backbone(as_pixels(rgb).to(device))
        halves = Features(*(stage.half().cpu() for stage in stages))
        computed[rgb.shape[0], rgb.shape[1]].append((number, halves))
    groups = [_stacked(each) for each in computed.values()]
    return sorted(groups, key=len, reverse=True)


def _stacked(each: list[tuple[int, Features]]) -> FeatureGroup:
    stages = Features(*(torch.cat(stage) for stage in zip(*(features for _, features in each), strict=True)))
    return FeatureGroup(stages, torch.tensor([number for number, _ in each]))


def as_pixels(rgb: NDArray[np.uint8]) -> Tensor:
    """Return a picture (h, w, 3) uint8 as the network's input (1, 3, h, w), float32 in 0..255."""
    return torch.from_numpy(np.array(rgb)).permute(2, 0, 1)[None].float()
