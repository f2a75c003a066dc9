"""Find the numbers of foveal.allocate.perception: those with which photographs take fewest bytes for their SSIMULACRA2.

python -m bench.tuning.tune --images DIR ... [--start FILE] [--sweeps 3] --output FILE

A coordinate search: each number in turn is moved up and down by a step and stays where that helps; steps shrink from
one sweep to the next. What counts is the logarithm of bytes against those of jpegli (4:2:0, progressive) at the same
score, at three levels, for each photo at most CLIP to either side: a few photos on which it fails would otherwise
decide alone.
Then the level of each quality is measured: at which our files score as libjpeg-turbo's of that quality.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
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
from bench.tuning.trial_files import encode_trial
from foveal.allocate.perception import Perception, perception
from foveal.comparison import peers
from foveal.jpeg import EightBitPixels
from foveal.metrics import Ssimulacra2Reference

LEVELS = (1.5, 2.1, 2.7)
CLIP = 0.25
ANCHOR_QUALITIES = (12, 20, 30, 40, 50, 60, 70, 76, 82, 87, 91, 94, 96, 98)
QUALITIES = (1, 5, 10, 15, 20, 25, 30, 40, 50, 60, 65, 70, 75, 80, 85, 88, 90, 92, 94, 95)
FINEST_LEVEL, COARSEST_LEVEL = -0.9, 5.2
TRIMMED = 0.2  # of the photos on either side, where levels are measured
# Of numbers that mean nothing beyond them.
BOUNDS = {"lift": (0.0, 0.5), "floor": (0.0, 1.0), "red_green": (0.0, np.inf), "blue": (0.0, np.inf)}
SMALLEST_STEP = 0.02  # in the mean of the objective, in percent, that counts as better


class Subject:
    """A photo that is encoded again and again."""

    def __init__(self, pixels: EightBitPixels) -> None:
        self._pixels, self._reference = pixels, Ssimulacra2Reference(pixels)
        points = [self.scored(peers.jpegli(pixels, quality)) for quality in ANCHOR_QUALITIES]
        rising = [points[0]]
        rising += [point for previous, point in pairwise(points) if point[1] > previous[1]]
        sizes, scores = np.array(rising).T
        self._anchor, self._best_anchor = PchipInterpolator(scores, np.log(sizes)), scores[-1]

    def scored(self, data: bytes) -> tuple[int, float]:
        """Bytes and score of a file."""
        return len(data), self._reference.score(peers.decode_for_viewing(data))

    def libjpeg_score(self, quality: float) -> float:
        """Score of libjpeg-turbo, 4:2:0."""
        return self.scored(peers.libjpeg_turbo(self._pixels, quality))[1]

    def file(self, level: float, tuned: Perception) -> bytes:
        """Our file, blind, 4:2:0, at a level."""
        return encode_trial(self._pixels, level, tuned)

    def excess(self, level: float, tuned: Perception) -> float:
        """Logarithm of our bytes over jpegli's at the same score."""
        size_bytes, score = self.scored(self.file(level, tuned))
        return float(np.clip(np.log(size_bytes) - self._anchor(min(score, self._best_anchor)), -CLIP, CLIP))


def objective(subjects: list[Subject], values: dict[str, Any]) -> float:
    """Mean excess in percent."""
    tuned = Perception.from_dict(values)
    return 100 * float(np.mean([subject.excess(level, tuned) for subject in subjects for level in LEVELS]))


def numbers(values: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where the numbers are in nested dictionaries.

    But for the profiles, which are measured by `bench.tuning.sensitivity`, and what is usual, which is no choice.
    """
    for key, value in values.items():
        if isinstance(value, dict):
            yield from numbers(value, (*path, key))
        elif isinstance(value, float) and not key.startswith("usual"):
            yield (*path, key)


def moved(values: dict[str, Any], path: tuple[str, ...], by: float) -> dict[str, Any]:
    """Return the values with one number changed, within its BOUNDS."""
    result = deepcopy(values)
    inner = result
    for key in path[:-1]:
        inner = inner[key]
    least, most = BOUNDS.get(path[-1], (-np.inf, np.inf))
    inner[path[-1]] = min(max(round(inner[path[-1]] + by, 4), least), most)
    return result


def search(
    count: Callable[[dict[str, Any]], float], values: dict[str, Any], paths: list[tuple[str, ...]], sweeps: int
) -> dict[str, Any]:
    """Coordinate search over the numbers at some paths, for the least of what counts."""
    best, step = count(values), 0.15
    print(f"start: {best:+.2f} %")
    for sweep in range(sweeps):
        for path in paths:
            for by in (step, -step):
                candidate = moved(values, path, by)
                found = count(candidate)
                if found < best - SMALLEST_STEP:
                    best, values = found, candidate
                    print(f"sweep {sweep + 1}: {'.'.join(path)} {by:+.3f}: {best:+.2f} %", flush=True)
                    break
        step *= 0.6
    return values


def levels(subjects: list[Subject], tuned: Perception) -> dict[str, list[float]]:
    """Level of each quality: at which the photos score as libjpeg-turbo's files, in the mean without the extremes.

    Up to 95; from there it goes on to the finest at 100, where libjpeg's 4:2:0 cannot follow.
    """
    grid = np.linspace(COARSEST_LEVEL, FINEST_LEVEL, 24)
    ours = np.array([[subject.scored(subject.file(at, tuned))[1] for subject in subjects] for at in grid])

    def level_of(quality: float) -> float:
        theirs = np.array([subject.libjpeg_score(quality) for subject in subjects])
        better_by = np.maximum.accumulate(trim_mean(ours - theirs, TRIMMED, axis=1))
        return float(np.interp(0, better_by, grid))

    found = np.minimum.accumulate([level_of(quality) for quality in QUALITIES]).round(3)
    return {"qualities": [*QUALITIES, 100], "levels": [*found.tolist(), FINEST_LEVEL]}


def main() -> None:
    """Search, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, nargs="+", required=True, help="folders of PNG photographs")
    parser.add_argument("--start", type=Path, help="numbers to begin with; default: those that are shipped")
    parser.add_argument("--sweeps", type=int, default=3, help="0 measures the levels only")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    subjects = [Subject(photos.middle(pixels)) for pixels in photos.load(arguments.images).values()]
    values = json.loads(arguments.start.read_text())["perception"] if arguments.start else asdict(perception())
    paths = [path for path in numbers(values) if path[0] != "attention"]  # that has `bench.tuning.map_numbers`
    values = search(partial(objective, subjects), values, paths, arguments.sweeps)
    tuned = Perception.from_dict(values)
    arguments.output.write_text(json.dumps({"perception": values, "levels": levels(subjects, tuned)}, indent=2) + "\n")


if __name__ == "__main__":
    main()
