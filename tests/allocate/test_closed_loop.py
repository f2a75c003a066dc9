"""The closed loop of effort "best": its costs and factors against plain sums, its gain by the scores of files."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from other_readers import pillow_pixels
from pictures import noisy_gradient
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import correlate

import foveal
from bench.rd.ms_ssim import MsSsimReference
from bench.rd.psnr_hvs_m import PsnrHvsMReference
from foveal import jpeg
from foveal.allocate import closed_loop, rate_distortion
from foveal.allocate.effort import EFFORTS, Effort
from foveal.encoding import EncodeOptions, encode_photo
from foveal.metrics import Ssimulacra2Reference

Factors = list[np.ndarray]


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Factors:
    """Return a list that collects the factors of all later encodes."""
    factors: Factors = []

    def measure(*arguments: Any) -> np.ndarray:
        factors.append(closed_loop.luminance_factors(*arguments))
        return factors[-1]

    monkeypatch.setattr(rate_distortion, "luminance_factors", measure)
    return factors


def log_size_at(score: float, reference: Any, pixels: np.ndarray) -> float:
    """Return the logarithm of the size at a score, interpolated between files of eight qualities."""
    files = [foveal.encode(pixels, quality=q, saliency=None) for q in range(50, 90, 5)]
    scores = [reference.score(pillow_pixels(data)) for data in files]
    assert scores[0] < score < scores[-1]
    return float(PchipInterpolator(scores, [np.log(len(data)) for data in files])(score))


def saved(data: bytes, reference: Any, pixels: np.ndarray) -> float:
    """Return by how much a file is smaller than those of effort "balanced" with the same score, as a logarithm."""
    return log_size_at(reference.score(pillow_pixels(data)), reference, pixels) - float(np.log(len(data)))


@pytest.mark.parametrize("grey", [False, True], ids=["colour", "grey"])
@pytest.mark.parametrize("photo", ["astronaut", "chelsea", "coffee"])
def test_best_takes_fewer_bytes_for_the_same_score(photo: str, grey: bool, request: pytest.FixtureRequest) -> None:
    """About 1 % by SSIMULACRA 2: a larger correction gains more by it, and loses by other metrics."""
    pixels = request.getfixturevalue(photo)
    pixels = np.ascontiguousarray(pixels[:, :, 1]) if grey else pixels
    files = [foveal.encode(pixels, quality=quality, saliency=None, effort="best") for quality in (60, 70, 80)]
    gains = [saved(data, Ssimulacra2Reference(pixels), pixels) for data in files]
    assert np.mean(gains) > 0.006
    assert min(gains) > 0.003


@pytest.mark.parametrize("judge", [PsnrHvsMReference, MsSsimReference])
def test_best_gains_by_metrics_that_the_loop_does_not_use(judge: Any, request: pytest.FixtureRequest) -> None:
    gains = []
    for photo in ("astronaut", "chelsea", "coffee"):
        pixels = request.getfixturevalue(photo)
        for quality in (60, 80):
            data = foveal.encode(pixels, quality=quality, saliency=None, effort="best")
            gains.append(saved(data, judge(pixels), pixels))
    assert np.mean(gains) > 0


def test_the_gain_comes_from_the_loop_and_not_from_the_longer_search(
    chelsea: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid, reference = jpeg.block_grid(*chelsea.shape[:2]), Ssimulacra2Reference(chelsea)
    looped = foveal.encode(chelsea, quality=70, saliency=None, effort="best")
    monkeypatch.setattr(rate_distortion, "luminance_factors", lambda *_: np.ones(grid, np.float32))
    open_loop = foveal.encode(chelsea, quality=70, saliency=None, effort="best")
    assert saved(looped, reference, chelsea) > saved(open_loop, reference, chelsea) + 0.006


@pytest.mark.parametrize("shape", [(64, 96, 3), (67, 131, 3), (9, 8, 3), (41, 50)], ids=str)
def test_costs_are_gradient_times_error_without_the_means_of_blocks(shape: tuple[int, ...]) -> None:
    original = noisy_gradient(shape[0], shape[1], 3 if len(shape) == 3 else None)
    decoded = pillow_pixels(foveal.encode(original, quality=40, saliency=None))
    gradient = Ssimulacra2Reference(original).gradient(decoded).astype(np.float64)
    error = decoded.astype(np.float64) - original
    if len(shape) == 3:
        gradient, error = gradient.sum(axis=2), error @ [0.299, 0.587, 0.114]
    padded = (-shape[0] % 8, -shape[1] % 8)
    gradient = np.pad(gradient, [(0, each) for each in padded])
    error = np.pad(error, [(0, each) for each in padded], mode="edge")
    found = closed_loop._gradient_costs(original, decoded, 2)
    assert found.shape == jpeg.block_grid(*shape[:2])
    expected = np.zeros(found.shape)
    for row, column in np.ndindex(found.shape):
        block = np.s_[8 * row : 8 * row + 8, 8 * column : 8 * column + 8]
        expected[row, column] = -(gradient[block] * (error[block] - error[block].mean())).mean()
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


def test_distortion_is_that_which_the_trellis_minimises(astronaut: np.ndarray) -> None:
    """For luminance AC: block weight x frequency weight x squared distance from the lifted magnitude in steps."""
    pixels = astronaut[100:151, 200:277].copy()
    frame = jpeg.frame_of(pixels, "4:2:0")
    rng = np.random.default_rng(5)
    weights = rng.uniform(2, 20, frame.block_grid).astype(np.float32)
    by_frequency = rng.uniform(0.5, 2, 64).astype(np.float32)
    trellis = jpeg.Trellis((weights,), (by_frequency,), (0.3,))
    before = jpeg.transform(pixels, frame, 1)
    settings = jpeg.EncoderSettings(tables=jpeg.annex_k_tables(60), quantizer=trellis)
    quantized = jpeg.quantize(before, frame, settings)
    found = closed_loop._trellis_distortion(before[0], quantized, trellis, 2)
    assert found.shape == frame.block_grid
    steps = 16.0 * np.array(settings.tables[0].values)
    for row, column in np.ndindex(found.shape):
        levels = np.abs(quantized.blocks[0][row, column].astype(float))
        errors = np.abs(before[0][row, column]) / steps + np.where(levels > 0, 0.3, 0) - levels
        expected = weights[row, column] * float((by_frequency * errors**2)[1:].sum())
        assert found[row, column] == pytest.approx(expected, rel=1e-4)


def test_visible_errors_are_those_above_what_contrast_masks(astronaut: np.ndarray) -> None:
    pixels = astronaut[100:151, 200:277].copy()
    frame = jpeg.frame_of(pixels, "4:2:0")
    before = jpeg.transform(pixels, frame, 1)
    settings = jpeg.EncoderSettings(tables=jpeg.annex_k_tables(60))
    quantized = jpeg.quantize(before, frame, settings)
    found = closed_loop._visible_errors(before[0], quantized, 2)
    assert found.shape == frame.block_grid
    steps, thresholds = (np.array(jpeg.annex_k_tables(quality)[0].values, float)[1:] for quality in (60, 50))
    for row, column in np.ndindex(found.shape):
        exact = before[0][row, column, 1:] / 16
        contrast = np.sqrt(((10 * exact / thresholds) ** 2).sum())
        masked = 0.02 * contrast * (thresholds / 10) ** 2
        visible = np.abs(exact - steps * quantized.blocks[0][row, column, 1:]) - masked
        expected = ((10 / thresholds * visible)[visible > 0] ** 2).sum()
        assert found[row, column] == pytest.approx(expected, rel=1e-3, abs=1e-4)


def test_costs_are_mixed_with_those_of_the_neighbours() -> None:
    blocks = np.random.default_rng(6).uniform(size=(5, 7)).astype(np.float32)
    axis = np.array([1, 4, 1]) / 6
    expected = correlate(blocks.astype(float), np.outer(axis, axis), mode="nearest")
    np.testing.assert_allclose(closed_loop._smooth(blocks), expected, rtol=1e-6)


@pytest.mark.parametrize("corrections", [0, 1, 3])
def test_both_sides_of_a_ratio_are_smoothed_in_each_round(
    corrections: int, chelsea: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setitem(EFFORTS, "best", replace(EFFORTS["best"], corrections=corrections))
    monkeypatch.setattr(closed_loop, "_smooth", lambda blocks: seen.append(blocks) or blocks.astype(float))
    foveal.encode(chelsea[:64, :80].copy(), quality=70, effort="best", saliency=None)
    assert len(seen) == 4 * corrections  # costs and distortion, for each of two judges


def test_costs_are_not_negative_and_add_up_to_the_distortion_in_each_band(
    coffee: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some errors improve the score; their costs are 0."""
    pixels = coffee[:200, :160].copy()
    decoded = pillow_pixels(foveal.encode(pixels, quality=60, saliency=None))
    assert closed_loop._gradient_costs(pixels, decoded, 1).min() < 0
    distortion = np.random.default_rng(7).uniform(size=jpeg.block_grid(200, 160)).astype(np.float32)
    for band_pixels in (1 << 22, 160 * 100):
        monkeypatch.setattr(closed_loop, "_BAND_PIXELS", band_pixels)
        costs = closed_loop._measure_costs(pixels, decoded, distortion, 1)
        assert costs.min() == 0
        for first, last in closed_loop._row_bands(200, 160):
            assert costs[first:last].sum() == pytest.approx(distortion[first:last].sum(), rel=1e-4)


