"""Scores of maps lie between chance and the ceiling."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra `train` (PyTorch) is not installed")

from tiny_training import write_scene_set

from foveal.training import checkpoint
from foveal.training.evaluation import CEILING, evaluate, network_methods
from foveal.training.gaze_data import gaze_photos
from foveal.training.loop import CHECKPOINT


def test_evaluation_ranks_maps_between_chance_and_ceiling(trained: Path, tmp_path: Path) -> None:
    write_scene_set(tmp_path / "discs")
    photos = gaze_photos(tmp_path / "discs")
    state = checkpoint.load(trained / CHECKPOINT)
    methods = {"flat": lambda photo: np.ones((96, 96), np.float32), **network_methods([state])}
    nss = {row.method: row.scores["NSS"] for row in evaluate(photos, methods)}
    assert nss["flat"] == 0
    assert 1 < nss["gaze"] <= nss[CEILING]
    assert nss["msroi"] > 1
    assert nss["cam"] > 1
