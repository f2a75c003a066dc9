"""Search for the parameters of foveal.allocate.perception that need few bytes by every one of several metrics.

python -m bench.tuning.tune --images DIR ... [--start FILE] [--rounds 2] [--loss 1] --output FILE

No single metric is the truth, so the search looks for parameters by which foveal needs no more bytes than its better
peer (jpegli, or MozJPEG with the better of its tables) by any metric, and beyond that for the goals below. The excess
of a metric is the BD-rate against that peer where it is above 0, and the shortfall how far it is above its goal.

Each round moves every parameter up and down and measures by how much that changes the bytes at equal score, by every
metric. Small changes add up nearly linearly, so a linear programme finds the mix of them with the smallest sum of
excesses and, with less weight, of shortfalls. A round may lose at most `--loss` percent by SSIMULACRA2, and takes each
change at most once. Its outcome is measured and printed, and the next round starts from it. Stop where photographs that
the search did not see lose.

The output file holds the parameters as JSON, for `bench.tuning.levels --start`.
"""

from __future__ import annotations

import hashlib
import json
from argparse import ArgumentTypeError
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from bench import photos
from bench.arguments import add_image_folders, new_parser
from bench.rd import encoders, scores
from bench.rd.compare import CACHE_FOLDER, Comparison, count_pixels
from bench.rd.encoders import Encoder
from bench.rd.measure import measure_all_curves
from bench.tuning.coordinate_search import move_parameter
from bench.tuning.sensitivity import annex_k_profile
from bench.tuning.trial_files import encode_trial, read_parameters, write_parameters
from foveal.allocate.perception import Perception
from foveal.jpeg import NATURAL_INDEX, EightBitPixels

Array = NDArray[np.float64]
Change = Callable[[Perception, float], Perception]  # moves parameters by a number of its steps

LEVELS = (3.6, 3.0, 2.5, 2.05, 1.6, 1.15)  # levels of the files that are compared
JPEGLI, MOZJPEG = "jpegli", ("mozjpeg", "mozjpeg-annex-k")
PEER_SETTINGS = 10
GUARDED = "SSIMULACRA2"  # metric whose loss is limited
COST_OF_CHANGE = 0.04  # percent of excess that a change must gain; below it lies the noise of the measurement
# BD-rates against the better peer that are wished for, in percent; 0 for metrics that are not named, so that what is
# above 0 counts as excess and as shortfall.
GOALS = {"SSIMULACRA2": -9.0, "CVVDP": -4.0, "Butteraugli": -6.0, "IW-SSIM": -2.0, "MS-SSIM": -4.0}
SHORTFALL_WEIGHT = 0.3  # of a percent above a goal, relative to one above 0

# Sharpening of colour stays: more of it gains by metrics of one save, but grows at every further save.
STEPS: dict[tuple[str, ...], float] = {
    ("luminance", "slope"): 0.1,
    ("luminance", "dc"): 0.15,
    ("luminance", "bit_worth", "middle"): 0.2,
    ("luminance", "lift"): 0.03,
    ("cb", "coarser"): 0.1,
    ("cr", "coarser"): 0.1,
    ("cb", "slope"): 0.15,
    ("cr", "slope"): 0.15,
    ("cb", "dc"): 0.2,
    ("cr", "dc"): 0.2,
    ("cb", "bit_worth", "middle"): 0.2,
    ("cr", "bit_worth", "middle"): 0.2,
    ("cb", "lift"): 0.05,
    ("cr", "lift"): 0.05,
    ("cb_colour", "power"): 0.4,
    ("cr_colour", "power"): 0.4,
    ("masking", "knee"): 2.0,
    ("masking", "power", "middle"): 0.35,
    ("masking", "floor", "middle"): 0.05,
    ("masking", "detail"): 0.1,
}
LUMINANCE_STEP, CHROMA_STEP = 0.08, 0.15  # changes of bands of profiles
ANNEX_K_STEP = 0.2  # share of the way from the profile of luminance to the thresholds of Annex K
# Bands of profiles: coefficients by the sum of their two frequencies, and whether one of these is 0.
_SUM: NDArray[np.intp] = NATURAL_INDEX[1:] // 8 + NATURAL_INDEX[1:] % 8
_IS_ON_AXIS = (NATURAL_INDEX[1:] < 8) | (NATURAL_INDEX[1:] % 8 == 0)
LUMINANCE_BANDS: dict[str, NDArray[np.bool_]] = {
    "1": _SUM == 1,
    **{f"{total}, on the axes": np.equal(_SUM, total) & _IS_ON_AXIS for total in (2, 3, 4)},
    **{f"{total}, between the axes": np.equal(_SUM, total) & ~_IS_ON_AXIS for total in (2, 3, 4)},
    **{f"{total}": np.equal(_SUM, total) for total in (5, 6, 7)},
    "8 and 9": (_SUM == 8) | (_SUM == 9),
    "10 and more": _SUM >= 10,
}
CHROMA_BANDS: dict[str, NDArray[np.bool_]] = {
    "1": _SUM == 1,
    "2 and 3": (_SUM == 2) | (_SUM == 3),
    "4 and more": _SUM >= 4,
}


