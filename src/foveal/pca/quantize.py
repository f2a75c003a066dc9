"""Quantization of scores to integer levels, with one step for all components.

One step needs the fewest bits for a given squared error: the components are orthonormal, so an error counts the same in
each of them, and components whose variance is below the allowed error get only zeros (reverse water-filling: T. Cover,
J. Thomas, "Elements of Information Theory", section 10.3.3).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MIN_STEP = 0.125  # scores are at most 8 x 255, so that levels and their differences fit 16 bits
# Magnitudes round up from a fraction of 0.6, not 0.5: most are small, and rounding them up costs more bits than it
# gains in error.
_ROUNDING = np.float32(0.4)
_SAMPLED_BLOCKS = 8192
_BISECTIONS = 14
_STEP_SHRINK = 0.98


def quantize(scores: NDArray[np.float32], step: float) -> NDArray[np.int16]:
    """Quantize scores (k, n) to levels (k', n), without the trailing components whose levels are all zero."""
    nonzero = [index for index, row in enumerate(scores) if _has_nonzero_level(row, step)]
    levels = np.empty((nonzero[-1] + 1 if nonzero else 0, scores.shape[1]), dtype=np.int16)
    for row, output in zip(scores, levels, strict=False):
        output[:] = _round_to_levels(row, step)
    return levels


def dequantize(levels: NDArray[np.int32], step: float) -> NDArray[np.float32]:
    """Reconstruct scores (k, n) from levels (k, n)."""
    scores = levels.astype(np.float32)
    scores *= np.float32(step)
    return scores


def choose_step(planes: list[NDArray[np.float32]], allowed_error: float) -> tuple[float, float]:
    """Choose the largest step whose quantization error is allowed.

    Parameters
    ----------
    planes
        Scores (k, n) of each plane.
    allowed_error
        Largest squared error of all scores together.

    Returns
    -------
    step
        A value that float32 holds exactly, at least MIN_STEP.
    error
        Squared error at this step; larger than `allowed_error` only if the step is MIN_STEP.
    """
    # Bisection over the logarithm of the step, on a sample of the blocks. The result is then shrunk until the error
    # of all blocks is small enough.
    stride = max(1, planes[0].shape[1] // _SAMPLED_BLOCKS)
    sample = [np.ascontiguousarray(plane[:, ::stride]) for plane in planes]
    share = sample[0].shape[1] / planes[0].shape[1]
    largest = max((float(np.abs(plane).max()) for plane in planes if plane.size), default=0.0)
    fine, coarse = MIN_STEP, max(2 * largest, MIN_STEP)  # at the coarse end all levels are 0
    if _total_error(planes, coarse) > allowed_error:
        for _ in range(_BISECTIONS):
            middle = (fine * coarse) ** 0.5
            fine, coarse = (middle, coarse) if _total_error(sample, middle) <= allowed_error * share else (fine, middle)
        coarse = fine
    step = float(np.float32(coarse))
    while (error := _total_error(planes, step)) > allowed_error and step > MIN_STEP:
        step = max(MIN_STEP, float(np.float32(step * _STEP_SHRINK)))
    return step, error


def _total_error(planes: list[NDArray[np.float32]], step: float) -> float:
    """Return the squared quantization error of all planes."""
    return sum(_row_error(row, step) for plane in planes for row in plane)


def _row_error(row: NDArray[np.float32], step: float) -> float:
    if not _has_nonzero_level(row, step):
        return float(np.square(row, dtype=np.float64).sum())
    difference = _round_to_levels(row, step)
    difference *= np.float32(step)
    difference -= row
    return float(difference @ difference)


def _has_nonzero_level(row: NDArray[np.float32], step: float) -> bool:
    """Return whether a component has any level other than 0."""
    return bool(max(row.max(), -row.min()) / np.float32(step) + _ROUNDING >= 1)


def _round_to_levels(row: NDArray[np.float32], step: float) -> NDArray[np.float32]:
    magnitude = np.abs(row)
    magnitude /= np.float32(step)
    magnitude += _ROUNDING
    np.floor(magnitude, out=magnitude)
    return np.copysign(magnitude, row, out=magnitude)
