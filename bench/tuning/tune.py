"""Search for the parameters of foveal.allocate.perception that need the fewest bytes for the same SSIMULACRA2.

python -m bench.tuning.tune --images DIR ... [--start FILE] [--sweeps 3] --output FILE

This is a coordinate search: it moves each parameter in turn up or down by a step, and keeps the new value if that
lowers the objective. Steps shrink from sweep to sweep. The objective is the mean logarithm of the ratio of bytes to
jpegli's (4:2:0, progressive) at the same score, over photos and three levels. Each ratio is clipped to +-CLIP, so that
a few failing photos do not dominate.

Then the script measures the level of each quality: the level at which foveal's files score the same as libjpeg-turbo's
files of that quality, by SSIMULACRA2 and by CVVDP (extra `judges`), in the mean of the two levels. The output file
holds parameters and levels as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import asdict
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.stats import trim_mean

from bench import photos
from bench.arguments import add_image_folders, new_parser
from bench.rd.scores import METRICS
from bench.tuning.trial_files import encode_trial
from foveal.allocate.finest import FINEST_QUALITY
from foveal.allocate.perception import Perception, perception
from foveal.comparison import peers
from foveal.jpeg import EightBitPixels
from foveal.metrics import Ssimulacra2Reference

LEVELS = (1.5, 2.1, 2.7)  # levels at which the search compares files
CLIP = 0.25  # largest magnitude of a logarithm of a ratio of bytes
ANCHOR_QUALITIES = (12, 20, 30, 40, 50, 60, 70, 76, 82, 87, 91, 94, 96, 98)
QUALITIES = (1, 5, 10, 15, 20, 25, 30, 40, 50, 60, 65, 70, 75, 80, 85, 88, 90, 92, 94, 95)
FINEST_LEVEL, COARSEST_LEVEL = -0.9, 5.2
LEVEL_METRICS = "SSIMULACRA2", "CVVDP"  # metrics by which a quality promises a look
TRIMMED = 0.2  # share of photos left out at each end of the trimmed mean by which levels are measured
# Parameters with a limited range; values outside it are meaningless.
BOUNDS = {"lift": (0.0, 0.5), "red_green": (0.0, np.inf), "blue": (0.0, np.inf)}
SMALLEST_IMPROVEMENT = 0.02  # smallest decrease of the objective, in percent, for which a new value is kept


class TrialPhoto:
    """Photo to encode with trial parameters, with jpegli's rate-distortion curve to compare with."""

    def __init__(self, pixels: EightBitPixels) -> None:
        self._pixels, self._reference = pixels, Ssimulacra2Reference(pixels)
        points = [self.measure(peers.jpegli(pixels, quality)) for quality in ANCHOR_QUALITIES]
        rising = [points[0]]  # an interpolated curve needs scores that rise with the size
        rising += [point for previous, point in pairwise(points) if point[1] > previous[1]]
        sizes, scores = np.array(rising).T
        self._anchor, self._best_anchor = PchipInterpolator(scores, np.log(sizes)), scores[-1]

    def measure(self, data: bytes) -> tuple[int, float]:
        """Return the size in bytes and the score of a file."""
        return len(data), self._reference.score(peers.decode_for_viewing(data))

    def encode(self, level: float, tuned: Perception) -> bytes:
        """Encode with foveal at a level, 4:2:0, without saliency."""
        return encode_trial(self._pixels, level, tuned)

    def measure_log_ratio(self, level: float, tuned: Perception) -> float:
        """Return the logarithm of the ratio of foveal's bytes to jpegli's at the same score, clipped to +-CLIP."""
        size_bytes, score = self.measure(self.encode(level, tuned))
        return float(np.clip(np.log(size_bytes) - self._anchor(min(score, self._best_anchor)), -CLIP, CLIP))


def objective(photos: list[TrialPhoto], values: dict[str, Any]) -> float:
    """Return the mean logarithm of the ratio of bytes over photos and LEVELS, times 100."""
    tuned = Perception.from_dict(values)
    return 100 * float(np.mean([photo.measure_log_ratio(level, tuned) for photo in photos for level in LEVELS]))


