"""From what the network says to a map: CAM, MS-ROI and gaze, each with its confidence."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveal.saliency.cells import cells_to_pixels
from foveal.saliency.model import NetworkOutput

# What a map expects of its own NSS (`expected_nss`): that of gradients and noise, where only the learned centre prior
# speaks, and of photos in which it is clear where people look. Confidence goes from 0 to 1 between them.
FLAT_NSS = 1.2
CLEAR_NSS = 2.0

# Nothing stands out that cannot be seen: below this standard deviation of luminance, of 255, confidence falls to 0.
VISIBLE_CONTRAST = 8.0

GAZE_SHARPNESS = 1.75  # power of the predicted density that predicts held-back fixations best (NSS)

# Bits are spent by the map to this power. For gaze that is the density itself: what predicts best is too peaked, and
# gains less where people look for the same harm elsewhere (`bench.gaze.map_worth`).
SPENDING_POWERS = {"gaze": 1 / GAZE_SHARPNESS, "msroi": 1.0, "cam": 1.0}

NETWORK_METHODS = ("gaze", "msroi", "cam")


class Reading(NamedTuple):
    """A map of what the network saw, each pixel, (H, W), not negative; a confidence, 0 to 1, before `visibility`."""

    map: NDArray[np.float32]
    confidence: float


def read(method: str, output: NetworkOutput, kept: NDArray[np.intp]) -> Reading:
    """Reading by one of NETWORK_METHODS; `kept` are the indices of the classes that MS-ROI keeps."""
    if method == "cam":
        return read_cam(output)
    return read_msroi(output, kept) if method == "msroi" else read_gaze(output)


def read_cam(output: NetworkOutput) -> Reading:
    """Class activation map of the most probable class, what speaks against it cut off; confidence: its probability.

    References
    ----------
    B. Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016.
    """
    top = int(output.cam_probabilities.argmax())
    cells = output.cam_maps[top].clip(min=0)
    return Reading(cells_to_pixels(cells, output.seen, output.seen), float(output.cam_probabilities[top]))


def read_msroi(output: NetworkOutput, kept: NDArray[np.intp]) -> Reading:
    """Sum of the maps of the classes kept; confidence: the probability of the most probable of them.

    Where not even that one exceeds T, this is at most T.

    References
    ----------
    A. Prakash et al., "Semantic Perceptual Image Compression using Deep Convolution Networks", DCC 2017.
    """
    cells = output.class_maps[kept].sum(axis=0)
    return Reading(cells_to_pixels(cells, output.seen, output.seen), float(output.class_probabilities[kept].max()))


def read_gaze(output: NetworkOutput) -> Reading:
    """Density of fixations, sharpened; confidence: how much further than on a flat photo it goes from uniform."""
    cells = np.exp(GAZE_SHARPNESS * (output.gaze - output.gaze.max()))
    found = cells_to_pixels(cells, output.seen, output.seen)
    confidence = (expected_nss(found) - FLAT_NSS) / (CLEAR_NSS - FLAT_NSS)
    return Reading(found, min(max(confidence, 0.0), 1.0))


def expected_nss(density: NDArray[np.float32]) -> float:
    """Mean NSS (normalised scanpath saliency) of fixations drawn from the density itself: its std / mean.

    NSS is the mean of (p - mean) / std at fixations. With fixations drawn from p, the mean of p there is
    sum p^2 / sum p = (std^2 + mean^2) / mean.
    """
    mean = float(density.mean(dtype=np.float64))
    return float(density.std(dtype=np.float64)) / mean


def visibility(rgb: NDArray[np.uint8]) -> float:
    """How much there is to see in (H, W, 3): 0 for one colour, 1 from VISIBLE_CONTRAST on."""
    luminance = rgb @ np.array([0.299, 0.587, 0.114])
    return min(1.0, float(luminance.std()) / VISIBLE_CONTRAST)
