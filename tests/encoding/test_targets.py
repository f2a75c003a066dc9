"""Qualities that mean what libjpeg's mean, and targets of size and score that are met."""

from __future__ import annotations

import itertools
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
import skimage.data
from hypothesis import given
from hypothesis import strategies as st
from other_readers import pillow_pixels
from pictures import noisy_gradient
from weighed_photos import weigh

import foveal
from foveal import jpeg
from foveal.allocate.perception import Perception, Trend, level_of_quality, perception
from foveal.comparison.peers import libjpeg_turbo
from foveal.encoding import EncodeOptions, encode_photo, targets, weighed_photo
from foveal.encoding.weighed_photo import WeighedPhoto
from foveal.errors import ParameterError, TargetError
from foveal.metrics import Ssimulacra2Reference, ssimulacra2

BLIND = {"saliency": None}


@pytest.fixture(scope="module")
def rocket() -> np.ndarray:
    return np.ascontiguousarray(skimage.data.rocket()[60:380, 160:560])


def test_levels_fall_with_quality() -> None:
    levels = [level_of_quality(quality) for quality in np.linspace(0, 100, 401)]
    assert all(after <= before for before, after in itertools.pairwise(levels))
    finest = level_of_quality(100)
    for tuned in (perception(), perception().without_down_sampling(finest)):
        assert all(max(spectrum.table(finest).table.values) <= 4 for spectrum in tuned.spectra)


@pytest.mark.parametrize("name", ["astronaut", "coffee", "rocket"])
def test_files_grow_with_quality(name: str) -> None:
    pixels = getattr(skimage.data, name)()[:256, :256]
    sizes = [len(foveal.encode(pixels, quality=quality, saliency=None)) for quality in range(30, 101, 2)]
    assert all(before < after * 1.002 for before, after in itertools.pairwise(sizes))
    assert sizes[-1] > 4 * sizes[0]


