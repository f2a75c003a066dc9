"""Views of photos: their sizes, and that fixations stay on what was looked at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from foveal.training import gaze_data, views


@pytest.fixture
def photo(tmp_path: Path) -> gaze_data.GazePhoto:
    """A grey photo, 400 x 300, with a red square at which everybody looks."""
    (tmp_path / "images").mkdir()
    pixels = np.full((300, 400, 3), 90, np.uint8)
    pixels[60:120, 240:300] = (230, 30, 30)
    Image.fromarray(pixels).save(tmp_path / "images" / "1.png")
    points = np.array([[270 / 400, 90 / 300, observer] for observer in range(9)], np.float32)
    np.savez(tmp_path / "fixations.npz", **{"1": points})
    return gaze_data.gaze_photos(tmp_path)[0]


def center_of_red(rgb: np.ndarray) -> np.ndarray:
    """Return row and column of the middle of the red pixels, as shares of the sides."""
    rows, columns = np.nonzero(rgb[:, :, 0].astype(int) - rgb[:, :, 1] > 100)
    return np.array([(rows.mean() + 0.5) / rgb.shape[0], (columns.mean() + 0.5) / rgb.shape[1]])


def center_of_density(view: views.View) -> np.ndarray:
    down, across = np.mgrid[: view.density.shape[0], : view.density.shape[1]]
    middles = [((each + 0.5) * view.density).sum() for each in (down, across)]
    return np.array(middles) / view.density.shape


def test_the_whole_photo_is_seen_as_in_use(photo: gaze_data.GazePhoto) -> None:
    view = views.ViewMaker(photo).whole()
    assert (view.rgb.shape, view.density.shape, view.trust) == ((240, 320, 3), (30, 40), 1.0)
    assert view.density.sum() == pytest.approx(1, abs=1e-5)
    for seen in (view, view.mirrored()):
        np.testing.assert_allclose(center_of_density(seen), center_of_red(seen.rgb), atol=0.01)
    assert center_of_red(view.mirrored().rgb)[1] == pytest.approx(1 - center_of_red(view.rgb)[1], abs=1e-6)


def test_crops_have_other_shapes_and_keep_what_was_looked_at(photo: gaze_data.GazePhoto) -> None:
    maker, aspects = views.ViewMaker(photo), []
    for seed in range(60):
        view = maker.crop(np.random.default_rng(seed))
        if view is None:
            continue
        height, width = view.rgb.shape[:2]
        assert (height % 16, width % 16) == (0, 0)
        assert view.density.shape == (height // 8, width // 8)
        assert view.density.sum() == pytest.approx(1, abs=1e-4)
        assert view.trust == views.CROP_TRUST
        aspects.append(width / height)
        peak = np.array(np.unravel_index(view.density.argmax(), view.density.shape)) + 0.5
        assert np.abs(peak / view.density.shape - center_of_red(view.rgb)).max() < 0.2
    assert len(aspects) > 30
    assert min(aspects) < 0.65
    assert max(aspects) > 1.7


def test_a_mask_stands_in_for_fixations_with_less_trust(tmp_path: Path) -> None:
    for name in ("images", "masks"):
        (tmp_path / name).mkdir()
    mask = np.zeros((100, 60), np.uint8)
    mask[70:90, 10:30] = 200
    Image.fromarray(mask).save(tmp_path / "masks" / "1.png")
    Image.fromarray(np.zeros_like(mask)).save(tmp_path / "masks" / "2.png")
    for number in (1, 2):
        Image.new("RGB", (60, 100)).save(tmp_path / "images" / f"{number}.jpg")
    marked, empty = (views.ViewMaker(each).whole() for each in gaze_data.gaze_photos(tmp_path))
    assert marked.rgb.shape == (352, 208, 3)  # a portrait
    assert (marked.trust, empty.trust) == (gaze_data.MASK_TRUST, 0)
    np.testing.assert_allclose(center_of_density(marked), (0.8, 1 / 3), atol=0.03)


def test_shares_of_cells_are_sums_of_pixels() -> None:
    density = np.random.default_rng(0).random((48, 64)).astype(np.float32)
    expected = density.reshape(6, 8, 8, 8).sum(axis=(1, 3))
    np.testing.assert_allclose(views.cell_shares(density, (6, 8)), expected / expected.sum(), rtol=1e-4)
