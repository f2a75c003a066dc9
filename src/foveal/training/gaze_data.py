"""Photos with recorded fixations or masks of salient objects, fixation densities, and cross-validation folds.

A data set is a folder with `images/` and either `fixations.npz` (from an image's name to rows of x, y as fractions of
the sides, and observer) or `masks/` (`<name>.png`, grey: the share of people who chose the object).

References
----------
J. Xu et al., "Predicting Human Gaze beyond Pixels", Journal of Vision 2014 (OSIE).
M. Jiang, J. Xu, Q. Zhao, "Saliency in Crowd", ECCV 2014.
Y. Li et al., "The Secrets of Salient Object Segmentation", CVPR 2014 (PASCAL-S).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from foveal.errors import ParameterError

DENSITY_SIGMA = 0.03  # relative to the width: about a degree of visual angle
MASK_SIGMA = 0.06  # relative to the width: people look at the middle of an object rather than at its edge
MASK_TRUST = 0.3  # weight in the loss of a density made from a mask
FOLDS = 5
_FOLDS_SEED = 2014


@dataclass(frozen=True)
class GazePhoto:
    """Photo with its fixations or its mask.

    Attributes
    ----------
    dataset
        Name of the data set's folder.
    path
        Path of the photo.
    fixations
        (n, 3) float32: x and y in [0, 1), and observer; None if there is a mask instead.
    mask
        Path of the graded mask, or None.
    fold
        Cross-validation fold in which the photo is held back, 0..FOLDS - 1.
    """

    dataset: str
    path: Path
    fixations: NDArray[np.float32] | None
    mask: Path | None
    fold: int


def is_gaze_set(folder: Path) -> bool:
    """Return whether a folder is laid out as a data set of fixations or masks."""
    return (folder / "images").is_dir() and ((folder / "fixations.npz").exists() or (folder / "masks").is_dir())


def gaze_photos(folder: Path) -> list[GazePhoto]:
    """Return the photos of a data set, sorted by number, with their folds (drawn at random with a fixed seed).

    Raises
    ------
    ParameterError
        The folder is not a data set, or no photo has fixations or a mask.
    """
    if not is_gaze_set(folder):
        raise ParameterError(f"{folder} holds no images/ with fixations.npz or masks/")
    known = _known(folder)
    paths = sorted((path for path in (folder / "images").iterdir() if path.stem in known), key=_by_number)
    if not paths:
        raise ParameterError(f"{folder}: no photo has fixations or a mask")
    folds = np.random.default_rng(_FOLDS_SEED).permutation(len(paths)) % FOLDS
    return [
        GazePhoto(folder.name, path, *known[path.stem], fold=int(fold)) for path, fold in zip(paths, folds, strict=True)
    ]


def _known(folder: Path) -> dict[str, tuple[NDArray[np.float32] | None, Path | None]]:
    recorded = folder / "fixations.npz"
    if recorded.exists():
        with np.load(recorded) as arrays:
            return {name: (arrays[name], None) for name in arrays.files if len(arrays[name])}
    return {path.stem: (None, path) for path in (folder / "masks").iterdir()}


def _by_number(path: Path) -> tuple[int, str]:
    return (int(path.stem) if path.stem.isdigit() else 0, path.stem)


def fixated_pixels(fixations: NDArray[np.float32], height: int, width: int) -> NDArray[np.int64]:
    """Return the pixels (n, 2) of fixations as rows and columns."""
    columns, rows = ((fixations[:, axis] * side).astype(np.int64) for axis, side in ((0, width), (1, height)))
    return np.stack([rows.clip(0, height - 1), columns.clip(0, width - 1)], axis=1)


def observer_halves(fixations: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Split fixations by observer: those of the first, third, ..., and those of the second, fourth, ..."""
    rank = np.unique(fixations[:, 2], return_inverse=True)[1]
    return fixations[rank % 2 == 0], fixations[rank % 2 == 1]


def fixation_density(fixations: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """Smooth fixations by a Gaussian of DENSITY_SIGMA times the width, to a density (height, width) of sum 1."""
    pixels = fixated_pixels(fixations, height, width)
    counts = np.zeros((height, width))
    np.add.at(counts, (pixels[:, 0], pixels[:, 1]), 1)
    return _smooth_density(counts, DENSITY_SIGMA * width)


def mask_density(mask: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Smooth a graded mask (H, W) to a density of sum 1, in place of fixations; uniform for an empty mask."""
    chosen = mask.astype(np.float64) if mask.any() else np.ones(mask.shape)
    return _smooth_density(chosen, MASK_SIGMA * mask.shape[1])


def _smooth_density(values: NDArray[np.float64], sigma: float) -> NDArray[np.float32]:
    smooth = gaussian_filter(values, sigma, mode="constant")
    return np.asarray(smooth / smooth.sum(), dtype=np.float32)