def test_a_quality_looks_like_libjpegs_on_the_average() -> None:
    photos = [getattr(skimage.data, name)() for name in ("astronaut", "coffee", "chelsea", "rocket")]
    for quality in (50, 75, 90):
        ours, theirs = (
            [(ssimulacra2(photo, pillow_pixels(data)), len(data)) for photo, data in zip(photos, files, strict=True)]
            for files in (
                [foveal.encode(photo, quality=quality, saliency=None) for photo in photos],
                [libjpeg_turbo(photo, quality) for photo in photos],
            )
        )
        difference = np.mean(ours, axis=0) - np.mean(theirs, axis=0)
        assert abs(difference[0]) < 2.5  # four photos are few
        assert difference[1] < 0


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket"])
def test_what_is_looked_at_keeps_its_score_and_the_file_is_smaller(name: str) -> None:
    """At high qualities, where scores of files are near each other, it may lose a little."""
    pixels = np.ascontiguousarray(getattr(skimage.data, name)())
    height, width = pixels.shape[:2]
    part = np.s_[height // 3 : height // 3 + 128, width // 3 : width // 3 + 160]
    where = np.zeros((height, width))
    where[part] = 1
    for quality, most_lost in ((50, 0.0), (75, 0.0), (92, 1.5)):
        blind, aware = (foveal.encode(pixels, quality=quality, saliency=each) for each in (None, where))
        without, with_map = (
            ssimulacra2(pixels[part].copy(), pillow_pixels(data)[part].copy()) for data in (blind, aware)
        )
        assert with_map > without - most_lost
        assert len(aware) < 0.96 * len(blind)


@pytest.mark.parametrize("size_bytes", [5_000, 20_000])
@pytest.mark.parametrize("saliency", [None, "center"])
def test_a_target_of_size_is_filled_and_kept(rocket: np.ndarray, size_bytes: int, saliency: str | None) -> None:
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
def test_a_target_of_size_is_met_with_few_files_and_the_next_would_be_too_large(
    rocket: np.ndarray, options: dict[str, Any], most_made: int, sampled_pixels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: dict[float, int] = {}
    encode = WeighedPhoto.encode

    def counted(photo: WeighedPhoto, quality: float) -> bytes:
        data = encode(photo, quality)
        made[quality] = len(data)
        return data

    monkeypatch.setattr(WeighedPhoto, "encode", counted)
    monkeypatch.setattr("foveal.encoding.weighed_photo._SAMPLED_PIXELS", sampled_pixels)
    encoded = encode_photo(foveal.Photo(rocket), EncodeOptions(target_size=15_000, saliency=None, **options))
    following = round(encoded.quality + 0.02, 2)
    assert 0.97 * 15_000 <= made[encoded.quality] <= 15_000 < made[following]
    assert len(made) <= most_made


@pytest.mark.parametrize("sampled_pixels", [10**6, 400 * 96])
def test_a_price_is_about_what_the_file_has(
    rocket: np.ndarray, sampled_pixels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a sample, the scans are priced for all of the photo, and metadata once."""
    monkeypatch.setattr("foveal.encoding.weighed_photo._SAMPLED_PIXELS", sampled_pixels)
    photo = weigh(rocket)
    commented = replace(photo, settings=replace(photo.settings, metadata=jpeg.Metadata(comment=bytes(9_000))))
    sample, other_sample = photo.sample(), commented.sample()
    assert (sample is photo) == (sampled_pixels == 10**6)
    tolerance = 0.003 if sample is photo else 0.2
    for quality in (30, 75, 95):
        price = photo.estimate_size(quality, sample)
        assert price == pytest.approx(len(photo.encode(quality)), rel=tolerance)
        assert commented.estimate_size(quality, other_sample) - price == 9_004


def test_metadata_counts_for_the_size(rocket: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foveal.encoding.weighed_photo._SAMPLED_PIXELS", 400 * 96)
    photo = foveal.Photo(rocket, xmp=b"x" * 20_000)
    encoded = encode_photo(photo, EncodeOptions(target_size=30_000, saliency=None))
    assert 0.97 * 30_000 <= len(encoded.data) <= 30_000
    with pytest.raises(TargetError, match="no file of at most 20,000 bytes"):
        encode_photo(photo, EncodeOptions(target_size=20_000, saliency=None))


def test_a_size_that_no_file_has_is_told_with_the_smallest(rocket: np.ndarray) -> None:
    smallest = len(foveal.encode(rocket, quality=1, saliency=None))
    with pytest.raises(TargetError, match=f"smallest, at quality 1, has {smallest:,}"):
        foveal.encode(rocket, target_size=smallest - 1, saliency=None)
    assert len(foveal.encode(rocket, target_size=smallest, saliency=None)) == smallest


@pytest.mark.parametrize("score", [45, 80])
@pytest.mark.parametrize("saliency", [None, "center"])
def test_a_verified_score_is_met(rocket: np.ndarray, score: float, saliency: str | None) -> None:
    encoded = encode_photo(foveal.Photo(rocket), EncodeOptions(target_score=score, verify=True, saliency=saliency))
    measured = ssimulacra2(rocket, pillow_pixels(encoded.data))
    assert abs(measured - score) <= 1
    assert encoded.score == pytest.approx(measured, abs=0.01)


def test_scores_out_of_reach_are_told() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    with pytest.raises(TargetError, match="no file scores 99"):
        foveal.encode(noise, target_score=99, verify=True, saliency=None, subsampling="4:2:0")


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4"])
def test_predictions_are_near_and_rise_with_the_target(astronaut: np.ndarray, subsampling: str) -> None:
    options = [EncodeOptions(target_score=s, saliency=None, subsampling=subsampling) for s in (50, 70, 85)]
    found = [encode_photo(foveal.Photo(astronaut), each) for each in options]
    assert [encoded.score for encoded in found] == pytest.approx([50, 70, 85], abs=1)
    measured = [ssimulacra2(astronaut, pillow_pixels(encoded.data)) for encoded in found]
    np.testing.assert_allclose(measured, [50, 70, 85], atol=6)
    assert measured == sorted(measured)


def test_without_a_quality_the_salient_part_decides(astronaut: np.ndarray) -> None:
    """The quality is that of an encode without a map, whatever the map; the file is smaller for it."""
    corner = np.zeros((16, 16))
    corner[:2, :2] = 1
    maps = (None, "center", corner)
    blind, aware, narrow = (encode_photo(foveal.Photo(astronaut), EncodeOptions(saliency=s, strength=1)) for s in maps)
    assert blind.quality == aware.quality == narrow.quality
    assert len(aware.data) < len(blind.data)
    assert abs(ssimulacra2(astronaut, pillow_pixels(blind.data)) - targets.DEFAULT_SCORE) < 5


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_flat_picture_gets_no_absurd_quality(value: int) -> None:
    flat = np.full((9, 9), value, np.uint8)
    encoded = encode_photo(foveal.Photo(flat), EncodeOptions(saliency=None))
    assert targets.DEFAULT_QUALITIES[0] <= encoded.quality <= targets.DEFAULT_QUALITIES[1]
    assert (pillow_pixels(encoded.data)[..., 0] == value).all()


def test_a_large_photo_is_judged_by_patches_of_it(monkeypatch: pytest.MonkeyPatch, astronaut: np.ndarray) -> None:
    whole = encode_photo(foveal.Photo(astronaut), EncodeOptions(**BLIND)).quality
    monkeypatch.setattr("foveal.encoding.weighed_photo._SAMPLED_PIXELS", 512 * 160)
    assert abs(encode_photo(foveal.Photo(astronaut), EncodeOptions(**BLIND)).quality - whole) <= 8


def test_a_panorama_is_not_judged_by_a_strip_of_it(monkeypatch: pytest.MonkeyPatch, rocket: np.ndarray) -> None:
    panorama = np.tile(rocket, (1, 5, 1))
    # In strips as wide as the panorama, this led to a score of 90.
    monkeypatch.setattr("foveal.encoding.weighed_photo._SAMPLED_PIXELS", 2000 * 64)
    encoded = encode_photo(foveal.Photo(panorama), EncodeOptions(target_score=75, **BLIND))
    assert abs(ssimulacra2(panorama, pillow_pixels(encoded.data)) - 75) < 6


@given(st.integers(1, 700), st.integers(1, 700), st.integers(1, 300_000))
def test_patches_of_a_photo_keep_their_weights(height: int, width: int, sampled_pixels: int) -> None:
    rows, columns = jpeg.block_grid(height, width)
    weights = np.arange(rows * columns, dtype=np.float32).reshape(rows, columns)
    number = np.repeat(np.repeat(weights.astype(np.uint16), 8, axis=0), 8, axis=1)[:height, :width]  # of the block
    photo = weigh(np.ascontiguousarray(number), weights)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("foveal.encoding.weighed_photo._SAMPLED_PIXELS", sampled_pixels)
        sample = photo.sample()
    assert (sample is photo) == (height * width <= sampled_pixels)
    assert sample.weights.shape == jpeg.block_grid(*sample.pixels.shape)
    np.testing.assert_array_equal(sample.weights, sample.pixels[::8, ::8])
    assert len(np.unique(sample.weights)) == sample.weights.size  # patches that do not overlap
    assert min(sample.pixels.shape) >= min(128, height, width)
    assert sample.pixels.size <= max(sampled_pixels, 255 * 255, 255 * min(height, width))


def test_patches_are_spread_evenly() -> None:
    assert weighed_photo._spread(128 * 6, 0.5).tolist() == [*range(128, 256), *range(384, 512), *range(640, 768)]
    assert weighed_photo._spread(128 * 3 + 127, 0.1).tolist() == list(range(128, 256))  # the middle
    assert weighed_photo._spread(128 * 3 + 127, 1).tolist() == list(range(128 * 3 + 127))
    assert weighed_photo._spread(255, 0.1).tolist() == list(range(255))  # no two patches to choose from


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"quality": 50, "target_size": 1000}, "give one of quality, target_size"),
        ({"target_score": 50, "target_size": 1000}, "give one of"),
        ({"target_size": 0}, "target_size"),
        ({"target_size": 10.5}, "target_size"),
        ({"target_score": 100.1}, "target_score"),
        ({"verify": True}, "verify needs a target_score"),
        ({"verify": 1, "target_score": 50}, "verify must be"),
    ],
)
def test_targets_that_make_no_sense(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        foveal.encode(noisy_gradient(9, 9), **wrong)  # type: ignore[arg-type]


def test_trends_end_where_nothing_was_measured() -> None:
    trend = Trend(2, 0.5)
    assert [trend.at(level) for level in (0, 1.4, 2.2, 3.0, 9)] == pytest.approx([1.5, 1.5, 2, 2.5, 2.5])


def test_the_numbers_survive_being_written() -> None:
    assert Perception.from_dict(asdict(perception())) == perception()


def test_tables_are_finer_at_lower_levels_and_for_dc() -> None:
    for spectrum in perception().spectra:
        fine, coarse = spectrum.table(1.5), spectrum.table(2.5)
        assert all(a <= b for a, b in zip(fine.table.values, coarse.table.values, strict=True))
        assert coarse.table.values[0] < coarse.table.values[1] < coarse.table.values[-1]
    assert max(max(spectrum.table(9).table.values) for spectrum in perception().spectra) == 255


def test_errors_count_in_the_steps_that_were_wanted() -> None:
    """Where 2.4 was wanted and 2 is written, an error of a step is less than one of a wanted step."""
    table, weights = perception().luminance.table(2.0)
    wanted = np.array(table.values) / np.sqrt(weights)
    assert (np.abs(wanted - table.values) <= 0.5 + 1e-4).all()
    assert np.log(wanted[1]) == pytest.approx(2.0, abs=0.3)


@pytest.mark.parametrize("target", [{}, {"target_score": 75}])
def test_drawings_are_measured_as_predictions_are_for_photographs(target: dict[str, Any]) -> None:
    """Stripes and a saturated disc on white: predicted from quantization errors, they would score 30 points less."""
    rows, columns = np.mgrid[0:320, 0:480]
    drawing = np.full((320, 480, 3), 255, np.uint8)
    drawing[((rows // 3) % 4 == 0) & (columns % 11 < 7) & (columns < 300)] = 0
    drawing[(rows - 160) ** 2 + (columns - 390) ** 2 < 70**2] = (200, 20, 40)
    found = ssimulacra2(drawing, foveal.decode(foveal.encode(drawing, saliency=None, **target)))
    assert found == pytest.approx(target.get("target_score", targets.DEFAULT_SCORE), abs=4)


def test_a_grey_photo_has_no_subsampling(coffee: np.ndarray) -> None:
    grey = np.ascontiguousarray(coffee[..., 1])
    files = {foveal.encode(grey, saliency=None, subsampling=name) for name in ("auto", "4:2:0", "4:4:4")}
    assert len(files) == 1


@pytest.mark.parametrize(
    ("off", "score_is"),
    [(-5.1, "measured on a sample"), (-4.9, "predicted"), (4.9, "predicted"), (5.1, "measured on a sample")],
)
def test_a_prediction_is_trusted_within_five_points(
    off: float, score_is: str, rocket: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = rocket[:96, :128].copy()
    reference = Ssimulacra2Reference(pixels)

    def predicted(photo: WeighedPhoto, quality: float) -> float:
        return reference.score(jpeg.reconstruct(photo.quantize(quality))) + off

    monkeypatch.setattr(WeighedPhoto, "predict_score", predicted)
    encoded = encode_photo(foveal.Photo(pixels), EncodeOptions(target_score=70, saliency=None))
    assert encoded.score_is == score_is
    assert encoded.score == pytest.approx(70, abs=0.5)


def test_pictures_too_small_to_be_measured_have_a_predicted_score(rocket: np.ndarray) -> None:
    encoded = encode_photo(foveal.Photo(rocket[:7, :90].copy()), EncodeOptions(target_score=70, saliency=None))
    assert encoded.score_is == "predicted"
