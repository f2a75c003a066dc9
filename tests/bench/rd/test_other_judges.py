"""Metrics from other packages: perfect and worse pictures, and the stand-in for torchvision against SciPy."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
from pictures import noisy_gradient
from rd_pictures import as_jpeg
from scipy.ndimage import gaussian_filter

from bench.rd import other_judges, scores, torchvision_stand_in

OTHERS = ("CVVDP", "Butteraugli", "IW-SSIM", "HaarPSI", "GMSD")


@pytest.mark.parametrize("metric", OTHERS)
def test_more_is_better_and_the_original_is_best(metric: str, chelsea: np.ndarray) -> None:
    if metric not in scores.find_installed():
        pytest.skip(f"{scores.find_missing()[metric]} is not installed")
    pixels = chelsea[:200, :240]
    reference = scores.METRICS[metric](pixels)
    found = [reference.score(as_jpeg(pixels, quality)) for quality in (20, 50, 80, 95)]
    assert found == sorted(found)
    assert reference.score(pixels) > found[-1] + 3
    assert scores.METRICS[metric](pixels).score(as_jpeg(pixels, 50)) == found[1]


def test_butteraugli_is_what_the_program_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    class Finished:
        stdout = "4.2061848640\n3-norm: 2.000000\n"

    monkeypatch.setattr(other_judges.subprocess, "run", lambda *arguments, **options: Finished)
    pixels = noisy_gradient(16, 16)
    assert other_judges.ButteraugliReference(pixels).score(pixels) == pytest.approx(-20 * math.log10(2))


def test_missing_metrics_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(other_judges.shutil, "which", lambda program: None)
    assert scores.find_missing()["Butteraugli"] == "the program butteraugli_main"
    assert "Butteraugli" not in scores.find_installed()
    assert {"SSIMULACRA2", "PSNR-HVS-M", "MS-SSIM", "PSNR"} <= set(scores.find_installed())


def test_the_stand_in_blurs_as_scipy_does() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed: it comes with the extra judges")
    plane = np.random.default_rng(0).normal(0, 1, (2, 3, 40, 50))
    expected = gaussian_filter(plane, (0, 0, 3, 3), mode="mirror", radius=6)
    found = torchvision_stand_in.GaussianBlur(13, 3)(torch.from_numpy(plane)).numpy()
    assert np.abs(found - expected).max() < 1e-6  # its window is of single precision


def test_the_stand_in_is_importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "modules", {name: each for name, each in sys.modules.items() if "torchvision" not in name})
    torchvision_stand_in.provide()
    from torchvision import models
    from torchvision.transforms import GaussianBlur

    assert GaussianBlur is torchvision_stand_in.GaussianBlur

    class Derived(models.inception.InceptionA):
        """A class of a network that is never built."""

    first = sys.modules["torchvision"]
    torchvision_stand_in.provide()
    assert sys.modules["torchvision"] is first
