"""The definitions of the heads, and of the network that joins them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` (PyTorch) is not installed")

from foveal.training.backbone import FEATURE_CHANNELS, Features  # noqa: E402
from foveal.training.heads import DROPOUT, GazeHead, MsRoiHead, double  # noqa: E402

if TYPE_CHECKING:
    from foveal.training.network import SaliencyNetwork


def random_features(rows: int, columns: int, seed: int = 0) -> Features:
    """Features of a picture of 32 x 32 pixels for each of so many cells of stride 32."""
    torch.manual_seed(seed)
    factors = (4, 4, 2, 2, 1, 1)
    return Features(*(torch.rand(1, c, rows * f, columns * f) for c, f in zip(FEATURE_CHANNELS, factors, strict=True)))


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (17, 31), (64, 40), (6, 240)], ids=str)
def test_any_size_gives_maps_that_cover_it(network: SaliencyNetwork, size: tuple[int, int]) -> None:
    pixels = torch.from_numpy(np.random.default_rng(0).uniform(0, 255, (2, 3, *size)).astype(np.float32))
    output = network(pixels)
    cells, coarse = ((-(-size[0] // side), -(-size[1] // side)) for side in (8, 32))
    assert output.gaze.shape == (2, *cells)
    assert output.class_maps.shape == (2, 5, *cells)
    assert output.cam_maps.shape == (2, 1000, *coarse)
    assert output.class_maps.min() >= 0
    assert all(torch.isfinite(each).all() for each in output)


def test_gaze_is_the_mean_of_what_its_heads_say(network: SaliencyNetwork) -> None:
    pixels = torch.rand(1, 3, 48, 64) * 255
    with torch.no_grad():
        features = network.backbone(pixels)
        each = [head(features) for head in network.gaze]
    torch.testing.assert_close(network(pixels).gaze, sum(each) / len(each))
    assert not any(torch.allclose(first, second) for first, second in itertools.pairwise(each))


def test_cam_is_the_linear_layer_before_the_mean(network: SaliencyNetwork) -> None:
    """Zhou et al. (2016), equation 2: the class's score is the mean of its map (and a bias, which has no place)."""
    pixels = torch.rand(1, 3, 64, 96) * 255
    output = network(pixels)
    logits = output.cam_maps.mean((2, 3)) + network.backbone.classifier.bias
    torch.testing.assert_close(output.cam_probabilities, torch.softmax(logits, 1))


def test_evidence_is_between_the_mean_and_the_peak_of_a_map() -> None:
    head = MsRoiHead(4).eval()
    with torch.no_grad():
        found = head(random_features(3, 4))
    evidence = (found.logits - head.bias)[0]
    assert (evidence >= found.maps.mean((2, 3))[0] - 1e-5).all()
    assert (evidence <= found.maps.amax((2, 3))[0] + 1e-5).all()
    assert found.maps.shape == (1, 4, 6, 8)


def test_the_prior_of_an_untrained_head_is_in_the_middle() -> None:
    head = GazeHead().eval()
    torch.nn.init.zeros_(head.out.weight)
    torch.nn.init.zeros_(head.out.bias)
    with torch.no_grad():
        density = head(random_features(4, 4))[0]
    assert int(density.argmax()) in {7 * 16 + 7, 7 * 16 + 8, 8 * 16 + 7, 8 * 16 + 8}
    torch.testing.assert_close(density, density.flip(0, 1))


def test_whole_maps_are_left_out_in_training_alone() -> None:
    dropout = GazeHead().eval().trunk.dropout
    maps = torch.ones(1, 1000, 2, 2)
    assert torch.equal(dropout(maps), maps)
    left = dropout.train()(maps)
    assert left.unique().tolist() == pytest.approx([0, 1 / (1 - DROPOUT)])
    assert (left == left[:, :, :1, :1]).all()


def test_doubling_keeps_cells_in_their_places() -> None:
    """A ramp stays a ramp of half the slope, and is cut where the picture ends."""
    ramp = torch.arange(6.0).expand(1, 1, 5, 6)
    doubled = double(ramp, torch.zeros(1, 1, 9, 11))
    assert doubled.shape == (1, 1, 9, 11)
    torch.testing.assert_close(doubled[0, 0, 4, 1:-1], torch.arange(9.0) / 2 + 0.25)
