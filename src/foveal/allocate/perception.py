"""What an error matters at each frequency and in each block: the numbers behind tables, masking and lambda.

They were found by `python -m bench.tune`, which minimises the bytes that photographs take for the same SSIMULACRA2, and
are kept in perception.json beside this module.
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
MASKED_ABOVE = 1.0  # root mean square of AC: flatter blocks mask as if they were this busy
USUAL_STRENGTH = 7.0  # MASKED_ABOVE + activity of the blocks whose weight is 1
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
    """How the steps of a table go with frequency: logarithms relative to the table's level, a smooth surface and DC.

    Parameters
    ----------
    slope, curve
        Of the distance from DC and of its square.
    diagonal
        Of the product of the vertical and the horizontal frequency.
    dc
        The step of DC.
    """

    slope: float
    curve: float
    diagonal: float
    dc: Trend

    def table(self, level: float) -> TunedTable:
        """Table whose coarsest patterns have steps of exp(level)."""
        logarithms = level + self.slope * FREQUENCY + self.curve * FREQUENCY**2 + self.diagonal * _ROWS * _COLUMNS
        logarithms[0] = level + self.dc.at(level)
        wanted = np.exp(logarithms)
        steps = np.clip(np.rint(wanted), 1, LARGEST_STEP)
        table = QuantizationTable(tuple(steps.astype(int).tolist()))
        return TunedTable(table, ((steps / wanted) ** 2).astype(np.float32))

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Spectrum:
        """Make one of what `dataclasses.asdict` gives."""
        return cls(**{**values, "dc": Trend(**values["dc"])})


@dataclass(frozen=True)
class Perception:
    """Everything that is tuned.

    Parameters
    ----------
    luminance, chrominance
        The tables.
    cb, cr
        How much coarser than luminance's they are: logarithms.
    full_chrominance
        How much coarser yet where chrominance is not down-sampled: four blocks then share what one held.
    luminance_lambda, chrominance_lambda
        Logarithm of the squared steps that a bit is worth in a block of weight 1.
    luminance_masking, chrominance_masking
        Exponent by which the weight of a block falls with its activity.
    sharpening
        Of `jpeg.sampling.sharpen`.
    usual_blue, usual_share, slope_by_blue, lambda_by_blue, cb_by_share
        How the numbers go with a photo's colours, see `tailoring`.
    """

    luminance: Spectrum
    chrominance: Spectrum
    cb: float
    cr: float
    full_chrominance: Trend
    luminance_lambda: Trend
    chrominance_lambda: Trend
    luminance_masking: Trend
    chrominance_masking: Trend
    sharpening: Trend
    usual_blue: float
    usual_share: float
    slope_by_blue: float
    lambda_by_blue: float
    cb_by_share: float

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Perception:
        """Make one of what `dataclasses.asdict` gives."""
        spectra = {name: Spectrum.from_dict(values[name]) for name in ("luminance", "chrominance")}
        trends = {
            name: Trend(**value) for name, value in values.items() if isinstance(value, dict) and "middle" in value
        }
        return cls(**{**values, **spectra, **trends})

    def tables(self, level: float) -> tuple[TunedTable, ...]:
        """Tables of Y, Cb and Cr at a level: the logarithm of luminance's coarsest steps."""
        return (
            self.luminance.table(level),
            self.chrominance.table(level + self.cb),
            self.chrominance.table(level + self.cr),
        )

    def without_down_sampling(self, level: float) -> Perception:
        """Return the numbers for files of a level whose chrominance is not down-sampled."""
        coarser = self.full_chrominance.at(level)
        return replace(self, cb=self.cb + coarser, cr=self.cr + coarser)

    def lambdas(self, level: float) -> tuple[float, float]:
        """Squared steps that a bit is worth, of luminance and of chrominance."""
        return float(np.exp(self.luminance_lambda.at(level))), float(np.exp(self.chrominance_lambda.at(level)))

    def masking(self, level: float) -> tuple[float, float]:
        """Exponents of luminance and of chrominance."""
        return self.luminance_masking.at(level), self.chrominance_masking.at(level)


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
