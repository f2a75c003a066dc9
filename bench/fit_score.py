"""Fit foveal.allocate.score_prediction: SSIMULACRA2 of our files from their quantization errors.

python -m bench.fit_score --images DIR ... --output FILE

Every photo is encoded blind at several levels, with and without down-sampling. How well a fit predicts is told by
leaving each photo out in turn: the share of files that score 35 or more whose prediction is within 3 points.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import foveal
from bench.blind import blind_trial, file_of
from bench.photos import middle
from foveal.allocate.perception import perception
from foveal.allocate.score_prediction import CEILING, Regression, features, predicted_score
from foveal.allocate.subsampling import FULL, HALVED
from foveal.comparison.peers import decoded
from foveal.image import eight_bits
from foveal.metrics import Ssimulacra2Reference

SUBSAMPLINGS = (HALVED, FULL)
LEVELS = np.linspace(0.4, 3.6, 9)
LEAST_SCORE = 20.0  # worse files are not learned from
LEAST_JUDGED = 35.0
RIDGE = 30.0

Array = NDArray[np.float64]


def measured(path: Path, subsampling: str) -> tuple[list[Array], list[float]]:
    """Features and scores of a photo's files."""
    pixels = middle(eight_bits(foveal.open(path).pixels))
    reference = Ssimulacra2Reference(pixels)
    found, scores = [], []
    for level in LEVELS:
        trial = blind_trial(pixels, level, perception(), subsampling)
        found.append(features(trial.before, trial.quantized))
        scores.append(reference.score(decoded(file_of(trial))))
    return found, scores


def fitted(found: Array, scores: Array) -> Regression:
    """Ridge regression of log(CEILING - score) on standardised features."""
    mean, deviation = found.mean(axis=0), found.std(axis=0) + 1e-9
    design = np.column_stack([np.ones(len(found)), (found - mean) / deviation])
    penalty = RIDGE * np.eye(design.shape[1])
    penalty[0, 0] = 0
    weights = np.linalg.solve(design.T @ design + penalty, design.T @ np.log(CEILING - scores))
    return Regression(mean, deviation, weights)


def left_out_errors(found: Array, scores: Array, photos: NDArray[np.intp]) -> Array:
    """Errors of predictions for each photo by a fit of all others."""
    errors = []
    for photo in np.unique(photos):
        learned = (photos != photo) & (scores > LEAST_SCORE)
        regression = fitted(found[learned], scores[learned])
        judged = np.flatnonzero((photos == photo) & (scores >= LEAST_JUDGED))
        errors += [predicted_score(found[index], regression) - scores[index] for index in judged]
    return np.array(errors)


def judged_fit(paths: list[Path], subsampling: str) -> dict[str, Any]:
    """Fit all files of a subsampling; print how well such a fit predicts."""
    results = [measured(path, subsampling) for path in paths]
    found = np.array([each for features_of_photo, _ in results for each in features_of_photo])
    scores = np.array([each for _, scores_of_photo in results for each in scores_of_photo])
    photos = np.repeat(np.arange(len(results)), len(LEVELS))

    errors = left_out_errors(found, scores, photos)
    within = float((np.abs(errors) <= 3).mean())
    print(f"{subsampling}, {len(results)} photos: {100 * within:.0f} % within 3, mean error {errors.mean():+.2f}")
    kept = scores > LEAST_SCORE
    regression = fitted(found[kept], scores[kept])
    return {name: np.round(values, 5).tolist() for name, values in regression._asdict().items()}


def main() -> None:
    """Measure, judge, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, nargs="+", required=True, help="folders of colour photographs")
    parser.add_argument("--every", type=int, default=1, help="take every so many photos of each folder")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    paths = [path for folder in arguments.images for path in sorted(folder.iterdir())[:: arguments.every]]
    paths = [path for path in paths if foveal.open(path).pixels.ndim == 3]
    fits = {subsampling: judged_fit(paths, subsampling) for subsampling in SUBSAMPLINGS}
    arguments.output.write_text(json.dumps(fits) + "\n")


if __name__ == "__main__":
    main()