@dataclass(frozen=True)
class Outcome:
    """BD-rates of a round's start and of its changes, in percent, by metric in the order of `scores.METRICS`.

    Parameters
    ----------
    excess
        (metrics,) BD-rates against the better peer of each metric.
    effects
        (changes, metrics) BD-rates of the changed parameters against those of the start.
    """

    excess: Array
    effects: Array


def list_changes() -> dict[str, Change]:
    """Return the changes that the search combines, by name."""
    changes: dict[str, Change] = {".".join(path): partial(_move_number, path) for path in STEPS}
    changes |= {
        f"{component}.profile, {name}": partial(_move_band, component, band, step)
        for component, bands, step in (
            ("luminance", LUMINANCE_BANDS, LUMINANCE_STEP),
            ("cb", CHROMA_BANDS, CHROMA_STEP),
            ("cr", CHROMA_BANDS, CHROMA_STEP),
        )
        for name, band in bands.items()
    }
    return {**changes, "profile towards Annex K": _move_to_annex_k}


def _move_number(path: tuple[str, ...], tuned: Perception, steps: float) -> Perception:
    return Perception.from_dict(move_parameter(asdict(tuned), path, steps * STEPS[path]))


def _move_band(
    component: str, band: NDArray[np.bool_], step_size: float, tuned: Perception, steps: float
) -> Perception:
    return _add_to_profile(component, tuned, steps * step_size * band)


def _move_to_annex_k(tuned: Perception, steps: float) -> Perception:
    profile = np.array(tuned.luminance.profile)
    return _add_to_profile("luminance", tuned, steps * ANNEX_K_STEP * (annex_k_profile(profile) - profile))


def _add_to_profile(component: str, tuned: Perception, difference: NDArray[np.floating]) -> Perception:
    parameters = asdict(tuned)
    profile = np.array(parameters[component]["profile"]) + difference
    parameters[component]["profile"] = profile.round(3).tolist()
    return Perception.from_dict(parameters)


def measure_round(pictures: Mapping[str, EightBitPixels], tuned: Perception, jobs: int, cache: Path) -> Outcome:
    """Measure parameters against the peers, and every change of them by one step up and down."""
    changed = [change(tuned, sign) for change in list_changes().values() for sign in (1, -1)]
    variants = [trial_encoder(each) for each in (tuned, *changed)]
    start, *others = (variant.name for variant in variants)
    peers = [encoders.find_encoder(name, PEER_SETTINGS) for name in (JPEGLI, *MOZJPEG)]
    # A change without effect, such as of a number at its bound, has the name of the start.
    compared = {encoder.name: encoder for encoder in (*peers, *variants)}
    curves = dict(measure_all_curves(pictures, list(compared.values()), cache, jobs))
    pixel_counts = count_pixels(pictures)

    def rates(anchor: str, name: str) -> Array:
        comparison = Comparison(anchor, curves, pixel_counts)
        return np.array([comparison.summary(name, metric).mean for metric in scores.find_installed()])

    moz = np.fmax(*(rates(name, start) for name in MOZJPEG))
    effects = np.array([rates(start, name) for name in others])
    return Outcome(np.fmax(rates(JPEGLI, start), moz), effects)


