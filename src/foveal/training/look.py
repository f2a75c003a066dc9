"""Adapter that lets `foveal.saliency.look` use a PyTorch network in place of the shipped model."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from foveal.saliency.model import NetworkOutput
from foveal.training.batches import as_pixels
from foveal.training.checkpoint import Checkpoint
from foveal.training.network import SaliencyNetwork


class TrainedModel:
    """A network in PyTorch, for `foveal.saliency.look`.

    Parameters
    ----------
    network
        Network in evaluation mode.
    threshold
        Threshold T of MS-ROI.
    class_names
        Names of the classes in order.
    """

    def __init__(self, network: SaliencyNetwork, threshold: float, class_names: tuple[str, ...]) -> None:
        self.network, self.threshold, self.class_names = network, threshold, class_names

    @classmethod
    def from_checkpoint(cls, state: Checkpoint) -> TrainedModel:
        """Wrap the averaged network of a checkpoint."""
        return cls(state.averaged_network(), state.threshold, state.class_names)

    @torch.no_grad()
    def see(self, rgb: NDArray[np.uint8]) -> NetworkOutput:
        """Run the network on a picture, as `SaliencyModel.see` does."""
        output = self.network(as_pixels([rgb]).to(next(self.network.parameters()).device))
        cam, msroi = output.cam, output.msroi
        found = (cam.maps, torch.softmax(cam.logits, 1), msroi.maps, torch.sigmoid(msroi.logits), output.gaze)
        return NetworkOutput((rgb.shape[0], rgb.shape[1]), *(each[0].cpu().numpy() for each in found))
