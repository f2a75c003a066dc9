"""What the rate-distortion benchmark measures, keeps and compares."""

from __future__ import annotations

import io
import json
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pictures import noisy_gradient
from PIL import Image

import foveal
from bench import rd
from bench.rd import encoders, mixed_qualities, scores
from bench.rd.cache import Cache, Key, Point
from bench.rd.encoders import Encoder, MissingPeerError
from bench.rd.measure import curves_of, curves_of_all
from foveal.comparison import peers

KEY = Key("ours", "1", 50.0, "photo", "scores")
POINT = Point(50.0, 1234, {"SSIMULACRA2": 61.5, "PSNR-HVS-M": math.inf})


def never() -> Point:
    raise AssertionError("measured again")


def pillow_at(quality: float) -> Callable[[np.ndarray, float], bytes]:
    return lambda pixels, setting: peers.libjpeg_turbo(pixels, quality + setting)


# Cache


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


# Measuring


def test_points_are_sizes_and_scores_of_the_files(tmp_path: Path) -> None:
    pixels = noisy_gradient(180, 190)
    encoder = Encoder("pillow", "1", peers.libjpeg_turbo, (20.0, 70.0))
    points = curves_of(pixels, [encoder], tmp_path)["pillow"]
    for point, quality in zip(points, (20.0, 70.0), strict=True):
        data = peers.libjpeg_turbo(pixels, quality)
        assert (point.setting, point.size_bytes) == (quality, len(data))
        assert point.scores == scores.Original(pixels).scores(data)
        assert list(point.scores) == list(scores.METRICS)
        assert point.scores["SSIMULACRA2"] == foveal.metrics.ssimulacra2(pixels, peers.decode_for_viewing(data))


def test_only_encoders_with_a_version_are_kept(tmp_path: Path) -> None:
    pixels, encoded = noisy_gradient(180, 190), []

    def encode(pixels: np.ndarray, quality: float) -> bytes:
        encoded.append(quality)
        return peers.libjpeg_turbo(pixels, quality)

    released, worked_on = (Encoder(name, version, encode, (30.0, 60.0)) for name, version in (("a", "1"), ("b", None)))
    first = curves_of(pixels, [released, worked_on], tmp_path, ["PSNR"])
    assert encoded == [30.0, 60.0] * 2
    second = curves_of(pixels, [released, worked_on], tmp_path, ["PSNR"])
    assert encoded == [30.0, 60.0] * 3
    assert first == second
    assert [list(curve[0].scores) for curve in second.values()] == [list(scores.METRICS), ["PSNR"]]
    curves_of(pixels.copy(), [released], tmp_path)
    assert len(encoded) == 6
    curves_of(pixels[:, ::-1].copy(), [released], tmp_path)
    assert len(encoded) == 8


def test_slow_encoders_get_few_photos(tmp_path: Path) -> None:
    photos = {str(shift): np.roll(noisy_gradient(180, 180), shift, axis=0) for shift in range(3)}
    fast = Encoder("fast", None, peers.libjpeg_turbo, (40.0,))
    found = dict(curves_of_all(photos, [fast, replace(fast, name="slow", most_photos=2)], tmp_path))
    assert [list(curves) for curves in found.values()] == [["fast", "slow"], ["fast", "slow"], ["fast"]]


def test_several_photos_at_a_time_give_the_same(tmp_path: Path) -> None:
    photos = {str(shift): np.roll(noisy_gradient(180, 180), shift, axis=0) for shift in range(2)}
    encoder = Encoder("pillow", None, peers.libjpeg_turbo, (40.0, 80.0))
    one, two = (list(curves_of_all(photos, [encoder], tmp_path, jobs)) for jobs in (1, 2))
    assert one == two


# Comparing


def test_variants_against_a_peer(tmp_path: Path) -> None:
    """The peer itself needs 0 % more; ours with a comment of a tenth of each file needs 10 % more."""
    photos = {name: noisy_gradient(180, width) for name, width in (("a", 180), ("b", 200))}

    def padded(pixels: np.ndarray, quality: float) -> bytes:
        data = peers.libjpeg_turbo(pixels, quality)
        return data + bytes(round(len(data) / 10))

    comparison = rd.compare_variants(
        {"same": peers.libjpeg_turbo, "padded": padded},
        photos,
        anchor="pillow",
        settings=4,
        metrics=["PSNR", "SSIMULACRA2"],
        cache_folder=tmp_path,
    )
    for metric in ("PSNR", "SSIMULACRA2"):
        assert comparison.bd_rates("same", metric) == pytest.approx({"a": 0, "b": 0})
        assert comparison.bd_rates("padded", metric) == pytest.approx({"a": 10, "b": 10}, abs=0.02)
        assert comparison.summary("padded", metric).mean == pytest.approx(10, abs=0.02)
    assert len(list(tmp_path.rglob("*.json"))) == 8  # of the peer only: 2 photos, 4 settings


# Encoders


