"""Encoding with trial values of the perceptual parameters, for the searches of `bench.tuning`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveal import jpeg
from foveal.allocate.allocation import Quantization, WeighedCoefficients
from foveal.allocate.effort import EFFORTS
from foveal.allocate.perception import Perception, perception
from foveal.allocate.rate_distortion import RateDistortion
from foveal.allocate.subsampling import HALVED
from foveal.jpeg import EightBitPixels

SETTINGS = jpeg.EncoderSettings()  # one fixed scan script for all trials


class Trial(NamedTuple):
    """DCT coefficients of a photo in units of 1/16, the choice of their quantization, and the quantized levels."""

    blocks: tuple[NDArray[np.int16], ...]
    quantization: Quantization
    quantized: jpeg.Coefficients


def read_parameters(path: Path | None) -> Perception:
    """Read the parameters of a file that a script of `bench.tuning` wrote; None means the shipped ones."""
    return perception() if path is None else Perception.from_dict(json.loads(path.read_text())["perception"])


def write_parameters(path: Path, tuned: Perception, **further: Any) -> None:
    """Write parameters as JSON, for `read_parameters`; entries of `further` are written beside them."""
    path.write_text(json.dumps({"perception": asdict(tuned), **further}, indent=2) + "\n")


def quantize_trial(
    pixels: EightBitPixels,
    level: float,
    tuned: Perception,
    subsampling: str = HALVED,
    weights: NDArray[np.float32] | None = None,
) -> Trial:
    """Quantize a photo with trial parameters at effort "balanced".

    Parameters
    ----------
    pixels
        (H, W, 3) uint8 RGB.
    level
        Coarseness of the quantization, as in `foveal.allocate.perception`.
    tuned
        Trial parameters.
    subsampling
        Chroma subsampling.
    weights
        Weight of each block's errors, one per 8x8 pixels; None for uniform weights.
    """
    if weights is None:
        weights = np.ones(jpeg.block_grid(*pixels.shape[:2]), np.float32)
    frame = jpeg.frame_of(pixels, subsampling)
    blocks = jpeg.transform(pixels, frame, SETTINGS.threads, tuned.sharpening.at(level))
    photo = WeighedCoefficients(pixels, weights, frame, blocks, SETTINGS)
    quantization = RateDistortion(tuned).decide_at_level(photo, level, EFFORTS["balanced"])
    return Trial(blocks, quantization, photo.quantize(quantization))


def write_trial(trial: Trial) -> bytes:
    """Write the JPEG file of a trial."""
    return jpeg.write(trial.quantized, SETTINGS)


def encode_trial(pixels: EightBitPixels, level: float, tuned: Perception) -> bytes:
    """Encode a photo with trial parameters as a 4:2:0 file, without saliency."""
    return write_trial(quantize_trial(pixels, level, tuned))
