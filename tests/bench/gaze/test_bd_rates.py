"""Scores where people looked: the box around most of the fixations, and the scores of a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from other_readers import pillow_pixels
from PIL import Image

import foveal
from bench.gaze.bd_rates import SCORES, GazeScorer, _find_central_range
from foveal import metrics
from foveal.training.gaze_data import GazePhoto


def density_at(length: int, *spots: int) -> np.ndarray:
    along = np.zeros(length)
    along[list(spots)] = 1
    return along


@pytest.mark.parametrize(
    ("along", "first", "end"),
    [
        (np.ones(400), 59, 340),  # 15 % are reached at 60 pixels, 85 % at 340
        (density_at(400, 200), 113, 289),
        (density_at(400, 100, 300), 100, 301),
        (density_at(400, 100, 220), 73, 249),
        (density_at(400, 0), 0, 176),
        (density_at(400, 399), 224, 400),
        (density_at(400, 87), 0, 176),
        (density_at(400, 88), 1, 177),
        (density_at(176, 90), 0, 176),
        (density_at(50, 10), 0, 176),
    ],
)
def test_the_box_is_long_enough_and_inside(along: np.ndarray, first: int, end: int) -> None:
    assert _find_central_range(along) == slice(first, end)


def photo_with_fixations(path: Path, fixations: np.ndarray | None) -> GazePhoto:
    return GazePhoto(dataset="", path=path, fixations=fixations, mask=None, fold=0)


def test_scores_are_those_of_the_whole_and_of_the_box(coffee: np.ndarray, tmp_path: Path) -> None:
    pixels = coffee[:200, :300].copy()
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    fixation = np.array([[0.703, 0.603, 0]], np.float32)  # the pixel (120, 210)
    scorer = GazeScorer(photo_with_fixations(tmp_path / "photo.png", fixation))
    there = np.zeros((200, 300))
    there[73:169, 163:259] = 1
    blind = foveal.encode(pixels, quality=60, saliency=None)
    aware = foveal.encode(pixels, target_size=len(blind), saliency=there)
    found = []
    for data in (blind, aware):
        size_bytes, scores = scorer.measure(data)
        assert size_bytes == len(data)
        found.append(dict(zip(SCORES, scores, strict=True)))
        shown = pillow_pixels(data)
        part, shown_part = (each[24:200, 123:299].copy() for each in (pixels, shown))
        assert found[-1]["SSIMULACRA2"] == metrics.ssimulacra2(pixels, shown)
        assert found[-1]["SSIMULACRA2 there"] == metrics.ssimulacra2(part, shown_part)
    assert found[1]["SSIMULACRA2"] < found[0]["SSIMULACRA2"]
    assert found[1]["PSNR there"] > found[0]["PSNR there"]


def test_a_photo_needs_fixations(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has no fixations"):
        GazeScorer(photo_with_fixations(tmp_path / "photo.png", None))
