"""Fit foveal.allocate.score_prediction: SSIMULACRA2 of our files from their quantization errors.

python -m bench.tuning.fit_score --images DIR ... --output FILE

Every photo is encoded at several levels, with and without down-sampling, where all of it matters alike and where it
does as people look at it. How well a fit predicts is told by leaving each photo out in turn: the share of files that
score 35 or more whose prediction is within 3 points.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import foveal
from bench.photos import middle
from bench.tuning.trial_files import quantize_trial
from foveal.allocate.perception import perception
from foveal.allocate.score_prediction import CEILING, Regression, features, predicted_score
from foveal.allocate.subsampling import FULL, HALVED
from foveal.allocate.weights import block_weights
from foveal.jpeg import reconstruct
from foveal.metrics import Ssimulacra2Reference
from foveal.photo import Photo, to_eight_bits
from foveal.saliency import look

SUBSAMPLINGS = (HALVED, FULL)
LEVELS = np.linspace(0.4, 3.6, 9)
STRENGTHS = (0.0, 0.5, 1.0)  # by the map of `look`
LEAST_SCORE = 20.0  # worse files are not learned from
LEAST_JUDGED = 35.0
RIDGE = 10.0

Array = NDArray[np.float64]


def measured(path: Path, subsampling: str) -> tuple[list[Array], list[float]]:
    """Features and scores of a photo's files: those of the first of STRENGTHS, then those of the next."""
    pixels = middle(to_eight_bits(foveal.open(path).pixels))
    reference = Ssimulacra2Reference(pixels)
    height, width = pixels.shape[:2]
    looked_at = look(Photo(pixels)).spending_map
    found, scores = [], []
    for strength in STRENGTHS:
        weights = block_weights(looked_at, height, width, strength)
        for level in LEVELS:
            trial = quantize_trial(pixels, level, perception(), subsampling, weights)
            found.append(features(trial.blocks, trial.quantized))
            scores.append(reference.score(reconstruct(trial.quantized)))
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
    """Errors of the predictions of all files, those of each photo by a fit of all others."""
    errors = np.empty_like(scores)
    for photo in np.unique(photos):
        learned = (photos != photo) & (scores > LEAST_SCORE)
        regression = fitted(found[learned], scores[learned])
        for index in np.flatnonzero(photos == photo):
            errors[index] = predicted_score(found[index], regression) - scores[index]
    return errors


def judged_fit(paths: list[Path], subsampling: str) -> dict[str, Any]:
    """Fit all files of a subsampling; print how well such a fit predicts."""
    results = [measured(path, subsampling) for path in paths]
    found = np.array([each for features_of_photo, _ in results for each in features_of_photo])
    scores = np.array([each for _, scores_of_photo in results for each in scores_of_photo])
    photos = np.repeat(np.arange(len(results)), len(STRENGTHS) * len(LEVELS))
    strengths = np.tile(np.repeat(STRENGTHS, len(LEVELS)), len(results))

    errors = left_out_errors(found, scores, photos)
    for strength in STRENGTHS:
        judged = errors[(strengths == strength) & (scores >= LEAST_JUDGED)]
        within = f"{100 * (np.abs(judged) <= 3).mean():.1f} % within 3, mean error {judged.mean():+.2f}"
        print(f"{subsampling}, strength {strength:g}, {len(results)} photos: {within}")
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
