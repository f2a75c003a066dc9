"""Metrics that come from other packages: CVVDP, Butteraugli, IW-SSIM, HaarPSI and GMSD.

CVVDP comes from the package cvvdp, IW-SSIM, HaarPSI and GMSD from piq (both need torch), and
Butteraugli from the program butteraugli_main (Debian: libjxl-devtools). A metric whose package or program is missing is
left out, see `scores.find_installed`. Scores are signed so that more is better.

R. K. Mantiuk et al., "ColorVideoVDP: A visual difference predictor for image, video and display distortions", ACM
Transactions on Graphics 43(4), 2024. J. Alakuijala et al., "Guetzli: Perceptually guided JPEG encoder",
arXiv:1703.04421. Z. Wang, Q. Li, "Information content weighting for perceptual image quality assessment", IEEE
Transactions on Image Processing 20(5), 2011. R. Reisenhofer et al., "A Haar wavelet-based perceptual similarity index
for image quality assessment", Signal Processing: Image Communication 61, 2018. W. Xue et al., "Gradient magnitude
similarity deviation", IEEE Transactions on Image Processing 23(2), 2014.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.rd import torchvision_stand_in
from foveal.jpeg import EightBitPixels

BUTTERAUGLI = "butteraugli_main"
NORM = 3  # of Butteraugli's map of differences, as in JPEG AIC-3


class CvvdpReference:
    """Original picture (H, W, 3) uint8, for scoring by CVVDP on its standard display of 4k."""

    def __init__(self, original: EightBitPixels) -> None:
        self._original, self._metric = original, _load_cvvdp()

    def score(self, decoded: EightBitPixels) -> float:
        """Return the loss of quality in decibels, -10 log10(10 - JOD): 10 JOD is the quality of the original."""
        quality, _ = self._metric.predict(decoded, self._original, dim_order="HWC")
        return _decibels(10 - float(quality))


def map_of_cvvdp(original: EightBitPixels, decoded: EightBitPixels) -> tuple[NDArray[np.float32], float]:
    """Return CVVDP's map of visible differences, (H, W), and the quality in JOD, 10 for equal pictures."""
    quality, found = _load_cvvdp("raw").predict(decoded, original, dim_order="HWC")
    return np.asarray(found["heatmap"].float().numpy()).reshape(original.shape[:2]), float(quality)


class ButteraugliReference:
    """Original picture (H, W, 3) uint8, for scoring by the 3-norm of Butteraugli's differences."""

    def __init__(self, original: EightBitPixels) -> None:
        self._original = original

    def score(self, decoded: EightBitPixels) -> float:
        """Return the 3-norm in decibels, -20 log10(norm); infinite for equal pictures."""
        with tempfile.TemporaryDirectory() as folder:
            names = [str(Path(folder) / f"{name}.ppm") for name in ("original", "decoded")]
            for name, pixels in zip(names, (self._original, decoded), strict=True):
                Image.fromarray(pixels).save(name)
            command = [BUTTERAUGLI, *names, "--pnorm", str(NORM)]
            printed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        return _decibels(float(printed.rsplit(f"{NORM}-norm:", 1)[1]) ** 2)


class IwSsimReference:
    """Original picture (H, W, 3) uint8, for scoring by IW-SSIM of the luminance."""

    def __init__(self, original: EightBitPixels) -> None:
        self._original = _to_tensor(original)

    def score(self, decoded: EightBitPixels) -> float:
        """Return -10 log10(1 - IW-SSIM)."""
        return _decibels(1 - float(_load_piq().information_weighted_ssim(_to_tensor(decoded), self._original)))


class HaarPsiReference:
    """Original picture (H, W, 3) uint8, for scoring by HaarPSI, with colour."""

    def __init__(self, original: EightBitPixels) -> None:
        self._original = _to_tensor(original)

    def score(self, decoded: EightBitPixels) -> float:
        """Return -10 log10(1 - HaarPSI)."""
        return _decibels(1 - float(_load_piq().haarpsi(_to_tensor(decoded), self._original)))


class GmsdReference:
    """Original picture (H, W, 3) uint8, for scoring by GMSD of the luminance."""

    def __init__(self, original: EightBitPixels) -> None:
        self._original = _to_tensor(original)

    def score(self, decoded: EightBitPixels) -> float:
        """Return the GMSD of a decoded picture as -20 log10(GMSD), in dB: larger is better."""
        return _decibels(float(_load_piq().gmsd(_to_tensor(decoded), self._original)) ** 2)


def has_butteraugli() -> bool:
    """Return whether the program is on the path."""
    return shutil.which(BUTTERAUGLI) is not None


def has_cvvdp() -> bool:
    """Return whether the package can be imported."""
    return _imports(_load_cvvdp)


def has_piq() -> bool:
    """Return whether the package can be imported."""
    return _imports(_load_piq)


def _imports(load: Any) -> bool:
    try:
        load()
    except (ImportError, OSError):  # OSError: a shared library is missing
        return False
    return True


@cache
def _load_cvvdp(heatmap: str = "none") -> Any:
    torchvision_stand_in.provide()
    import pycvvdp
    import torch

    torch.set_num_threads(1)
    return pycvvdp.cvvdp(display_name="standard_4k", heatmap=heatmap, device=torch.device("cpu"))


@cache
def _load_piq() -> Any:
    torchvision_stand_in.provide()
    import piq
    import torch

    torch.set_num_threads(1)
    return piq


def _to_tensor(pixels: EightBitPixels) -> Any:
    import torch

    return torch.from_numpy(np.moveaxis(pixels, 2, 0)[None].astype(np.float32) / 255)


def _decibels(difference: float) -> float:
    return float(-10 * np.log10(difference)) if difference > 0 else float("inf")
