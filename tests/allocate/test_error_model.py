"""The error model: its distortion against that of the trellis and plain sums, its shifts against the formula."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from weighed_photos import weigh

from foveal import jpeg
from foveal.allocate.allocation import WeighedCoefficients
from foveal.allocate.effort import EFFORTS
from foveal.allocate.error_model import ErrorModel, ShiftSize, error_models
from foveal.allocate.perception import perception
from foveal.allocate.rate_distortion import RateDistortion
from foveal.allocate.weighing import Weighing


def random_model(rows: int = 3, columns: int = 4, lift: float = 0.1) -> ErrorModel:
    rng = np.random.default_rng(5)
    exact = rng.normal(scale=600, size=(rows, columns, 64)).astype(np.int16)
    steps = rng.integers(10, 60, 64).astype(np.float32)
    levels = np.rint(exact / 16 / steps + rng.normal(scale=0.1, size=exact.shape)).astype(np.int16)
    weights, saliency, trust = rng.uniform(0.1, 1, (3, rows, columns)).astype(np.float32)
    importance = rng.uniform(0.5, 2, 64).astype(np.float32)
    return ErrorModel(exact, levels, steps, lift, weights, importance, saliency, trust, threads=1)


def errors_in_steps(model: ErrorModel) -> np.ndarray:
    """Return level - (magnitude of the coefficient in steps + lift of nonzero AC levels), with the level's sign."""
    lifted = model.exact / (16.0 * model.steps) + model.lift * np.sign(model.levels) * (np.arange(64) > 0)
    return np.asarray(model.levels - lifted)


def test_without_a_map_it_has_the_numbers_of_the_trellis(astronaut: np.ndarray) -> None:
    photo = weigh(astronaut[100:148, 200:264].copy())._transform(60)
    weighing = RateDistortion().weigh(photo, 2.0)
    quantization = weighing.quantization(EFFORTS["balanced"])
    quantized = photo.quantize(quantization)
    for index, model in enumerate(error_models(photo, weighing, quantization.quantizer, quantized)):
        component = quantized.frame.components[index]
        weights = quantized.frame.largest_of_covered_blocks(quantization.quantizer.block_weights[index], component)
        inside = np.s_[: component.block_rows, : component.block_columns]
        np.testing.assert_allclose(model.weights, weights[inside], rtol=1e-5)
        np.testing.assert_array_equal(model.importance, quantization.quantizer.frequency_weights[index])
        np.testing.assert_array_equal(model.steps, quantized.tables[index].values)
        assert model.lift == quantization.quantizer.lifts[index]
        assert model.exact.shape == model.levels.shape == (*weights[inside].shape, 64)


def test_saliency_is_kept_apart(astronaut: np.ndarray) -> None:
    """A block of colour takes the largest saliency of the blocks that it covers, and is trusted if one of them is."""
    grid, rng = (4, 6), np.random.default_rng(7)
    saliency, trust = rng.uniform(0.1, 1, (2, *grid)).astype(np.float32)
    seen = [np.full(grid, factor, np.float32) for factor in (1, 2, 3)]
    photo = weigh(astronaut[:32, :48].copy())._transform(60)
    weighing = Weighing(2.0, saliency, seen, perception(), trust)
    quantization = weighing.quantization(EFFORTS["balanced"])
    quantized, trellis = photo.quantize(quantization), quantization.quantizer
    blind = replace(weighing, saliency=np.ones(grid, np.float32))
    luminance, cb, _ = error_models(photo, weighing, trellis, quantized)
    np.testing.assert_array_equal(luminance.saliency, saliency)
    np.testing.assert_array_equal(luminance.trust, trust)
    np.testing.assert_array_equal(cb.saliency, saliency.reshape(2, 2, 3, 2).max(axis=(1, 3)))
    np.testing.assert_array_equal(cb.trust, trust.reshape(2, 2, 3, 2).max(axis=(1, 3)))
    for with_map, without in zip(
        error_models(photo, weighing, trellis, quantized), error_models(photo, blind, trellis, quantized), strict=True
    ):
        np.testing.assert_array_equal(with_map.weights, without.weights)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("size", [ShiftSize(0.25, 0.1), ShiftSize(100.0, 1.0)])
def test_corrected_move_towards_the_lowest_point_of_model_and_judge(size: ShiftSize, threads: int) -> None:
    model = replace(random_model(), threads=threads)
    rng = np.random.default_rng(8)
    errors = errors_in_steps(model)
    curvature = 2 * model.weights[..., np.newaxis] * model.importance  # of the distortion, by errors in steps
    slopes = (curvature * errors * rng.uniform(0.2, 3, errors.shape)).astype(np.float32)  # those of a judge
    before = (model.exact + rng.integers(-50, 50, errors.shape)).astype(np.int16)
    corrected = before.copy()
    model.shift(corrected, slopes, size)
    # Judge and model get the same sum over the salient part: errors that the judge finds as costly as the model does
    # are not moved.
    ac = np.s_[..., 1:]
    scale = (model.saliency[..., np.newaxis] * curvature * errors**2)[ac].sum() / (
        model.saliency[..., np.newaxis] * slopes * errors
    )[ac].sum()
    shifts = np.clip(-(scale * slopes - curvature * errors) / curvature, -size.limit, size.limit)
    kept = (1 - size.share) * (before.astype(float) - model.exact)
    moved = size.share * model.trust[..., np.newaxis] * shifts * 16 * model.steps
    np.testing.assert_allclose(corrected, model.exact + kept + moved, atol=0.51)