def test_a_band_is_measured_with_the_rows_around_it(coffee: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = coffee[:256, :160].copy()
    decoded = pillow_pixels(foveal.encode(pixels, quality=60, saliency=None))
    seen = []

    def record(original: np.ndarray, decoded: np.ndarray, threads: int) -> np.ndarray:
        seen.append((original, decoded))
        return np.ones(jpeg.block_grid(*original.shape[:2]), np.float32)

    monkeypatch.setattr(closed_loop, "_gradient_costs", record)
    monkeypatch.setattr(closed_loop, "_BAND_PIXELS", 160 * 128)
    closed_loop._measure_costs(pixels, decoded, np.ones((32, 20), np.float32), 1)
    for found, first, last in zip(seen, (0, 64), (192, 256), strict=True):
        for each, whole in zip(found, (pixels, decoded), strict=True):
            np.testing.assert_array_equal(each, whole[first:last])


def test_weights_rise_where_errors_cost_more_than_their_distortion() -> None:
    costs, distortion = np.ones((4, 6)), np.ones((4, 6))
    costs[1, 2], distortion[2, 4] = 3, 3
    factors = closed_loop._correction(costs, distortion)
    usual = factors[0, 0]
    assert factors[1, 2] == pytest.approx((3.1 + 0.1 * 1 / 12) ** 0.25, rel=0.1)
    assert factors[2, 4] == pytest.approx(0.9**0.25)
    assert factors[2, 4] < usual < factors[1, 2]
    assert factors.dtype == np.float32
    assert closed_loop._correction(np.zeros((2, 2)), np.zeros((2, 2))) == pytest.approx(1)
    assert closed_loop._correction(7 * distortion, distortion) == pytest.approx(1)


def test_factors_are_bounded(astronaut: np.ndarray, found: Factors) -> None:
    foveal.encode(astronaut, quality=60, effort="best", saliency=None)
    (factors,) = found
    assert factors.shape == (64, 64)
    assert 0.9 ** (0.25 * 2) - 1e-6 <= factors.min() < 0.96
    assert 1.2 < factors.max() <= 5 ** (0.25 * 2)


def test_bands_of_a_large_photo_find_nearly_what_the_whole_does(
    coffee: np.ndarray, found: Factors, monkeypatch: pytest.MonkeyPatch
) -> None:
    undivided = foveal.encode(coffee, quality=70, effort="best", saliency=None)
    monkeypatch.setattr(closed_loop, "_BAND_PIXELS", 600 * 140)
    assert closed_loop._row_bands(400, 600) == [(0, 16), (16, 33), (33, 50)]
    data = foveal.encode(coffee, quality=70, effort="best", saliency=None)
    whole, banded = (np.log(each.ravel()) for each in found)
    assert not np.array_equal(whole, banded)
    assert np.corrcoef(whole, banded)[0, 1] > 0.85
    gains = [saved(each, Ssimulacra2Reference(coffee), coffee) for each in (data, undivided)]
    assert gains[0] == pytest.approx(gains[1], abs=0.003)
    assert foveal.encode(coffee, quality=70, effort="best", saliency=None, threads=3) == data


@pytest.mark.parametrize("size", [(1, 65_535), (7, 3000), (8, 8), (2000, 2100), (65_535, 8)], ids=str)
def test_bands_cover_every_row_of_blocks(size: tuple[int, int]) -> None:
    bands = closed_loop._row_bands(*size)
    assert [bands[0][0], bands[-1][1]] == [0, -(-size[0] // 8)]
    assert all(first < last for first, last in bands)
    assert all(before[1] == after[0] for before, after in itertools.pairwise(bands))
    assert len(bands) == (2 if size == (2000, 2100) else 1)


def test_the_bytes_do_not_depend_on_threads(astronaut: np.ndarray) -> None:
    photo = np.tile(astronaut, (2, 2, 1))[:1001, :1003]
    files = {foveal.encode(photo, quality=77, effort="best", saliency=None, threads=threads) for threads in (1, 2, 5)}
    assert len(files) == 1


def test_saliency_plays_no_part_in_the_factors(astronaut: np.ndarray, found: Factors) -> None:
    mask = np.zeros((8, 8))
    mask[2:5, 3:6] = 1
    for saliency in (None, mask):
        foveal.encode(astronaut, quality=70, effort="best", saliency=saliency)
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize(
    "settings", [{"effort": "fast"}, {"effort": "balanced"}, {"effort": "best", "allocation": "quality-map"}], ids=str
)
def test_other_efforts_and_allocations_measure_nothing(settings: dict[str, str], found: Factors) -> None:
    foveal.encode(noisy_gradient(64, 64), quality=70, **settings)
    assert not found


def test_the_loop_searches_with_balanced_and_the_file_with_best(
    chelsea: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    efforts = []

    original = rate_distortion.quantization_by_visibility

    def record(level: float, weights: Any, visibility: Any, effort: Effort, tuned: Any) -> Any:
        efforts.append(effort)
        return original(level, weights, visibility, effort, tuned)

    monkeypatch.setattr(rate_distortion, "quantization_by_visibility", record)
    foveal.encode(chelsea[:64, :80].copy(), quality=70, effort="best", saliency=None)
    assert efforts == [*[EFFORTS["balanced"]] * EFFORTS["best"].corrections, EFFORTS["best"]]


@pytest.mark.parametrize(("shape", "measured"), [((8, 8), 1), ((8, 9, 3), 1), ((7, 90, 3), 0), ((90, 7), 0)], ids=str)
def test_pictures_too_small_for_the_score_are_encoded_without_it(
    shape: tuple[int, ...], measured: int, found: Factors
) -> None:
    pixels = noisy_gradient(shape[0], shape[1], 3 if len(shape) == 3 else None)
    assert pillow_pixels(foveal.encode(pixels, quality=50, effort="best")).shape == shape
    assert len(found) == measured


@pytest.mark.parametrize("quality", [0, 50, 97])
@pytest.mark.parametrize("value", [0, 128, 255])
def test_flat_pictures_have_nothing_to_correct(value: int, quality: float, found: Factors) -> None:
    flat = np.full((33, 50, 3), value, dtype=np.uint8)
    assert np.abs(pillow_pixels(foveal.encode(flat, quality=quality, effort="best")).astype(int) - value).max() <= 16
    assert found[0] == pytest.approx(1, abs=1e-3)


def test_16_bit_pixels_find_what_8_bit_ones_do(coffee: np.ndarray, found: Factors) -> None:
    for pixels in (coffee, coffee.astype(np.uint16) * 257):
        foveal.encode(pixels, quality=70, effort="best", saliency=None)
    eight, sixteen = (np.log(each.ravel()) for each in found)
    assert np.corrcoef(eight, sixteen)[0, 1] > 0.95  # those of 8 bits are rounded to whole levels before the DCT
    assert eight.mean() == pytest.approx(sixteen.mean(), abs=0.02)


def test_a_search_finds_the_file_of_its_quality(chelsea: np.ndarray) -> None:
    options = EncodeOptions(target_size=15_000, saliency=None, effort="best")
    chosen = encode_photo(foveal.Photo(chelsea), options)
    assert 0.97 * 15_000 <= len(chosen.data) <= 15_000
    assert chosen.data == foveal.encode(chelsea, quality=chosen.quality, saliency=None, effort="best")


@pytest.mark.parametrize("photo", ["chelsea", "coffee"])
def test_bytes_rise_with_quality(photo: str, request: pytest.FixtureRequest) -> None:
    pixels = request.getfixturevalue(photo)
    sizes = [len(foveal.encode(pixels, quality=q, saliency=None, effort="best")) for q in (40, 57, 58, 75, 77, 78, 93)]
    assert sizes == sorted(set(sizes))
