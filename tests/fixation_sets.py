"""A generated set of photos with fixations: people look at the disc, whatever else there is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from shapes import background, draw_shape


def write_scene_set(folder: Path, number: int = 5) -> None:
    """Write so many photos of a disc and a square."""
    rng = np.random.default_rng(9)
    (folder / "images").mkdir(parents=True)
    points = {}
    for index in range(number):
        image = background(96, rng)
        left, top = rng.integers(0, 72, 2).tolist()
        draw_shape(image, "square", (left, top, left + 20, top + 20))
        left, top = rng.integers(4, 68, 2).tolist()
        draw_shape(image, "disc", (left, top, left + 24, top + 24))
        image.save(folder / "images" / f"{index}.png")
        spread = rng.uniform(4, 20, (60, 2))
        observers = np.arange(60)[:, None] % 6
        points[str(index)] = np.hstack([(spread + np.array([left, top])) / 96, observers]).astype(np.float32)
    np.savez(folder / "fixations.npz", **points)
