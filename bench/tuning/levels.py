"""Measure the level of each quality: the level at which foveal's files look as good as libjpeg-turbo's.

python -m bench.tuning.levels --images DIR ... [--start FILE] --output FILE

The level of the tables at which foveal's files score the same as libjpeg-turbo's files of a quality is measured by
SSIMULACRA2 and by CVVDP (extra `judges`); the level of the quality is the mean of the two. The output file holds
parameters and levels as JSON, as perception.json does.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.stats import trim_mean

from bench import photos
from bench.arguments import add_image_folders, new_parser
from bench.rd.scores import METRICS
from bench.tuning.trial_files import encode_trial, read_parameters, write_parameters
from foveal.allocate.finest import FINEST_QUALITY
from foveal.allocate.perception import Perception
from foveal.comparison import peers
from foveal.jpeg import EightBitPixels

QUALITIES = (1, 5, 10, 15, 20, 25, 30, 40, 50, 60, 65, 70, 75, 80, 85, 88, 90, 92, 94, 95)
FINEST_LEVEL, COARSEST_LEVEL = -1.1, 5.2
LEVEL_METRICS = "SSIMULACRA2", "CVVDP"  # metrics by which a quality promises a look
TRIMMED = 0.2  # share of photos left out at each end of the trimmed mean by which levels are measured


def measure_levels(
    pictures: list[EightBitPixels], tuned: Perception, metric_names: Sequence[str]
) -> dict[str, list[float]]:
    """Measure the level of each quality: the level at which foveal's files score the same as libjpeg-turbo's.

    Scores are compared by the trimmed mean over photos, by each metric; the level of a quality is the mean over the
    metrics. FINEST_QUALITY gets FINEST_LEVEL; it is not measured, as libjpeg's 4:2:0 files cannot score that high.
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
    """Measure the levels of qualities and write them beside the parameters."""
    parser = new_parser(__doc__)
    add_image_folders(parser, required=True)
    parser.add_argument("--start", type=Path, help="file of parameters; default: those of foveal")
    parser.add_argument(
        "--level-metrics", nargs="+", choices=list(METRICS), default=LEVEL_METRICS, help="metrics of the levels"
    )
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    pictures = [photos.crop_middle(pixels) for pixels in photos.load(arguments.images).values()]
    tuned = read_parameters(arguments.start)
    levels = measure_levels(pictures, tuned, arguments.level_metrics)
    write_parameters(arguments.output, tuned, levels=levels)


if __name__ == "__main__":
    main()
