"""BD-rate: the mean difference in bytes between two encoders at the same score.

G. Bjontegaard, "Calculation of average PSNR differences between RD-curves", ITU-T VCEG-M33, 2001. Curves are
interpolated by monotone cubics (F. N. Fritsch, R. E. Carlson, SIAM J. Numerical Analysis 17, 1980) instead of one
polynomial through all points, which oscillates between them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

LEAST_OVERLAP = 0.5  # smallest common range of scores, as a share of the shorter of the two ranges
RESAMPLINGS = 2000  # of the photos, for an interval of their mean
CONFIDENCE = 95  # percent

Curve = Iterable[tuple[float, float]]  # (size in bytes, score) of each file


def bd_rate(anchor: Curve, tested: Curve, sizes: tuple[float, float] = (0.0, float("inf"))) -> float:
    """Return the mean difference in bytes of an encoder from the anchor at the same score, in percent.

    Negative values mean smaller files. The mean is taken of the logarithm of bytes, over the scores that both curves
    reach.

    Parameters
    ----------
    anchor, tested
        (size_bytes, score) of the encoders' files of one photo, in any order. A file is left out if a smaller one has
        the same or a better score, or if its score is not finite.
    sizes
        Bounds in bytes: only the scores that the anchor reaches with files of these sizes count.

    Returns
    -------
    float
        The BD-rate, above -100; NaN if the common range of scores is less than half of the shorter one of the two, or,
        within bounds, less than half of the anchor's range there.
    """
    log_bytes_anchor, log_bytes_tested = _interpolate(anchor), _interpolate(tested)
    if log_bytes_anchor is None or log_bytes_tested is None:
        return float("nan")
    within = [_score_at(log_bytes_anchor, size) for size in sizes]
    ranges = np.array([within, log_bytes_tested.x[[0, -1]]])
    low, high = ranges[:, 0].max(), ranges[:, 1].min()
    if high <= low or high - low < LEAST_OVERLAP * np.ptp(ranges, axis=1).min():
        return float("nan")
    area = log_bytes_tested.integrate(low, high) - log_bytes_anchor.integrate(low, high)
    return float(100 * np.expm1(area / (high - low)))


def _score_at(log_bytes: PchipInterpolator, size_bytes: float) -> float:
    """Return the score that a curve reaches with a size; beyond its ends, that of the end."""
    first, last = log_bytes.x[[0, -1]].tolist()
    if size_bytes <= np.exp(log_bytes(first)):
        return float(first)
    if size_bytes >= np.exp(log_bytes(last)):
        return float(last)
    return float(log_bytes.solve(np.log(size_bytes), extrapolate=False)[0])


def _interpolate(curve: Curve) -> PchipInterpolator | None:
    """Interpolate the logarithm of bytes as a function of the score; None for fewer than two points."""
    points: list[tuple[float, float]] = []
    for size_bytes, score in sorted(curve, key=lambda point: (point[0], -point[1])):
        if np.isfinite(score) and (not points or score > points[-1][1]):
            points.append((size_bytes, score))
    if len(points) < 2:
        return None
    sizes, scores = np.array(points).T
    return PchipInterpolator(scores, np.log(sizes), extrapolate=False)


@dataclass(frozen=True)
class Summary:
    """Statistics of the BD-rates of several photos, in percent; NaN if no photo could be compared.

    `photos` is the number of photos that could be compared; the others are left out. `wins` of them are below 0.
    `mean_interval` is the confidence interval of the mean, by bootstrap over photos.
    """

    mean: float
    mean_interval: tuple[float, float]
    median: float
    lower_quartile: float
    upper_quartile: float
    least: float
    most: float
    photos: int
    wins: int


def summary(rates: Iterable[float]) -> Summary:
    """Summarise the BD-rates of photos, leaving out NaN."""
    compared = np.array([rate for rate in rates if np.isfinite(rate)])
    if not compared.size:
        nan = float("nan")
        return Summary(nan, (nan, nan), nan, nan, nan, nan, nan, photos=0, wins=0)
    least, lower, median, upper, most = np.percentile(compared, [0, 25, 50, 75, 100]).tolist()
    return Summary(
        float(compared.mean()),
        _bootstrap_mean(compared),
        median,
        lower,
        upper,
        least,
        most,
        photos=compared.size,
        wins=int((compared < 0).sum()),
    )


def _bootstrap_mean(rates: NDArray[np.float64]) -> tuple[float, float]:
    """Return the CONFIDENCE percent interval of the mean, by resampling photos with replacement (fixed seed)."""
    drawn = np.random.default_rng(0).integers(0, rates.size, (RESAMPLINGS, rates.size))
    low, high = np.percentile(rates[drawn].mean(axis=1), [50 - CONFIDENCE / 2, 50 + CONFIDENCE / 2]).tolist()
    return low, high
