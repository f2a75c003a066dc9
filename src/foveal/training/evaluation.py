"""Evaluation of saliency maps on recorded fixations (NSS, AUC-Judd, CC, SIM) and on masks of salient objects.

With one checkpoint per cross-validation fold, each photo is scored by the network that was not trained on it. A single
network, or the shipped one, is scored on all given photos, even on those that it was trained on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.photo import open as open_photo
from foveal.saliency import NETWORK_METHODS, MethodName, SaliencyResult, look, saliency_map
from foveal.training import scores
from foveal.training.checkpoint import Checkpoint
from foveal.training.gaze_data import GazePhoto, fixated_pixels, fixation_density, observer_halves
from foveal.training.look import TrainedModel

FIXATION_SCORES = ("NSS", "AUC-Judd", "CC", "SIM")
MASK_SCORES = ("AUC", "F-beta", "MAE")
CEILING = "half of the observers"
SALIENT_GREY = 127  # a higher value in a graded mask means that more than half of the people chose the object

Map = NDArray[np.float32]
Method = Callable[[GazePhoto], Map]


@dataclass(frozen=True)
class Row:
    """Mean scores of a method on a set of photos."""

    dataset: str
    method: str
    scores: Mapping[str, float]


def evaluate(photos: Sequence[GazePhoto], methods: Mapping[str, Method]) -> list[Row]:
    """Score methods on photos: a row for each data set and method, and for the ceiling where there are fixations.

    Photos whose mask is empty or full are left out, as the scores are undefined for them.
    """
    rows = []
    for dataset in sorted({photo.dataset for photo in photos}):
        chosen = [photo for photo in photos if photo.dataset == dataset and _tells_apart(photo)]
        if not chosen:
            continue
        for name, method in methods.items():
            rows.append(Row(dataset, name, _mean([_scored(photo, method(photo)) for photo in chosen])))
        halves = [(photo, *observer_halves(photo.fixations)) for photo in chosen if photo.fixations is not None]
        judged = [_ceiling(photo, first, second) for photo, first, second in halves if len(second)]
        if judged:
            rows.append(Row(dataset, CEILING, _mean(judged)))
    return rows


def _mean(each: list[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([one[name] for one in each])) for name in each[0]}


def _scored(photo: GazePhoto, found: Map) -> dict[str, float]:
    if photo.fixations is not None:
        return _fixation_scores(found, photo.fixations)
    return _mask_scores(found, _salient(photo))


def _tells_apart(photo: GazePhoto) -> bool:
    return photo.fixations is not None or len(np.unique(_salient(photo))) == 2


def _salient(photo: GazePhoto) -> NDArray[np.bool_]:
    assert photo.mask is not None  # noqa: S101 (one of the two is known)
    with Image.open(photo.mask) as mask:
        return np.asarray(mask.convert("L")) > SALIENT_GREY


def _fixation_scores(found: Map, fixations: NDArray[np.float32]) -> dict[str, float]:
    height, width = found.shape
    pixels, density = fixated_pixels(fixations, height, width), fixation_density(fixations, height, width)
    values = (
        scores.nss(found, pixels),
        scores.auc_judd(found, pixels),
        scores.cc(found, density),
        scores.sim(found, density),
    )
    return dict(zip(FIXATION_SCORES, values, strict=True))


def _mask_scores(found: Map, mask: NDArray[np.bool_]) -> dict[str, float]:
    values = (scores.auc_mask(found, mask), scores.f_beta(found, mask), scores.mae(found, mask))
    return dict(zip(MASK_SCORES, values, strict=True))


def _ceiling(photo: GazePhoto, first: NDArray[np.float32], second: NDArray[np.float32]) -> dict[str, float]:
    """Score each half of the observers as a prediction of the other half, and average."""
    with Image.open(photo.path) as image:
        width, height = image.size
    return _mean(
        [
            _fixation_scores(fixation_density(predicting, height, width), predicted)
            for predicting, predicted in ((first, second), (second, first))
        ]
    )


def packaged_method(name: MethodName) -> Method:
    """Return a function that computes the map of a photo by a method of `foveal.saliency_map`."""
    return lambda photo: saliency_map(open_photo(photo.path), name)


def network_looks(folds: Sequence[Checkpoint]) -> dict[str, Callable[[GazePhoto], SaliencyResult]]:
    """Return functions that apply CAM, MS-ROI and gaze to a photo, by the network of its fold or by the only one."""
    models = [TrainedModel.from_checkpoint(fold) for fold in folds]

    def look_by(name: str, photo: GazePhoto) -> SaliencyResult:
        return look(open_photo(photo.path), name, model=models[photo.fold % len(models)])

    return {name: partial(look_by, name) for name in NETWORK_METHODS}


def network_methods(folds: Sequence[Checkpoint]) -> dict[str, Method]:
    """Return the functions of `network_looks` with maps resized to the photo."""

    def map_by(look_by: Callable[[GazePhoto], SaliencyResult], photo: GazePhoto) -> Map:
        return look_by(photo).resized(open_photo(photo.path).displayed_size)

    return {name: partial(map_by, look_by) for name, look_by in network_looks(folds).items()}


def write_map(found: Map, path: Path) -> None:
    """Write a map in [0, 1] as a 16-bit grey PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.rint(found * 65535).astype(np.uint16)).save(path)
