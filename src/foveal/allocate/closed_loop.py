"""The closed loop of effort "best": quantize, decode, measure what errors cost, and correct the coefficients.

The trellis counts the errors of a block as weight x sum of squared errors, as if each error were seen alone. They are
seen together: errors of neighbouring frequencies and blocks add up or cancel in the blurred and down-sampled pictures
that eyes and metrics compare, and up-sampling adds errors of colour. A judge that compares whole pictures knows that.
Its gradient tells how its error changes with each coefficient. Where gradient and trellis disagree, the trellis gets a
shifted coefficient to quantize.

With distortion D, error E of the judge, and both scaled alike, the trellis minimises D + bits. It should minimise
E + bits. Near the current levels, E - D changes by (slope of E - slope of D) x change of the coefficient; adding this
line to the parabola D moves its lowest point by

    shift = -(slope of E - slope of D) / (2 x weight)

which is a step of the proximal gradient method (N. Parikh, S. Boyd, "Proximal Algorithms", 2014, 4.2). Small steps are
taken, because the line holds only near the current levels, and because larger ones gain by the judge and lose by other
metrics. For the same reason the judge's error is a weighted geometric mean of those of SSIMULACRA 2 and MS-SSIM.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from foveal import jpeg
from foveal.allocate.allocation import Quantization, WeighedCoefficients
from foveal.allocate.effort import Effort
from foveal.allocate.error_model import ErrorModel, ShiftSize, error_models
from foveal.allocate.weighing import Weighing
from foveal.metrics.ssimulacra import MIN_SIDE, Ssimulacra2Reference
from foveal.photo import to_eight_bits

# Weight of the structural error in the logarithm of the error whose gradient is taken.
_STRUCTURE_SHARE = 0.7

# Colour gets larger shifts, because they also make up for errors of its down-sampling.
_LUMINANCE_SHIFT, _COLOUR_SHIFT = ShiftSize(limit=0.25, share=0.12), ShiftSize(limit=0.5, share=0.15)

# Photos of more than _BAND_PIXELS pixels are measured in bands of rows. Each band is measured as a separate picture,
# with a margin of _BAND_MARGIN rows above and below it that the coarse scales of SSIMULACRA 2 need.
_BAND_PIXELS = 1 << 22
_BAND_MARGIN = 64


def can_be_judged(photo: WeighedCoefficients) -> bool:
    """Return whether the judge can measure a photo: it needs 8 pixels on each side, and factors of 1 or 2."""
    factors = {
        whole // part
        for header in photo.frame.headers
        for whole, part in ((photo.frame.h_max, header.h_factor), (photo.frame.v_max, header.v_factor))
    }
    return min(photo.pixels.shape[:2]) >= MIN_SIDE and factors <= {1, 2}


def quantize_in_closed_loop(photo: WeighedCoefficients, weighing: Weighing, effort: Effort) -> Quantization:
    """Decide how a photo that can be judged is quantized, with corrected coefficients.

    Parameters
    ----------
    photo
        Coefficients of the photo.
    weighing
        Weights of its blocks.
    effort
        Search effort with a trellis and corrections.
    """
    quantization = weighing.quantization(effort)

    def quantize(blocks: tuple[NDArray[np.int16], ...]) -> jpeg.Coefficients:
        return photo.quantize(replace(quantization, corrected=blocks))

    trellis = cast(jpeg.Trellis, quantization.quantizer)
    corrected = correct_coefficients(photo, weighing, trellis, quantize, effort.corrections)
    return replace(quantization, corrected=corrected)


def correct_coefficients(
    photo: WeighedCoefficients,
    weighing: Weighing,
    trellis: jpeg.Trellis,
    quantize: Callable[[tuple[NDArray[np.int16], ...]], jpeg.Coefficients],
    rounds: int,
) -> tuple[NDArray[np.int16], ...]:
    """Quantize and measure a photo several times, and return the corrected coefficients that are to be quantized.

    Saliency takes part in the quantization that is measured. It does not change what is judged: errors are compared
    with the distortion that they would have without a map.

    Parameters
    ----------
    photo
        Coefficients of a photo that can be judged.
    weighing
        Weights of its blocks.
    trellis
        Quantizer of the photo, with the weights of the weighing.
    quantize
        Function that quantizes coefficients of the photo with the trellis.
    rounds
        Number of times that the result is decoded and measured.

    Returns
    -------
    tuple of ndarray
        For each component, int16 coefficients in units of 1/16, of the shape of the photo's.
    """
    corrected = tuple(blocks.copy() for blocks in photo.blocks)
    for _ in range(rounds):
        quantized = quantize(corrected)
        _shift(photo, jpeg.reconstruct(quantized), error_models(photo, weighing, trellis, quantized), corrected)
        jpeg.fill_padding_blocks(photo.frame, corrected)
    return corrected


def _shift(
    photo: WeighedCoefficients,
    decoded: NDArray[np.uint8],
    models: list[ErrorModel],
    corrected: tuple[NDArray[np.int16], ...],
) -> None:
    """Shift coefficients by the gradient of the judge, in place.

    Parameters
    ----------
    photo
        Photo that was quantized.
    decoded
        Picture that a decoder makes of it.
    models
        Error model of each component.
    corrected
        For each component, the coefficients that were quantized.
    """
    for band in _mcu_row_bands(photo.frame):
        gradient = _gradient_of_band(photo, decoded, band)
        for index, (component, model) in enumerate(zip(photo.frame.components, models, strict=True)):
            rows = slice(*(row * component.v_factor for row in band))
            part = model.part(rows)
            inside = np.s_[: part.weights.shape[0], : part.weights.shape[1]]
            slopes = gradient[index][inside] * model.steps
            part.shift(corrected[index][rows][inside], slopes, _COLOUR_SHIFT if index else _LUMINANCE_SHIFT)


def _gradient_of_band(
    photo: WeighedCoefficients, decoded: NDArray[np.uint8], band: tuple[int, int]
) -> list[NDArray[np.float32]]:
    """Return the derivatives of the judge's error with respect to the coefficients in a band of MCU rows."""
    frame, threads = photo.frame, photo.settings.threads
    top, bottom = (row * frame.mcu_height for row in band)
    above = min(top, _BAND_MARGIN // frame.mcu_height * frame.mcu_height)
    around = slice(top - above, bottom + _BAND_MARGIN)
    reference = Ssimulacra2Reference(to_eight_bits(photo.pixels[around]), threads=threads)
    by_pixels = reference.log_error_gradient(decoded[around], _STRUCTURE_SHARE, threads=threads)
    gradient = jpeg.coefficient_gradient(by_pixels, replace(frame, height=by_pixels.shape[0]), threads)
    skipped = above // frame.mcu_height
    return [
        each[skipped * component.v_factor : (skipped + band[1] - band[0]) * component.v_factor]
        for component, each in zip(frame.components, gradient, strict=True)
    ]


def _mcu_row_bands(frame: jpeg.Frame) -> list[tuple[int, int]]:
    """Split a photo into bands of MCU rows [first, last) of about equal size, to be measured one after the other."""
    bands = min(frame.mcu_rows, -(-frame.height * frame.width // _BAND_PIXELS))
    return list(itertools.pairwise(np.linspace(0, frame.mcu_rows, bands + 1).astype(int).tolist()))
