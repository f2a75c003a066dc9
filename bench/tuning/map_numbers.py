"""Search for the numbers of foveal.allocate.perception that apply to files with a saliency map.

    python -m bench.tuning.map_numbers FOLDER --maps gaze=DIR [--strength S] [--count 6] [--sweeps 2] --output FILE

FOLDER holds photographs with fixations; those that `bench.gaze.bd_rates` reports on are left out. A coordinate
search goes over `attention` and `foveation`. It compares files with those of the shipped numbers: by
BD-rates of PSNR and SSIM weighted by fixation density and of SSIMULACRA2 of the whole photo; at 0.5 and 1 bits per
pixel by the errors of CVVDP and Butteraugli where people looked, and by CVVDP of the whole (`bench.gaze.errors_there`);
and by the steps across block borders where people did not look, which are to be no larger than MozJPEG's at equal
bytes. It minimises the sum of these differences, weighted by WEIGHTS. The extra `judges` and the program
butteraugli_main are needed for it.

Then the script measures how much coarser the tables may be while the PSNR where people looked is no lower than without
a map. (The shipped `Attention.coarser` is smaller, see docs/decisions/0007-perceptual-numbers.md.) The output file
holds all parameters as JSON, for `--start` of other scripts of bench.tuning.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import foveal
from bench.arguments import new_parser
from bench.gaze.bd_rates import QUALITIES, REPORTED, SCORES, GazeScorer, Points, mean_bd_rate
from bench.gaze.block_borders import BorderMeter
from bench.gaze.errors_there import BITS_PER_PIXEL, ErrorMeter, Errors
from bench.gaze.maps import MapSource, choose_evenly, load_map_and_density, parse_map_source
from bench.tuning.coordinate_search import coordinate_search, list_parameters
from bench.tuning.trial_files import quantize_trial, write_parameters, write_trial
from foveal.allocate.perception import LEVEL_SPAN, MIDDLE_LEVEL, Perception, Trend, level_of_quality, perception
from foveal.allocate.weights import block_weights
from foveal.comparison.peers import MOZJPEG
from foveal.encoding.options import EncodeOptions
from foveal.encoding.size_search import find_largest_file
from foveal.training.gaze_data import GazePhoto, gaze_photos

PSNR_THERE = SCORES.index("PSNR there")
# Weights of differences in the objective: in percent, but "JOD" in thousandths, and "borders" in percent above
# MozJPEG's. That of SSIMULACRA2, of the whole photo, is the rate at which strength trades it for the scores there.
WEIGHTS = {
    "PSNR there": 0.5,
    "SSIM there": 0.5,
    "SSIMULACRA2": 0.36,
    "CVVDP there": 0.25,
    "Butteraugli there": 0.3,
    "JOD": -0.12,
    "borders": 2.4,
}
OFFSETS = np.linspace(0, 1, 11)  # of levels


class Measured(NamedTuple):
    """Measurements of the files of one encoder of one photo.

    Parameters
    ----------
    curve
        Sizes and scores of files at QUALITIES.
    steps
        Mean extra step across block borders of these files, outside of what people looked at, in 8-bit levels.
    errors
        Errors of files at BITS_PER_PIXEL; empty for a peer.
    """

    curve: Points
    steps: list[float]
    errors: list[Errors]


class TrialPhoto:
    """Photo with fixations and a map, to be encoded with many parameters."""

    def __init__(self, photo: GazePhoto, source: MapSource, strength: float) -> None:
        self._photo, self._scorer = photo, GazeScorer(photo)
        self._pixels = self._scorer.pixels
        saliency, density = load_map_and_density(source, photo, foveal.open(photo.path))
        self._borders = BorderMeter(self._pixels, density)
        height, width = self._pixels.shape[:2]
        self._weights = block_weights(saliency, height, width, strength)

    def measure_peer(self) -> Measured:
        """Measure MozJPEG's files."""
        return self._measure_files([MOZJPEG.encode(self._pixels, quality) for quality in QUALITIES])

    def measure(self, tuned: Perception) -> Measured:
        """Measure foveal's files with the photo's map."""
        encode = partial(self._encode, tuned=tuned, weights=self._weights)
        meter, errors = ErrorMeter(self._photo), []
        for rate in BITS_PER_PIXEL:
            fitted = find_largest_file(encode, int(rate * self._pixels.size / 3 / 8), quality_step=0.05)
            if fitted is None:
                raise ValueError(f"no file of {self._photo.path.name} has {rate} bits per pixel or less")
            errors.append(meter.measure(fitted.data))
        return self._measure_files([encode(quality) for quality in QUALITIES])._replace(errors=errors)

    def measure_psnr_gain(self, level: float, tuned: Perception) -> float:
        """Return the gain of the map in PSNR weighted by fixation density, in dB."""
        aware, blind = (
            self._scorer.measure(self._encode_at_level(level, tuned, weights))[1][PSNR_THERE]
            for weights in (self._weights, None)
        )
        return aware - blind

    def _measure_files(self, files: list[bytes]) -> Measured:
        return Measured(
            [self._scorer.measure(data) for data in files], [self._borders.measure(data)[1] for data in files], []
        )

    def _encode(self, quality: float, tuned: Perception, weights: NDArray[np.float32]) -> bytes:
        return self._encode_at_level(level_of_quality(quality), tuned, weights)

    def _encode_at_level(self, level: float, tuned: Perception, weights: NDArray[np.float32] | None) -> bytes:
        return write_trial(quantize_trial(self._pixels, level, tuned, weights=weights))


