"""Quality metrics by name, which score a decoded photo against its original."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from typing import NamedTuple, Protocol

import numpy as np

from bench.rd import other_judges
from bench.rd.luma import LumaPsnrReference
from bench.rd.ms_ssim import LEAST_SIDE, MsSsimReference
from bench.rd.psnr_hvs_m import PsnrHvsMReference
from foveal.comparison import peers
from foveal.jpeg import EightBitPixels
from foveal.metrics import Ssimulacra2Reference


class Reference(Protocol):
    """Original picture that a metric has prepared for scoring."""

    def score(self, decoded: EightBitPixels) -> float:
        """Return the score of a decoded version; higher is better."""


class Metric(NamedTuple):
    """A metric: what makes its references, the unit of its scores, and what it needs that may be missing.

    Parameters
    ----------
    make_reference
        Function from the original, (H, W, 3) uint8 with sides of at least 176 pixels, to its reference.
    unit
        Unit of the scores and what they are of, for the titles of figures.
    needs
        Name of the package or program that the metric comes from, and a function that says whether it is there.
    """

    make_reference: Callable[[EightBitPixels], Reference]
    unit: str
    needs: tuple[str, Callable[[], bool]] | None = None

    def __call__(self, original: EightBitPixels) -> Reference:
        """Prepare an original for scoring."""
        return self.make_reference(original)


_PIQ = "the package piq", other_judges.has_piq
METRICS = {
    "SSIMULACRA2": Metric(Ssimulacra2Reference, ""),
    "CVVDP": Metric(other_judges.CvvdpReference, "dB, of 10 - JOD", ("the package cvvdp", other_judges.has_cvvdp)),
    "Butteraugli": Metric(
        other_judges.ButteraugliReference,
        "dB, of the 3-norm",
        (f"the program {other_judges.BUTTERAUGLI}", other_judges.has_butteraugli),
    ),
    "IW-SSIM": Metric(other_judges.IwSsimReference, "dB, luma", _PIQ),
    "MS-SSIM": Metric(MsSsimReference, "dB, luma"),
    "HaarPSI": Metric(other_judges.HaarPsiReference, "dB", _PIQ),
    "GMSD": Metric(other_judges.GmsdReference, "dB, luma", _PIQ),
    "PSNR-HVS-M": Metric(PsnrHvsMReference, "dB, luma"),
    "PSNR": Metric(LumaPsnrReference, "dB, luma"),
}


def find_installed() -> tuple[str, ...]:
    """Return the names of the metrics whose packages and programs are there."""
    return tuple(name for name, metric in METRICS.items() if metric.needs is None or metric.needs[1]())


def find_missing() -> dict[str, str]:
    """Return what is missing, by the name of the metric that needs it."""
    installed = find_installed()
    return {name: metric.needs[0] for name, metric in METRICS.items() if metric.needs and name not in installed}


@cache
def version(metric: str) -> str:
    """Return a digest of a metric's score of a fixed picture, which changes if the metric or the decoder does."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[0:LEAST_SIDE, 0 : LEAST_SIDE + 9]
    waves = 128 + 60 * np.sin(rows / 9) * np.cos(columns / 7) + rng.normal(0, 9, rows.shape)
    picture = np.clip(waves[:, :, None] + np.array([0, 20, -30]), 0, 255).astype(np.uint8)
    score = METRICS[metric](picture).score(peers.decode_for_viewing(peers.libjpeg_turbo(picture, 50)))
    return hashlib.sha256(f"{score:.5f}".encode()).hexdigest()[:16]
