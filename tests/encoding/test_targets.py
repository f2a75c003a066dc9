"""Targets of size and score, and the tables and predictions behind them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import asdict
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from other_readers import pillow_pixels

import foveal
from foveal import jpeg
from foveal.allocate.perception import Perception, Trend, level_of_quality, perception
from foveal.encoding import EncodeOptions, encode_photo, targets
from foveal.encoding.weighed_photo import WeighedPhoto
from foveal.errors import TargetError
from foveal.metrics import Ssimulacra2Reference, ssimulacra2

BLIND = {"saliency": None}


def test_levels_fall_with_quality() -> None:
    levels = [level_of_quality(quality) for quality in np.linspace(0, 100, 401)]
    assert all(after <= before for before, after in itertools.pairwise(levels))
    finest = level_of_quality(100)
    for tuned in (perception(), perception().without_down_sampling(finest)):
        assert all(max(spectrum.table(finest).table.values) <= 5 for spectrum in tuned.spectra)


@pytest.mark.parametrize("size_bytes", [5_000, 20_000])
@pytest.mark.parametrize("saliency", [None, "center"])
def test_a_size_target_is_filled_and_kept(rocket: np.ndarray, size_bytes: int, saliency: str | None) -> None:
    options = EncodeOptions(target_size=size_bytes, saliency=saliency)
    encoded = encode_photo(foveal.Photo(rocket), options)
    assert 0.97 * size_bytes <= len(encoded.data) <= size_bytes
    made_alone = {"quality": encoded.quality, "saliency": saliency, "subsampling": encoded.subsampling}
    assert encoded.data == foveal.encode(rocket, **made_alone)  # type: ignore[arg-type]
    assert encoded.score is None


@pytest.mark.parametrize(
    ("options", "most_made"), [({}, 8), ({"effort": "fast", "progressive": False}, 8), ({"restart_interval": 3}, 8)]
)
@pytest.mark.parametrize("sampled_pixels", [10**6, 400 * 96])
def test_a_size_target_takes_few_files_and_the_next_would_be_too_large(
    rocket: np.ndarray, options: dict[str, Any], most_made: int, sampled_pixels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: dict[float, int] = {}
    encode = WeighedPhoto.encode

    def counted(photo: WeighedPhoto, quality: float) -> bytes:
        data = encode(photo, quality)
        made[quality] = len(data)
        return data

    monkeypatch.setattr(WeighedPhoto, "encode", counted)
    monkeypatch.setattr("foveal.encoding.targets._SAMPLED_PIXELS", sampled_pixels)
    encoded = encode_photo(foveal.Photo(rocket), EncodeOptions(target_size=15_000, saliency=None, **options))
    following = round(encoded.quality + 0.02, 2)
    assert 0.97 * 15_000 <= made[encoded.quality] <= 15_000 < made[following]
    assert len(made) <= most_made


def test_metadata_counts_for_the_size(rocket: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foveal.encoding.targets._SAMPLED_PIXELS", 400 * 96)
    photo = foveal.Photo(rocket, xmp=b"x" * 20_000)
    encoded = encode_photo(photo, EncodeOptions(target_size=30_000, saliency=None))
    assert 0.97 * 30_000 <= len(encoded.data) <= 30_000
    with pytest.raises(TargetError, match="no file of at most 20,000 bytes"):
        encode_photo(photo, EncodeOptions(target_size=20_000, saliency=None))


def test_a_size_that_is_too_small_is_refused_with_the_smallest_size(rocket: np.ndarray) -> None:
    smallest = len(foveal.encode(rocket, quality=1, saliency=None))
    with pytest.raises(TargetError, match=f"smallest, at quality 0 or 1, has {smallest:,}"):
        foveal.encode(rocket, target_size=smallest - 1, saliency=None)
    assert smallest - 2 <= len(foveal.encode(rocket, target_size=smallest, saliency=None)) <= smallest


@pytest.mark.parametrize("score", [45, 80])
@pytest.mark.parametrize("saliency", [None, "center"])
def test_a_verified_score_is_met(rocket: np.ndarray, score: float, saliency: str | None) -> None:
    encoded = encode_photo(foveal.Photo(rocket), EncodeOptions(target_score=score, verify=True, saliency=saliency))
    measured = ssimulacra2(rocket, pillow_pixels(encoded.data))
    assert abs(measured - score) <= 1
    assert encoded.score == pytest.approx(measured, abs=0.01)


def test_unreachable_scores_are_refused() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    with pytest.raises(TargetError, match="no file scores 99"):
        foveal.encode(noise, target_score=99, verify=True, saliency=None, subsampling="4:2:0")


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4"])
def test_predicted_scores_are_near_the_measured_ones(astronaut: np.ndarray, subsampling: str) -> None:
    options = [EncodeOptions(target_score=s, saliency=None, subsampling=subsampling) for s in (50, 70, 85)]
    found = [encode_photo(foveal.Photo(astronaut), each) for each in options]
    assert [encoded.score for encoded in found] == pytest.approx([50, 70, 85], abs=1)
    measured = [ssimulacra2(astronaut, pillow_pixels(encoded.data)) for encoded in found]
    np.testing.assert_allclose(measured, [50, 70, 85], atol=6)
    assert measured == sorted(measured)


def test_the_default_quality_does_not_depend_on_the_map(astronaut: np.ndarray) -> None:
    """The quality is that of an encode without a map, whatever the map; the file is smaller for it."""
    corner = np.zeros((16, 16))
    corner[:2, :2] = 1
    maps = (None, "center", corner)
    blind, aware, narrow = (encode_photo(foveal.Photo(astronaut), EncodeOptions(saliency=s, strength=1)) for s in maps)
    assert blind.quality == aware.quality == narrow.quality
    assert len(aware.data) < len(blind.data)
    assert abs(ssimulacra2(astronaut, pillow_pixels(blind.data)) - targets.DEFAULT_SCORE) < 5


@pytest.mark.parametrize("value", [0, 128, 255])
def test_the_default_quality_of_a_flat_picture_is_within_limits(value: int) -> None:
    flat = np.full((9, 9), value, np.uint8)
    encoded = encode_photo(foveal.Photo(flat), EncodeOptions(saliency=None))
    assert targets.DEFAULT_QUALITIES[0] <= encoded.quality <= targets.DEFAULT_QUALITIES[1]
    assert (pillow_pixels(encoded.data)[..., 0] == value).all()


@pytest.mark.parametrize(("side", "expected"), [(7, targets.DEFAULT_QUALITIES[1]), (8, targets.DEFAULT_QUALITIES[0])])
def test_the_default_quality_without_a_score_is_high(side: int, expected: int) -> None:
    ramp = np.linspace(0, 255, side * side).reshape(side, side).astype(np.uint8)
    assert encode_photo(foveal.Photo(ramp), EncodeOptions(saliency=None)).quality == expected


def test_a_sample_of_a_large_photo_gives_about_the_same_quality(
    monkeypatch: pytest.MonkeyPatch, astronaut: np.ndarray
) -> None:
    whole = encode_photo(foveal.Photo(astronaut), EncodeOptions(**BLIND)).quality
    monkeypatch.setattr("foveal.encoding.targets._PIXELS_FOR_DEFAULT", 512 * 160)
    assert abs(encode_photo(foveal.Photo(astronaut), EncodeOptions(**BLIND)).quality - whole) <= 8


def test_the_sample_of_a_panorama_predicts_its_score(monkeypatch: pytest.MonkeyPatch, rocket: np.ndarray) -> None:
    panorama = np.tile(rocket, (1, 5, 1))
    # In strips as wide as the panorama, this led to a score of 90.
    monkeypatch.setattr("foveal.encoding.targets._SAMPLED_PIXELS", 2000 * 64)
    encoded = encode_photo(foveal.Photo(panorama), EncodeOptions(target_score=75, **BLIND))
    assert abs(ssimulacra2(panorama, pillow_pixels(encoded.data)) - 75) < 6


def test_trends_are_constant_outside_the_measured_levels() -> None:
    trend = Trend(2, 0.5)
    assert [trend.at(level) for level in (0, 1.4, 2.2, 3.0, 9)] == pytest.approx([1.5, 1.5, 2, 2.5, 2.5])


def test_perception_survives_a_round_trip_through_a_dict() -> None:
    assert Perception.from_dict(asdict(perception())) == perception()


def test_tables_are_finer_at_lower_levels_and_for_dc() -> None:
    for spectrum in perception().spectra:
        fine, coarse = spectrum.table(1.5), spectrum.table(2.5)
        assert all(a <= b for a, b in zip(fine.table.values, coarse.table.values, strict=True))
        assert coarse.table.values[0] < coarse.table.values[1] < coarse.table.values[-1]
    assert max(max(spectrum.table(9).table.values) for spectrum in perception().spectra) == 255


def test_weights_undo_the_rounding_of_the_tables() -> None:
    """Where 2.4 was wanted and 2 is written, an error of a step is less than one of a wanted step."""
    table, weights = perception().luminance.table(2.0)
    wanted = np.array(table.values) / np.sqrt(weights)
    assert (np.abs(wanted - table.values) <= 0.5 + 1e-4).all()
    assert np.log(wanted[1]) == pytest.approx(2.0, abs=0.3)


@pytest.mark.parametrize("target", [{}, {"target_score": 75}])
def test_drawings_are_measured_because_predictions_are_for_photographs(target: dict[str, Any]) -> None:
    """Stripes and a saturated disc on white: predictions are more than 5 points off."""
    rows, columns = np.mgrid[0:320, 0:480]
    drawing = np.full((320, 480, 3), 255, np.uint8)
    drawing[((rows // 3) % 6 == 0) & (columns % 11 < 7) & (columns < 300)] = 0
    drawing[(rows - 160) ** 2 + (columns - 390) ** 2 < 70**2] = (200, 20, 40)
    found = ssimulacra2(drawing, foveal.decode(foveal.encode(drawing, saliency=None, **target)))
    assert found == pytest.approx(target.get("target_score", targets.DEFAULT_SCORE), abs=4)


@pytest.mark.parametrize(
    ("off", "score_is"),
    [(-5.1, "measured on a sample"), (-4.9, "predicted"), (4.9, "predicted"), (5.1, "measured on a sample")],
)
def test_a_prediction_is_trusted_within_five_points(
    off: float, score_is: str, coffee: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = coffee[120:300, 150:400].copy()  # in smaller ones scores jump by more than half a point
    reference = Ssimulacra2Reference(pixels)

    def predicted(photo: WeighedPhoto, quality: float) -> float:
        return reference.score(jpeg.reconstruct(photo.quantize(quality))) + off

    monkeypatch.setattr(WeighedPhoto, "predict_score", predicted)
    encoded = encode_photo(foveal.Photo(pixels), EncodeOptions(target_score=70, saliency=None))
    assert encoded.score_is == score_is
    assert encoded.score == pytest.approx(70, abs=0.5)
    assert reference.score(jpeg.decode(encoded.data)) == pytest.approx(70, abs=0.5)


def test_pictures_too_small_to_be_measured_have_a_predicted_score(rocket: np.ndarray) -> None:
    encoded = encode_photo(foveal.Photo(rocket[:7, :90].copy()), EncodeOptions(target_score=70, saliency=None))
    assert encoded.score_is == "predicted"


def test_a_target_size_may_be_a_text(rocket: np.ndarray) -> None:
    for text, size_bytes in (("15KB", 15_000), ("14.5 KiB", 14_848)):
        by_text, by_number = (foveal.encode(rocket, target_size=size, saliency=None) for size in (text, size_bytes))
        assert by_text == by_number
        assert len(by_text) <= size_bytes


@pytest.mark.parametrize(
    ("fall", "score_at_80", "measurements"),
    [(0.023, 80, 1), (0.023, 84, 1), (0.023, 75.9, 2), (0.05, 70, 3), (0.012, 88, 3), (0.023, 99, 2), (0.023, 20, 2)],
)
def test_the_default_quality_is_found_in_few_measurements(
    monkeypatch: pytest.MonkeyPatch, fall: float, score_at_80: float, measurements: int
) -> None:
    """Scores are 102 - exp(a - fall x quality), as in photographs, some with a slope that is not the usual one."""
    tried: list[float] = []

    def exact(score: float) -> float:  # the quality that has a score
        return float(80 + np.log((102 - score_at_80) / (102 - score)) / fall)

    def score(quality: float) -> float:
        tried.append(quality)
        return float(102 - (102 - score_at_80) * np.exp(-fall * (quality - 80)))

    least, most = targets.DEFAULT_QUALITIES
    assert default_quality(monkeypatch, score) == pytest.approx(np.clip(exact(80), least, most), abs=3)
    assert len(tried) <= measurements


def default_quality(monkeypatch: pytest.MonkeyPatch, score: Callable[[float], float]) -> int:
    """The default quality of a photo whose score is a function of its quality."""
    sample = SimpleNamespace(pixels=np.zeros((16, 16), np.uint8), settings=SimpleNamespace(threads=1), quantize=score)
    monkeypatch.setattr(
        targets, "Ssimulacra2Reference", lambda *_, **__: SimpleNamespace(estimate=lambda s, threads: s)
    )
    monkeypatch.setattr(targets.jpeg, "reconstruct", lambda score: score)
    return targets._find_default_quality(cast(WeighedPhoto, sample), targets.DEFAULT_SCORE)


def test_the_search_for_the_default_quality_follows_a_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    """log(102 - score) falls fast up to quality 68 and slowly above, so that the first slope leads too far."""
    tried: list[float] = []

    def score(quality: float) -> float:
        tried.append(quality)
        return float(102 - 14 * np.exp(0.01 * (80 - max(quality, 68)) + 0.08 * max(68 - quality, 0)))

    found = default_quality(monkeypatch, score)
    assert score(found) == pytest.approx(80, abs=1)
    assert len(tried) <= 5


@pytest.mark.parametrize("score_at_95", [70.0, 69.0, 60.0])
def test_scores_that_do_not_rise_with_quality_end_the_search(
    monkeypatch: pytest.MonkeyPatch, score_at_95: float
) -> None:
    """A score of 70 at quality 80 leads to 95, the highest default quality; if that is no better, 80 is taken."""
    scores = {80: 70.0, 95: score_at_95}
    assert default_quality(monkeypatch, lambda quality: scores[int(quality)]) == 80  # nothing else is tried


@pytest.mark.parametrize(("side", "excess"), [(256, 0.0), (264, 0.8)])
def test_the_score_of_a_sample_is_above_that_of_the_photo(
    side: int, excess: float, astronaut: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: list[float] = []

    def find_quality(sample: WeighedPhoto, score: float) -> int:
        assert sample.pixels.size // 3 <= 66_000
        wanted.append(score)
        return 80

    monkeypatch.setattr(targets, "_find_default_quality", find_quality)
    foveal.encode(np.ascontiguousarray(astronaut[:side, :side]), saliency=None)
    assert wanted == [pytest.approx(targets.DEFAULT_SCORE + excess)]
