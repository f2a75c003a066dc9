"""SSIMULACRA2 of a file, guessed from its quantization errors without decoding it.

A ridge regression on logarithms of errors, pooled over blocks in three ways, for bands of frequencies of each
component, on its steps, and on how unevenly its errors are spread, as they are where blocks have weights. DC has no
part in it: its errors double where its step, a small whole number, changes by one, and the score hardly changes. There
is one for down-sampled colour, whose blocks are four times as large, and one for 4:4:4;
`python -m bench.tuning.fit_score` fits them, and score_prediction.json beside this module keeps them.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveal.jpeg import COEFFICIENT_SCALE, Coefficients

CEILING = 102.0  # a little above the score of equal pictures: what is predicted is log(CEILING - score)
_BANDS = (slice(1, 6), slice(6, 21), slice(21, 64))  # in zig-zag order
_FLAT = 200.0  # squared pixels of AC energy below which a block hides nothing
_LEAST_ERROR, _LEAST_RATIO, _LEAST_SHARE = 1e-2, 1e-5, 1e-3


class Regression(NamedTuple):
    """Mean and deviation of each feature, and their weights; the first weight is the constant."""

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]
    weights: NDArray[np.float64]


def features(blocks: tuple[NDArray[np.int16], ...], quantized: Coefficients) -> NDArray[np.float64]:
    """For each component logarithms of pooled errors of each band, of its energy and steps, and how errors are spread.

    Parameters
    ----------
    blocks
        Coefficients in sixteenths, as they were before quantization.
    quantized
        The same, quantized.
    """
    found: list[float] = []
    parts = zip(quantized.frame.components, blocks, quantized.blocks, quantized.tables, strict=True)
    for component, before, levels, table in parts:
        inside = np.s_[: component.block_rows, : component.block_columns]
        wanted = before[inside].reshape(-1, 64) / np.float32(COEFFICIENT_SCALE)
        squares = (wanted - levels[inside].reshape(-1, 64) * np.array(table.values, np.float32)) ** 2
        energy = (wanted[:, 1:] ** 2).sum(axis=1)
        for band in _BANDS:
            errors = squares[:, band].sum(axis=1)
            visible = errors / (energy + _FLAT)
            found += [
                np.log(errors.mean() + _LEAST_ERROR),
                np.log(visible.mean() + _LEAST_RATIO),
                np.log(np.sqrt((visible**2).mean()) + _LEAST_RATIO),
            ]
        step = np.log(table.values[1:]).mean()  # of many steps, few of which change at once
        in_steps = (squares[:, 1:] / np.square(np.array(table.values[1:], np.float32))).mean(axis=1)
        unevenness = in_steps.std() / (in_steps.mean() + _LEAST_SHARE)
        found += [np.log(energy.mean() + 1), step, step**2, unevenness]
    return np.array(found, dtype=np.float64)


def predicted_score(found: NDArray[np.float64], regression: Regression) -> float:
    """Score of a file by its `features`; where it has no colour, colour counts as usual."""
    mean, deviation, weights = regression
    standardised = np.zeros(len(mean))
    standardised[: len(found)] = (found - mean[: len(found)]) / deviation[: len(found)]
    return CEILING - float(np.exp(weights[0] + standardised @ weights[1:]))


@cache
def regression_for(subsampling: str) -> Regression:
    """Return what is shipped for "4:4:4", or for any other."""
    values = json.loads(files("foveal.allocate").joinpath("score_prediction.json").read_text())
    fitted = values["4:4:4" if subsampling == "4:4:4" else "4:2:0"]
    return Regression(*(np.array(fitted[name]) for name in Regression._fields))
