"""Saliency maps and their confidence from the network's output: class activation maps, MS-ROI, predicted fixations."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveal.saliency.cells import cells_to_pixels
from foveal.saliency.model import NetworkOutput

# Intercept and slope of the NSS that a gaze map reaches on average, as a function of the NSS that its density expects
# of itself. Fitted on photos of OSIE and crowd by networks that had not seen them (docs/saliency.md, Confidence).
NSS_LINE = (-0.09, 1.53)

# NSS of half of the observers as a prediction of the other half, on OSIE: a map of that expected NSS has confidence 1.
OBSERVERS_NSS = 3.5

# The encoder's strength is multiplied by a factor that rises from 0 to 1 between these values of the expected NSS.
# FLAT_NSS is typical of pictures of a smooth gradient or of noise, where the network predicts little more than its
# learned centre prior. From CLEAR_NSS on, the gain where people look, for what is taken from the whole photo, no longer
# rises with the expected NSS. Between them, the factor keeps this price about the same (`bench.gaze.payoff`).
FLAT_NSS = 1.2
CLEAR_NSS = 2.4

# Standard deviation of luminance (0 to 255) below which confidence is reduced, down to 0 for a flat picture: without
# visible contrast, nothing stands out.
VISIBLE_CONTRAST = 8.0

GAZE_SHARPNESS = 1.75  # exponent of the fixation density; this one gives the highest NSS on held-out fixations

# Exponent of the map for the allocation of bits. For gaze it restores the predicted fixation density: the sharpened map
# predicts fixations best, but as weights, at equal loss in the rest of the photo, it gains less quality where people
# look (`bench.gaze.map_worth`).
SPENDING_POWERS = {"gaze": 1 / GAZE_SHARPNESS, "msroi": 1.0, "cam": 1.0}

NETWORK_METHODS = ("gaze", "msroi", "cam")


class Reading(NamedTuple):
    """A saliency map that a method computes from the network's output, and its confidence.

    Parameters
    ----------
    map
        (H, W) float32, not negative, of the size of the network's input.
    confidence
        Confidence of the map, 0 to 1, before it is multiplied by `visibility`.
    spending_share
        Factor of the encoder's strength, 0 to 1, before it is multiplied by `visibility`; None for the confidence.
    expected_nss
        NSS that the map is expected to reach; None for methods that do not predict fixations.
    """

    map: NDArray[np.float32]
    confidence: float
    spending_share: float | None = None
    expected_nss: float | None = None


def read_output(method: str, output: NetworkOutput, kept: NDArray[np.intp]) -> Reading:
    """Compute the map and confidence of one of NETWORK_METHODS.

    `kept` holds the indices of the classes whose maps MS-ROI adds, see `kept_classes`.
    """
    match method:
        case "gaze":
            return read_gaze(output)
        case "msroi":
            return read_msroi(output, kept)
        case "cam":
            return read_cam(output)
        case _:
            raise ValueError(f"{method!r} is not one of NETWORK_METHODS")


def read_cam(output: NetworkOutput) -> Reading:
    """Return the class activation map of the most probable class; its confidence is the probability of that class.

    Negative values of the map, which are evidence against the class, are clamped to 0.

    References
    ----------
    B. Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016.
    """
    top = int(output.cam_probabilities.argmax())
    cells = output.cam_maps[top].clip(min=0)
    found = cells_to_pixels(cells, output.seen, output.seen, output.cam_cell_side)
    return Reading(found, float(output.cam_probabilities[top]))


def read_msroi(output: NetworkOutput, kept: NDArray[np.intp]) -> Reading:
    """Return the sum of the maps of the kept classes; its confidence is the highest of their probabilities.

    If no probability exceeds the threshold of `kept_classes`, only the most probable class is kept, and the confidence
    is at most the threshold.

    References
    ----------
    A. Prakash et al., "Semantic Perceptual Image Compression using Deep Convolution Networks", DCC 2017.
    """
    cells = output.class_maps[kept].sum(axis=0)
    return Reading(cells_to_pixels(cells, output.seen, output.seen), float(output.class_probabilities[kept].max()))


def read_gaze(output: NetworkOutput) -> Reading:
    """Return the sharpened fixation density; its confidence is its expected NSS as a share of OBSERVERS_NSS."""
    log_density = output.gaze - output.gaze.max()
    found = cells_to_pixels(np.exp(GAZE_SHARPNESS * log_density), output.seen, output.seen)
    intercept, slope = NSS_LINE
    expected = intercept + slope * nss_of_itself(np.exp(log_density))
    share = (expected - FLAT_NSS) / (CLEAR_NSS - FLAT_NSS)
    return Reading(found, min(expected / OBSERVERS_NSS, 1.0), min(max(share, 0.0), 1.0), expected)


def nss_of_itself(density: NDArray[np.float32]) -> float:
    """Return the NSS (normalised scanpath saliency) of a fixation density for fixations that are drawn from it.

    It is the standard deviation of the density divided by its mean.
    """
    # NSS is the mean of (p - mean) / std over fixations. If these are drawn from p, the mean of p over them is
    # sum p^2 / sum p = (std^2 + mean^2) / mean, and so NSS = std / mean.
    mean = float(density.mean(dtype=np.float64))
    return float(density.std(dtype=np.float64)) / mean


def visibility(rgb: NDArray[np.uint8]) -> float:
    """Return the visibility of the contrast of an (H, W, 3) RGB picture, 0 to 1.

    The result is the standard deviation of luminance divided by VISIBLE_CONTRAST, at most 1; 0 for a flat picture.
    """
    # Not by `@`: the lock of BLAS, which numpy multiplies with, can be held over a fork.
    luminance = np.einsum("yxc,c->yx", rgb, np.array([0.299, 0.587, 0.114]))
    return min(1.0, float(luminance.std()) / VISIBLE_CONTRAST)
