"""Loss functions at predictions whose loss is known."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` (PyTorch) is not installed")

from foveal.training import losses  # noqa: E402


def test_the_location_loss_wants_light_inside_and_dark_outside() -> None:
    box = torch.tensor([[[0.0, 0.0, 0.5, 0.5]]])
    targets = losses.SceneTargets(torch.tensor([[1]]), box)
    inside, everywhere, outside = torch.zeros(3, 1, 2, 8, 8)
    inside[0, 1, :4, :4] = everywhere[0, 1] = 8.0
    outside[0, 1, 4:, 4:] = 8.0
    bias = torch.full((2,), -4.0)

    def loss(maps: object) -> float:
        return float(losses.location_loss(losses.ClassMaps(maps, torch.zeros(1, 2), bias), targets))

    assert loss(inside) < loss(everywhere) < loss(outside)
    assert loss(inside) == pytest.approx(2 * np.log1p(np.exp(-4.0)), rel=1e-5)


def test_the_gaze_loss_is_zero_for_the_truth() -> None:
    density = torch.rand(2, 4, 6) + 0.1
    density /= density.sum((1, 2), keepdim=True)
    trust = torch.ones(2)
    assert float(losses.gaze_loss(torch.log(density) + 3, density, trust)) == pytest.approx(0, abs=1e-5)
    uniform = float(losses.gaze_loss(torch.zeros(2, 4, 6), density, trust))
    assert uniform > 1  # no correlation at all, and some divergence
    half = float(losses.gaze_loss(torch.zeros(2, 4, 6), density, trust / 2))
    assert half == pytest.approx(uniform / 2)
