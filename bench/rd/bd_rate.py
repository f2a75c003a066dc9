"""BD-rate: how many more bytes an encoder spends than another for the same score, averaged over the scores.

G. Bjontegaard, "Calculation of average PSNR differences between RD-curves", ITU-T VCEG-M33, 2001, with monotone cubic
interpolation (F. N. Fritsch, R. E. Carlson, SIAM J. Numerical Analysis 17, 1980) in place of one polynomial through all
points, which swings between them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

LEAST_OVERLAP = 0.5  # of the shorter of the two ranges of scores; below it, curves are not compared

Curve = Iterable[tuple[float, float]]  # size_bytes, score


def bd_rate(anchor: Curve, tested: Curve) -> float:
    """Bytes of the tested encoder against those of the anchor at the same score, in percent; negative is smaller.

    The mean is that of the logarithm of bytes, over the scores that both curves reach.

    Parameters
    ----------
    anchor, tested
        (size_bytes, score) of some files of one photo, in any order. Files that a smaller one equals or beats are left
        out: nobody would choose them. Scores that are not finite are left out too.

    Returns
    -------
    float
        Above -100; NaN where the scores that both reach are less than half of the shorter range of the two.
    """
    log_bytes_anchor, log_bytes_tested = _interpolated(anchor), _interpolated(tested)
    if log_bytes_anchor is None or log_bytes_tested is None:
        return float("nan")
    ranges = np.array([log_bytes_anchor.x[[0, -1]], log_bytes_tested.x[[0, -1]]])
    low, high = ranges[:, 0].max(), ranges[:, 1].min()
    if high - low < LEAST_OVERLAP * np.ptp(ranges, axis=1).min():
        return float("nan")
    area = log_bytes_tested.integrate(low, high) - log_bytes_anchor.integrate(low, high)
    return float(100 * np.expm1(area / (high - low)))


def _interpolated(curve: Curve) -> PchipInterpolator | None:
    """Log bytes as a function of the score, or None for fewer than two points."""
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
    """BD-rates of several photos, in percent: NaN where there is none.

    `photos` of them could be compared; the rest is left out of all figures.
    """

    mean: float
    median: float
    lower_quartile: float
    upper_quartile: float
    least: float
    most: float
    photos: int


def summary(rates: Iterable[float]) -> Summary:
    """Summarise the BD-rates of photos, without those that are NaN."""
    compared = np.array([rate for rate in rates if np.isfinite(rate)])
    if not compared.size:
        nan = float("nan")
        return Summary(nan, nan, nan, nan, nan, nan, photos=0)
    least, lower, median, upper, most = np.percentile(compared, [0, 25, 50, 75, 100]).tolist()
    return Summary(float(compared.mean()), median, lower, upper, least, most, photos=compared.size)
