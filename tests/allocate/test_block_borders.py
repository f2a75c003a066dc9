"""Steps that files add across block borders, and the default quality of photos that would show them."""

from __future__ import annotations

import numpy as np
import pytest
from other_readers import pillow_pixels

import foveal
from foveal.allocate.block_borders import extra_border_step
from foveal.comparison.peers import mozjpeg
from foveal.encoding import EncodeOptions, encode_photo
from foveal.encoding.size_search import find_largest_file

EVERY = np.ones((4, 6), dtype=np.bool_)


def sunset(noise: float = 0.0) -> np.ndarray:
    """A sky that darkens upwards, with the glow of a sun: nothing in it has texture."""
    y, x = np.mgrid[0:240, 0:320].astype(float)
    sky = np.array([60.0, 80, 140]) + np.array([190.0, 90, -50]) * (y / 240)[..., np.newaxis] ** 1.2
    glow = np.exp(-(np.hypot(x - 170, y - 140) ** 2) / 70**2)[..., np.newaxis]
    pixels = sky + (np.array([255.0, 245, 200]) - sky) * glow
    pixels += np.random.default_rng(0).normal(0, noise, pixels.shape)
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def test_steps_at_borders_are_added_up() -> None:
    """Blocks 1 level apart in a chessboard: every border has a step of 1."""
    original = np.add.outer(np.arange(32), np.arange(48)).astype(np.float32)
    chessboard = np.kron(np.add.outer(np.arange(4), np.arange(6)) % 2, np.ones((8, 8))).astype(np.float32)
    assert extra_border_step(original, original + chessboard, EVERY) == 1
    stripes = np.roll(np.kron(np.arange(6) % 2, np.ones((32, 8))), 4, axis=1).astype(np.float32)
    assert extra_border_step(original, original + stripes, EVERY) < 0  # the steps are in the middle of the blocks
    assert extra_border_step(original, original + 5, EVERY) == 0


def test_only_borders_between_smooth_blocks_count() -> None:
    flat = np.zeros((32, 48), np.float32)
    chessboard = np.kron(np.add.outer(np.arange(4), np.arange(6)) % 2, np.ones((8, 8))).astype(np.float32)
    smooth = EVERY.copy()
    smooth[:, 3:] = False
    # 4 x 2 borders to the right and 3 x 3 below of 4 x 5 and 3 x 6
    assert extra_border_step(flat, chessboard, smooth) == pytest.approx((8 + 9) / (20 + 18))


@pytest.mark.parametrize("shape", [(1, 1), (7, 90), (90, 7), (8, 8), (15, 15)])
def test_pictures_without_borders_have_no_steps(shape: tuple[int, int]) -> None:
    blocks = tuple(-(-side // 8) for side in shape)
    assert extra_border_step(np.zeros(shape, np.float32), np.ones(shape, np.float32), np.ones(blocks, np.bool_)) == 0


def mean_border_step(pixels: np.ndarray) -> float:
    """Return by how much luminance steps more across block borders than between other neighbours."""
    luminance = pixels @ np.array([0.299, 0.587, 0.114])
    extra = []
    for plane in (luminance, luminance.T):
        steps = np.abs(np.diff(plane, axis=1))
        extra.append(steps[:, 7::8].mean() - np.delete(steps, np.s_[7::8], axis=1).mean())
    return float(np.mean(extra))


@pytest.mark.parametrize("noise", [0.0, 0.7])
def test_a_gradient_shows_no_more_borders_than_mozjpegs_file_of_the_same_size(noise: float) -> None:
    photo = sunset(noise)
    encoded = encode_photo(foveal.Photo(photo), EncodeOptions())
    theirs = find_largest_file(lambda quality: mozjpeg(photo, round(quality)), len(encoded.data), quality_step=1)
    assert theirs is not None
    assert mean_border_step(pillow_pixels(encoded.data)) <= mean_border_step(pillow_pixels(theirs.data))
    assert encoded.quality > 75


def test_the_default_quality_of_photos_with_texture_is_that_of_the_score(coffee: np.ndarray) -> None:
    """Part of `sunset` under a photo, too small to raise its quality."""
    alone = encode_photo(foveal.Photo(coffee), EncodeOptions(saliency=None)).quality
    sky = np.concatenate([sunset()[:40], sunset()[:40, :280]], axis=1)
    together = encode_photo(foveal.Photo(np.concatenate([coffee, sky])), EncodeOptions(saliency=None)).quality
    assert together <= alone + 1
