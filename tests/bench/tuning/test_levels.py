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