def list_parameters(values: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the parameters to search, as paths of keys in nested dictionaries.

    Profiles are left out, because `bench.tuning.sensitivity` measures them, and so are `usual_...` values, which
    `bench.tuning.usual_photos` measures.
    """
    for key, value in values.items():
        if isinstance(value, dict):
            yield from list_parameters(value, (*path, key))
        elif isinstance(value, float) and not key.startswith("usual"):
            yield (*path, key)


def move_parameter(values: dict[str, Any], path: tuple[str, ...], by: float) -> dict[str, Any]:
    """Return a copy of the values with one parameter changed by a step, within its BOUNDS."""
    result = deepcopy(values)
    inner = result
    for key in path[:-1]:
        inner = inner[key]
    least, most = BOUNDS.get(path[-1], (-np.inf, np.inf))
    inner[path[-1]] = min(max(round(inner[path[-1]] + by, 4), least), most)
    return result


def coordinate_search(
    objective: Callable[[dict[str, Any]], float], values: dict[str, Any], paths: list[tuple[str, ...]], sweeps: int
) -> dict[str, Any]:
    """Minimise an objective by a coordinate search over the parameters at `paths`, and return the best values."""
    best, step = objective(values), 0.15
    print(f"start: {best:+.2f} %")
    for sweep in range(sweeps):
        for path in paths:
            for by in (step, -step):
                candidate = move_parameter(values, path, by)
                result = objective(candidate)
                if result < best - SMALLEST_IMPROVEMENT:
                    best, values = result, candidate
                    print(f"sweep {sweep + 1}: {'.'.join(path)} {by:+.3f}: {best:+.2f} %", flush=True)
                    break
        step *= 0.6
    return values


def measure_levels(
    pictures: list[EightBitPixels], tuned: Perception, metric_names: Sequence[str]
) -> dict[str, list[float]]:
    """Measure the level of each quality: the level at which foveal's files score the same as libjpeg-turbo's.

    Scores are compared by the trimmed mean over photos, by each metric; the level of a quality is the mean over the
    metrics. FINEST_QUALITY gets FINEST_LEVEL; it is not measured, as libjpeg's 4:2:0
    files cannot score that high.
    """
    grid = np.linspace(COARSEST_LEVEL, FINEST_LEVEL, 24)
    metrics = [METRICS[name] for name in metric_names]
    ours = np.empty((len(metrics), len(grid), len(pictures)))
    theirs = np.empty((len(metrics), len(QUALITIES), len(pictures)))
    for index, pixels in enumerate(pictures):
        encoded = [encode_trial(pixels, level, tuned) for level in grid]
        by_libjpeg = [peers.libjpeg_turbo(pixels, quality) for quality in QUALITIES]
        for row, metric in enumerate(metrics):
            reference = metric(pixels)
            ours[row, :, index] = [reference.score(peers.decode_for_viewing(data)) for data in encoded]
            theirs[row, :, index] = [reference.score(peers.decode_for_viewing(data)) for data in by_libjpeg]

    def find_level(row: int, quality: int) -> float:
        # The grid runs from coarse to fine, so the difference rises; it is 0 at the wanted level.
        differences = np.maximum.accumulate(trim_mean(ours[row] - theirs[row, quality], TRIMMED, axis=1))
        return float(np.interp(0, differences, grid))

    by_metric = np.array(
        [[find_level(row, quality) for quality in range(len(QUALITIES))] for row in range(len(metrics))]
    )
    print(f"levels by {metric_names}: {by_metric.round(2).tolist()}")
    levels = np.minimum.accumulate(by_metric.mean(axis=0)).round(3)
    return {"qualities": [*QUALITIES, FINEST_QUALITY], "levels": [*levels.tolist(), FINEST_LEVEL]}


def main() -> None:
    """Search for parameters, measure the levels of qualities, and write both."""
    parser = new_parser(__doc__)
    add_image_folders(parser, required=True)
    parser.add_argument("--start", type=Path, help="file of parameters to start from; default: those of foveal")
    parser.add_argument("--sweeps", type=int, default=3, help="sweeps of the search; 0 measures only the levels")
    parser.add_argument(
        "--level-metrics", nargs="+", choices=list(METRICS), default=LEVEL_METRICS, help="metrics of the levels"
    )
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    pictures = [photos.crop_middle(pixels) for pixels in photos.load(arguments.images).values()]
    values = json.loads(arguments.start.read_text())["perception"] if arguments.start else asdict(perception())
    paths = [path for path in list_parameters(values) if path[0] != "attention"]  # see bench.tuning.map_numbers
    if arguments.sweeps:
        trial_photos = [TrialPhoto(pixels) for pixels in pictures]
        values = coordinate_search(partial(objective, trial_photos), values, paths, arguments.sweeps)
    levels = measure_levels(pictures, Perception.from_dict(values), arguments.level_metrics)
    found = {"perception": values, "levels": levels}
    arguments.output.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
