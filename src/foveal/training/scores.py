"""Scores of saliency maps against fixations (NSS, AUC-Judd, CC, SIM) or masks (AUC, F-beta, MAE).

A map is an array (H, W) of any real values; higher is more salient. Fixations are (n, 2) int rows and columns. A
density is (H, W), not negative, with a positive sum. A mask is (H, W) bool.

References
----------
.. [1] Z. Bylinskii et al., "What Do Different Evaluation Metrics Tell Us About Saliency Models?", IEEE TPAMI 2019.
.. [2] R. Peters et al., "Components of bottom-up gaze allocation in natural images", Vision Research 2005 (NSS).
.. [3] T. Judd, F. Durand, A. Torralba, "A Benchmark of Computational Models of Saliency to Predict Human Fixations",
   MIT-CSAIL-TR-2012-001 (AUC-Judd, SIM).
.. [4] R. Achanta et al., "Frequency-tuned Salient Region Detection", CVPR 2009 (F-beta at twice the mean).
.. [5] F. Perazzi et al., "Saliency Filters", CVPR 2012 (MAE).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveal.errors import ParameterError

F_BETA_SQUARED = 0.3


def nss(saliency: NDArray[Any], fixations: NDArray[np.integer]) -> float:
    """Return the normalised scanpath saliency [1]_ [2]_: mean of the standardised map at the fixations.

    0 is chance, and the value of a constant map. Raises ParameterError without fixations.
    """
    _require(len(fixations) > 0, "there are no fixations")
    values = np.asarray(saliency, np.float64)
    spread = values.std()
    if spread == 0:
        return 0.0
    return float((values[fixations[:, 0], fixations[:, 1]].mean() - values.mean()) / spread)


def auc_judd(saliency: NDArray[Any], fixations: NDArray[np.integer]) -> float:
    """Return the area under the ROC curve of fixations against other pixels, thresholds at fixations [1]_ [3]_.

    0.5 is chance. As in the authors' program, each fixation counts, and straight lines join the points of the curve.
    Equal values are one threshold (the authors add noise to separate them). Raises ParameterError if no pixel or every
    pixel has a fixation.
    """
    values = np.asarray(saliency, np.float64)
    fixated = np.zeros(values.shape, bool)
    fixated[fixations[:, 0], fixations[:, 1]] = True
    _require(bool(fixated.any()) and not bool(fixated.all()), "there must be pixels with and without fixations")
    at_fixations = np.sort(values[fixations[:, 0], fixations[:, 1]])
    elsewhere = np.sort(values[~fixated])
    thresholds = np.unique(at_fixations)[::-1]
    hits = 1 - np.searchsorted(at_fixations, thresholds) / len(at_fixations)
    false_alarms = 1 - np.searchsorted(elsewhere, thresholds) / len(elsewhere)
    return float(np.trapezoid([0, *hits, 1], [0, *false_alarms, 1]))


def cc(saliency: NDArray[Any], density: NDArray[Any]) -> float:
    """Return Pearson's correlation of map and density [1]_, in [-1, 1]; 0 if either is constant."""
    first, second = (np.asarray(each, np.float64) - np.mean(each) for each in (saliency, density))
    scale = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum()) / scale if scale else 0.0


def sim(saliency: NDArray[Any], density: NDArray[Any]) -> float:
    """Return the similarity [1]_ [3]_ in [0, 1]: sum of the minimum of both, shifted to 0 and scaled to a sum of 1."""
    shares = []
    for each in (saliency, density):
        shifted = np.asarray(each, np.float64) - np.min(each)
        total = shifted.sum()
        shares.append(shifted / total if total else np.full(shifted.shape, 1 / shifted.size))
    return float(np.minimum(*shares).sum())


def auc_mask(saliency: NDArray[Any], mask: NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve: probability that a pixel inside the mask is higher than one outside.

    Equal values count half. Raises ParameterError if the mask is empty or full.
    """
    inside = np.asarray(saliency, np.float64)[mask]
    outside = np.sort(np.asarray(saliency, np.float64)[~mask])
    _require(inside.size > 0 and outside.size > 0, "there must be pixels inside and outside of the mask")
    below, not_above = (np.searchsorted(outside, inside, side).mean() for side in ("left", "right"))
    return float((below + not_above) / 2 / outside.size)


def f_beta(saliency: NDArray[Any], mask: NDArray[np.bool_]) -> float:
    """Return the F-measure with beta^2 = 0.3 of the map thresholded at twice its mean, or at its maximum if lower [4]_.

    The map is not negative; the result is in [0, 1]. Raises ParameterError if the mask is empty.
    """
    _require(bool(mask.any()), "the mask is empty")
    values = np.asarray(saliency, np.float64)
    chosen = values >= min(2 * values.mean(), values.max())
    hits = float((chosen & mask).sum())
    precision, recall = hits / chosen.sum(), hits / mask.sum()
    if hits == 0:
        return 0.0
    return float((1 + F_BETA_SQUARED) * precision * recall / (F_BETA_SQUARED * precision + recall))


def mae(saliency: NDArray[Any], mask: NDArray[Any]) -> float:
    """Return the mean absolute difference of a map in [0, 1] and a mask, or graded truth in [0, 1] [5]_."""
    return float(np.abs(np.asarray(saliency, np.float64) - mask).mean())


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ParameterError(message)
