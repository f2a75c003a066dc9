"""Fit the regression of foveal.allocate.score_prediction, from quantization errors to SSIMULACRA2.

python -m bench.tuning.fit_score --images DIR ... --output FILE

Every photo is encoded at several levels, with and without chroma subsampling, with uniform weights and with weights by
its saliency map. The output file holds a regression for each subsampling. Its accuracy is printed from leave-one-out
cross-validation over photos: the share of files scoring 35 or more whose prediction is within 3 points.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import foveal
from bench.arguments import new_parser
from bench.photos import crop_middle
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
STRENGTHS = (0.0, 0.5, 1.0)  # strengths of the saliency map of `look`
LEAST_SCORE = 20.0  # files that score less are left out of the fit
LEAST_VALIDATED_SCORE = 35.0
RIDGE = 10.0  # weight of the penalty of ridge regression

Array = NDArray[np.float64]


def measure_files(path: Path, subsampling: str) -> tuple[list[Array], list[float]]:
    """Encode a photo at every strength and level, in this order, and return the features and scores of the files."""
    pixels = crop_middle(to_eight_bits(foveal.open(path).pixels))
    reference = Ssimulacra2Reference(pixels)
    height, width = pixels.shape[:2]
    saliency = look(Photo(pixels)).spending_map
    inputs, scores = [], []
    for strength in STRENGTHS:
        weights = block_weights(saliency, height, width, strength)
        for level in LEVELS:
            trial = quantize_trial(pixels, level, perception(), subsampling, weights)
            inputs.append(features(trial.blocks, trial.quantized))
            scores.append(reference.score(reconstruct(trial.quantized)))
    return inputs, scores


def fit_regression(inputs: Array, scores: Array) -> Regression:
    """Fit log(CEILING - score) by ridge regression on standardised features."""
    mean, deviation = inputs.mean(axis=0), inputs.std(axis=0) + 1e-9
    design = np.column_stack([np.ones(len(inputs)), (inputs - mean) / deviation])
    penalty = RIDGE * np.eye(design.shape[1])
    penalty[0, 0] = 0  # the intercept is not penalised
    weights = np.linalg.solve(design.T @ design + penalty, design.T @ np.log(CEILING - scores))
    return Regression(mean, deviation, weights)


def cross_validation_errors(inputs: Array, scores: Array, photos: NDArray[np.intp]) -> Array:
    """Return the prediction error of each file by a regression that was fitted without the file's photo."""
    errors = np.empty_like(scores)
    for photo in np.unique(photos):
        fitted = (photos != photo) & (scores > LEAST_SCORE)
        regression = fit_regression(inputs[fitted], scores[fitted])
        for index in np.flatnonzero(photos == photo):
            errors[index] = predicted_score(inputs[index], regression) - scores[index]
    return errors


def fit_and_validate(paths: list[Path], subsampling: str) -> dict[str, Any]:
    """Fit the files of one subsampling, and print the accuracy in cross-validation."""
    results = [measure_files(path, subsampling) for path in paths]
    inputs = np.array([each for features_of_photo, _ in results for each in features_of_photo])
    scores = np.array([each for _, scores_of_photo in results for each in scores_of_photo])
    photos = np.repeat(np.arange(len(results)), len(STRENGTHS) * len(LEVELS))
    strengths = np.tile(np.repeat(STRENGTHS, len(LEVELS)), len(results))

    errors = cross_validation_errors(inputs, scores, photos)
    for strength in STRENGTHS:
        validated = errors[(strengths == strength) & (scores >= LEAST_VALIDATED_SCORE)]
        accuracy = f"{100 * (np.abs(validated) <= 3).mean():.1f} % within 3, mean error {validated.mean():+.2f}"
        print(f"{subsampling}, strength {strength:g}, {len(results)} photos: {accuracy}")
    kept = scores > LEAST_SCORE
    regression = fit_regression(inputs[kept], scores[kept])
    return {name: np.round(values, 5).tolist() for name, values in regression._asdict().items()}


def main() -> None:
    """Encode the photos, fit and validate the regressions, and write them."""
    parser = new_parser(__doc__)
    parser.add_argument("--images", type=Path, nargs="+", required=True, help="folders of colour photographs")
    parser.add_argument("--every", type=int, default=1, help="take every N-th photo of each folder", metavar="N")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    paths = [path for folder in arguments.images for path in sorted(folder.iterdir())[:: arguments.every]]
    paths = [path for path in paths if foveal.open(path).pixels.ndim == 3]
    fits = {subsampling: fit_and_validate(paths, subsampling) for subsampling in SUBSAMPLINGS}
    arguments.output.write_text(json.dumps(fits) + "\n")


if __name__ == "__main__":
    main()
