"""Find foveal.allocate.perception's numbers of attention: what changes where bits go to where people look.

python -m bench.tuning.map_numbers FOLDER --maps gaze=DIR [--count 16] [--sweeps 2] --output FILE

FOLDER holds photographs with fixations; those that `bench.gaze.bd_rates` reports on are left out. A coordinate
search, as that of `bench.tuning.tune`: what counts is the mean BD-rate against jpegli by the metrics of
`bench.gaze.bd_rates` where people looked, and by SSIMULACRA2 of the whole at the rate at which strength trades one for
the other. Then it is measured how much coarser the tables may be for what is looked at to have the PSNR that it has
without a map.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import foveal
from bench.gaze.bd_rates import QUALITIES, REPORTED, SCORES, Points, Watched, rates
from bench.gaze.gains import MapSource, map_and_density
from bench.gaze.map_worth import map_source, spread
from bench.tuning.trial_files import quantize_trial, write_trial
from bench.tuning.tune import numbers, search
from foveal.allocate.perception import LEVEL_SPAN, MIDDLE_LEVEL, Perception, Trend, level_of_quality, perception
from foveal.allocate.weights import block_weights
from foveal.comparison.peers import JPEGLI
from foveal.training.gaze_data import GazePhoto, gaze_photos

STRENGTH = 0.65
WORTH_OF_WHOLE = 0.36  # percent there for each of the whole: what more strength gains for what it costs
THERE, PSNR_THERE, WHOLE = SCORES[:-1], SCORES.index("PSNR there"), SCORES.index("SSIMULACRA2")
OFFSETS = np.linspace(0, 0.6, 7)  # of levels


class Subject:
    """A photo that is encoded again and again."""

    def __init__(self, photo: GazePhoto, source: MapSource) -> None:
        self._watched = Watched(photo)
        pixels = self._watched.pixels
        where, _ = map_and_density(source, photo, foveal.open(photo.path))
        height, width = pixels.shape[:2]
        self._weights = block_weights(where, height, width, STRENGTH)
        self.anchor: Points = [self._watched.point(JPEGLI.encode(pixels, quality)) for quality in QUALITIES]

    def curve(self, tuned: Perception) -> Points:
        """Of our files with its map."""
        return [self._point(level_of_quality(quality), tuned, self._weights) for quality in QUALITIES]

    def lead_there(self, level: float, tuned: Perception) -> float:
        """Decibels by which PSNR there is better than without a map."""
        aware, blind = (self._point(level, tuned, weights)[1][PSNR_THERE] for weights in (self._weights, None))
        return aware - blind

    def _point(
        self, level: float, tuned: Perception, weights: NDArray[np.float32] | None
    ) -> tuple[int, tuple[float, ...]]:
        return self._watched.point(write_trial(quantize_trial(self._watched.pixels, level, tuned, weights=weights)))


def objective(subjects: list[Subject], values: dict[str, Any]) -> float:
    """What counts, in percent."""
    tuned = Perception.from_dict(values)
    curves = [{"jpegli": subject.anchor, "ours": subject.curve(tuned)} for subject in subjects]
    found = [rates(curves, "jpegli", "ours", score) for score in range(len(SCORES))]
    return float(np.mean(found[: len(THERE)])) + WORTH_OF_WHOLE * found[WHOLE]


def kept_promise(subjects: list[Subject], tuned: Perception) -> Trend:
    """How much coarser tables may be, by level: what is looked at then has the PSNR that it has without."""

    def offset(level: float) -> float:
        offsets = (with_coarser(tuned, Trend(by)) for by in OFFSETS)
        leads = [float(np.mean([subject.lead_there(level, each) for subject in subjects])) for each in offsets]
        print(f"level {level:g}: {np.round(leads, 2).tolist()}", flush=True)
        return float(np.interp(0, np.maximum.accumulate(np.negative(leads)), OFFSETS))

    ends = [offset(MIDDLE_LEVEL + side * LEVEL_SPAN) for side in (-1, 0, 1)]
    return Trend(round(float(np.mean(ends)), 2), round((ends[2] - ends[0]) / 2, 2))


def with_coarser(tuned: Perception, coarser: Trend) -> Perception:
    """Return the numbers with another `Attention.coarser`."""
    return replace(tuned, attention=replace(tuned.attention, coarser=coarser))


def main() -> None:
    """Search, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--maps", type=map_source, required=True)
    parser.add_argument("--count", type=int, default=16, help="photos, spread over the others of the folder")
    parser.add_argument("--sweeps", type=int, default=2, help="0 measures the last number only")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    known = gaze_photos(arguments.folder)
    reported = {photo.path for photo in spread(known, REPORTED)}
    others = [photo for photo in known if photo.path not in reported]
    subjects = [Subject(photo, arguments.maps) for photo in spread(others, arguments.count)]
    values = asdict(perception())
    paths = [("attention", *path) for path in numbers(values["attention"]) if path[0] != "coarser"]
    tuned = Perception.from_dict(search(partial(objective, subjects), values, paths, arguments.sweeps))
    tuned = with_coarser(tuned, kept_promise(subjects, tuned))
    arguments.output.write_text(json.dumps(asdict(tuned.attention), indent=2) + "\n")


if __name__ == "__main__":
    main()