def compare(trials: Sequence[Measured], shipped: Sequence[Measured], peer: Sequence[Measured]) -> dict[str, float]:
    """Return the differences of trial files from shipped ones, and of their borders from a peer's, see WEIGHTS."""
    curves = [{"ours": ours.curve, "shipped": theirs.curve} for ours, theirs in zip(trials, shipped, strict=True)]
    rates = {name: mean_bd_rate(curves, "shipped", "ours", index) for index, name in enumerate(SCORES)}
    ours, theirs = (np.array([each.errors for each in measured]) for measured in (trials, shipped))
    ratios = 100 * np.log(ours[..., :2] / theirs[..., :2]).mean(axis=(0, 1))
    return {
        **rates,
        "CVVDP there": float(ratios[0]),
        "Butteraugli there": float(ratios[1]),
        "JOD": 1000 * float((ours[..., 2] - theirs[..., 2]).mean()),
        "borders": _excess_of_borders(trials, peer),
    }


def _excess_of_borders(trials: Sequence[Measured], peer: Sequence[Measured]) -> float:
    """Return by how many percent the steps of trial files exceed a peer's at equal bytes, the mean over qualities.

    Files smaller or larger than all of the peer's are left out.
    """
    pairs = np.array([_steps_at_equal_bytes(*pair) for pair in zip(trials, peer, strict=True)])
    is_compared = ~np.isnan(pairs).all(axis=(0, 1))
    if not is_compared.any():
        raise ValueError("all files are smaller or larger than all of the peer's files of their photos")
    steps, peer_steps = np.nansum(pairs[..., is_compared], axis=0)
    return float(np.maximum(100 * (steps / peer_steps - 1), 0).mean())


def _steps_at_equal_bytes(ours: Measured, peer: Measured) -> NDArray[np.float64]:
    """Return the steps of the files of all qualities, and a peer's at these sizes: (2, qualities).

    Both are NaN for a file smaller or larger than all of the peer's.
    """
    sizes, peer_sizes = (np.log([size_bytes for size_bytes, _ in each.curve]) for each in (ours, peer))
    peer_steps = np.interp(sizes, peer_sizes, peer.steps, left=np.nan, right=np.nan)
    return np.array([np.where(np.isnan(peer_steps), np.nan, ours.steps), peer_steps])


def objective(differences: dict[str, float]) -> float:
    """Return the weighted sum of differences that the search minimises."""
    return sum(weight * differences[name] for name, weight in WEIGHTS.items())


def search(photos: list[TrialPhoto], sweeps: int) -> Perception:
    """Search for better numbers than the shipped ones."""
    peer, shipped = [photo.measure_peer() for photo in photos], [photo.measure(perception()) for photo in photos]

    def cost(values: dict[str, Any]) -> float:
        tuned = Perception.from_dict(values)
        return objective(compare([photo.measure(tuned) for photo in photos], shipped, peer))

    values = asdict(perception())
    return Perception.from_dict(coordinate_search(cost, values, list_map_numbers(values), sweeps))


def list_map_numbers(values: dict[str, Any]) -> list[tuple[str, ...]]:
    """Return the paths of the numbers of a map except `Attention.coarser` in the dictionary of a `Perception`."""
    paths = [(part, *path) for part in ("attention", "foveation") for path in list_parameters(values[part])]
    return [path for path in paths if "coarser" not in path]


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


def add_photo_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `choose_photos`."""
    parser.add_argument("folder", type=Path)
    parser.add_argument("--maps", type=parse_map_source, required=True)
    parser.add_argument("--strength", type=float, default=EncodeOptions.strength)
    parser.add_argument("--count", type=int, default=6, help="number of photos, spread over the rest of the folder")


def choose_photos(arguments: argparse.Namespace) -> list[TrialPhoto]:
    """Choose photographs that `bench.gaze.bd_rates` does not report on."""
    known = gaze_photos(arguments.folder)
    reported = {photo.path for photo in choose_evenly(known, REPORTED)}
    others = [photo for photo in known if photo.path not in reported]
    chosen = choose_evenly(others, arguments.count)
    return [TrialPhoto(photo, arguments.maps, arguments.strength) for photo in chosen]


def main() -> None:
    """Search, measure the offsets, and write the parameters."""
    parser = new_parser(__doc__)
    add_photo_arguments(parser)
    parser.add_argument("--sweeps", type=int, default=2, help="sweeps of the search; 0 measures the offsets only")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    photos = choose_photos(arguments)
    tuned = search(photos, arguments.sweeps) if arguments.sweeps else perception()
    tuned = replace_coarser(tuned, measure_offsets(photos, tuned))
    write_parameters(arguments.output, tuned)


if __name__ == "__main__":
    main()
