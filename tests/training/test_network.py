"""Maps of the trained network, and the definitions of its heads."""

from __future__ import annotations

import copy
import itertools
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` (PyTorch) is not installed")

from shapes import CLASSES, background, draw_shape, two_shapes  # noqa: E402
from tiny_training import SHAPE, as_batch, enlarged  # noqa: E402

from foveal.training import checkpoint  # noqa: E402
from foveal.training.network import SaliencyNetwork  # noqa: E402
from foveal.training.scores import auc_mask  # noqa: E402


@pytest.mark.parametrize("head", ["cam", "msroi"])
def test_the_map_of_a_class_lights_the_shape_and_not_the_background(network: SaliencyNetwork, head: str) -> None:
    rng = np.random.default_rng(6)
    areas = []
    for label, name in enumerate(CLASSES):
        image = background(96, rng)
        draw_shape(image, name, (16, 40, 48, 72))
        mask = np.zeros((96, 96), bool)
        mask[40:72, 16:48] = True
        with torch.no_grad():
            maps = getattr(network(as_batch(np.asarray(image))), head).maps
        areas.append(auc_mask(enlarged(maps[0, label]), mask))
    assert min(areas) > 0.9, areas


def test_two_shapes_light_up_together(network: SaliencyNetwork, trained: Path) -> None:
    """In M, the sum over the classes that MS-ROI keeps, each of the two shapes is above nearly all background.

    With the T that the scenes gave: people look at discs alone here, so the T that suits fixations is no help.
    """
    threshold = checkpoint.load(trained / "scenes.pt").threshold
    for first, second in ((0, 1), (1, 2), (2, 0)):
        rgb, *masks = two_shapes(CLASSES[first], CLASSES[second])
        with torch.no_grad():
            msroi = network(as_batch(rgb)).msroi
        kept = torch.sigmoid(msroi.logits[0]) > threshold
        assert kept[first], (first, second)
        assert kept[second], (first, second)
        lit = enlarged(msroi.maps[0][kept].sum(0))
        elsewhere = ~(masks[0] | masks[1])
        for mask in masks:
            assert auc_mask(lit[mask | elsewhere][None], mask[mask | elsewhere][None]) > 0.85


def test_gaze_is_where_people_looked(network: SaliencyNetwork) -> None:
    """At discs, not at squares."""
    rng = np.random.default_rng(8)
    image = background(96, rng)
    draw_shape(image, "square", (8, 8, 28, 28))
    draw_shape(image, "disc", (64, 56, 84, 76))
    with torch.no_grad():
        density = torch.exp(network(as_batch(np.asarray(image))).gaze[0])
    share = density / density.sum()
    assert share[7:10, 8:11].sum() > 0.4
    assert share[1:4, 1:4].sum() < 0.1


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (17, 31), (64, 40), (6, 240)], ids=str)
def test_any_size_gives_maps_that_cover_it(network: SaliencyNetwork, size: tuple[int, int]) -> None:
    pixels = torch.from_numpy(np.random.default_rng(0).uniform(0, 255, (2, 3, *size)).astype(np.float32))
    with torch.no_grad():
        output = network(pixels)
    cells = (-(-size[0] // 8), -(-size[1] // 8))
    assert output.gaze.shape == (2, *cells)
    assert output.cam.maps.shape == output.msroi.maps.shape == (2, 3, *cells)
    assert output.msroi.maps.min() >= 0
    assert all(torch.isfinite(each).all() for each in (output.gaze, output.cam.maps, output.msroi.logits))


def test_gaze_is_the_mean_of_what_its_heads_say(network: SaliencyNetwork) -> None:
    pixels = torch.rand(1, 3, 40, 56) * 255
    with torch.no_grad():
        fine, coarse = network.backbone(pixels), network.backbone(pixels[:, :, ::2, ::2])
        each = network.gaze.each(fine, coarse)
        torch.testing.assert_close(network.gaze(fine, coarse), sum(each) / 3)
    assert not any(torch.allclose(first, second) for first, second in itertools.pairwise(each))


def test_whole_maps_are_left_out_in_training_alone(network: SaliencyNetwork) -> None:
    dropout = copy.deepcopy(network.gaze.members[0].dropout)
    maps = torch.ones(1, 1000, 2, 2)
    assert torch.equal(dropout(maps), maps)
    left = dropout.train()(maps)
    assert left.unique().tolist() == pytest.approx([0, 1 / 0.7])
    assert (left == left[:, :, :1, :1]).all()


def test_cam_is_the_linear_layer_before_the_mean(network: SaliencyNetwork) -> None:
    """Zhou et al. (2016), equation 2: the class's score is the mean of its map (and a bias, which has no place)."""
    pixels = torch.rand(1, 3, 40, 56) * 255
    with torch.no_grad():
        features = network.backbone(pixels).joined
        cam = network.cam(features)
        linear = torch.nn.functional.linear(
            features.mean((2, 3)), network.cam.weights.weight[:, :, 0, 0], network.cam.bias
        )
    torch.testing.assert_close(cam.logits, linear)


def test_evidence_does_not_depend_on_the_size(network: SaliencyNetwork) -> None:
    """The same features tiled twice each way: the same evidence, and of a map of one value this value."""
    features = torch.rand(1, SHAPE.features, 5, 6)
    with torch.no_grad():
        once, tiled = network.msroi(features), network.msroi(features.tile(1, 1, 2, 2))
        flat = network.msroi(torch.ones(1, SHAPE.features, 3, 4))
    torch.testing.assert_close(once.logits, tiled.logits)
    torch.testing.assert_close(flat.logits - network.msroi.bias, flat.maps[:, :, 0, 0])
