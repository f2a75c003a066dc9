"""What each lever of the encoder is worth: BD-rates against jpegli without it.

python -m bench.tuning.ablation --images DIR ... [--cache DIR]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from bench import photos
from bench.rd import compare_variants, foveal_420
from bench.rd.compare import CACHE_FOLDER
from bench.tuning.sensitivity import smoothed
from bench.tuning.trial_files import encode_trial
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
ANNEX_K_WEIGHTS = 20.0, 33.0  # bits that a squared step is worth, as before there were tuned numbers


def tuned_file(pixels: EightBitPixels, quality: float, tuned: Perception) -> bytes:
    """Blind file of a quality with other numbers."""
    return encode_trial(pixels, level_of_quality(quality), tuned)


def annex_k_file(pixels: EightBitPixels, quality: float) -> bytes:
    """File of a trellis over the tables of T.81 Annex K."""
    grid = jpeg.block_grid(*pixels.shape[:2])
    luminance, chrominance = (np.full(grid, weight, np.float32) for weight in ANNEX_K_WEIGHTS)
    quantizer = jpeg.Trellis((luminance, chrominance))
    return jpeg.encode(pixels, jpeg.EncoderSettings(tables=jpeg.annex_k_tables(quality), quantizer=quantizer))


def without() -> dict[str, Perception]:
    """Numbers with a lever taken out."""
    everything, off = perception(), ColourSensitivity(red_green=0, blue=0, usual=1, power=0)
    even = replace(everything, masking=Masking(knee=1, power=1, floor=1, detail=0))
    unlifted, coarse_dc, smooth = (_with_spectra(everything, change) for change in (_unlifted, _coarse_dc, _smooth))
    return {
        "one script": everything,
        "one script, no masking": even,
        "one script, errors weigh alike in all colours": replace(
            everything, luminance_colour=off, cb_colour=off, cr_colour=off
        ),
        "one script, weak and strong alike": unlifted,
        "one script, smooth tables": smooth,
        "one script, no sharpened colour": replace(everything, sharpening=Trend(0)),
        "one script, no tailoring": replace(everything, slope_by_blue=0, slope_by_grain=0, cb_by_share=0),
        "one script, DC as coarse as its neighbours": coarse_dc,
    }


def _with_spectra(tuned: Perception, change: Callable[[Spectrum], Spectrum]) -> Perception:
    luminance, cb, cr = (change(spectrum) for spectrum in tuned.spectra)
    return replace(tuned, luminance=luminance, cb=cb, cr=cr)


def _unlifted(spectrum: Spectrum) -> Spectrum:
    return replace(spectrum, lift=0)


def _coarse_dc(spectrum: Spectrum) -> Spectrum:
    return replace(spectrum, dc=spectrum.profile[0])


def _smooth(spectrum: Spectrum) -> Spectrum:
    return replace(spectrum, profile=tuple(smoothed(np.array(spectrum.profile)).tolist()))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, nargs="+", required=True, help="folders of PNG photographs")
    parser.add_argument("--cache", type=Path, default=CACHE_FOLDER, help="where jpegli's measurements are kept")
    arguments = parser.parse_args()
    variants: dict[str, Callable[[EightBitPixels, float], bytes]] = {"all levers": foveal_420}
    variants |= {name: partial(tuned_file, tuned=tuned) for name, tuned in without().items()}
    variants["trellis on Annex K"] = annex_k_file
    pictures = photos.load(arguments.images)
    comparison = compare_variants(variants, pictures, metrics=METRICS, cache_folder=arguments.cache)
    for name in variants:
        print(f"{name:45}", *(f"{comparison.summary(name, metric).mean:+7.1f}" for metric in METRICS))


if __name__ == "__main__":
    main()