@pytest.mark.parametrize("name", [name for name in encoders.NAMES if name != "guetzli"])
def test_all_encoders_write_progressive_files_of_4_2_0(name: str, chelsea: np.ndarray) -> None:
    try:
        encoder = encoders.named(name)
    except MissingPeerError as error:
        pytest.skip(str(error))
    pixels = chelsea[:201, :303]
    sizes = []
    for quality in (encoder.settings[0], encoder.settings[-1]):
        data = encoder.encode(pixels, quality)
        with Image.open(io.BytesIO(data)) as image:
            assert image.size == (303, 201)
            if "progressive" not in image.info:  # ours, where one scan is smaller
                assert data == encoder.encode(pixels, quality, progressive=False)
            assert [layer[1:3] for layer in image.layer] == [(2, 2), (1, 1), (1, 1)]
        sizes.append(len(data))
    assert sizes[1] > 2 * sizes[0]


@pytest.mark.parametrize("name", ["mozjpeg", "jpegli", "guetzli"])
def test_missing_peers_are_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders.shutil, "which", lambda program: None)
    monkeypatch.setattr(sys, "path", [])  # where installed packages are looked for
    with pytest.raises(MissingPeerError, match="is not installed"):
        encoders.named(name)


def test_versions_tell_encoders_apart() -> None:
    ours = [encoders.named(name).version for name in encoders.NAMES if name.startswith("foveal")]
    assert len(set(ours)) == len(ours)
    assert all(encoders.foveal_version() in version for version in ours)


@pytest.mark.parametrize(
    ("count", "expected"), [(2, (20, 95)), (3, (20, 75, 95)), (8, (20, 32, 50, 69, 80, 87, 92, 95))]
)
def test_qualities(count: int, expected: tuple[int, ...]) -> None:
    """Quantizer steps from 250 to 10 % of libjpeg's: the middle is 50 %, which is quality 75."""
    assert encoders.qualities(count) == expected


def test_no_quality_twice() -> None:
    found = encoders.qualities(1000)
    assert found == tuple(range(20, 96))


def test_the_published_method_mixes_ten_qualities_by_tenths_of_the_map(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a map that rises from left to right, "files" that are their quality, and "decoded" ones full of it."""
    ramp = np.tile(np.arange(40, dtype=np.float32) / 40, (8, 1))
    encoded = []

    def encode(pixels: np.ndarray, quality: float) -> bytes:
        encoded.append((pixels, quality))
        return bytes([int(quality)])

    monkeypatch.setattr(foveal, "saliency_map", lambda pixels: ramp)
    monkeypatch.setattr(peers, "libjpeg_turbo", encode)
    monkeypatch.setattr(peers, "decode_for_viewing", lambda data: np.full((8, 40, 3), data[0], dtype=np.uint8))
    assert mixed_qualities.encode(np.zeros((8, 40, 3), dtype=np.uint8), 77) == bytes([77])
    mixed, quality = encoded[-1]
    assert quality == 77
    np.testing.assert_array_equal(mixed[3, :, 1], np.repeat(np.arange(10, 101, 10), 4))


# The command


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("rich", reason="rich is not installed: it comes with the extra bench")
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: it comes with the extra bench")
    from bench.rd.__main__ import main

    (tmp_path / "photos").mkdir()
    for name, width in (("large", 190), ("small", 175)):
        Image.fromarray(noisy_gradient(180, width)).save(tmp_path / "photos" / f"{name}.png")
    monkeypatch.setattr(encoders.shutil, "which", lambda program: None)
    monkeypatch.chdir(tmp_path)
    options = "--images photos --encoders foveal-fast guetzli --anchor pillow --settings 3 --output out --json"
    monkeypatch.setattr(sys, "argv", ["bench.rd", *options.split()])
    main()
    printed = capsys.readouterr()
    report = json.loads(printed.out)
    assert list(report["points"]) == ["photos/large"]
    assert [point["setting"] for point in report["points"]["photos/large"]["pillow"]] == [20, 75, 95]
    rates = report["bd_rates"]["SSIMULACRA2"]
    assert rates["pillow"]["by_photo"] == {"photos/large": pytest.approx(0)}
    assert rates["foveal-fast"]["summary"]["photos"] == 1
    for left_out in ("guetzli is left out", "photos/small is left out"):
        assert left_out in printed.err
    with Image.open(tmp_path / "out" / "curves.png") as curves:
        assert curves.width > 1000


def test_the_table() -> None:
    """Two photos at 25 and 5 % more, and one on which the curves have no score in common; an encoder without any."""
    console = pytest.importorskip("rich.console", reason="rich is not installed: it comes with the extra bench")
    from bench.rd.__main__ import rates_table

    def curve(factor: float, shift: float = 0) -> list[Point]:
        return [Point(q, round(factor * 2000 * q), {"PSNR": q + shift}) for q in (20.0, 50.0, 90.0)]

    curves = {
        "a": {"peer": curve(1), "ours": curve(1.25)},
        "b": {"peer": curve(1), "ours": curve(1.05)},
        "c": {"peer": curve(1), "ours": curve(1, shift=80)},
    }
    curves = {photo: found | {"elsewhere": curve(1, shift=70)} for photo, found in curves.items()}
    printed = console.Console(file=io.StringIO(), width=80)
    printed.print(rates_table(rd.Comparison("peer", curves), ["ours", "elsewhere"], "PSNR"))
    rows = [line for line in printed.file.getvalue().splitlines() if "of 3" in line]
    assert [[cell.strip() for cell in row.split("│")[1:-1]] for row in rows] == [
        ["ours", "+15.0", "+15.0", "+10.0..+20.0", "+5.0..+25.0", "2 of 3"],
        ["elsewhere", "-", "-", "-", "-", "0 of 3"],
    ]
