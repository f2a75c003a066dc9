"""Levels of qualities give the scores of libjpeg-turbo."""

from __future__ import annotations

import numpy as np
import pytest
from other_readers import pillow_pixels

from bench.tuning import levels
from bench.tuning.trial_files import encode_trial
from foveal.allocate.perception import perception
from foveal.comparison.peers import libjpeg_turbo


def test_levels_give_the_scores_of_libjpeg_in_the_mean_of_metrics(chelsea: np.ndarray) -> None:
    """By one metric, files of a level score as libjpeg-turbo's; by two, levels are the means of both."""
    pixels = np.ascontiguousarray(chelsea[:180, :200])
    measured = []
    for metrics in (("PSNR",), ("PSNR-HVS-M",), ("PSNR", "PSNR-HVS-M")):
        found = levels.measure_levels([pixels], perception(), metrics)
        assert found["qualities"] == [*levels.QUALITIES, levels.FINEST_QUALITY]
        assert found["levels"][-1] == levels.FINEST_LEVEL
        assert found["levels"] == sorted(found["levels"], reverse=True)
        measured.append(found["levels"])
    np.testing.assert_allclose(np.mean(measured[:2], axis=0), measured[2], atol=0.002)
    reference = levels.METRICS["PSNR"](pixels)
    for quality in (30, 75, 90):
        level = measured[0][levels.QUALITIES.index(quality)]
        ours, theirs = encode_trial(pixels, level, perception()), libjpeg_turbo(pixels, quality)
        scores = [reference.score(pillow_pixels(data)) for data in (ours, theirs)]
        assert scores[0] == pytest.approx(scores[1], abs=0.3)  # dB; levels are interpolated


def test_outliers_and_scores_out_of_order_do_not_move_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores of known levels: an outlier among five photos, trial levels and a quality that score too low."""
    grid = np.linspace(levels.COARSEST_LEVEL, levels.FINEST_LEVEL, 24)
    wanted = dict(zip(levels.QUALITIES, np.linspace(5, -1, len(levels.QUALITIES)), strict=True))

    class Score:
        def __init__(self, pixels: np.ndarray) -> None:
            self._photo = int(pixels[0])

        def score(self, file: tuple[str, float]) -> float:
            encoder, level = file
            if encoder == "libjpeg":
                return -10 * wanted[int(level)] + (1000 if self._photo == 4 else 0) - (50 if level == 75 else 0)
            return -10 * level - (50 if level in grid[13:20] else 0)

    monkeypatch.setattr(levels, "METRICS", {"score": Score})
    monkeypatch.setattr(levels, "encode_trial", lambda _pixels, level, _tuned: ("foveal", level))
    monkeypatch.setattr(levels.peers, "libjpeg_turbo", lambda _pixels, quality: ("libjpeg", quality))
    monkeypatch.setattr(levels.peers, "decode_for_viewing", lambda file: file)
    found = levels.measure_levels([np.array([index]) for index in range(5)], perception(), ["score"])
    by_quality = dict(zip(found["qualities"], found["levels"], strict=True))
    assert by_quality[75] == by_quality[70]
    exact = [quality for quality, level in wanted.items() if quality != 75 and not grid[20] < level < grid[12]]
    assert len(exact) >= 10
    assert [by_quality[each] for each in exact] == pytest.approx([wanted[each] for each in exact], abs=0.001)
