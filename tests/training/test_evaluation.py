"""Scores of maps lie between chance and the ceiling; the reliability of expected scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the extra `train` is not installed")

from fixation_sets import write_scene_set

from foveal.saliency import SaliencyResult
from foveal.training.evaluation import CEILING, evaluate, look_by_folds, reliability
from foveal.training.gaze_data import GazePhoto, fixation_density, gaze_photos


def test_evaluation_ranks_maps_between_chance_and_ceiling(tmp_path: Path) -> None:
    write_scene_set(tmp_path / "discs")

    def look(photo: GazePhoto) -> dict[str, SaliencyResult]:
        assert photo.fixations is not None
        density = fixation_density(photo.fixations, 96, 96)
        return {
            "flat": SaliencyResult("flat", np.ones((12, 12), np.float32)),
            "truth": SaliencyResult("truth", density / density.max(), expected_nss=3.0),
        }

    found = evaluate(gaze_photos(tmp_path / "discs"), look)
    nss = {row.method: row.scores["NSS"] for row in found.rows}
    assert nss["flat"] == 0
    assert 1 < nss[CEILING] <= nss["truth"]
    assert [each.photos for each in found.reliability] == [1] * 5
    assert np.mean([each.measured for each in found.reliability]) == pytest.approx(nss["truth"])


def test_each_photo_is_looked_at_by_the_network_of_its_fold(tmp_path: Path) -> None:
    from stub_network import StubModel, gaussian_log_density, network_output

    write_scene_set(tmp_path / "discs")
    models = [StubModel(network_output(gaussian_log_density(3))) for _ in range(5)]
    look = look_by_folds(models, ["gaze"])  # type: ignore[arg-type]
    photos = gaze_photos(tmp_path / "discs")
    assert list(look(photos[0])) == ["gaze"]
    assert [model.calls for model in models] == [int(fold == photos[0].fold) for fold in range(5)]


def test_bins_of_the_expected_score_hold_equally_many_photos() -> None:
    rng = np.random.default_rng(0)
    expected = rng.uniform(1, 4, 103)
    bins = reliability([(each, 2 * each) for each in expected])
    assert [each.photos for each in bins] == [21, 21, 21, 20, 20]
    assert [each.measured for each in bins] == pytest.approx([2 * each.expected for each in bins])
    assert [each.expected for each in bins] == sorted(each.expected for each in bins)
    assert reliability([]) == []
