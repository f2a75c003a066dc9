"""Run a network on a photo of any size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from foveal.image import open as open_photo
from foveal.saliency.cells import cells_to_pixels
from foveal.saliency.model import WORKING_SIDE
from foveal.saliency.working_image import working_image
from foveal.training.network import SaliencyNetwork


def read_working_image(path: Path) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Read a photo as the network sees it, (h, w, 3) RGB; and its own size (height, width), as displayed."""
    photo = open_photo(path)
    return working_image(photo, WORKING_SIDE), photo.displayed_size


@torch.no_grad()
def gaze_density(network: SaliencyNetwork, rgb: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.float32]:
    """Predicted density of fixations, of `size` (height, width), its sum 1, from (h, w, 3) RGB of the whole photo."""
    pixels = as_pixels(rgb).to(next(network.parameters()).device)
    cells = torch.exp(network.look(pixels)[0]).cpu().numpy()
    density = cells_to_pixels(cells, (rgb.shape[0], rgb.shape[1]), size)
    return np.asarray(density / density.sum(), np.float32)


def as_pixels(rgb: NDArray[np.uint8]) -> Tensor:
    """(h, w, 3) uint8 to the network's input, (1, 3, h, w) float32."""
    return torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1))).float()[None]
