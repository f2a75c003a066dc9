"""Run a network on a photo of any size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from foveal.training.network import STRIDE, SaliencyNetwork

WORKING_SIDE = 240  # pixels of the long side that the network sees


def read_working_image(path: Path, long_side: int = WORKING_SIDE) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Read a photo, resized to the long side given, aspect ratio kept; and its own size (height, width)."""
    with Image.open(path) as image:
        scale = long_side / max(image.size)
        width, height = (max(1, round(side * scale)) for side in image.size)
        small = image.convert("RGB").resize((width, height), Image.Resampling.BOX)
        return np.asarray(small), (image.height, image.width)


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


def cells_to_pixels(cells: NDArray[np.float32], seen: tuple[int, int], size: tuple[int, int]) -> NDArray[np.float32]:
    """Stretch a map of cells over a picture.

    Parameters
    ----------
    cells
        (ceil(h / 8), ceil(w / 8)).
    seen
        (h, w): the size that the network saw; the last cells may reach beyond it.
    size
        (H, W) of the picture.

    Returns
    -------
    ndarray
        (H, W) float32.
    """
    box = (0, 0, seen[1] / STRIDE, seen[0] / STRIDE)
    picture = Image.fromarray(np.ascontiguousarray(cells, dtype=np.float32))
    return np.asarray(picture.resize((size[1], size[0]), Image.Resampling.BICUBIC, box)).clip(min=0)
