"""The tuned numbers behind quantization tables, masking and lambda: how much an error matters, by frequency and block.

One number sets the tables of a file: their level. It is added to the logarithm of every quantizer step, so that each
step is proportional to exp(level). (In this module a level is never a quantized coefficient, as it is in `jpeg`.)
`level_of_quality` returns the level for a quality on libjpeg's scale. The Lagrange multiplier lambda of the trellis, in
squared steps per bit, is exp(`Spectrum.bit_worth`).

The profiles of Cb and Cr are measured by `python -m bench.tuning.sensitivity`; that of luminance is a mix of the
measured profile, its smooth trend and Annex K, moved by `python -m bench.tuning.tune`. The other numbers were found by
hand, by these two scripts and, for those of a saliency map, with the judges of `bench.tuning.map_numbers`, so that
photographs take few bytes at equal quality by several metrics, see docs/decisions/0007-perceptual-numbers.md. They are
stored in perception.json in the folder of this module.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveal.jpeg import NATURAL_INDEX, QuantizationTable

LARGEST_STEP = 255  # largest step of a baseline file, whose steps have 8 bits
MIDDLE_LEVEL, LEVEL_SPAN = 2.2, 0.8  # the numbers were tuned at levels from 2.2 - 0.8 to 2.2 + 0.8

_ROWS, _COLUMNS = (axis.astype(np.float64) / 7 for axis in np.divmod(NATURAL_INDEX, 8))
FREQUENCY = np.hypot(_ROWS, _COLUMNS)  # (64,) in zig-zag order: 0 for DC, sqrt(2) for the highest frequency
# (64,) in zig-zag order: AC coefficients of the first row and column of the block. The others have a mean of 0 along
# every border of the block, so only errors of these, and of DC, move the mean step across it.
MOVES_BORDERS = ((_ROWS == 0) | (_COLUMNS == 0)) & (FREQUENCY > 0)


@dataclass(frozen=True)
class Trend:
    """A number that depends linearly on the level.

    Parameters
    ----------
    middle
        Value at MIDDLE_LEVEL.
    change
        Change of the value from MIDDLE_LEVEL to MIDDLE_LEVEL + LEVEL_SPAN.
    """

    middle: float
    change: float = 0.0

    def at(self, level: float) -> float:
        """Return the value at a level; it is constant beyond LEVEL_SPAN from MIDDLE_LEVEL."""
        return self.middle + self.change * float(np.clip((level - MIDDLE_LEVEL) / LEVEL_SPAN, -1, 1))


class TunedTable(NamedTuple):
    """A quantization table, and frequency weights that compensate for the rounding of its steps to integers.

    The trellis measures errors in rounded steps. The frequency weights convert squared errors to the exact steps. Files
    therefore change gradually with the level, even where steps are small and many of them change at the same level.

    Parameters
    ----------
    table
        Quantization table of a component.
    frequency_weights
        (64,) float32 in zig-zag order: squared ratio of the rounded step to the exact one.
    """

    table: QuantizationTable
    frequency_weights: NDArray[np.float32]


@dataclass(frozen=True)
class Spectrum:
    """Quantizer steps of a component by frequency, and lambda of its trellis; all values but `lift` are logarithms.

    Parameters
    ----------
    profile
        63 relative steps of the AC coefficients in zig-zag order, from the loss of score that an error of each
        frequency causes, see the docstring of this module.
    coarser
        Offset of all steps of this component, relative to luminance.
    slope
        Increase of the steps per unit of `FREQUENCY`: above 0, high frequencies get coarser steps.
    dc
        Relative step of the DC coefficient.
    bit_worth
        Logarithm of lambda: the squared error, in steps, that one bit is worth in a block of weight 1.
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
        """Make the table for a level: steps exp(profile + slope x frequency + coarser + level), rounded, in 1..255."""
        logarithms = np.array([self.dc, *self.profile]) + self.slope * FREQUENCY + self.coarser + level
        wanted = np.exp(logarithms)
        steps = np.clip(np.rint(wanted), 1, LARGEST_STEP)
        table = QuantizationTable(tuple(steps.astype(int).tolist()))
        return TunedTable(table, ((steps / wanted) ** 2).astype(np.float32))

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Spectrum:
        """Make a `Spectrum` from the dictionary that `dataclasses.asdict` makes of one."""
        return cls(**{**values, "profile": tuple(values["profile"]), "bit_worth": Trend(**values["bit_worth"])})


