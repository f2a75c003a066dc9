"""What an error matters at each frequency and in each block: the numbers behind tables, masking and lambda.

Profiles of tables are measured by `python -m bench.tuning.sensitivity`; the other numbers were found by hand and by
`python -m bench.tuning.tune`, for the fewest bytes that photographs take for the same SSIMULACRA2. They are kept in
perception.json beside this module.
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

LARGEST_STEP = 255  # what baseline files hold
MIDDLE_LEVEL, LEVEL_SPAN = 2.2, 0.8  # of the levels that the numbers were found for

_ROWS, _COLUMNS = (axis.astype(np.float64) / 7 for axis in np.divmod(NATURAL_INDEX, 8))
FREQUENCY = np.hypot(_ROWS, _COLUMNS)  # (64,) in zig-zag order: 0 for DC, sqrt 2 for the finest pattern


@dataclass(frozen=True)
class Trend:
    """A number that goes with the level in a straight line: `change` for each LEVEL_SPAN above MIDDLE_LEVEL."""

    middle: float
    change: float = 0.0

    def at(self, level: float) -> float:
        """Value at a level; beyond the span it stays what it is at its end."""
        return self.middle + self.change * float(np.clip((level - MIDDLE_LEVEL) / LEVEL_SPAN, -1, 1))


class TunedTable(NamedTuple):
    """A table of whole steps, and what a squared step is worth at each frequency: (64,) float32 in zig-zag order.

    An error counts in steps as they were wanted. So files change little by little with the level, although many steps
    change at once where they are small.
    """

    table: QuantizationTable
    frequency_weights: NDArray[np.float32]


@dataclass(frozen=True)
class Spectrum:
    """Steps of a component, and what its bits are worth. All are logarithms but for `lift`.

    Parameters
    ----------
    profile
        63 steps of AC in zig-zag order, relative to each other: from what an error of each frequency takes from the
        score (`python -m bench.tuning.sensitivity`).
    coarser
        Steps against those of luminance.
    slope
        Added to the profile with the distance from DC.
    dc
        The step of DC.
    bit_worth
        Squared steps that a bit is worth in a block of weight 1.
    lift
        Of `jpeg.Trellis`: how much more, in steps, what is weakened shows than what is strengthened.
    """

    profile: tuple[float, ...]
    coarser: float
    slope: float
    dc: float
    bit_worth: Trend
    lift: float

    def table(self, level: float) -> TunedTable:
        """Table of a level."""
        logarithms = np.array([self.dc, *self.profile]) + self.slope * FREQUENCY + self.coarser + level
        wanted = np.exp(logarithms)
        steps = np.clip(np.rint(wanted), 1, LARGEST_STEP)
        table = QuantizationTable(tuple(steps.astype(int).tolist()))
        return TunedTable(table, ((steps / wanted) ** 2).astype(np.float32))

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Spectrum:
        """Make one of what `dataclasses.asdict` gives."""
        return cls(**{**values, "profile": tuple(values["profile"]), "bit_worth": Trend(**values["bit_worth"])})


@dataclass(frozen=True)
class Masking:
    """How texture hides errors of luminance, see `masking`.

    Parameters
    ----------
    knee
        Activity at which half of the weight is lost, in the unit of pixels.
    power
        How steeply it is lost.
    floor
        Weight of the busiest blocks.
    detail
        Exponent of the share of fine waves.
    """

    knee: float
    power: float
    floor: float
    detail: float


@dataclass(frozen=True)
class ColourSensitivity:
    """How much an error of a component shows in a colour, see `colour_sensitivity`.

    Parameters
    ----------
    red_green, blue
        What squared changes of X and of B count, where those of Y count 1.
    usual
        What the error counts in the mean of photographs.
    power
        Exponent of it all.
    """

    red_green: float
    blue: float
    usual: float
    power: float


@dataclass(frozen=True)
class Attention:
    """What changes as a map takes weight from blocks, see `tailor_to_map`: for all of the weight of all blocks.

    Parameters
    ----------
    knee
        Logarithm by which the knee of masking moves.
    slope, colour_slope
        Added to the slopes of the tables of luminance, and of colour.
    cb
        Added to `coarser` of Cb.
    colour_worth
        Added to `bit_worth` of Cb and Cr: what their bits are worth.
    coarser
        Added to `coarser` of all tables: so what is looked at scores as without a map.
    """

    knee: float
    slope: float
    colour_slope: float
    cb: float
    colour_worth: float
    coarser: Trend

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Attention:
        """Make one of what `dataclasses.asdict` gives."""
        return cls(**{**values, "coarser": Trend(**values["coarser"])})


@dataclass(frozen=True)
class Perception:
    """Everything that is tuned.

    Parameters
    ----------
    luminance, cb, cr
        The tables, and what bits are worth.
    full_chrominance
        How much coarser chrominance is where it is not down-sampled: four blocks then share what one held.
    masking
        How texture hides errors.
    luminance_colour, cb_colour, cr_colour
        How much errors show in each colour.
    attention
        What changes where people look at a part.
    sharpening
        Of `jpeg.sampling.sharpen`.
    usual_blue, usual_share, usual_grain, slope_by_blue, slope_by_grain, cb_by_share
        How the numbers go with a photo, see `tailoring`.
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
        """Make one of what `dataclasses.asdict` gives."""
        spectra = {name: Spectrum.from_dict(values[name]) for name in ("luminance", "cb", "cr")}
        trends = {name: Trend(**values[name]) for name in ("full_chrominance", "sharpening")}
        colours = {name: ColourSensitivity(**values[name]) for name in ("luminance_colour", "cb_colour", "cr_colour")}
        masking, attention = Masking(**values["masking"]), Attention.from_dict(values["attention"])
        return cls(**{**values, **spectra, **trends, **colours, "masking": masking, "attention": attention})

    @property
    def spectra(self) -> tuple[Spectrum, Spectrum, Spectrum]:
        """Those of Y, Cb and Cr."""
        return self.luminance, self.cb, self.cr

    @property
    def colours(self) -> tuple[ColourSensitivity, ColourSensitivity, ColourSensitivity]:
        """Those of Y, Cb and Cr."""
        return self.luminance_colour, self.cb_colour, self.cr_colour

    def without_down_sampling(self, level: float) -> Perception:
        """Return the numbers for files of a level whose chrominance is not down-sampled.

        It is coarser. And it has enough samples of colour: a map need add less to them.
        """
        coarser, attention = self.full_chrominance.at(level), self.attention
        cb, cr = (replace(each, coarser=each.coarser + coarser) for each in (self.cb, self.cr))
        attention = replace(attention, colour_slope=attention.colour_slope / 2, cb=attention.cb / 2)
        return replace(self, cb=cb, cr=cr, attention=attention)


@cache
def _shipped() -> dict[str, Any]:
    return dict(json.loads(files("foveal.allocate").joinpath("perception.json").read_text()))


@cache
def perception() -> Perception:
    """The numbers that are shipped."""
    return Perception.from_dict(_shipped()["perception"])


@cache
def levels_of_qualities() -> tuple[list[float], list[float]]:
    """Qualities on libjpeg's scale, rising, and the level that stands for each."""
    measured = _shipped()["levels"]
    return measured["qualities"], measured["levels"]


def level_of_quality(quality: float) -> float:
    """Level at which our files look as good as libjpeg's of that quality, 0 to 100 (0 counts as 1).

    Measured: with 4:2:0 and without saliency, by the SSIMULACRA2 of photographs, in the mean without the extremes
    (`python -m bench.tuning.tune`), and then interpolated. It falls with quality, so that files grow with it. With
    4:4:4 it is the same, as with libjpeg: so they also grow where the subsampling changes.
    """
    qualities, levels = levels_of_qualities()
    return float(np.interp(quality, qualities, levels))