def test_a_judge_that_agrees_with_the_model_moves_nothing() -> None:
    model = random_model()
    curvature = 2 * model.weights[..., np.newaxis] * model.importance
    corrected = model.exact.copy()
    model.shift(corrected, (7 * curvature * errors_in_steps(model)).astype(np.float32), ShiftSize(1.0, 1.0))
    np.testing.assert_array_equal(corrected, model.exact)


def test_dc_is_not_lifted() -> None:
    """The trellis rounds it, so its errors are those of rounding; judge and model agree about AC here."""
    model = random_model(lift=0.4)
    curvature = 2 * model.weights[..., np.newaxis] * model.importance
    rounded = model.levels - model.exact / (16 * model.steps)
    slopes = (curvature * errors_in_steps(model)).astype(np.float32)
    slopes[..., 0] = (curvature * rounded)[..., 0]
    corrected = model.exact.copy()
    model.shift(corrected, slopes, ShiftSize(1.0, 1.0))
    np.testing.assert_array_equal(corrected, model.exact)


def test_blocks_that_overshoot_are_left_alone_and_do_not_count() -> None:
    """The levels of one block are larger than its coefficients by more than a step: white that a decoder clamps."""
    model, size = random_model(), ShiftSize(0.25, 0.5)
    slopes = np.random.default_rng(8).normal(size=model.exact.shape).astype(np.float32) + errors_in_steps(model)
    slopes = slopes.astype(np.float32)
    levels = model.levels.copy()
    levels[1, 2, 7] = 50
    others = np.ones(levels.shape[:2], bool)
    others[1, 2] = False
    plain, beside = model.exact.copy(), model.exact.copy()
    blind = replace(model, saliency=model.saliency * others)
    blind.shift(plain, slopes, size)
    replace(model, levels=levels).shift(beside, slopes, size)
    np.testing.assert_array_equal(beside[others], plain[others])
    np.testing.assert_array_equal(beside[1, 2], model.exact[1, 2])
    assert not np.array_equal(plain, model.exact)


def test_a_judge_of_other_errors_moves_nothing() -> None:
    """Costs that nearly cancel say nothing about the scale."""
    model = random_model()
    errors = errors_in_steps(model)
    slopes = np.sign(errors) / np.maximum(np.abs(errors), 0.01) / model.saliency[..., np.newaxis]
    slopes[..., ::2] *= -1
    slopes[..., 1] = 0  # as many AC coefficients cost as pay
    corrected = model.exact.copy()
    model.shift(corrected, slopes.astype(np.float32), ShiftSize(1.0, 1.0))
    np.testing.assert_array_equal(corrected, model.exact)


def test_without_errors_or_costs_nothing_moves() -> None:
    model = random_model(lift=0.0)
    no_errors = replace(model, exact=(16 * model.levels * model.steps).astype(np.int16))
    slopes = np.ones(model.exact.shape, np.float32)
    rewarded = (-errors_in_steps(model)).astype(np.float32)  # all errors improve the score
    for each, by_coefficient in ((no_errors, slopes), (model, 0 * slopes), (model, rewarded)):
        corrected = each.exact.copy()
        each.shift(corrected, by_coefficient, ShiftSize(1.0, 1.0))
        np.testing.assert_array_equal(corrected, each.exact)


def test_the_ends_of_the_range_are_kept() -> None:
    model = random_model()
    largest = np.full(model.exact.shape, np.iinfo(np.int16).max, np.int16)
    model = replace(model, exact=largest, levels=np.full_like(largest, 10))
    corrected = largest.copy()
    slopes = np.random.default_rng(9).normal(size=largest.shape).astype(np.float32)
    model.shift(corrected, slopes - 5, ShiftSize(3.0, 1.0))
    assert corrected.min() > 0


def test_a_part_has_its_rows_alone() -> None:
    model = random_model(rows=6)
    part = model.part(slice(2, 5))
    for name in ("exact", "levels", "weights", "saliency", "trust"):
        np.testing.assert_array_equal(getattr(part, name), getattr(model, name)[2:5])
    assert (part.steps is model.steps, part.lift) == (True, model.lift)


def test_photos_of_any_size_have_a_model(coffee: np.ndarray) -> None:
    for height, width in ((8, 8), (9, 33), (17, 16)):
        pixels = coffee[:height, :width].copy()
        photo: WeighedCoefficients = weigh(pixels)._transform(60)
        weighing = RateDistortion().weigh(photo, 2.0)
        quantization = weighing.quantization(EFFORTS["balanced"])
        models = error_models(photo, weighing, quantization.quantizer, photo.quantize(quantization))
        shapes = [model.weights.shape for model in models]
        halves = jpeg.block_grid(-(-height // 2), -(-width // 2))
        assert shapes == [jpeg.block_grid(height, width), halves, halves]
