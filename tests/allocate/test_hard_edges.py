"""Hard edges on flat ground, which keep their weight whatever the map says."""

from __future__ import annotations

import numpy as np
import pytest
from jpeg_files import pillow_file
from other_readers import pillow_pixels
from PIL import Image, ImageDraw, ImageFont

import foveal
import foveal._kernels as _kernels
from foveal.allocate.hard_edges import GROUND_OF_DECODED, GROUND_OF_ORIGINALS, Ground, hard_edges
from foveal.jpeg import block_grid


def page_of_text() -> np.ndarray:
    image = Image.new("RGB", (320, 160), "white")
    drawing, font = ImageDraw.Draw(image), ImageFont.load_default(14)
    for line in range(7):
        drawing.text((8, 6 + 21 * line), "The quick brown fox jumps over the lazy dog", fill="black", font=font)
    return np.asarray(image)


def block_of(dark: int, low: int, high: int, shape: tuple[int, ...] = (8, 8)) -> np.ndarray:
    """Return a block with `dark` samples of level `low`; the others rise from there to `high`."""
    samples = np.linspace(low + 4, high, 64).astype(np.uint8)
    samples[:dark] = low
    return samples.reshape(shape)


@pytest.mark.parametrize("dark", [12, 13, 16, 22, 23, 60])
def test_ground_is_a_fifth_to_a_third_of_a_block(dark: int) -> None:
    expected = np.clip((dark / 64 - 0.2) / 0.15, 0, 1)
    assert (expected == 0, expected == 1) == (dark <= 12, dark >= 23)
    for block in (block_of(dark, 10, 200), 255 - block_of(dark, 10, 200)):
        assert hard_edges(block)[0, 0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("range_of_levels", "found"), [(63, 0), (64, 1)])
def test_an_edge_is_hard_from_64_levels_on(range_of_levels: int, found: float) -> None:
    assert hard_edges(block_of(40, 100, 100 + range_of_levels))[0, 0] == found


def test_ground_may_vary_by_three_levels() -> None:
    block = block_of(40, 100, 200)
    block.ravel()[:20] = 97
    assert hard_edges(block)[0, 0] == 1
    block.ravel()[:20] = 96
    assert hard_edges(block)[0, 0] == pytest.approx((20 / 64 - 0.2) / 0.15)


def test_blocks_at_the_edge_count_by_the_samples_that_they_have() -> None:
    pixels = np.full((9, 11, 3), 7, np.uint8)
    pixels[8, 9:] = 200
    pixels[:8, 10] = 200
    assert hard_edges(pixels).tolist() == [[0, 1], [0, 1]]
    pixels[8, 8] = 100  # one sample of three is dark
    assert hard_edges(pixels)[1, 1] == 1  # two of three are light


def test_photographs_and_sixteen_bits_have_next_to_none(chelsea: np.ndarray, coffee: np.ndarray) -> None:
    assert max(hard_edges(chelsea).mean(), hard_edges(coffee).mean()) < 0.05
    assert not hard_edges(page_of_text().astype(np.uint16) * 257).any()


@pytest.mark.parametrize("quality", [40, 60, 75, 85, 90])
def test_text_outside_the_map_rings_no_more_than_without_a_map(quality: int) -> None:
    """Errors on the white of a page whose map has only a corner: what a thousandth of its samples exceeds.

    At quality 75 it is 10 levels, without protection 23.
    """
    page = page_of_text()
    saliency = np.zeros((20, 40), np.float32)
    saliency[:2, :2] = 1
    white = (page == 255).all(axis=2)
    aware, blind = (
        np.percentile(255 - pillow_pixels(foveal.encode(page, quality=quality, saliency=each))[white], 99.9)
        for each in (saliency, None)
    )
    assert aware <= blind


@pytest.mark.parametrize(("channel", "found"), [(0, 0), (1, 1), (2, 0)])
def test_green_counts_of_colours(channel: int, found: float) -> None:
    pixels = np.full((8, 8, 3), 90, np.uint8)
    pixels[:, 5:, channel] = 200
    assert hard_edges(pixels)[0, 0] == found


@pytest.mark.parametrize(("width", "found"), [(3, 0), (15, 0), (16, 1)])
def test_ground_of_decoded_files_may_vary_more(width: int, found: float) -> None:
    """A light ground with ringing of 16 levels, and few dark samples."""
    block = np.full((8, 8), 255, np.uint8)
    block.ravel()[:40] = 239
    block.ravel()[:4] = 20
    block.ravel()[40:56] = np.linspace(100, 200, 16).astype(np.uint8)
    assert hard_edges(block, Ground(width, 64))[0, 0] == found


@pytest.mark.parametrize(("contrast", "found"), [(143, 0), (144, 1)])
def test_edges_of_decoded_files_have_more_contrast(contrast: int, found: float) -> None:
    assert hard_edges(block_of(40, 100, 100 + contrast), GROUND_OF_DECODED)[0, 0] == found


def test_decoded_photographs_have_few_and_decoded_text_has_many(chelsea: np.ndarray, coffee: np.ndarray) -> None:
    def decoded(pixels: np.ndarray) -> np.ndarray:
        return pillow_pixels(pillow_file(Image.fromarray(pixels), quality=85))

    assert max(hard_edges(decoded(each), GROUND_OF_DECODED).mean() for each in (chelsea, coffee)) < 0.1
    text = hard_edges(page_of_text()) == 1
    assert hard_edges(decoded(page_of_text()), GROUND_OF_DECODED)[text].mean() > 0.95


@pytest.mark.parametrize("threads", [1, 3])
def test_strips_make_up_the_picture(threads: int) -> None:
    """Blocks with less and less dark ground from left to right, in a picture of several strips."""
    rng = np.random.default_rng(5)
    is_dark = rng.random((1000, 600)) < np.linspace(0.5, 0, 600)
    pixels = np.where(is_dark, 10, rng.integers(60, 250, is_dark.shape)).astype(np.uint8)
    whole = np.empty(block_grid(*pixels.shape), np.uint8)
    _kernels.ground_parts(pixels, *GROUND_OF_ORIGINALS, whole)
    found = hard_edges(pixels, threads=threads)
    np.testing.assert_allclose(found, np.clip((whole / 64 - 0.2) / 0.15, 0, 1), atol=1e-6)
    assert all(set(np.unique(rows)) > {0, 1} for rows in np.array_split(found, 8))
