"""Measure the profiles of foveal.allocate.perception: how fine the step of each frequency should be.

python -m bench.tuning.sensitivity --images DIR ... --output FILE

Photographs are encoded, and each squared error is asked what it takes from their SSIMULACRA2: the score's slope along
it, over the error as the encoder weighed it. Where that is more than at other frequencies, the step was too coarse. A
few rounds from smooth tables on lead to steps whose errors all weigh alike.

What SSIMULACRA2 asks for of luminance would lose 7 % by PSNR-HVS-M, another judge of what people see: so the profile of
luminance goes part of the way back to its own smooth trend, and to the thresholds of visibility in Annex K of T.81.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn

from bench import photos
from bench.tuning.trial_files import quantize_trial, write_trial
from bench.tuning.tune import LEVELS
from foveal import jpeg
from foveal.allocate.perception import FREQUENCY, Perception, perception
from foveal.comparison.peers import decode_for_viewing
from foveal.jpeg import COEFFICIENT_SCALE, NATURAL_INDEX, TO_RGB, EightBitPixels
from foveal.metrics import Ssimulacra2Reference

Array = NDArray[np.float64]

ROUNDS = 4
DAMPING = 0.7  # of each round
MEASURED, SMOOTHED, ANNEX_K = 0.6, 0.3, 0.1  # shares in the profile of luminance

_ROWS, _COLUMNS = (axis / 7 for axis in np.divmod(NATURAL_INDEX[1:], 8))
_COUNTS = 1 / np.arange(1, 64)  # coarse waves are the more common


def too_coarse(pixels: EightBitPixels, level: float, tuned: Perception) -> list[Array]:
    """For each component, (63,): what an error takes from the score, over its weight, against that of others."""
    trial = quantize_trial(pixels, level, tuned)
    quantizer = trial.quantization.quantizer
    assert isinstance(quantizer, jpeg.Trellis)  # noqa: S101  of effort "balanced"
    slopes = slopes_by_coefficient(Ssimulacra2Reference(pixels).gradient(decode_for_viewing(write_trial(trial))))
    found = []
    for index, component in enumerate(trial.quantized.frame.components):
        steps = np.array(trial.quantization.tables[index].values, np.float64)
        errors = trial.quantized.blocks[index] * steps - trial.blocks[index] / COEFFICIENT_SCALE
        weights = trial.quantized.frame.largest_of_covered_blocks(quantizer.block_weights[index], component)
        taken = -(slopes[index] * errors).sum(axis=(0, 1))
        weighed = (weights[..., None] * (errors / steps) ** 2).sum(axis=(0, 1))
        ratio = taken[1:] / (weighed[1:] + 1e-9)
        found.append(np.maximum(ratio / np.average(ratio, weights=_COUNTS), 0.05))
    return found


def slopes_by_coefficient(by_sample: NDArray[np.float32]) -> list[Array]:
    """From slopes by R, G and B (H, W, 3), whole MCUs, to those by each coefficient of Y, Cb and Cr at 4:2:0."""
    luminance, *chrominance = np.moveaxis(by_sample.astype(np.float64) @ TO_RGB, 2, 0)
    return [_by_coefficient(plane) for plane in (luminance, *map(_by_halved_samples, chrominance))]


def _by_halved_samples(plane: Array) -> Array:
    """Adjoint of doubling both ways with the decoder's triangle: 3/4 of the nearer sample, 1/4 of the further."""
    for axis in (0, 1):
        even, odd = (np.moveaxis(plane, axis, 0)[first::2] for first in (0, 1))
        before, after = np.concatenate([even[:1], odd[:-1]]), np.concatenate([even[1:], odd[-1:]])
        plane = np.moveaxis((3 * (even + odd) + before + after) / 4, 0, axis)
    return plane


def _by_coefficient(plane: Array) -> Array:
    rows, columns = (side // 8 for side in plane.shape)
    blocks = plane.reshape(rows, 8, columns, 8).swapaxes(1, 2)
    transformed: Array = dctn(blocks, axes=(2, 3), norm="ortho")
    return transformed.reshape(rows, columns, 64)[..., NATURAL_INDEX]


def symmetric(profile: Array) -> Array:
    """Mean with its transpose, as photographs are turned."""
    in_rows = np.zeros(64)
    in_rows[NATURAL_INDEX[1:]] = profile
    square = in_rows.reshape(8, 8)
    return np.asarray((square + square.T) / 2).ravel()[NATURAL_INDEX[1:]]


def smoothed(profile: Array) -> Array:
    """The trend of a profile: a surface of second order in frequency, by least squares."""
    frequency = FREQUENCY[1:]
    surface = np.column_stack([np.ones(63), frequency, frequency**2, _ROWS * _COLUMNS])
    root = np.sqrt(_COUNTS)
    return np.asarray(surface @ np.linalg.lstsq(surface * root[:, None], profile * root, rcond=None)[0])


def centred(profile: Array) -> Array:
    """The same without its mean, so that only its shape changes."""
    return profile - np.average(profile, weights=_COUNTS)


def with_profiles(tuned: Perception, profiles: Sequence[Array]) -> Perception:
    """Return numbers with other profiles."""
    luminance, cb, cr = (
        replace(spectrum, profile=tuple(profile.round(2).tolist()))
        for spectrum, profile in zip(tuned.spectra, profiles, strict=True)
    )
    return replace(tuned, luminance=luminance, cb=cb, cr=cr)


def measured_profiles(pictures: Sequence[EightBitPixels], tuned: Perception) -> list[Array]:
    """Profiles whose errors all weigh alike, as coarse in the mean as those that the numbers have."""
    profiles = [smoothed(np.array(spectrum.profile)) for spectrum in tuned.spectra]
    for turn in range(ROUNDS):
        now = with_profiles(tuned, profiles)
        found = [too_coarse(pixels, level, now) for pixels in pictures for level in LEVELS]
        for index, ratios in enumerate(zip(*found, strict=True)):
            change = -0.5 * np.log(np.median(ratios, axis=0))
            print(f"round {turn + 1}, component {index + 1}: {np.abs(centred(change)).mean():.3f} off in the mean")
            profiles[index] = symmetric(profiles[index] + DAMPING * centred(change))
    return profiles


def main() -> None:
    """Measure and write numbers for `bench.tuning.tune --start`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, nargs="+", required=True, help="folders of PNG photographs")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    pictures = [photos.whole_mcus(photos.middle(pixels)) for pixels in photos.load(arguments.images).values()]
    luminance, cb, cr = measured_profiles(pictures, perception())
    mean = np.average(luminance, weights=_COUNTS)
    annex_k = centred(symmetric(np.log(jpeg.annex_k_tables(50)[0].values[1:]))) + mean
    mixed = MEASURED * luminance + SMOOTHED * smoothed(luminance) + ANNEX_K * annex_k
    values = asdict(with_profiles(perception(), [mixed, cb, cr]))
    arguments.output.write_text(json.dumps({"perception": values}, indent=2) + "\n")


if __name__ == "__main__":
    main()
