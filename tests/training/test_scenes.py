"""Composed scenes: where their objects lie, and what the seed draws."""

from __future__ import annotations

import numpy as np
import pytest
from shapes import CLASSES, SIDE

from foveal.training.photos import NO_CLASS, LabelledPhotos
from foveal.training.scenes import SMALLEST_SHARE, SceneMaker, SceneMix


@pytest.mark.parametrize("mix", [SceneMix(), SceneMix(mosaics=1), SceneMix(pasted=1)], ids=str)
def test_scenes_know_where_each_object_lies(photos: LabelledPhotos, mix: SceneMix) -> None:
    """The colour of a class appears inside of the boxes of its objects, and nowhere else."""
    maker, rng = SceneMaker(photos), np.random.default_rng(3)
    colored = 0
    for _ in range(30):
        scene = maker.draw(mix, (64, 96), rng)
        assert scene.rgb.shape == (64, 96, 3)
        rgb = scene.rgb.astype(int)
        for label in range(len(CLASSES)):
            inside = np.zeros((64, 96), bool)
            for placed in scene.objects:
                if placed.label == label:
                    box = placed.box
                    inside[box.top : box.bottom, box.left : box.right] = True
            others = np.delete(rgb, label, axis=2).max(axis=2)
            of_class = rgb[:, :, label] - others > 110
            assert not (of_class & ~inside).any() or mix.pasted  # a flat background may have any colour
            colored += int((of_class & inside).any())
    assert colored > 15


def test_pasted_objects_come_in_all_sizes_and_do_not_hide_each_other(photos: LabelledPhotos) -> None:
    maker, rng = SceneMaker(photos), np.random.default_rng(4)
    shares, numbers, labels = [], set(), set()
    for _ in range(200):
        scene = maker.draw(SceneMix(pasted=1), (160, 160), rng)
        numbers.add(len(scene.objects))
        labels |= {placed.label for placed in scene.objects}
        shares += [(placed.box.height * placed.box.width) ** 0.5 / 160 for placed in scene.objects]
        for first in scene.objects:
            overlaps = [first.box.covered_by(other.box) for other in scene.objects if other is not first]
            assert max(overlaps, default=0) <= 0.3
    assert min(shares) < SMALLEST_SHARE * 1.2
    assert max(shares) > 0.9
    assert numbers == {1, 2, 3, 4}
    assert labels == {NO_CLASS, 0, 1, 2}


def test_the_same_seed_draws_the_same_scene(photos: LabelledPhotos) -> None:
    maker, mix = SceneMaker(photos), SceneMix(mosaics=0.4, pasted=0.4)
    first, second, other = (maker.draw(mix, (SIDE, SIDE), np.random.default_rng(seed)) for seed in (7, 7, 8))
    assert (first.rgb == second.rgb).all()
    assert first.objects == second.objects
    assert (first.rgb != other.rgb).any()
