"""Folders of data sets and the classes that they belong to."""

from __future__ import annotations

from foveal.training.classes import BACKGROUND, class_name


def test_folders_of_the_same_thing_are_one_class() -> None:
    assert class_name("Faces") == class_name("Faces_easy") == "face"
    assert class_name("dalmatian") == "dalmatian"
    assert class_name("BACKGROUND_Google") == BACKGROUND
    assert class_name("car_side") == "car side"
