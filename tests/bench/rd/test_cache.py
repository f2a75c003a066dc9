"""Measurements are cached on disk, and looked up by everything that they depend on."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from bench.rd.cache import Cache, Key, Point

KEY = Key("ours", "1", 50.0, "photo", "scores")
POINT = Point(50.0, 1234, {"SSIMULACRA2": 61.5, "PSNR-HVS-M": math.inf})


def never() -> Point:
    raise AssertionError("measured again")


def test_what_was_measured_is_kept(tmp_path: Path) -> None:
    assert Cache(tmp_path / "cache").get(KEY, lambda: POINT) == POINT
    assert Cache(tmp_path / "cache").get(KEY, never) == POINT


@pytest.mark.parametrize(
    "change",
    [{"encoder": "x"}, {"encoder_version": "2"}, {"setting": 50.5}, {"photo_digest": "x"}, {"scores_version": "x"}],
)
def test_anything_that_differs_is_measured_anew(change: dict[str, object], tmp_path: Path) -> None:
    cache, other = Cache(tmp_path), Point(1.0, 2, {})
    cache.get(KEY, lambda: POINT)
    assert cache.get(replace(KEY, **change), lambda: other) == other
    assert cache.get(KEY, never) == POINT


def test_an_interrupted_measurement_leaves_the_others(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.get(KEY, lambda: POINT)
    with pytest.raises(KeyboardInterrupt):
        cache.get(replace(KEY, setting=60.0), lambda: (_ for _ in ()).throw(KeyboardInterrupt()))
    assert cache.get(KEY, never) == POINT
    assert [path.suffix for path in tmp_path.rglob("*") if path.is_file()] == [".json"]
