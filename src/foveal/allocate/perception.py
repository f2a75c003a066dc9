"""The tuned numbers behind quantization tables, masking and lambda: how much an error matters, by frequency and block.

A file's tables are set by a single number, its level: a logarithm that is added to those of all steps, so that each
step is proportional to exp(level). (Levels in the sense of T.81, quantized coefficients, are another thing.)
`level_of_quality` maps libjpeg's quality to it. The Lagrange multiplier lambda of the trellis, in squared steps for
each bit, is exp(`Spectrum.bit_worth`).

The profiles of the tables are measured by `python -m bench.tuning.sensitivity`. The other numbers were found by hand
and by `python -m bench.tuning.tune`, for the fewest bytes that photographs take for the same SSIMULACRA2. They are
stored in perception.json beside this module.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveal.jpeg import NATURAL_INDEX, QuantizationTable

LARGEST_STEP = 255  # of a baseline file, whose steps have 8 bits
MIDDLE_LEVEL, LEVEL_SPAN = 2.2, 0.8  # the numbers were found for levels from 2.2 - 0.8 to 2.2 + 0.8

_ROWS, _COLUMNS = (axis.astype(np.float64) / 7 for axis in np.divmod(NATURAL_INDEX, 8))
FREQUENCY = np.hypot(_ROWS, _COLUMNS)  # (64,) in zig-zag order: 0 for DC, sqrt(2) for the highest frequency


@dataclass(frozen=True)
class Trend:
    """A number that depends linearly on the level.

    Parameters
    ----------
    middle
        Value at MIDDLE_LEVEL.
    change
        Change of the value for each LEVEL_SPAN above MIDDLE_LEVEL.
    """

    middle: float
    change: float = 0.0

    def at(self, level: float) -> float:
        """Return the value at a level; it is constant beyond LEVEL_SPAN from MIDDLE_LEVEL."""
        return self.middle + self.change * float(np.clip((level - MIDDLE_LEVEL) / LEVEL_SPAN, -1, 1))


class TunedTable(NamedTuple):
    """A quantization table with whole steps, and frequency weights that make up for their rounding.

    The trellis counts errors in whole steps. Multiplied by the frequency weights, they count in the steps before
    rounding. So files change gradually with the level, although many steps change at once where steps are small.

    Parameters
    ----------
    table
        Table of a component.
    frequency_weights
        (64,) float32 in zig-zag order: squared ratio of the rounded step to the exact one.
    """

    table: QuantizationTable
    frequency_weights: NDArray[np.float32]


@dataclass(frozen=True)
class Spectrum:
    """Quantizer steps of a component by frequency, and lambda of its trellis. All are logarithms except `lift`.

    Parameters
    ----------
    profile
        63 relative steps of the AC coefficients in zig-zag order, by how much an error of each frequency lowers the
        score (`python -m bench.tuning.sensitivity`).
    coarser
        Offset of all steps of this component, relative to luminance.
    slope
        Addition to each step for each unit of `FREQUENCY`: above 0, high frequencies get coarser steps.
    dc
        Relative step of the DC coefficient.
    bit_worth
        Logarithm of lambda, the squared steps that a bit is worth in a block of weight 1.
    lift
        Distance in steps by which the trellis raises the target of a nonzero level above the coefficient's magnitude,
        see `jpeg.Trellis`: weakened coefficients are more visible than strengthened ones.
    """

    profile: tuple[float, ...]
    coarser: float
    slope: float
    dc: float
    bit_worth: Trend
    lift: float

    def table(self, level: float) -> TunedTable:
        """Make the table of a level: step = exp(profile + slope x frequency + coarser + level), rounded to 1 to 255."""
        logarithms = np.array([self.dc, *self.profile]) + self.slope * FREQUENCY + self.coarser + level
        wanted = np.exp(logarithms)
        steps = np.clip(np.rint(wanted), 1, LARGEST_STEP)
        table = QuantizationTable(tuple(steps.astype(int).tolist()))
        return TunedTable(table, ((steps / wanted) ** 2).astype(np.float32))

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Spectrum:
        """Make one from the values that `dataclasses.asdict` returns."""
        return cls(**{**values, "profile": tuple(values["profile"]), "bit_worth": Trend(**values["bit_worth"])})


@dataclass(frozen=True)
class Masking:
    """Parameters of visual masking, by which texture hides errors of luminance, see `masking.masking_weights`.

    Parameters
    ----------
    knee
        Activity at which the weight is halfway between 1 and the floor, in the unit of pixels.
    power
        Steepness of the fall from 1 to the floor, an exponent of the activity.
    floor
        Weight of the busiest blocks.
    detail
        Exponent of the ratio of high to low frequencies.
    """

    knee: float
    power: float
    floor: float
    detail: float


@dataclass(frozen=True)
class ColourSensitivity:
    """How visible an error of a component is by colour: ((red_green x^2 + y^2 + blue b^2) / usual) ^ power.

    Here x, y and b are the changes of XYB, see `colour_sensitivity.squared_xyb_changes`.

    Parameters
    ----------
    red_green, blue
        Weights of the squared changes of X and of B, relative to that of Y.
    usual
        Mean over photographs of the weighted sum of squared changes.
    power
        Exponent of the ratio to the usual sum.
    """

    red_green: float
    blue: float
    usual: float
    power: float


@dataclass(frozen=True)
class Attention:
    """Changes of the numbers by a saliency map, see `tailoring.tailor_to_map`.

    They are multiplied by the share of weight that the map takes from the blocks, 1 - mean weight.

    Parameters
    ----------
    knee
        Addition to the logarithm of the knee of masking.
    slope, colour_slope
        Additions to the slopes of luminance and of both chrominance components.
    cb
        Addition to `coarser` of Cb.
    colour_worth
        Addition to `bit_worth` of Cb and Cr, the logarithm of lambda.
    coarser
        Addition to `coarser` of all components, so that the salient part keeps its PSNR.
    """

    knee: float
    slope: float
    colour_slope: float
    cb: float
    colour_worth: float
    coarser: Trend

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Attention:
        """Make one from the values that `dataclasses.asdict` returns."""
        return cls(**{**values, "coarser": Trend(**values["coarser"])})


@dataclass(frozen=True)
class Perception:
    """All tuned numbers of allocation "rdo".

    Parameters
    ----------
    luminance, cb, cr
        Tables and lambda of each component.
    full_chrominance
        Addition to `coarser` of Cb and Cr if chrominance is not down-sampled: four blocks then cover
        the area of one.
    masking
        Visual masking of luminance errors by texture.
    luminance_colour, cb_colour, cr_colour
        Visibility of the errors of each component by colour.
    attention
        Changes by a saliency map.
    sharpening
        Gain of `jpeg.sampling.sharpen`.
    usual_blue, usual_share, usual_grain
        Logarithms of the measures of `tailoring.Character` in the usual photo.
    slope_by_blue, slope_by_grain
        Additions to the slope of luminance for each unit of `Character.blue` and of `Character.grain`.
    cb_by_share
        Addition to `coarser` of Cb for each unit of `Character.blue_share`.
    """

    luminance: Spectrum
    cb: Spectrum
    cr: Spectrum
    full_chrominance: Trend
    masking: Masking
    luminance_colour: ColourSensitivity
    cb_colour: ColourSensitivity
    cr_colour: ColourSensitivity
    attention: Attention
    sharpening: Trend
    usual_blue: float
    usual_share: float
    usual_grain: float
    slope_by_blue: float
    slope_by_grain: float
    cb_by_share: float

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Perception:
        """Make one from the values that `dataclasses.asdict` returns."""
        spectra = {name: Spectrum.from_dict(values[name]) for name in ("luminance", "cb", "cr")}
        trends = {name: Trend(**values[name]) for name in ("full_chrominance", "sharpening")}
        colours = {name: ColourSensitivity(**values[name]) for name in ("luminance_colour", "cb_colour", "cr_colour")}
        masking, attention = Masking(**values["masking"]), Attention.from_dict(values["attention"])
        return cls(**{**values, **spectra, **trends, **colours, "masking": masking, "attention": attention})

    @property
    def spectra(self) -> tuple[Spectrum, Spectrum, Spectrum]:
        """Tables and lambda of Y, Cb and Cr."""
        return self.luminance, self.cb, self.cr

    @property
    def colours(self) -> tuple[ColourSensitivity, ColourSensitivity, ColourSensitivity]:
        """Colour sensitivities of Y, Cb and Cr."""
        return self.luminance_colour, self.cb_colour, self.cr_colour

    def without_down_sampling(self, level: float) -> Perception:
        """Return the numbers for files of a level whose chrominance is not down-sampled.

        Chrominance gets coarser steps. A map refines it only half as much, as it has more samples already.
        """
        coarser, attention = self.full_chrominance.at(level), self.attention
        cb, cr = (replace(each, coarser=each.coarser + coarser) for each in (self.cb, self.cr))
        attention = replace(attention, colour_slope=attention.colour_slope / 2, cb=attention.cb / 2)
        return replace(self, cb=cb, cr=cr, attention=attention)


@cache
def _read_shipped() -> dict[str, Any]:
    return dict(json.loads(files("foveal.allocate").joinpath("perception.json").read_text()))


@cache
def perception() -> Perception:
    """Return the numbers that foveal ships with."""
    return Perception.from_dict(_read_shipped()["perception"])


@cache
def levels_of_qualities() -> tuple[list[float], list[float]]:
    """Return increasing qualities on libjpeg's scale and the level that was measured for each."""
    measured = _read_shipped()["levels"]
    return measured["qualities"], measured["levels"]


def level_of_quality(quality: float) -> float:
    """Return the level at which our files look as good as libjpeg's of a quality, 0 to 100 (0 counts as 1).

    Levels were measured for some qualities, at 4:2:0 and without saliency: our files have the same SSIMULACRA2 as
    libjpeg's in the mean of photographs without the extremes (`python -m bench.tuning.tune`). Other qualities are
    interpolated. The level falls with quality, so files grow with it. It does not depend on the subsampling, as in
    libjpeg, so files also grow where that changes to 4:4:4.
    """
    qualities, levels = levels_of_qualities()
    return float(np.interp(quality, qualities, levels))
