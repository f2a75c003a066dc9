"""Search for the parameters `attention` of foveal.allocate.perception, which apply to files with a saliency map.

python -m bench.tuning.map_numbers FOLDER --maps gaze=DIR [--count 16] [--sweeps 2] --output FILE

FOLDER holds photographs with fixations; those that `bench.gaze.bd_rates` reports on are left out. A coordinate
search minimises the mean BD-rate against jpegli by the metrics where people looked (those of
`bench.gaze.bd_rates`), plus the BD-rate by SSIMULACRA2 of the whole photo, weighted by the rate at which strength
trades one for the other. Then the script measures how much coarser the tables may be while the PSNR where people looked
is no lower than without a map. The output file holds the parameters as JSON.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import foveal
from bench.arguments import new_parser
from bench.gaze.bd_rates import QUALITIES, REPORTED, SCORES, GazeScorer, Points, mean_bd_rate
from bench.gaze.maps import MapSource, choose_evenly, load_map_and_density, parse_map_source
from bench.tuning.coordinate_search import coordinate_search, list_parameters
from bench.tuning.trial_files import quantize_trial, write_trial
from foveal.allocate.perception import LEVEL_SPAN, MIDDLE_LEVEL, Perception, Trend, level_of_quality, perception
from foveal.allocate.weights import block_weights
from foveal.comparison.peers import JPEGLI
from foveal.training.gaze_data import GazePhoto, gaze_photos

STRENGTH = 0.65
# Weight of the whole photo in the objective: the gain in percent where people looked that more strength brings for each
# percent that it costs on the whole photo.
WHOLE_WEIGHT = 0.36
THERE, PSNR_THERE, WHOLE = SCORES[:-1], SCORES.index("PSNR there"), SCORES.index("SSIMULACRA2")
OFFSETS = np.linspace(0, 0.6, 7)  # of levels


class TrialPhoto:
    """Photo with fixations and a map, to be encoded with many parameters."""

    def __init__(self, photo: GazePhoto, source: MapSource) -> None:
        self._scorer = GazeScorer(photo)
        pixels = self._scorer.pixels
        saliency, _ = load_map_and_density(source, photo, foveal.open(photo.path))
        height, width = pixels.shape[:2]
        self._weights = block_weights(saliency, height, width, STRENGTH)
        self.anchor: Points = [self._scorer.measure(JPEGLI.encode(pixels, quality)) for quality in QUALITIES]

    def measure_curve(self, tuned: Perception) -> Points:
        """Measure foveal's files with the photo's map at all qualities."""
        return [self._measure(level_of_quality(quality), tuned, self._weights) for quality in QUALITIES]

    def measure_psnr_gain(self, level: float, tuned: Perception) -> float:
        """Return the gain of the map in PSNR weighted by fixation density, in dB."""
        aware, blind = (self._measure(level, tuned, weights)[1][PSNR_THERE] for weights in (self._weights, None))
        return aware - blind

    def _measure(
        self, level: float, tuned: Perception, weights: NDArray[np.float32] | None
    ) -> tuple[int, tuple[float, ...]]:
        return self._scorer.measure(write_trial(quantize_trial(self._scorer.pixels, level, tuned, weights=weights)))


def objective(photos: list[TrialPhoto], values: dict[str, Any]) -> float:
    """Return the weighted mean of BD-rates in percent that the search minimises."""
    tuned = Perception.from_dict(values)
    curves = [{"jpegli": photo.anchor, "ours": photo.measure_curve(tuned)} for photo in photos]
    rates = [mean_bd_rate(curves, "jpegli", "ours", score) for score in range(len(SCORES))]
    return float(np.mean(rates[: len(THERE)])) + WHOLE_WEIGHT * rates[WHOLE]


def measure_offsets(photos: list[TrialPhoto], tuned: Perception) -> Trend:
    """Measure by how many levels tables may be coarser without loss of PSNR where people looked, as a trend by level.

    The reference is the PSNR without a map.
    """

    def offset(level: float) -> float:
        candidates = (replace_coarser(tuned, Trend(by)) for by in OFFSETS)
        gains = [float(np.mean([photo.measure_psnr_gain(level, each) for photo in photos])) for each in candidates]
        print(f"level {level:g}: {np.round(gains, 2).tolist()}", flush=True)
        return float(np.interp(0, np.maximum.accumulate(np.negative(gains)), OFFSETS))

    offsets = [offset(MIDDLE_LEVEL + side * LEVEL_SPAN) for side in (-1, 0, 1)]
    return Trend(round(float(np.mean(offsets)), 2), round((offsets[2] - offsets[0]) / 2, 2))


def replace_coarser(tuned: Perception, coarser: Trend) -> Perception:
    """Return the parameters with another `Attention.coarser`."""
    return replace(tuned, attention=replace(tuned.attention, coarser=coarser))


def main() -> None:
    """Search, measure the offsets, and write the parameters."""
    parser = new_parser(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--maps", type=parse_map_source, required=True)
    parser.add_argument("--count", type=int, default=16, help="number of photos, spread over the rest of the folder")
    parser.add_argument("--sweeps", type=int, default=2, help="sweeps of the search; 0 measures the offsets only")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    known = gaze_photos(arguments.folder)
    reported = {photo.path for photo in choose_evenly(known, REPORTED)}
    others = [photo for photo in known if photo.path not in reported]
    photos = [TrialPhoto(photo, arguments.maps) for photo in choose_evenly(others, arguments.count)]
    values = asdict(perception())
    paths = [("attention", *path) for path in list_parameters(values["attention"]) if path[0] != "coarser"]
    tuned = Perception.from_dict(coordinate_search(partial(objective, photos), values, paths, arguments.sweeps))
    tuned = replace_coarser(tuned, measure_offsets(photos, tuned))
    arguments.output.write_text(json.dumps(asdict(tuned.attention), indent=2) + "\n")


if __name__ == "__main__":
    main()
