"""What the heads are trained on: features of views of photos with fixations, and of scenes of labelled objects.

They are computed once, and kept in a folder, so that a run that was interrupted, or that is repeated with other
settings of the heads, continues there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from foveal.saliency.fit import input_size
from foveal.training.backbone import Backbone, Features
from foveal.training.features import FeatureGroup, compute_features
from foveal.training.gaze_data import GazePhoto
from foveal.training.losses import SceneTargets
from foveal.training.photos import LabelledPhotos
from foveal.training.scenes import SceneMaker, SceneMix
from foveal.training.views import INPUT_PIXELS, View, ViewMaker

SCENE_ASPECTS = (1.0, 4 / 3, 4 / 3, 3 / 4)  # width divided by height, one scene of each in turn
SCENE_MIX = SceneMix(mosaics=0.35, pasted=0.4)
CROPS_OF_PHOTO = 2
CROP_SEED = 20  # crops are not drawn by the numbers that draw anything else


@dataclass(frozen=True)
class GazeGroup:
    """Views of one shape, with what is known about each.

    Attributes
    ----------
    features
        Features of the views.
    density
        (n, h, w): shares of the density in the cells of 8x8 pixels; the sum of a view is 1.
    trust
        (n,): weight in the loss, see `View`.
    fold
        (n,) int64: cross-validation fold in which the view's photo is held back.
    is_whole
        (n,) bool: whether the view shows its whole photo; the others are crops.
    """

    features: FeatureGroup
    density: Tensor
    trust: Tensor
    fold: Tensor
    is_whole: Tensor


@dataclass(frozen=True)
class SceneBank:
    """Scenes in groups of one shape, the targets of all scenes, and the names of their classes."""

    groups: Sequence[FeatureGroup]
    targets: SceneTargets
    class_names: tuple[str, ...]


def gaze_bank(photos: Sequence[GazePhoto], backbone: Backbone, seed: int, cache: Path) -> list[GazeGroup]:
    """Return views of photos with their features: the whole photo, plain and mirrored, and random crops."""
    path = cache / f"gaze-{len(photos)}-{seed}.pt"
    return [_as_gaze_group(each) for each in _cached(path, lambda: _compute_gaze(photos, backbone, seed))]


def _compute_gaze(photos: Sequence[GazePhoto], backbone: Backbone, seed: int) -> list[dict[str, Any]]:
    known: list[tuple[Tensor, float, int, bool]] = []

    def pictures() -> Iterator[NDArray[np.uint8]]:
        for number, photo in enumerate(photos):
            for view, is_whole in _views(photo, (CROP_SEED + seed, number)):
                known.append((torch.from_numpy(view.density), view.trust, photo.fold, is_whole))
                yield view.rgb

    content = []
    for group in compute_features(backbone, pictures()):
        density, trust, fold, is_whole = zip(*(known[row] for row in group.rows.tolist()), strict=True)
        facts = {"density": torch.stack(density), "trust": torch.tensor(trust), "fold": torch.tensor(fold)}
        content.append({"features": _plain(group), **facts, "is_whole": torch.tensor(is_whole)})
    return content


def _views(photo: GazePhoto, seed: tuple[int, int]) -> Iterator[tuple[View, bool]]:
    """Yield the views of a photo, and whether each shows the whole photo."""
    maker = ViewMaker(photo)
    whole = maker.whole()
    yield whole, True
    yield whole.mirrored(), True
    for index in range(CROPS_OF_PHOTO):
        rng = np.random.default_rng([seed[0], index, seed[1]])
        crop = maker.crop(rng)
        if crop is not None:
            yield (crop.mirrored() if rng.random() < 0.5 else crop), False


def _as_gaze_group(content: dict[str, Any]) -> GazeGroup:
    return GazeGroup(**{**content, "features": _as_group(content["features"])})


def scene_bank(photos: LabelledPhotos, number: int, backbone: Backbone, seed: int, cache: Path) -> SceneBank:
    """Return `number` scenes composed of labelled photos, with their features."""
    maker = SceneMaker(photos)
    scenes = []
    for index in range(number):
        aspect = SCENE_ASPECTS[index % len(SCENE_ASPECTS)]
        size = input_size(1000, round(1000 * aspect), INPUT_PIXELS)
        scenes.append(maker.draw(SCENE_MIX, size, np.random.default_rng([seed, index])))
    path = cache / f"scenes-{number}-{seed}.pt"
    content = _cached(path, lambda: [_plain(each) for each in compute_features(backbone, (s.rgb for s in scenes))])
    return SceneBank([_as_group(each) for each in content], SceneTargets.of(scenes), photos.class_names)


def _plain(group: FeatureGroup) -> dict[str, Any]:
    return {"stages": list(group.stages), "rows": group.rows}


def _as_group(content: dict[str, Any]) -> FeatureGroup:
    return FeatureGroup(Features(*content["stages"]), content["rows"])


def _cached(path: Path, compute: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return the content of a file, after computing and writing it if it does not exist."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        half_written = path.with_suffix(".tmp")
        torch.save(compute(), half_written)
        half_written.replace(path)
    return list(torch.load(path, weights_only=True))
