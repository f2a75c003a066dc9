"""Requantization of a JPEG in the DCT domain: coarser levels of the coefficients that a file has, without pixels.

The file's own coefficients are quantized again, with tables, weights and trellis of allocation "rdo". Three things
differ from the encoding of pixels:

- The originals are unknown. They are estimated from the file, see `requantization_originals`: the expected ones are
  quantized, and a plausible one tells how much texture there is.
- Steps are never finer than those of the file, and where they are coarser they fit it, see `requantization_steps`.
- Nothing is done where less than `_least_saving` would be saved, and the result is settled: requantized with the same
  settings, it would save less. So a second run changes nothing, also if the saliency map, which is found anew, has
  changed a little.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from foveal import jpeg
from foveal.allocate.allocation import WeighedCoefficients
from foveal.allocate.closed_loop import can_be_judged, correct_coefficients
from foveal.allocate.effort import Effort
from foveal.allocate.finest import FINEST_QUALITY
from foveal.allocate.hard_edges import GROUND_OF_DECODED
from foveal.allocate.perception import Perception, level_of_quality, perception
from foveal.allocate.rate_distortion import RateDistortion
from foveal.allocate.weights import block_weights
from foveal.errors import UnsupportedError
from foveal.optimization.requantization_originals import (
    Distribution,
    expected_blocks,
    fit_distributions,
    plausible_original,
)
from foveal.optimization.requantization_steps import find_steps, take_sample

# Shares of the bytes of a picture that a requantization must save to be worth its errors: the first if all steps
# change, the second if none does. Then it only sets more levels to zero, which a trellis does again in its own results:
# at low qualities a second round saves up to 9 %, and costs more score than other ways of saving as much.
LEAST_SAVING, LEAST_SAVING_OF_EQUAL_STEPS = 0.05, 0.15
_MAP_MARGIN = 0.03  # by which results are better settled than they must be, because the next map may differ
# Added to both slopes of `Attention`: high frequencies get still finer steps where people look, which gains 0.15 dB
# there at half of the bytes of a file (`bench.optimize.requantization --gaze`); twice as much costs a point of
# SSIMULACRA2 of the whole photo. In return all steps become coarser, so that files of a quality are about as
# large as without these two numbers.
_STEEPER, _COARSER = -0.15, 0.08
# Largest magnitudes that are accepted: of coefficients, about twice what 8-bit samples give, and of the levels of
# baseline files (T.81 F.1.2, Baseline Huffman encoding procedures).
_LARGEST_MAGNITUDE, _LARGEST_DC, _LARGEST_AC = 2047, 1024, 1023
_SCALE = np.int16(jpeg.COEFFICIENT_SCALE)


@dataclass(frozen=True, eq=False)
class RequantizationSettings:
    """Settings of a requantization in the DCT domain.

    Parameters
    ----------
    quality
        Quality of the salient part, 0 to 100 on libjpeg's scale, as in `foveal.encode`.
    saliency_map
        (h, w) floats in [0, 1] that cover the whole photo in its stored orientation; None to treat all parts alike.
    strength
        Strength of the map, 0 to 1, multiplied by the factor of its confidence (`SaliencyResult.strength_factor`).
    effort
        Search effort: quantizer, scan script by which sizes are compared, corrections of coefficients.
    threads
        Number of threads; the result does not depend on it.
    """

    quality: float
    saliency_map: NDArray[np.float32] | None
    strength: float
    effort: Effort
    threads: int


def why_not_requantized(source: jpeg.Coefficients) -> str | None:
    """Return the reason why a file cannot be requantized, such as "its colour model is CMYK"; None if it can."""
    frame = source.frame
    if len(frame.headers) == 2:
        return "it has two components"
    model = jpeg.find_color_model(frame, source.segments)
    if model not in (jpeg.ColorModel.GREY, jpeg.ColorModel.YCBCR):
        return f"its colour model is {model.value}"
    luminance = frame.headers[0]
    if (luminance.h_factor, luminance.v_factor) != (frame.h_max, frame.v_max) or any(
        frame.h_max % header.h_factor or frame.v_max % header.v_factor for header in frame.headers
    ):
        return f"its sampling factors are {jpeg.subsampling_name(frame)}"
    limits = np.array([_LARGEST_DC] + [_LARGEST_AC] * 63)
    for levels, table in zip(source.blocks, source.tables, strict=True):
        largest = np.maximum(levels.max(axis=(0, 1)), -levels.min(axis=(0, 1)).astype(np.int32))
        if (largest > np.minimum(limits, _LARGEST_MAGNITUDE // np.array(table.values))).any():
            return "its coefficients are out of the range of 8-bit samples"
    return None


def requantize(source: jpeg.Coefficients, settings: RequantizationSettings) -> jpeg.Coefficients:
    """Quantize the coefficients of a file again, more coarsely, where that saves bytes.

    Parameters
    ----------
    source
        Contents of the file, from `jpeg.read_coefficients`.
    settings
        Quality, saliency map and effort.

    Returns
    -------
    Coefficients
        Contents with other tables and levels: size, sampling and segments are those of the source. It is the source
        itself, the same object, if too little would be saved, as it is for a result of this function with
        the same settings.

    Raises
    ------
    UnsupportedError
        The file cannot be requantized, see `why_not_requantized`.
    ParameterError
        The map is not two-dimensional or has values outside [0, 1].
    """
    reason = why_not_requantized(source)
    if reason:
        raise UnsupportedError(f"the file cannot be requantized: {reason}")
    if settings.quality >= FINEST_QUALITY:
        return source  # all steps would be 1, and the steps of the file are not coarser
    weights = weights_of_map(settings, source.frame)
    return settle(source, settings.quality, weights, settings)


def weights_of_map(settings: RequantizationSettings, frame: jpeg.Frame) -> NDArray[np.float32]:
    """Return the weight of each 8x8-pixel block by the map of the settings; 1 for all without a map."""
    if settings.saliency_map is None:
        return np.ones(frame.block_grid, dtype=np.float32)
    return block_weights(settings.saliency_map, frame.height, frame.width, settings.strength)


def settle(
    source: jpeg.Coefficients, quality: float, weights: NDArray[np.float32], settings: RequantizationSettings
) -> jpeg.Coefficients:
    """Quantize a file again and again, until that would save too little; mostly once.

    Every round but the last saves bytes, so there is a last one.
    """
    settled, size_bytes, margin = source, _price(source, settings), 0.0
    while True:
        coarser = requantize_once(settled, quality, weights, settings)
        coarser_bytes = _price(coarser, settings)
        if coarser_bytes > (1 - _least_saving(settled, coarser) + margin) * size_bytes:
            return settled
        settled, size_bytes, margin = coarser, coarser_bytes, _MAP_MARGIN


def _least_saving(source: jpeg.Coefficients, coarser: jpeg.Coefficients) -> float:
    """Return the share of bytes that a requantization must save, by the share of the steps that it leaves alone."""
    steps, new_steps = (np.array([table.values for table in each.tables]) for each in (source, coarser))
    return max(LEAST_SAVING, LEAST_SAVING_OF_EQUAL_STEPS * float((steps == new_steps).mean()))


def requantize_once(
    source: jpeg.Coefficients, quality: float, weights: NDArray[np.float32], settings: RequantizationSettings
) -> jpeg.Coefficients:
    """Quantize the coefficients of a file again.

    Parameters
    ----------
    source
        Contents of a file that can be requantized.
    quality
        Quality of the salient part, below `FINEST_QUALITY`.
    weights
        (rows, columns) weight of each 8x8-pixel block, in (0, 1].
    settings
        Settings; quality and map are replaced by the arguments.
    """
    frame = source.frame.with_table_slots(range(len(source.frame.headers)))
    distributions = fit_distributions(source)
    originals = expected_blocks(source, distributions, settings.threads)
    encoder = jpeg.EncoderSettings(threads=settings.threads)
    drawn = plausible_original(source, distributions)
    texture = tuple(np.clip(levels, -_LARGEST_MAGNITUDE, _LARGEST_MAGNITUDE) * _SCALE for levels in drawn.blocks)
    photo = WeighedCoefficients(jpeg.reconstruct(source), weights, frame, texture, encoder, GROUND_OF_DECODED)
    weighing = RateDistortion(_tuned_to_files()).weigh(photo, level_of_quality(quality))
    decided = weighing.quantization(replace(settings.effort, quantizer=jpeg.Trellis))
    trellis = cast(jpeg.Trellis, decided.quantizer)
    tables, by_frequency = zip(
        *(
            _fit_table(source, index, frame, decided.tables[index], trellis, distribution)
            for index, distribution in enumerate(distributions)
        ),
        strict=True,
    )
    quantizer = settings.effort.quantizer(trellis.block_weights, by_frequency, trellis.lifts, trellis.profiles)
    encoder, photo = encoder.with_quantizer(tables, quantizer), replace(photo, blocks=originals)
    if settings.effort.corrections and can_be_judged(photo):

        def quantize(blocks: tuple[NDArray[np.int16], ...]) -> jpeg.Coefficients:
            return jpeg.quantize(blocks, frame, encoder)

        fitted = cast(jpeg.Trellis, quantizer)  # efforts with corrections have a trellis
        originals = correct_coefficients(photo, weighing, fitted, quantize, settings.effort.corrections)
    quantized = jpeg.quantize(originals, frame, encoder, originals)
    return replace(source, frame=quantized.frame, tables=quantized.tables, blocks=quantized.blocks)


def _tuned_to_files() -> Perception:
    tuned = perception()
    attention = tuned.attention
    coarser = replace(attention.coarser, middle=attention.coarser.middle + _COARSER)
    slope, colour_slope = attention.slope + _STEEPER, attention.colour_slope + _STEEPER
    return replace(tuned, attention=replace(attention, slope=slope, colour_slope=colour_slope, coarser=coarser))


class _FittedTable(NamedTuple):
    """Table of a component that fits its source, and the weights of squared errors in its steps."""

    table: jpeg.QuantizationTable
    frequency_weights: NDArray[np.float32]


def _fit_table(
    source: jpeg.Coefficients,
    index: int,
    frame: jpeg.Frame,
    decided: jpeg.QuantizationTable,
    trellis: jpeg.Trellis,
    distribution: Distribution,
) -> _FittedTable:
    component = frame.components[index]
    inside = np.s_[: component.block_rows, : component.block_columns]
    weights = frame.largest_of_covered_blocks(trellis.block_weights[index], component)[inside]
    # The frequency weights are squared ratios of the decided step to the exact one, see `TunedTable`.
    wanted = np.array(decided.values) / np.sqrt(trellis.frequency_weights[index].astype(np.float64))
    old = np.array(source.tables[index].values)
    steps = find_steps(take_sample(source.blocks[index][inside], weights), old, wanted, distribution.shifts)
    return _FittedTable(jpeg.QuantizationTable(tuple(steps.tolist())), ((steps / wanted) ** 2).astype(np.float32))


def _price(coefficients: jpeg.Coefficients, settings: RequantizationSettings) -> float:
    """Estimate the bytes of the picture alone, without metadata, bytes after EOI and padding blocks."""
    blocks = coefficients.blocks
    if any(
        levels.shape[:2] != (component.block_rows, component.block_columns)
        for component, levels in zip(coefficients.frame.components, blocks, strict=True)
    ):
        blocks = tuple(levels.copy() for levels in blocks)
        jpeg.fill_padding_blocks(coefficients.frame, blocks)
    picture = jpeg.Coefficients(coefficients.frame, coefficients.tables, blocks)
    encoder = jpeg.EncoderSettings(script=settings.effort.script, threads=settings.threads)
    return sum(jpeg.price(picture, encoder))
