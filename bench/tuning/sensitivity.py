"""Measure the profiles of foveal.allocate.perception: the quantizer step of each frequency.

python -m bench.tuning.sensitivity --images DIR ... --output FILE

The script encodes photographs. For each frequency it computes the loss of SSIMULACRA2 due to the quantization errors
(from the gradient of the score) divided by their squared error as the encoder weighs it. Where this ratio is higher
than at other frequencies, the step is too coarse. A few rounds, starting from smooth tables, lead to equal ratios. The
output file holds the parameters for `bench.tuning.tune --start`.

The luminance profile of SSIMULACRA2 alone loses by most other metrics. Therefore it is mixed with its own smooth trend
and with the thresholds of visibility in Annex K of T.81, see docs/decisions/0007-perceptual-numbers.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench import photos
from bench.arguments import add_image_folders, new_parser
from bench.tuning.trial_files import quantize_trial, write_parameters, write_trial
from foveal import jpeg
from foveal.allocate.perception import FREQUENCY, Perception, perception
from foveal.comparison.peers import decode_for_viewing
from foveal.jpeg import COEFFICIENT_SCALE, NATURAL_INDEX, EightBitPixels
from foveal.metrics import Ssimulacra2Reference

Array = NDArray[np.float64]

LEVELS = (1.5, 2.1, 2.7)  # levels of the files whose errors are measured
ROUNDS = 4
DAMPING = 0.7  # share of the correction that each round applies
MEASURED, SMOOTHED, ANNEX_K = 0.3, 0.3, 0.4  # shares in the luminance profile

_ROWS, _COLUMNS = (axis / 7 for axis in np.divmod(NATURAL_INDEX[1:], 8))
_WEIGHTS = 1 / np.arange(1, 64)  # in zigzag order: low frequencies are more common


def measure_loss_ratios(pixels: EightBitPixels, level: float, tuned: Perception) -> list[Array]:
    """Measure how much each frequency's errors cost in score relative to their weight in the encoder.

    Returns
    -------
    list
        For each component, (63,) ratios of the AC coefficients in zigzag order, scaled to a weighted mean of 1.
    """
    trial = quantize_trial(pixels, level, tuned)
    quantizer = trial.quantization.quantizer
    assert isinstance(quantizer, jpeg.Trellis)  # noqa: S101 (effort "balanced" uses it)
    by_pixels = Ssimulacra2Reference(pixels).gradient(decode_for_viewing(write_trial(trial)))
    gradients = jpeg.coefficient_gradient(by_pixels, trial.quantized.frame, threads=1)
    ratios = []
    for index, component in enumerate(trial.quantized.frame.components):
        steps = np.array(trial.quantization.tables[index].values, np.float64)
        errors = trial.quantized.blocks[index] * steps - trial.blocks[index] / COEFFICIENT_SCALE
        weights = trial.quantized.frame.largest_of_covered_blocks(quantizer.block_weights[index], component)
        losses = -(gradients[index] * errors).sum(axis=(0, 1))
        weighted = (weights[..., None] * (errors / steps) ** 2).sum(axis=(0, 1))
        ratio = losses[1:] / (weighted[1:] + 1e-9)
        ratios.append(np.maximum(ratio / np.average(ratio, weights=_WEIGHTS), 0.05))
    return ratios


def make_symmetric(profile: Array) -> Array:
    """Average a profile with its transpose, since photographs may be rotated."""
    in_rows = np.zeros(64)
    in_rows[NATURAL_INDEX[1:]] = profile
    square = in_rows.reshape(8, 8)
    return np.asarray((square + square.T) / 2).ravel()[NATURAL_INDEX[1:]]


def fit_trend(profile: Array) -> Array:
    """Fit the smooth trend of a profile: a second-order surface in frequency, by least squares."""
    frequency = FREQUENCY[1:]
    surface = np.column_stack([np.ones(63), frequency, frequency**2, _ROWS * _COLUMNS])
    root = np.sqrt(_WEIGHTS)
    return np.asarray(surface @ np.linalg.lstsq(surface * root[:, None], profile * root, rcond=None)[0])


def subtract_mean(profile: Array) -> Array:
    """Subtract the weighted mean from a profile, which leaves its shape."""
    return profile - np.average(profile, weights=_WEIGHTS)


def annex_k_profile(profile: Array) -> Array:
    """Return the profile of the luminance table of T.81 Annex K, as coarse on average as a given profile."""
    table = np.log(jpeg.annex_k_tables(50)[0].values[1:])
    return subtract_mean(make_symmetric(table)) + np.average(profile, weights=_WEIGHTS)


def replace_profiles(tuned: Perception, profiles: Sequence[Array]) -> Perception:
    """Return parameters with other profiles of Y, Cb and Cr."""
    luminance, cb, cr = (
        replace(spectrum, profile=tuple(profile.round(2).tolist()))
        for spectrum, profile in zip(tuned.spectra, profiles, strict=True)
    )
    return replace(tuned, luminance=luminance, cb=cb, cr=cr)


def measure_profiles(pictures: Sequence[EightBitPixels], tuned: Perception) -> list[Array]:
    """Find profiles with equal loss ratios at all frequencies, as coarse on average as the given ones."""
    profiles = [fit_trend(np.array(spectrum.profile)) for spectrum in tuned.spectra]
    for turn in range(ROUNDS):
        current = replace_profiles(tuned, profiles)
        measured = [measure_loss_ratios(pixels, level, current) for pixels in pictures for level in LEVELS]
        for index, ratios in enumerate(zip(*measured, strict=True)):
            change = subtract_mean(-0.5 * np.log(np.median(ratios, axis=0)))
            print(f"round {turn + 1}, component {index + 1}: {np.abs(change).mean():.3f} off in the mean")
            profiles[index] = make_symmetric(profiles[index] + DAMPING * change)
    return profiles


def main() -> None:
    """Measure the profiles, and write the parameters."""
    parser = new_parser(__doc__)
    add_image_folders(parser, required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    pictures = [photos.crop_to_mcus(photos.crop_middle(pixels)) for pixels in photos.load(arguments.images).values()]
    luminance, cb, cr = measure_profiles(pictures, perception())
    mixed = MEASURED * luminance + SMOOTHED * fit_trend(luminance) + ANNEX_K * annex_k_profile(luminance)
    write_parameters(arguments.output, replace_profiles(perception(), [mixed, cb, cr]))


if __name__ == "__main__":
    main()
