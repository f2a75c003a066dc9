"""Evaluation of saliency maps on recorded fixations (NSS, AUC-Judd, CC, SIM) and on masks of salient objects.

With one network for each cross-validation fold, each photo is scored by the network that was not trained on it. A
single network, or the shipped one, is scored on all given photos, even on those that it was trained on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.photo import open as open_photo
from foveal.saliency import METHODS, MethodName, SaliencyModel, SaliencyResult, look_by_methods
from foveal.training import scores
from foveal.training.gaze_data import GazePhoto, fixated_pixels, fixation_density, observer_halves

FIXATION_SCORES = ("NSS", "AUC-Judd", "CC", "SIM")
MASK_SCORES = ("AUC", "F-beta", "MAE")
CEILING = "half of the observers"
SALIENT_GREY = 127  # a higher value in a graded mask means that more than half of the people chose the object
RELIABILITY_BINS = 5

Map = NDArray[np.float32]
Results = Mapping[str, SaliencyResult]
Look = Callable[[GazePhoto], Results]


@dataclass(frozen=True)
class Row:
    """Mean scores of a method on a set of photos."""

    dataset: str
    method: str
    scores: Mapping[str, float]


@dataclass(frozen=True)
class ReliabilityBin:
    """Photos of similar expected NSS: their number, and the means of the expected and of the measured NSS."""

    photos: int
    expected: float
    measured: float


@dataclass(frozen=True)
class Evaluation:
    """Rows for each data set and method, and the reliability of the expected NSS on photos with fixations."""

    rows: list[Row]
    reliability: list[ReliabilityBin]


def look_by_folds(models: Sequence[SaliencyModel | None], methods: Sequence[MethodName] = METHODS) -> Look:
    """Return a function that finds the maps of a photo, by the network of its fold or by the only one."""

    def look(photo: GazePhoto) -> Results:
        return look_by_methods(open_photo(photo.path), methods, model=models[photo.fold % len(models)])

    return look


def evaluate(photos: Iterable[GazePhoto], look: Look) -> Evaluation:
    """Score methods on photos, with rows for the ceiling where there are fixations.

    Photos whose mask is empty or full are left out, as the scores are undefined for them.
    """
    scored: dict[tuple[str, str], list[dict[str, float]]] = {}
    judged: list[tuple[float, float]] = []
    for photo in photos:
        if not _tells_apart(photo):
            continue
        results = look(photo)
        for method, each in _scored(photo, results):
            scored.setdefault((photo.dataset, method), []).append(each)
            result = results.get(method)
            if result is not None and result.expected_nss is not None and "NSS" in each:
                judged.append((result.expected_nss, each["NSS"]))
    rows = [Row(dataset, method, _mean(each)) for (dataset, method), each in scored.items()]
    return Evaluation(rows, reliability(judged))


def reliability(judged: Sequence[tuple[float, float]]) -> list[ReliabilityBin]:
    """Divide pairs of expected and measured NSS into bins of equally many photos, by the expected NSS."""
    ordered = np.array(sorted(judged)).reshape(-1, 2)
    bins = [part for part in np.array_split(ordered, RELIABILITY_BINS) if len(part)]
    return [ReliabilityBin(len(part), *(float(mean) for mean in part.mean(axis=0))) for part in bins]


def _mean(each: list[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([one[name] for one in each])) for name in each[0]}


def _scored(photo: GazePhoto, results: Results) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield the scores of each method on a photo, and those of the ceiling."""
    with Image.open(photo.path) as image:
        size = image.height, image.width
    for name, result in results.items():
        found = result.resized(size)
        if photo.fixations is not None:
            yield name, _fixation_scores(found, photo.fixations)
        else:
            yield name, _mask_scores(found, _salient(photo))
    if photo.fixations is not None:
        first, second = observer_halves(photo.fixations)
        if len(second):
            yield CEILING, _ceiling(size, first, second)


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


def _ceiling(size: tuple[int, int], first: NDArray[np.float32], second: NDArray[np.float32]) -> dict[str, float]:
    """Score each half of the observers as a prediction of the other half, and average."""
    return _mean(
        [
            _fixation_scores(fixation_density(predicting, *size), predicted)
            for predicting, predicted in ((first, second), (second, first))
        ]
    )


def write_map(found: Map, path: Path) -> None:
    """Write a map in [0, 1] as a 16-bit grey PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.rint(found * 65535).astype(np.uint16)).save(path)
