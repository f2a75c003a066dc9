"""Fixation densities, densities of masks, cross-validation folds, and halves of observers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from foveal.errors import ParameterError
from foveal.training import gaze_data


def write_gaze_set(folder: Path, number: int = 10) -> None:
    """Photos of which everybody looks at one point: a quarter from the left, half way down."""
    (folder / "images").mkdir(parents=True)
    points = {}
    for index in range(1, number + 1):
        Image.new("RGB", (200, 100), (index, 0, 0)).save(folder / "images" / f"{index}.png")
        points[str(index)] = np.array([[0.25, 0.5, observer] for observer in range(3)], np.float32)
    np.savez(folder / "fixations.npz", **points)


def test_the_density_of_fixations_lies_where_they_are() -> None:
    fixations = np.array([[0.25, 0.5, observer] for observer in range(3)], np.float32)
    density = gaze_data.fixation_density(fixations, 120, 240)
    assert density.sum() == pytest.approx(1, abs=1e-4)
    assert np.unravel_index(density.argmax(), (120, 240)) == (60, 60)
    distances = np.arange(240) - 60
    spread = float((density * distances**2).sum()) ** 0.5
    assert spread == pytest.approx(gaze_data.DENSITY_SIGMA * 240, rel=0.02)


def test_folds_hold_each_photo_back_once_and_never_change(tmp_path: Path) -> None:
    write_gaze_set(tmp_path / "set", 10)
    photos = gaze_data.gaze_photos(tmp_path / "set")
    assert [photo.path.stem for photo in photos] == [str(number) for number in range(1, 11)]
    folds = [photo.fold for photo in photos]
    assert sorted(folds) == sorted([*range(gaze_data.FOLDS)] * 2)
    assert folds == [photo.fold for photo in gaze_data.gaze_photos(tmp_path / "set")]


def test_every_second_observer_is_of_the_other_half() -> None:
    fixations = np.array([[0.1, 0.1, 4], [0.2, 0.2, 9], [0.3, 0.3, 4], [0.4, 0.4, 6], [0.5, 0.5, 20]], np.float32)
    first, second = gaze_data.observer_halves(fixations)
    assert set(first[:, 2]) == {4, 9}
    assert set(second[:, 2]) == {6, 20}
    alone, nobody = gaze_data.observer_halves(fixations[[0, 2]])
    assert (len(alone), len(nobody)) == (2, 0)


def test_a_folder_of_something_else_is_no_gaze_set(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="fixations"):
        gaze_data.gaze_photos(tmp_path)
