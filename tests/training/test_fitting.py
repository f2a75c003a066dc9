"""Training of heads: what it learns, which photos it draws, and what of it is repeatable."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` (PyTorch) is not installed")

from foveal.training import fitting  # noqa: E402
from foveal.training.backbone import FEATURE_CHANNELS, Features  # noqa: E402
from foveal.training.banks import GazeGroup  # noqa: E402
from foveal.training.features import FeatureGroup  # noqa: E402
from foveal.training.heads import ClassMaps  # noqa: E402
from foveal.training.scores import nss  # noqa: E402


def spots(number: int, seed: int) -> GazeGroup:
    """Features of noise with one bright cell of stride 16, at which people look."""
    torch.manual_seed(seed)
    factors = (4, 4, 2, 2, 1, 1)
    stages = [0.1 * torch.rand(number, c, 2 * f, 3 * f) for c, f in zip(FEATURE_CHANNELS, factors, strict=True)]
    density = torch.zeros(number, 8, 12)
    for index in range(number):
        row, column = int(torch.randint(4, (1,))), int(torch.randint(6, (1,)))
        stages[2][index, :20, row, column] += 2
        density[index, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2] = 0.25
    fold = torch.arange(number) % 5
    group = FeatureGroup(Features(*(stage.half() for stage in stages)), torch.arange(number))
    return GazeGroup(group, density, torch.ones(number), fold, torch.arange(number) % 4 != 3)


def test_a_head_learns_where_people_look() -> None:
    head = fitting.fit_gaze_head([spots(96, 1)], fitting.Fit(seed=0, steps=60))
    unseen = spots(32, 2)
    with torch.no_grad():
        density = torch.exp(head(unseen.features.take(torch.arange(32))))
    assert fitting.nss_of_cells(density, unseen.density).mean() > 2  # chance is 0, a map of the spot alone is 4.8


def test_the_same_seed_gives_the_same_head() -> None:
    groups = [spots(48, 1)]
    first, second, other = (fitting.fit_gaze_head(groups, fitting.Fit(seed, 3)) for seed in (4, 4, 5))
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name]), name
    assert not torch.equal(first.out.weight, other.out.weight)


@pytest.mark.parametrize("held_back", [None, 0, 3])
def test_held_back_and_untrusted_photos_are_never_drawn(held_back: int | None) -> None:
    group = spots(96, 1)
    group.trust[10:20] = 0
    draw = fitting._GazeDraw([group], held_back)
    drawn = torch.cat([draw(np.random.default_rng(seed))[1] for seed in range(60)])
    learned = (group.trust > 0) & (group.fold != (-1 if held_back is None else held_back))
    assert set(drawn.tolist()) == set(torch.nonzero(learned)[:, 0].tolist())


def test_the_learning_rate_rises_and_falls() -> None:
    rates = [fitting._schedule(step, 300) for step in range(300)]
    assert rates[0] == pytest.approx(1 / fitting.WARM_UP)
    assert max(rates) == rates[fitting.WARM_UP - 1] > 0.98
    assert rates[fitting.WARM_UP :] == sorted(rates[fitting.WARM_UP :], reverse=True)
    assert rates[-1] < 1e-4


def test_kept_maps_add_up() -> None:
    maps = torch.rand(2, 3, 4, 5)
    logits = torch.tensor([[2.0, -2.0, 1.0], [-3.0, -1.0, -2.0]])
    found = fitting.thresholded_map(ClassMaps(maps, logits, torch.zeros(3)), 0.5)
    torch.testing.assert_close(found[0], maps[0, 0] + maps[0, 2])
    torch.testing.assert_close(found[1], maps[1, 1])  # none above T: the most probable one
    weighted = fitting.probability_weighted_map(ClassMaps(maps, logits, torch.zeros(3)))
    torch.testing.assert_close(weighted, torch.einsum("nc,nchw->nhw", torch.sigmoid(logits), maps))


def test_nss_of_cells_is_that_of_pixels() -> None:
    found = torch.rand(1, 6, 8)
    fixations = np.array([[1, 2], [4, 7], [4, 7], [0, 0]])
    density = torch.zeros(1, 6, 8)
    for row, column in fixations:
        density[0, row, column] += 0.25
    assert float(fitting.nss_of_cells(found, density)) == pytest.approx(nss(found[0].numpy(), fixations), abs=1e-5)
