"""What the network saw in a photo, taken apart: feature maps, class evidence, and the maps made of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveal.photo import Photo
from foveal.photo.small_copy import small_copy
from foveal.saliency import default_model
from foveal.saliency.cells import CELL_SIDE
from foveal.saliency.classes import kept_classes
from foveal.saliency.model import WORKING_SIDE, CamParts, NetworkOutput

Cells = NDArray[np.float32]


@dataclass(frozen=True)
class FeatureMap:
    """A feature map f_k, and what it adds to the evidence for a class c.

    Parameters
    ----------
    index
        k.
    cells
        (h, w), not negative.
    weight
        w_ck.
    """

    index: int
    cells: Cells
    weight: float

    @property
    def evidence(self) -> float:
        """Its share of the class's evidence: its weight times its mean."""
        return self.weight * float(self.cells.mean(dtype=np.float64))


@dataclass(frozen=True, eq=False)
class NetworkView:
    """What the network saw.

    Parameters
    ----------
    seen
        (H, W, 3) uint8: the small picture.
    class_names
        Of all classes.
    threshold
        T of MS-ROI.
    output, parts
        What the network says, and what its class activation maps are made of.
    """

    seen: NDArray[np.uint8]
    class_names: tuple[str, ...]
    threshold: float
    output: NetworkOutput
    parts: CamParts

    @property
    def top_class(self) -> int:
        """The class that CAM finds most probable."""
        return int(self.output.cam_probabilities.argmax())

    @property
    def class_activation_map(self) -> Cells:
        """Of the top class."""
        return np.asarray(self.output.cam_maps[self.top_class])

    @property
    def sum_of_features(self) -> Cells:
        """Weights times features, summed, of the top class: what the class activation map should be."""
        return np.asarray(np.tensordot(self.parts.weights[self.top_class], self.parts.features, axes=1))

    def features(self) -> list[FeatureMap]:
        """All feature maps, those first that say most for or against the top class."""
        weights = self.parts.weights[self.top_class]
        maps = [
            FeatureMap(index, cells, float(weight))
            for index, (cells, weight) in enumerate(zip(self.parts.features, weights, strict=True))
        ]
        return sorted(maps, key=lambda each: -abs(each.evidence))

    def class_evidence(self, class_index: int) -> float:
        """Mean of the class's activation map: its logit but for a bias."""
        return float(self.output.cam_maps[class_index].mean(dtype=np.float64))

    def classes_by_cam(self) -> NDArray[np.intp]:
        """Indices of all classes, the most probable first."""
        return np.argsort(-self.output.cam_probabilities, kind="stable")

    def classes_of_msroi(self) -> NDArray[np.intp]:
        """Indices of the classes whose maps MS-ROI adds up, the most probable first."""
        return kept_classes(self.output.class_probabilities, self.threshold)

    def msroi(self) -> Cells:
        """Sum of those maps."""
        return np.asarray(self.output.class_maps[self.classes_of_msroi()].sum(axis=0))

    def gaze_density(self) -> Cells:
        """Density of fixations, 1 at its peak."""
        return np.asarray(np.exp(self.output.gaze - self.output.gaze.max()))

    @property
    def cell_side(self) -> int:
        """EightBitPixels of the small picture that a cell of a map stands for, each way."""
        return CELL_SIDE


def view_of_network(photo: Photo) -> NetworkView:
    """Look at a photo by the shipped network.

    Raises
    ------
    ModelError
        As `SaliencyModel.cam_parts`.
    """
    model = default_model()
    seen = small_copy(photo, WORKING_SIDE)
    return NetworkView(seen, model.class_names, model.threshold, model.see(seen), model.cam_parts(seen))
