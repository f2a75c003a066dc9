"""The saliency network: a frozen backbone, class activation maps, MS-ROI and gaze.

References
----------
B. Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016 (CAM).
L. Hansen, P. Salamon, "Neural Network Ensembles", IEEE TPAMI 1990 (several gaze heads).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from foveal.saliency.fit import SIDE_MULTIPLE
from foveal.training.backbone import Backbone
from foveal.training.heads import GazeHead, MsRoiHead, double


class Output(NamedTuple):
    """Output for n pictures of (H, W) pixels, as the ONNX file computes it; see `foveal.saliency.model.NetworkOutput`.

    `cam_maps` has cells of 32x32 pixels, all other maps have cells of 8x8.
    """

    cam_maps: Tensor
    cam_probabilities: Tensor
    class_maps: Tensor
    class_probabilities: Tensor
    gaze: Tensor


class SaliencyNetwork(nn.Module):
    """The whole network, for inference.

    There are few photos with fixations, so the errors of each gaze head depend on its initial weights. The mean of the
    outputs of several, which is the geometric mean of their densities, is better than each.
    """

    def __init__(self, backbone: Backbone, gaze: Sequence[GazeHead], msroi: MsRoiHead) -> None:
        super().__init__()
        self.backbone = backbone
        self.gaze = nn.ModuleList(gaze)
        self.msroi = msroi
        self.eval()

    @torch.no_grad()
    def forward(self, pixels: Tensor) -> Output:
        """Compute the maps of pixels (n, 3, H, W), float32 RGB in 0..255; H and W from 1."""
        height, width = pixels.shape[2:]
        padded = functional.pad(pixels, (0, -width % SIDE_MULTIPLE, 0, -height % SIDE_MULTIPLE), mode="replicate")
        features = self.backbone(padded)
        last = self.backbone.last_features(features)
        weights = self.backbone.classifier.weight
        cam_logits = self.backbone.classifier(last.mean((2, 3)))
        msroi = self.msroi(features)
        gaze = torch.stack([head(features) for head in self.gaze]).mean(0)
        cells = gaze[:, : -(-height // 8), : -(-width // 8)]
        return Output(
            functional.conv2d(last, weights[:, :, None, None]),
            torch.softmax(cam_logits, 1),
            double(msroi.maps, cells[:, None]),
            torch.sigmoid(msroi.logits),
            cells,
        )
