"""SSIMULACRA 2 as it is called: properties that its scores must have, and pictures that it refuses."""

from __future__ import annotations

import numpy as np
import pytest

import foveal
from foveal.errors import ParameterError
from foveal.metrics import Ssimulacra2Reference, ssimulacra2


@pytest.mark.parametrize("height", [512, 8, 9])
def test_equal_pictures_score_100(astronaut: np.ndarray, height: int) -> None:
    assert ssimulacra2(astronaut[:height], astronaut[:height]) == 100
    assert ssimulacra2(astronaut[:height, :, 0], astronaut[:height, :, 0]) == 100


def test_scores_fall_with_distortion(astronaut: np.ndarray) -> None:
    noise = np.random.default_rng(0).normal(0, 1, astronaut.shape)
    scores = [
        ssimulacra2(astronaut, np.clip(astronaut + sigma * noise, 0, 255).astype(np.uint8))
        for sigma in (0, 1, 3, 10, 30, 100)
    ]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)
    assert scores[-1] < 0


def test_grey_is_rgb_with_equal_channels(astronaut: np.ndarray) -> None:
    grey, darker = astronaut[:100, :200, 1], astronaut[:100, :200, 1] // 2
    as_rgb = [np.repeat(pixels[:, :, None], 3, axis=2) for pixels in (grey, darker)]
    assert ssimulacra2(grey, darker) == ssimulacra2(*as_rgb)


def test_views_score_as_their_copies(astronaut: np.ndarray) -> None:
    views = astronaut[::2, ::-3], astronaut[1::2, ::-3]
    assert ssimulacra2(*views) == ssimulacra2(*(np.ascontiguousarray(view) for view in views))


def test_the_score_does_not_depend_on_threads_nor_on_a_kept_reference(astronaut: np.ndarray) -> None:
    photo = np.tile(astronaut, (2, 2, 1))  # more than one strip
    reference = Ssimulacra2Reference(photo, threads=3)
    distorted = [photo // 2 * 2, photo // 8 * 8]
    expected = [ssimulacra2(photo, each) for each in distorted]
    for threads in (1, 2, 5):
        assert [reference.score(each, threads=threads) for each in distorted] == expected


@pytest.mark.parametrize("side", [8, 60, 113, 400])
@pytest.mark.parametrize("quality", [1, 30, 80, 100])
def test_an_estimate_is_near_the_score(side: int, quality: int, coffee: np.ndarray) -> None:
    for photo in (coffee[:side, 100 : 100 + side], coffee[:side, 100 : 100 + side, 0]):
        original = np.ascontiguousarray(photo)
        decoded = foveal.decode(foveal.encode(original, quality=quality, saliency=None))
        reference = Ssimulacra2Reference(original)
        assert reference.estimate(decoded, threads=2) == pytest.approx(reference.score(decoded), abs=0.01)


def test_the_order_matters(astronaut: np.ndarray) -> None:
    distorted = astronaut // 16 * 16
    assert abs(ssimulacra2(astronaut, distorted) - ssimulacra2(distorted, astronaut)) > 0.1


@pytest.mark.parametrize(
    ("reference", "distorted"),
    [
        (np.zeros((1, 1, 3), np.uint8), np.zeros((1, 1, 3), np.uint8)),
        (np.zeros((7, 9), np.uint8), np.zeros((7, 9), np.uint8)),
        (np.zeros((9, 7, 3), np.uint8), np.zeros((9, 7, 3), np.uint8)),
        (np.zeros((0, 9, 3), np.uint8), np.zeros((0, 9, 3), np.uint8)),
        (np.zeros((9, 9, 4), np.uint8), np.zeros((9, 9, 4), np.uint8)),
        (np.zeros((9, 9), np.uint16), np.zeros((9, 9), np.uint16)),
        (np.zeros((9, 9), np.uint8), np.zeros((9, 9, 3), np.uint8)),
        (np.zeros((9, 9), np.uint8), np.zeros((9, 10), np.uint8)),
        (np.zeros(81, np.uint8), np.zeros(81, np.uint8)),
    ],
)
def test_what_cannot_be_compared(reference: np.ndarray, distorted: np.ndarray) -> None:
    with pytest.raises(ParameterError, match=r"^[^\n]+$"):
        ssimulacra2(reference, distorted)
