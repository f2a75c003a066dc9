"""Prediction of a file's SSIMULACRA2 from its quantization errors, without decoding it.

The prediction is a ridge regression on standardised features of each component: logarithms of squared errors in bands
of frequencies, pooled over blocks in three ways; the quantizer steps; and how unevenly errors are spread over blocks,
which they are if blocks have weights. The DC coefficient is left out: its errors double when its step, a small whole
number, changes by one, but the score hardly changes. There is one regression for down-sampled chroma, whose blocks
cover four times the area, and one for 4:4:4. `python -m bench.tuning.fit_score` fits them; they are stored in
score_prediction.json beside this module.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveal.jpeg import COEFFICIENT_SCALE, Coefficients

CEILING = 102.0  # a little above the score of equal pictures, 100: log(CEILING - score) is predicted
_BANDS = (slice(1, 6), slice(6, 21), slice(21, 64))  # low, middle and high frequencies in zig-zag order
_LEAST_ENERGY = 200.0  # AC energy in squared pixels, below which a block masks nothing
# Added to keep logarithms and divisions finite where there are no errors.
_ERROR_OFFSET, _VISIBLE_OFFSET, _MEAN_OFFSET = 1e-2, 1e-5, 1e-3


class Regression(NamedTuple):
    """Mean and standard deviation of each feature, and the weights; the first weight is the intercept."""

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]
    weights: NDArray[np.float64]


def features(blocks: tuple[NDArray[np.int16], ...], quantized: Coefficients) -> NDArray[np.float64]:
    """Return the features of a file: for each component, thirteen numbers.

    Parameters
    ----------
    blocks
        For each component, the coefficients in units of 1/16 before quantization.
    quantized
        The quantized coefficients.
    """
    # Features of each band: the mean of squared errors over blocks; the mean of visible errors, which are squared
    # errors divided by the block's AC energy, because texture masks errors; and the root mean square of visible errors,
    # in which the worst blocks dominate. Features of the component: AC energy, the logarithm of the steps and its
    # square, and unevenness, the coefficient of variation over blocks of squared errors in steps.
    found: list[float] = []
    parts = zip(quantized.frame.components, blocks, quantized.blocks, quantized.tables, strict=True)
    for component, before, levels, table in parts:
        inside = np.s_[: component.block_rows, : component.block_columns]
        exact = before[inside].reshape(-1, 64) / np.float32(COEFFICIENT_SCALE)
        squares = (exact - levels[inside].reshape(-1, 64) * np.array(table.values, np.float32)) ** 2
        energy = (exact[:, 1:] ** 2).sum(axis=1)
        for band in _BANDS:
            errors = squares[:, band].sum(axis=1)
            visible = errors / (energy + _LEAST_ENERGY)
            found += [
                np.log(errors.mean() + _ERROR_OFFSET),
                np.log(visible.mean() + _VISIBLE_OFFSET),
                np.log(np.sqrt((visible**2).mean()) + _VISIBLE_OFFSET),
            ]
        step = np.log(table.values[1:]).mean()  # a mean of many steps, because few of them change at the same level
        in_steps = (squares[:, 1:] / np.square(np.array(table.values[1:], np.float32))).mean(axis=1)
        unevenness = in_steps.std() / (in_steps.mean() + _MEAN_OFFSET)
        found += [np.log(energy.mean() + 1), step, step**2, unevenness]
    return np.array(found, dtype=np.float64)


def predicted_score(found: NDArray[np.float64], regression: Regression) -> float:
    """Predict the score of a file from its `features`; the colour of a grey photo counts as average."""
    mean, deviation, weights = regression
    standardised = np.zeros(len(mean))
    standardised[: len(found)] = (found - mean[: len(found)]) / deviation[: len(found)]
    return CEILING - float(np.exp(weights[0] + standardised @ weights[1:]))


@cache
def regression_for(subsampling: str) -> Regression:
    """Return the regression for a chroma subsampling, "4:4:4" or one of the others, which share theirs."""
    values = json.loads(Path(__file__).with_name("score_prediction.json").read_text())
    fitted = values["4:4:4" if subsampling == "4:4:4" else "4:2:0"]
    return Regression(*(np.array(fitted[name]) for name in Regression._fields))
