"""One table for all maps and for the ceiling: how well they predict fixations, and which objects count.

With one checkpoint for each fold, each photo is looked at by the network that did not learn from it. One network, or
the shipped one, is scored on whatever it is given, be it what it learned from.
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
SALIENT_GREY = 127  # a pixel of a graded mask above this: more than half of the people chose its object

Map = NDArray[np.float32]
Method = Callable[[GazePhoto], Map]


@dataclass(frozen=True)
class Row:
    """Mean scores of a method on a set of photos."""

    dataset: str
    method: str
    scores: Mapping[str, float]


def evaluate(photos: Sequence[GazePhoto], methods: Mapping[str, Method]) -> list[Row]:
    """Score all methods on all photos, a row for each set and method; the ceiling too where fixations are known.

    Photos of whose mask nothing or everything is salient are left out: there is nothing to tell apart.
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
    """Half of the observers predict the others, and the other way round."""
    with Image.open(photo.path) as image:
        width, height = image.size
    return _mean(
        [
            _fixation_scores(fixation_density(predicting, height, width), predicted)
            for predicting, predicted in ((first, second), (second, first))
        ]
    )


def packaged_method(name: MethodName) -> Method:
    """A method of `foveal.saliency_map`."""
    return lambda photo: saliency_map(open_photo(photo.path), name)


def network_looks(folds: Sequence[Checkpoint]) -> dict[str, Callable[[GazePhoto], SaliencyResult]]:
    """CAM, MS-ROI and gaze of networks of which the k-th did not learn from the k-th fold (or of one network)."""
    models = [TrainedModel.of_checkpoint(fold) for fold in folds]

    def look_by(name: str, photo: GazePhoto) -> SaliencyResult:
        return look(open_photo(photo.path), name, model=models[photo.fold % len(models)])

    return {name: partial(look_by, name) for name in NETWORK_METHODS}


def network_methods(folds: Sequence[Checkpoint]) -> dict[str, Method]:
    """Maps of `network_looks`, of the photos' sizes."""

    def map_by(look_by: Callable[[GazePhoto], SaliencyResult], photo: GazePhoto) -> Map:
        return look_by(photo).resized(open_photo(photo.path).displayed_size)

    return {name: partial(map_by, look_by) for name, look_by in network_looks(folds).items()}


def write_map(found: Map, path: Path) -> None:
    """Write a map in [0, 1] as a grey PNG of 16 bits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.rint(found * 65535).astype(np.uint16)).save(path)
