"""Measurements are cached on disk, and looked up by everything that they depend on."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from bench.rd.cache import Cache, FileKey, ScoreKey

FILE = FileKey("ours", "1", 50.0, "photo")
SCORE = ScoreKey("PSNR", "1", "photo", "decoded")


def never() -> object:
    raise AssertionError("measured again")


@pytest.mark.parametrize(("key", "measured"), [(FILE, [1234, "digest"]), (SCORE, 61.5), (SCORE, math.inf)])
def test_what_was_measured_is_kept(key: FileKey | ScoreKey, measured: object, tmp_path: Path) -> None:
    assert Cache(tmp_path / "cache").get(key, lambda: measured) == measured
    assert Cache(tmp_path / "cache").get(key, never) == measured


@pytest.mark.parametrize(
    ("key", "change"),
    [
        *((FILE, {name: "x"}) for name in ("encoder", "encoder_version", "photo_digest")),
        (FILE, {"setting": 50.5}),
        *((SCORE, {name: "x"}) for name in ("metric", "metric_version", "photo_digest", "decoded_digest")),
    ],
)
def test_anything_that_differs_is_measured_anew(key: FileKey | ScoreKey, change: dict, tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.get(key, lambda: 1)
    assert cache.get(replace(key, **change), lambda: 2) == 2
    assert cache.get(key, never) == 1


def test_an_interrupted_measurement_leaves_the_others(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.get(FILE, lambda: 1)
    with pytest.raises(KeyboardInterrupt):
        cache.get(replace(FILE, setting=60.0), lambda: (_ for _ in ()).throw(KeyboardInterrupt()))
    assert cache.get(FILE, never) == 1
    assert [path.suffix for path in tmp_path.rglob("*") if path.is_file()] == [".json"]
