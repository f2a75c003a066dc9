"""Scores to levels: one step for all components.

For a given squared error that takes the fewest bits: an error is worth the same whichever orthonormal component it is
in, and those of less variance than the error allowed get no levels at all (reverse water-filling: T. Cover,
J. Thomas, "Elements of Information Theory", section 10.3.3).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MIN_STEP = 0.125  # with scores of 8 x 255 at most, levels and their differences fit 16 bits
# A score rounds up from 0.6 of a step on, not from 0.5: small levels are many, cost bits, and gain little.
_ROUNDING = np.float32(0.4)
_SAMPLED_BLOCKS = 8192
_BISECTIONS = 14
_FINER = 0.98


def levels_of(scores: NDArray[np.float32], step: float) -> NDArray[np.int16]:
    """Levels (k', n) of scores (k, n), without the last components, which have none but zeros."""
    used = [index for index, row in enumerate(scores) if _is_seen(row, step)]
    levels = np.empty((used[-1] + 1 if used else 0, scores.shape[1]), dtype=np.int16)
    for row, into in zip(scores, levels, strict=False):
        into[:] = _rounded(row, step)
    return levels


def dequantized(levels: NDArray[np.int32], step: float) -> NDArray[np.float32]:
    """Scores (k, n) that levels stand for."""
    scores = levels.astype(np.float32)
    scores *= np.float32(step)
    return scores


def step_for(planes: list[NDArray[np.float32]], allowed_error: float) -> tuple[float, float]:
    """Choose the step: as large as the error allows.

    It is looked for on some of the blocks, and made finer until the error of all of them is small enough.

    Parameters
    ----------
    planes
        Scores (k, n) of each plane.
    allowed_error
        Squared error of all scores together.

    Returns
    -------
    step, error
        The step, a float32, at least MIN_STEP (for which the error may be larger than allowed); and its error.
    """
    stride = max(1, planes[0].shape[1] // _SAMPLED_BLOCKS)
    sample = [np.ascontiguousarray(plane[:, ::stride]) for plane in planes]
    share = sample[0].shape[1] / planes[0].shape[1]
    largest = max((float(np.abs(plane).max()) for plane in planes if plane.size), default=0.0)
    fine, coarse = MIN_STEP, max(2 * largest, MIN_STEP)  # with the coarsest, all levels are 0
    if _error(planes, coarse) > allowed_error:
        for _ in range(_BISECTIONS):
            middle = (fine * coarse) ** 0.5
            fine, coarse = (middle, coarse) if _error(sample, middle) <= allowed_error * share else (fine, middle)
        coarse = fine
    step = float(np.float32(coarse))
    while (error := _error(planes, step)) > allowed_error and step > MIN_STEP:
        step = max(MIN_STEP, float(np.float32(step * _FINER)))
    return step, error


def _error(planes: list[NDArray[np.float32]], step: float) -> float:
    """Squared error of quantization."""
    return sum(_row_error(row, step) for plane in planes for row in plane)


def _row_error(row: NDArray[np.float32], step: float) -> float:
    if not _is_seen(row, step):
        return float(np.square(row, dtype=np.float64).sum())
    difference = _rounded(row, step)
    difference *= np.float32(step)
    difference -= row
    return float(difference @ difference)


def _is_seen(row: NDArray[np.float32], step: float) -> bool:
    """Whether any level of a component is not zero."""
    return bool(max(row.max(), -row.min()) / np.float32(step) + _ROUNDING >= 1)


def _rounded(row: NDArray[np.float32], step: float) -> NDArray[np.float32]:
    magnitude = np.abs(row)
    magnitude /= np.float32(step)
    magnitude += _ROUNDING
    np.floor(magnitude, out=magnitude)
    return np.copysign(magnitude, row, out=magnitude)
