"""The shipped network: its maps of well-known photographs, and its confidence for pictures of nothing."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

import foveal
from foveal.saliency import default_model, look
from foveal.saliency.look import network_input
from foveal.saliency.model import SHIPPED_MODEL

FACE = np.s_[60:180, 170:280]  # of scikit-image's astronaut, 512 x 512


def test_the_network_is_small() -> None:
    assert SHIPPED_MODEL.stat().st_size <= 6_000_000


def test_the_network_comes_with_its_card_and_the_licence_of_its_backbone() -> None:
    assert SHIPPED_MODEL.with_suffix(".md").exists()  # data and training of the network
    licence = SHIPPED_MODEL.with_name("network-license.txt").read_text()
    for words in ("Apache License", "Version 2.0, January 2004", "END OF TERMS AND CONDITIONS", "Copyright 2020"):
        assert words in licence


def test_classes_of_cam_have_their_names() -> None:
    names = default_model().cam_class_names
    assert len(names) == 1000
    assert (names[0], names[285], names[999]) == ("tench", "Egyptian Mau", "toilet paper")
    output = default_model().see(network_input(foveal.Photo(data.chelsea()), default_model()))
    assert int(output.cam_probabilities.argmax()) in range(281, 286)  # kinds of cats


def test_the_peak_of_the_map_is_the_face() -> None:
    found = foveal.saliency_map(data.astronaut())
    elsewhere = np.ones(found.shape, bool)
    elsewhere[FACE] = False
    assert found[FACE].max() == found.max()
    assert found[FACE].mean() > 5 * found[elsewhere].mean()


def test_the_face_is_recognized_and_located() -> None:
    faces = [seen for seen in look(foveal.Photo(data.astronaut()), "msroi").classes if seen.name == "face"]
    assert len(faces) == 1
    box = faces[0].box
    assert box.x < 225 < box.x + box.width  # the nose
    assert box.y < 120 < box.y + box.height


@pytest.mark.parametrize("name", ["astronaut", "coffee"])
def test_confidence_is_high_where_something_stands_out(name: str) -> None:
    found = look(foveal.Photo(getattr(data, name)()))
    assert found.confidence > 0.7
    assert found.strength_factor == 1


@pytest.mark.parametrize("kind", ["black", "grey", "gradient", "noise"])
def test_confidence_is_low_for_pictures_of_nothing(kind: str) -> None:
    across, down = np.meshgrid(np.linspace(0, 255, 400), np.linspace(0, 255, 300))
    pictures = {
        "black": np.zeros((300, 400, 3)),
        "grey": np.full((300, 400, 3), 128),
        "gradient": np.stack([across, down, np.full((300, 400), 128)], axis=2),
        "noise": np.random.default_rng(0).normal(128, 20, (300, 400, 1)).repeat(3, axis=2).clip(0, 255),
    }
    found = look(foveal.Photo(pictures[kind].astype(np.uint8)))
    assert found.confidence < 0.45
    assert found.strength_factor < 0.2