@dataclass(frozen=True)
class Masking:
    """Parameters of visual masking: texture hides errors of luminance, see `masking.masking_weights`.

    Parameters
    ----------
    knee
        Activity at which the weight is halfway between 1 and the floor, in units of 8-bit samples.
    power
        Exponent of the activity: the steepness of the fall from 1 to the floor. It depends on the level, as does the
        floor: where steps are coarse, errors of texture are large and texture hides less of them.
    floor
        Limit that the weight approaches in the busiest blocks.
    detail
        Exponent of the ratio of high to low frequencies, by which the weight is multiplied.
    """

    knee: float
    power: Trend
    floor: Trend
    detail: float

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Masking:
        """Make a `Masking` from the dictionary that `dataclasses.asdict` makes of one."""
        return cls(**{**values, "power": Trend(**values["power"]), "floor": Trend(**values["floor"])})


@dataclass(frozen=True)
class SmoothAreas:
    """Protection of smooth blocks, in which the borders of blocks show, see `masking.smoothness`.

    Parameters
    ----------
    knee
        Strength of the high frequencies at which a block is half smooth, in units of 8-bit samples.
    gain
        Factor of the weight of luminance errors in smooth blocks.
    """

    knee: float
    gain: float


@dataclass(frozen=True)
class ColourSensitivity:
    """Visibility of errors of a component by colour: ((red_green x^2 + y^2 + blue b^2) / usual) ^ power.

    Here x, y and b are the changes of X, Y and B that an error causes, see `colour_sensitivity.squared_xyb_changes`.

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
class Foveation:
    """Spread of a saliency map's weights over frequencies, see `allocate.foveation`.

    Parameters
    ----------
    excess
        Value of e at the lowest frequencies, in 0..1: 0 scales all frequencies of a block alike.
    knee
        Value of `FREQUENCY` at which e has fallen by half.
    borders
        Addition to e for the coefficients of `MOVES_BORDERS`, so that block borders of the background show less.
    """

    excess: Trend
    knee: float
    borders: float

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Foveation:
        """Make a `Foveation` from the dictionary that `dataclasses.asdict` makes of one."""
        return cls(**{**values, "excess": Trend(**values["excess"])})


@dataclass(frozen=True)
class Attention:
    """Adjustments of the tuned numbers to a saliency map, see `tailoring.tailor_to_map`.

    They are multiplied by 1 - mean weight: the share of the blocks' weight that the map takes away.

    Parameters
    ----------
    knee
        Addition to the logarithm of the knee of masking.
    slope, colour_slope
        Additions to the slopes of luminance and of both chrominance components.
    colour_coarser
        Further addition to `coarser` of both chrominance components; below 0, colour gets finer steps.
    coarser
        Addition to `coarser` of all components, so that the file is smaller than without a map.
    """

    knee: float
    slope: float
    colour_slope: float
    colour_coarser: float
    coarser: Trend

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Attention:
        """Make an `Attention` from the dictionary that `dataclasses.asdict` makes of one."""
        return cls(**{**values, "coarser": Trend(**values["coarser"])})


@dataclass(frozen=True)
class Perception:
    """All tuned numbers of allocation "rdo".

    Parameters
    ----------
    luminance, cb, cr
        Tables and lambda of each component.
    corrected_colour
        Addition to `coarser` of Cb and Cr if a closed loop corrects their coefficients, which gains more than it loses.
    full_chrominance
        Addition to `coarser` of Cb and Cr if chrominance is not down-sampled, and so has four times as many blocks.
    masking
        Visual masking of luminance errors by texture.
    smooth_areas
        Protection of smooth blocks.
    luminance_colour, cb_colour, cr_colour
        Visibility of errors of each component by colour.
    attention
        Adjustments of the numbers to a saliency map.
    foveation
        Spread of a saliency map's weights over frequencies.
    sharpening
        Gain with which down-sampled chrominance is sharpened, see `jpeg.sampling.sharpen`.
    usual_share
        Logarithm of the strength of Cb's texture over that of luminance in a typical photo.
    cb_by_share
        Addition to `coarser` of Cb per unit of the logarithm by which a photo's share is above `usual_share`.
    """

    luminance: Spectrum
    cb: Spectrum
    cr: Spectrum
    corrected_colour: float
    full_chrominance: Trend
    masking: Masking
    smooth_areas: SmoothAreas
    luminance_colour: ColourSensitivity
    cb_colour: ColourSensitivity
    cr_colour: ColourSensitivity
    attention: Attention
    foveation: Foveation
    sharpening: Trend
    usual_share: float
    cb_by_share: float

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Perception:
        """Make a `Perception` from the dictionary that `dataclasses.asdict` makes of one."""
        spectra = {name: Spectrum.from_dict(values[name]) for name in ("luminance", "cb", "cr")}
        trends = {name: Trend(**values[name]) for name in ("full_chrominance", "sharpening")}
        colours = {name: ColourSensitivity(**values[name]) for name in ("luminance_colour", "cb_colour", "cr_colour")}
        others = {
            "masking": Masking.from_dict(values["masking"]),
            "smooth_areas": SmoothAreas(**values["smooth_areas"]),
            "attention": Attention.from_dict(values["attention"]),
            "foveation": Foveation.from_dict(values["foveation"]),
        }
        return cls(**{**values, **spectra, **trends, **colours, **others})

    @property
    def spectra(self) -> tuple[Spectrum, Spectrum, Spectrum]:
        """Tables and lambda of Y, Cb and Cr."""
        return self.luminance, self.cb, self.cr

    @property
    def colours(self) -> tuple[ColourSensitivity, ColourSensitivity, ColourSensitivity]:
        """Colour sensitivities of Y, Cb and Cr."""
        return self.luminance_colour, self.cb_colour, self.cr_colour

    def with_corrected_colour(self) -> Perception:
        """Return the numbers for files whose coefficients a closed loop corrects, see `closed_loop`.

        Chrominance gets coarser steps. A saliency map that takes half of the weight of the blocks takes that back, or
        half of it if chrominance is not down-sampled.
        """
        cb, cr = (replace(each, coarser=each.coarser + self.corrected_colour) for each in (self.cb, self.cr))
        attention = replace(self.attention, colour_coarser=self.attention.colour_coarser - 2 * self.corrected_colour)
        return replace(self, cb=cb, cr=cr, attention=attention)

    def without_down_sampling(self, level: float) -> Perception:
        """Return the numbers for files without down-sampling of chrominance, at a level of the tables.

        Chrominance gets coarser steps. A saliency map refines it only half as much, because it has more samples
        already.
        """
        coarser, attention = self.full_chrominance.at(level), self.attention
        cb, cr = (replace(each, coarser=each.coarser + coarser) for each in (self.cb, self.cr))
        attention = replace(
            attention, colour_slope=attention.colour_slope / 2, colour_coarser=attention.colour_coarser / 2
        )
        return replace(self, cb=cb, cr=cr, attention=attention)


@cache
def _read_shipped() -> dict[str, Any]:
    return dict(json.loads(Path(__file__).with_name("perception.json").read_text()))


@cache
def perception() -> Perception:
    """Return the tuned numbers that are shipped with foveal."""
    return Perception.from_dict(_read_shipped()["perception"])


@cache
def levels_of_qualities() -> tuple[list[float], list[float]]:
    """Return qualities on libjpeg's scale, in increasing order, and the level that was measured for each."""
    measured = _read_shipped()["levels"]
    return measured["qualities"], measured["levels"]


def level_of_quality(quality: float) -> float:
    """Return the level of the tables for a quality of 0 to 100 (0 counts as 1) on libjpeg's scale.

    Levels were measured at some qualities, at 4:2:0 and without saliency: foveal's files then look as good as libjpeg's
    by SSIMULACRA2 and CVVDP, in the mean over photographs without the extremes (`python -m bench.tuning.levels`). Where
    the two metrics disagree, the level is the mean of theirs. Between these qualities, levels are interpolated. The
    level falls as the quality rises, so that files grow with the quality. As in libjpeg, it does not depend on the
    subsampling, so that files also grow where the subsampling changes to 4:4:4.
    From `finest.FINEST_QUALITY` on, all steps are 1 instead.
    """
    qualities, levels = levels_of_qualities()
    return float(np.interp(quality, qualities, levels))
