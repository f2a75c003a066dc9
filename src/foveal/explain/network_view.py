"""The output of the saliency network for a photo in its parts: feature maps, evidence for classes, and maps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveal.photo import Photo
from foveal.saliency import default_model
from foveal.saliency.classes import kept_classes
from foveal.saliency.look import network_input
from foveal.saliency.model import CamParts, NetworkOutput

Cells = NDArray[np.float32]


@dataclass(frozen=True)
class FeatureMap:
    """A feature map f_k and its contribution to the evidence for a class c.

    Parameters
    ----------
    index
        Index k of the feature map.
    cells
        Values of the feature map, (h, w), not negative.
    weight
        Weight w_ck of the feature map for the class.
    """

    index: int
    cells: Cells
    weight: float

    @property
    def evidence(self) -> float:
        """Contribution of the feature map to the evidence for the class: its weight times its mean."""
        return self.weight * float(self.cells.mean(dtype=np.float64))


@dataclass(frozen=True, eq=False)
class NetworkView:
    """The input and the output of the network for a photo.

    Parameters
    ----------
    picture
        Input of the network, a small copy of the photo: (H, W, 3) uint8.
    class_names, cam_class_names
        Names of all classes of MS-ROI and of CAM.
    threshold
        Threshold T of MS-ROI for the probability of a class.
    output
        Probabilities and maps that the network returns.
    parts
        Feature maps and weights of the class activation maps.
    """

    picture: NDArray[np.uint8]
    class_names: tuple[str, ...]
    cam_class_names: tuple[str, ...]
    threshold: float
    output: NetworkOutput
    parts: CamParts

    @property
    def top_class(self) -> int:
        """Index of the class that is most probable by CAM."""
        return int(self.output.cam_probabilities.argmax())

    @property
    def class_activation_map(self) -> Cells:
        """Class activation map of the top class."""
        return np.asarray(self.output.cam_maps[self.top_class])

    @property
    def sum_of_features(self) -> Cells:
        """Sum of all feature maps times their weights for the top class, which equals the class activation map."""
        return np.asarray(np.tensordot(self.parts.weights[self.top_class], self.parts.features, axes=1))

    def features(self) -> list[FeatureMap]:
        """Return all feature maps, those with the largest contributions for or against the top class first."""
        weights = self.parts.weights[self.top_class]
        maps = [
            FeatureMap(index, cells, float(weight))
            for index, (cells, weight) in enumerate(zip(self.parts.features, weights, strict=True))
        ]
        return sorted(maps, key=lambda each: -abs(each.evidence))

    def class_evidence(self, class_index: int) -> float:
        """Return the mean of the activation map of a class, which is its logit without the bias."""
        return float(self.output.cam_maps[class_index].mean(dtype=np.float64))

    def classes_by_cam(self) -> NDArray[np.intp]:
        """Return the indices of all classes, the most probable by CAM first."""
        return np.argsort(-self.output.cam_probabilities, kind="stable")

    def classes_of_msroi(self) -> NDArray[np.intp]:
        """Return the indices of the classes whose maps MS-ROI adds up, the most probable first."""
        return kept_classes(self.output.class_probabilities, self.threshold)

    def msroi(self) -> Cells:
        """Return the sum of the maps of the classes of MS-ROI."""
        return np.asarray(self.output.class_maps[self.classes_of_msroi()].sum(axis=0))

    def gaze_density(self) -> Cells:
        """Return the predicted density of fixations, scaled to 1 at its peak."""
        return np.asarray(np.exp(self.output.gaze - self.output.gaze.max()))

    @property
    def cell_side(self) -> int:
        """Height and width, in pixels of the small picture, of the square that a cell of a feature map stands for."""
        return self.output.cam_cell_side


def run_network(photo: Photo) -> NetworkView:
    """Run the network that comes with the package on a photo.

    Raises
    ------
    ModelError
        The network or onnxruntime is missing, or the network is broken.
    """
    model = default_model()
    picture = network_input(photo, model)
    names = model.class_names, model.cam_class_names
    return NetworkView(picture, *names, model.threshold, model.see(picture), model.cam_parts(picture))
