"""Sizes and scores of encoders on photos, with and without the cache."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pictures import noisy_gradient

import foveal
from bench.rd import scores
from bench.rd.encoders import Encoder
from bench.rd.measure import measure_all_curves, measure_curves
from foveal.comparison import peers


def test_points_are_sizes_and_scores_of_the_files(tmp_path: Path) -> None:
    pixels = noisy_gradient(180, 190)
    encoder = Encoder("pillow", "1", peers.libjpeg_turbo, (20.0, 70.0))
    points = measure_curves(pixels, [encoder], tmp_path)["pillow"]
    for point, quality in zip(points, (20.0, 70.0), strict=True):
        data = peers.libjpeg_turbo(pixels, quality)
        assert (point.setting, point.size_bytes) == (quality, len(data))
        decoded = peers.decode_for_viewing(data)
        assert tuple(point.scores) == scores.find_installed()
        assert point.scores == {name: scores.METRICS[name](pixels).score(decoded) for name in point.scores}
        assert point.scores["SSIMULACRA2"] == foveal.metrics.ssimulacra2(pixels, decoded)


def test_only_files_of_encoders_with_a_version_are_kept(tmp_path: Path) -> None:
    pixels, encoded = noisy_gradient(180, 190), []

    def encode(pixels: np.ndarray, quality: float) -> bytes:
        encoded.append(quality)
        return peers.libjpeg_turbo(pixels, quality)

    released, worked_on = (Encoder(name, version, encode, (30.0, 60.0)) for name, version in (("a", "1"), ("b", None)))
    first = measure_curves(pixels, [released, worked_on], tmp_path, ["PSNR"])
    assert encoded == [30.0, 60.0] * 2
    second = measure_curves(pixels, [released, worked_on], tmp_path, ["PSNR"])
    assert encoded == [30.0, 60.0] * 3
    assert first == second
    measure_curves(pixels.copy(), [released], tmp_path, ["PSNR"])
    assert len(encoded) == 6
    measure_curves(pixels, [released], tmp_path, ["PSNR", "MS-SSIM"])  # encoded again for the metric that is new
    assert len(encoded) == 8
    measure_curves(pixels[:, ::-1].copy(), [released], tmp_path, ["PSNR"])
    assert len(encoded) == 10


def test_files_that_decode_alike_are_scored_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels, scored = noisy_gradient(180, 190), []

    class Counted:
        def __init__(self, original: np.ndarray) -> None:
            self.original = original

        def score(self, decoded: np.ndarray) -> float:
            scored.append(decoded)
            return -float(np.abs(self.original.astype(float) - decoded).mean())

    monkeypatch.setitem(scores.METRICS, "PSNR", scores.Metric(Counted, ""))
    monkeypatch.setattr(scores, "version", lambda metric: "1")
    variants = [
        Encoder("optimised", None, peers.libjpeg_turbo, (40.0,)),
        Encoder("padded", None, lambda pixels, quality: peers.libjpeg_turbo(pixels, quality) + bytes(9), (40.0,)),
        Encoder("other", None, peers.libjpeg_turbo, (41.0,)),
    ]
    curves = measure_curves(pixels, variants, tmp_path, ["PSNR"])
    assert len(scored) == 2
    assert curves["padded"][0].size_bytes == curves["optimised"][0].size_bytes + 9
    assert curves["padded"][0].scores == curves["optimised"][0].scores


def test_slow_encoders_get_few_photos(tmp_path: Path) -> None:
    photos = {str(shift): np.roll(noisy_gradient(180, 180), shift, axis=0) for shift in range(3)}
    fast = Encoder("fast", None, peers.libjpeg_turbo, (40.0,))
    found = dict(measure_all_curves(photos, [fast, replace(fast, name="slow", most_photos=2)], tmp_path))
    assert [list(curves) for curves in found.values()] == [["fast", "slow"], ["fast", "slow"], ["fast"]]


def test_several_photos_at_a_time_give_the_same(tmp_path: Path) -> None:
    photos = {str(shift): np.roll(noisy_gradient(180, 180), shift, axis=0) for shift in range(2)}
    encoder = Encoder("pillow", None, peers.libjpeg_turbo, (40.0, 80.0))
    one, two = (list(measure_all_curves(photos, [encoder], tmp_path, jobs)) for jobs in (1, 2))
    assert one == two
