"""Measure what each technique of the encoder gains, by BD-rates against jpegli without it.

python -m bench.tuning.ablation --images DIR ... [--cache DIR] [--metrics SSIMULACRA2 ...]

Each line of the output is a variant of the encoder: all techniques, or all but one. The numbers are its mean BD-rates
against jpegli by the metrics, in percent; negative is smaller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

import foveal._kernels as _kernels
from bench import photos
from bench.arguments import add_image_folders, new_parser
from bench.rd import compare_variants, foveal_420, scores
from bench.rd.compare import CACHE_FOLDER
from bench.tuning.sensitivity import fit_trend
from bench.tuning.trial_files import SETTINGS, encode_trial, quantize_trial
from foveal import jpeg
from foveal.allocate.perception import (
    ColourSensitivity,
    Masking,
    Perception,
    Spectrum,
    Trend,
    level_of_quality,
    perception,
)
from foveal.jpeg import EightBitPixels

METRICS = ("SSIMULACRA2", "PSNR-HVS-M", "MS-SSIM")
ANNEX_K_WEIGHTS = 20.0, 33.0  # luminance, chrominance: bits that a squared error of one step is worth


def encode_tuned(pixels: EightBitPixels, quality: float, tuned: Perception) -> bytes:
    """Encode without saliency at a quality, with the given perceptual parameters."""
    return encode_trial(pixels, level_of_quality(quality), tuned)


def encode_by_annex_k(pixels: EightBitPixels, quality: float) -> bytes:
    """Encode by trellis quantization with the tables of T.81 Annex K."""
    grid = jpeg.block_grid(*pixels.shape[:2])
    luminance, chrominance = (np.full(grid, weight, np.float32) for weight in ANNEX_K_WEIGHTS)
    quantizer = jpeg.Trellis((luminance, chrominance))
    return jpeg.encode(pixels, jpeg.EncoderSettings(tables=jpeg.annex_k_tables(quality), quantizer=quantizer))


def encode_without_overshoot(pixels: EightBitPixels, quality: float) -> bytes:
    """Encode with the shipped perceptual parameters, but let no white or black overshoot."""
    trial = quantize_trial(pixels, level_of_quality(quality), perception())
    settings = SETTINGS.with_quantizer(trial.quantization.tables, trial.quantization.quantizer)
    marks = jpeg.find_saturated_blocks(pixels)
    assert marks is not None  # noqa: S101 (pixels of 8 bits have marks)
    marks = np.minimum(marks, _kernels.HAS_SATURATED_SAMPLE)
    return jpeg.write(jpeg.quantize(trial.blocks, trial.quantized.frame, settings, saturated=marks), settings)


def list_ablations() -> dict[str, Perception]:
    """Return perceptual parameters by name, each set without one technique."""
    everything, off = perception(), ColourSensitivity(red_green=0, blue=0, usual=1, power=0)
    even = replace(everything, masking=Masking(knee=1, power=Trend(1), floor=Trend(1), detail=0))
    changes = (_without_lift, _with_coarse_dc, _with_smooth_profile)
    unlifted, coarse_dc, smooth = (_with_spectra(everything, change) for change in changes)
    return {
        "one script": everything,
        "one script, no masking": even,
        "one script, errors weigh alike in all colours": replace(
            everything, luminance_colour=off, cb_colour=off, cr_colour=off
        ),
        "one script, weak and strong alike": unlifted,
        "one script, smooth tables": smooth,
        "one script, no sharpened colour": replace(everything, sharpening=Trend(0)),
        "one script, no tailoring": replace(everything, cb_by_share=0),
        "one script, DC as coarse as its neighbours": coarse_dc,
    }


def _with_spectra(tuned: Perception, change: Callable[[Spectrum], Spectrum]) -> Perception:
    luminance, cb, cr = (change(spectrum) for spectrum in tuned.spectra)
    return replace(tuned, luminance=luminance, cb=cb, cr=cr)


def _without_lift(spectrum: Spectrum) -> Spectrum:
    return replace(spectrum, lift=0)


def _with_coarse_dc(spectrum: Spectrum) -> Spectrum:
    return replace(spectrum, dc=spectrum.profile[0])


def _with_smooth_profile(spectrum: Spectrum) -> Spectrum:
    return replace(spectrum, profile=tuple(fit_trend(np.array(spectrum.profile)).tolist()))


def main() -> None:
    """Measure all variants and print their mean BD-rates."""
    parser = new_parser(__doc__)
    add_image_folders(parser, required=True)
    parser.add_argument("--metrics", nargs="+", choices=list(scores.METRICS), default=METRICS)
    parser.add_argument("--cache", type=Path, default=CACHE_FOLDER, help="folder for jpegli's measurements")
    arguments = parser.parse_args()
    variants: dict[str, Callable[[EightBitPixels, float], bytes]] = {"all levers": foveal_420}
    variants |= {name: partial(encode_tuned, tuned=tuned) for name, tuned in list_ablations().items()}
    variants["one script, no overshoot"] = encode_without_overshoot
    variants["trellis on Annex K"] = encode_by_annex_k
    pictures = photos.load(arguments.images)
    comparison = compare_variants(variants, pictures, metrics=arguments.metrics, cache_folder=arguments.cache)
    print(f"{'':45}", *(f"{metric:>{_width(metric)}}" for metric in arguments.metrics))
    for name in variants:
        means = ((comparison.summary(name, metric).mean, _width(metric)) for metric in arguments.metrics)
        print(f"{name:45}", *(f"{mean:+{width}.1f}" for mean, width in means))


def _width(metric: str) -> int:
    """Return the width of the column of a metric in characters."""
    return max(7, len(metric))


if __name__ == "__main__":
    main()
