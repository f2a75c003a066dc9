"""Conversion of saliency maps into weights, and what weights do to the quality and the size of files."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from other_readers import pillow_pixels

import foveal
from foveal.allocate.weights import LEAST_WEIGHT, _block_means, block_weights
from foveal.errors import ParameterError
from foveal.metrics import psnr


def test_strength_zero_is_content_blind(chelsea: np.ndarray) -> None:
    saliency = np.random.default_rng(0).uniform(size=(9, 9))
    assert (block_weights(saliency, 100, 80, strength=0) == 1).all()
    blind = foveal.encode(chelsea, saliency=None)
    assert foveal.encode(chelsea, saliency=saliency, strength=0) == blind
    assert foveal.encode(chelsea, saliency=np.ones((3, 3))) == blind


def test_floor_falls_with_strength_to_the_least_weight() -> None:
    floors = [block_weights(np.zeros((4, 4)), 64, 64, strength).max() for strength in (0, 0.25, 0.5, 0.75, 1)]
    assert floors == sorted(floors, reverse=True)
    assert floors[0] == 1
    assert floors[-1] == pytest.approx(LEAST_WEIGHT)


def test_the_salient_part_keeps_weight_one_and_the_edge_is_feathered() -> None:
    mask = np.zeros((160, 160), dtype=np.float32)
    mask[64:96, 64:96] = 1  # blocks 8 to 11
    weights = block_weights(mask, 160, 160, strength=1)
    assert (weights[8:12, 8:12] == 1).all()
    profile = weights[10, 11:]  # the last block of the mask and what lies right of it
    assert (np.diff(profile) <= 0).all()
    assert LEAST_WEIGHT < profile[2] < profile[1] < 1
    assert profile[3:] == pytest.approx(LEAST_WEIGHT)


@pytest.mark.parametrize("size", [(1, 1), (7, 9), (8, 8), (67, 131), (512, 300), (3, 1000)], ids=str)
@pytest.mark.parametrize("map_size", [(1, 1), (2, 5), (64, 64), (67, 131), (1000, 3)], ids=str)
def test_maps_of_any_size_cover_any_photo(size: tuple[int, int], map_size: tuple[int, int]) -> None:
    saliency = np.random.default_rng(1).uniform(size=map_size)
    weights = block_weights(saliency, *size, strength=0.7)
    assert weights.shape == (-(-size[0] // 8), -(-size[1] // 8))
    assert weights.dtype == np.float32
    assert (weights >= LEAST_WEIGHT**0.7 - 1e-6).all()
    assert (weights <= 1).all()


def test_a_map_of_the_photos_size_is_averaged_over_each_block() -> None:
    """The last block of 67 pixels has 3 of them, so it must not take an equal share of the map."""
    mask = np.zeros((67, 67))
    mask[:, 64:] = 1
    weights = block_weights(mask, 67, 67, strength=1)
    assert (weights[:, 8] == 1).all()
    assert weights[4, 5] == pytest.approx(LEAST_WEIGHT)
    np.testing.assert_array_equal(block_weights(mask.T, 67, 67, strength=1), weights.T)


@pytest.mark.parametrize("transposed", [False, True])
def test_a_coarse_map_is_extended_where_the_last_blocks_are(transposed: bool) -> None:
    """Blocks cover 24 pixels, of which 20 are the photo: the second of two samples begins at pixel 10, not at 12."""
    coarse = np.array([[0.0, 1.0]])
    weights = block_weights(coarse.T if transposed else coarse, 20, 20, strength=1)
    row = weights[:, 1] if transposed else weights[1]
    assert row[2] == 1
    # centres of the blocks at 4, 12 and 20 pixels: samples at 5 and 15 interpolate to 0, 0.7 and 1, then are feathered
    assert row[0] == pytest.approx(LEAST_WEIGHT + (1 - LEAST_WEIGHT) * (0.7 + 0.7 + 1) / 3, abs=0.01)


@pytest.mark.parametrize("strength", [0.25, 1])
def test_weight_rises_with_saliency_in_a_straight_line(strength: float) -> None:
    """The grey of a painted mask is the position between the floor and full weight."""
    floor = LEAST_WEIGHT**strength
    for grey in (0, 0.25, 0.5, 1):
        weights = block_weights(np.full((2, 2), float(grey)), 32, 32, strength)
        assert weights == pytest.approx(floor + (1 - floor) * grey)


def test_a_map_is_averaged_over_each_block() -> None:
    saliency = np.random.default_rng(4).uniform(size=(40, 56)).astype(np.float32)
    means = saliency.reshape(5, 8, 7, 8).mean(axis=(1, 3))
    np.testing.assert_allclose(_block_means(saliency, 40, 56), means, rtol=1e-5)
    bools = saliency > 0.5
    np.testing.assert_allclose(_block_means(bools, 40, 56), bools.reshape(5, 8, 7, 8).mean(axis=(1, 3)), rtol=1e-5)


@pytest.mark.parametrize(
    ("saliency", "message"),
    [
        (np.zeros(5), "array"),
        (np.zeros((0, 5)), "array"),
        (np.zeros((2, 2, 3)), "array"),
        (np.full((2, 2), 1.01), r"\[0, 1\]"),
        (np.full((2, 2), -0.01), r"\[0, 1\]"),
        (np.full((2, 2), np.nan), r"\[0, 1\]"),
        (np.zeros((2, 2), dtype=np.uint8), "floats"),
    ],
)
def test_maps_that_make_no_sense_are_refused(saliency: np.ndarray, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        block_weights(saliency, 16, 16, 0.5)


# Rectangles around the subject of each photograph.
MASKS = {
    "astronaut": (slice(20, 200), slice(150, 300)),  # her face
    "chelsea": (slice(60, 220), slice(120, 320)),  # the cat's face
    "coffee": (slice(60, 330), slice(130, 430)),  # the cup
}


def blind_of_size(pixels: np.ndarray, size_bytes: int, **settings: object) -> bytes:
    """Encode without saliency to within 0.5 % of a size, by bisection over quality."""
    low, high = 1.0, 100.0
    for _ in range(30):
        middle = (low + high) / 2
        data = foveal.encode(pixels, quality=middle, saliency=None, **settings)
        if abs(len(data) / size_bytes - 1) <= 0.005:
            return data
        low, high = (middle, high) if len(data) < size_bytes else (low, middle)
    raise AssertionError(f"no quality gives {size_bytes} bytes within 0.5 %")


@pytest.mark.parametrize(
    "settings", [{}, {"effort": "fast"}, {"effort": "best"}, {"allocation": "quality-map"}], ids=str
)
@pytest.mark.parametrize("photo", MASKS)
def test_at_equal_bytes_the_masked_part_is_better(
    photo: str, settings: dict[str, str], request: pytest.FixtureRequest
) -> None:
    pixels = request.getfixturevalue(photo)
    inside = MASKS[photo]
    mask = np.zeros(pixels.shape[:2], dtype=np.float32)
    mask[inside] = 1
    settings = {"subsampling": "4:2:0", **settings}
    aware = foveal.encode(pixels, quality=75, saliency=mask, strength=0.5, **settings)
    blind = blind_of_size(pixels, len(aware), **settings)
    gain = psnr(pillow_pixels(aware)[inside], pixels[inside]) - psnr(pillow_pixels(blind)[inside], pixels[inside])
    assert gain > 0.1


@pytest.mark.parametrize("allocation", ["rdo", "quality-map"])
@pytest.mark.parametrize("photo", MASKS)
def test_more_strength_makes_a_smaller_file(photo: str, allocation: str, request: pytest.FixtureRequest) -> None:
    pixels = request.getfixturevalue(photo)
    sizes = [
        len(foveal.encode(pixels, saliency="spectral", strength=strength, allocation=allocation))
        for strength in (0, 0.25, 0.5, 0.75, 1)
    ]
    # "quality-map" rounds twice, so a slightly larger step can cost a few bytes more; "rdo" does not.
    tolerance = 1.0 if allocation == "rdo" else 1.001
    assert all(after <= before * tolerance for before, after in itertools.pairwise(sizes))
    assert sizes[-1] < 0.97 * sizes[0]