def trial_encoder(tuned: Perception) -> Encoder:
    """Return an encoder whose settings are levels, cached by its parameters."""
    digest = hashlib.sha256(json.dumps(asdict(tuned)).encode()).hexdigest()[:16]
    return Encoder(digest, f"{encoders.foveal_version()} {digest}", partial(_encode, tuned), LEVELS)


def _encode(tuned: Perception, pixels: EightBitPixels, level: float) -> bytes:
    return encode_trial(pixels, level, tuned)


def find_step(outcome: Outcome, goals: Array, guarded: int, loss_percent: float) -> Array:
    """Find how far to go with each change: the linear programme described above.

    Parameters
    ----------
    outcome
        Measurements of a round, of M metrics and 2 N changes.
    goals
        (M,) BD-rates against the better peer that are wished for, in percent.
    guarded
        Index of the metric whose loss is limited.
    loss_percent
        Largest change of that metric's BD-rate, in percent, at least 0.

    Returns
    -------
    Array
        (2 N,) shares of the changes, in 0..1.
    """
    changes, metrics = outcome.effects.shape
    # Variables: the shares of the changes, then the excess and the shortfall that are left by each metric, which are at
    # least 0:
    #
    #     excess + shares x effects <= excess left                 for every metric
    #     excess + shares x effects <= shortfall left + goal       for every metric
    #     shares x effects of the guarded metric <= loss
    costs = np.repeat([COST_OF_CHANGE, 1.0, SHORTFALL_WEIGHT], [changes, metrics, metrics])
    zeros, identity = np.zeros((metrics, metrics)), np.eye(metrics)
    left = np.block([[outcome.effects.T, -identity, zeros], [outcome.effects.T, zeros, -identity]])
    guard = np.concatenate([outcome.effects[:, guarded], np.zeros(2 * metrics)])
    bounds = np.concatenate([-outcome.excess, goals - outcome.excess, [loss_percent]])
    limits = [(0, 1)] * changes + [(0, None)] * (2 * metrics)
    found = linprog(costs, np.vstack([left, guard]), bounds, bounds=limits)
    return np.asarray(found.x[:changes])


def take_step(tuned: Perception, shares: Array) -> Perception:
    """Return the parameters after a round: every change up and down by its share of a step."""
    for change, (up, down) in zip(list_changes().values(), shares.reshape(-1, 2), strict=True):
        tuned = change(tuned, float(up - down))
    return tuned


def parse_loss(argument: str) -> float:
    """Parse the value of `--loss`; raise ArgumentTypeError unless it is 0 or more.

    Below 0, the linear programme may have no solution.
    """
    with suppress(ValueError):
        loss = float(argument)
        if loss >= 0:
            return loss
    raise ArgumentTypeError(f"{argument!r} is not a number from 0 on")


def main() -> None:
    """Search, and write the parameters after every round."""
    parser = new_parser(__doc__)
    add_image_folders(parser, required=True)
    parser.add_argument("--start", type=Path, help="file of parameters to start from; default: those of foveal")
    parser.add_argument("--rounds", type=int, default=2, help="rounds of the search")
    parser.add_argument(
        "--loss", type=parse_loss, default=1.0, help="largest loss of a round by SSIMULACRA2, in percent"
    )
    parser.add_argument("--jobs", type=int, default=1, help="photos that are measured at the same time")
    parser.add_argument("--cache", type=Path, default=CACHE_FOLDER)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    pictures = {name: photos.crop_middle(pixels) for name, pixels in photos.load(arguments.images).items()}
    tuned, metrics = read_parameters(arguments.start), scores.find_installed()
    goals = np.array([GOALS.get(metric, 0.0) for metric in metrics])
    for number in range(arguments.rounds):
        outcome = measure_round(pictures, tuned, arguments.jobs, arguments.cache)
        print(f"round {number + 1}: {dict(zip(metrics, outcome.excess.round(1).tolist(), strict=True))}", flush=True)
        shares = find_step(outcome, goals, list(metrics).index(GUARDED), arguments.loss)
        for name, (up, down) in zip(list_changes(), shares.reshape(-1, 2), strict=True):
            print(f"    {up - down:+.2f} steps of {name}", flush=True)
        tuned = take_step(tuned, shares)
        write_parameters(arguments.output, tuned)


if __name__ == "__main__":
    main()
