"""Masking, tailoring, colour that survives up-sampling, predicted scores: each against a plain computation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conftest import noisy_gradient, pillow_pixels
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.ndimage import uniform_filter

from foveal import jpeg
from foveal.allocate.masking import activity, masking_weights, strength
from foveal.allocate.perception import USUAL_STRENGTH, perception
from foveal.allocate.score_prediction import features, predicted_score, regression_for
from foveal.allocate.tailoring import Colourfulness, colourfulness, tailored
from foveal.jpeg.encoder import samples_of_strip
from foveal.jpeg.frame import Frame
from foveal.jpeg.sampling import sharpen


def doubled(plane: np.ndarray, axis: int) -> np.ndarray:
    """libjpeg's fancy up-sampling along an axis: 3/4 of the nearer sample, 1/4 of the further."""
    plane = np.moveaxis(plane, axis, 0)
    before, after = np.concatenate([plane[:1], plane[:-1]]), np.concatenate([plane[1:], plane[-1:]])
    both = np.stack([0.75 * plane + 0.25 * before, 0.75 * plane + 0.25 * after], axis=1)
    return np.moveaxis(both.reshape(-1, *plane.shape[1:]), 0, axis)


@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(1, 20),
    columns=st.integers(1, 40),
    factors=st.sampled_from([(2, 2), (2, 1), (1, 2)]),
    gain=st.sampled_from([0.25, 1.0]),
)
@settings(deadline=None, max_examples=60)
def test_sharpening_is_a_step_of_back_projection(
    seed: int, rows: int, columns: int, factors: tuple[int, int], gain: float
) -> None:
    frame = Frame.of_picture(8 * factors[1], 8 * factors[0], factors)
    plane = np.random.default_rng(seed).uniform(-128, 127, (rows, columns)).astype(np.float32)
    shown = plane
    for axis, factor in ((1, factors[0]), (0, factors[1])):
        if factor == 2:
            twice = np.moveaxis(doubled(shown, axis), axis, 0)
            shown = np.moveaxis((twice[0::2] + twice[1::2]) / 2, 0, axis)
    found = sharpen(plane, frame, frame.components[1], gain, slice(0, rows))
    np.testing.assert_allclose(found, plane + gain * (plane - shown), atol=1e-3)


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:2:2", "4:4:0", "4:4:4"])
def test_strips_do_not_show_in_sharpened_colour(subsampling: str) -> None:
    pixels = noisy_gradient(70, 50)
    frame = jpeg.frame_of(pixels, subsampling)
    whole = [*samples_of_strip(pixels, frame, (0, frame.mcu_rows), 1.0)]
    strips = [[*samples_of_strip(pixels, frame, (row, row + 1), 1.0)] for row in range(frame.mcu_rows)]
    for component, samples in enumerate(whole):
        np.testing.assert_array_equal(np.concatenate([strip[component] for strip in strips]), samples)


def test_colour_comes_back_nearer_when_it_was_sharpened(coffee: np.ndarray) -> None:
    original = np.asarray(Image.fromarray(coffee).convert("YCbCr"), float)[..., 1:]

    def error(sharpening: float) -> float:
        settings = jpeg.EncoderSettings(sharpening=sharpening, tables=jpeg.annex_k_tables(96))
        decoded = Image.fromarray(pillow_pixels(jpeg.encode(coffee, settings))).convert("YCbCr")
        return float(((np.asarray(decoded, float)[..., 1:] - original) ** 2).mean())

    assert error(1.0) < 0.9 * error(0.0)


def luminance_of(pixels: np.ndarray) -> tuple[Frame, tuple[np.ndarray, ...]]:
    frame = jpeg.frame_of(pixels, "4:2:0")
    return frame, jpeg.transform(pixels, frame, 1)


def strengths_of(pixels: np.ndarray) -> list[np.ndarray]:
    frame, blocks = luminance_of(pixels)
    return [strength(grid, component) for grid, component in zip(blocks[:2], frame.components[:2], strict=True)]


def test_activity_is_that_of_the_quieter_of_block_and_neighbourhood(coffee: np.ndarray) -> None:
    frame, blocks = luminance_of(coffee)
    component = frame.components[0]
    squares = (blocks[0][: component.block_rows, : component.block_columns, 1:].astype(float) / 16) ** 2
    own = np.sqrt(squares.mean(axis=2))
    found = strength(blocks[0], component)
    np.testing.assert_array_equal(strength(blocks[0], component, threads=3), found)
    np.testing.assert_allclose(found, own, rtol=1e-4)
    quieter = np.minimum(own, uniform_filter(own, 3, mode="nearest"))
    np.testing.assert_allclose(activity(found), quieter, rtol=1e-3, atol=1e-3)


def test_busy_blocks_weigh_less_and_usual_ones_one() -> None:
    weights = masking_weights(np.array([0, 1, USUAL_STRENGTH - 1, 50], np.float32), 0.8)
    assert weights[0] > weights[1] > weights[2] > weights[3]
    assert weights[2] == pytest.approx(1)
    assert (masking_weights(np.array([0, 99], np.float32), 0) == 1).all()


def test_a_photo_of_weak_colour_gets_steeper_luminance(coffee: np.ndarray) -> None:
    grey = coffee.mean(axis=2, keepdims=True)
    photos = [(grey + share * (coffee - grey)).astype(np.uint8) for share in (0.3, 1)]
    weak, strong = (colourfulness(strengths_of(photo), perception()) for photo in photos)
    assert weak.of_blue < strong.of_blue
    assert weak.share < strong.share
    slopes = [tailored(perception(), each).luminance.slope for each in (weak, strong)]
    assert slopes[0] > slopes[1]
    cb = [tailored(perception(), each).cb for each in (weak, strong)]
    assert cb[0] < cb[1]


def test_tailoring_has_bounds_and_leaves_grey_alone() -> None:
    assert colourfulness(strengths_of(noisy_gradient(40, 40, None)), perception()) == Colourfulness(0, 0)
    assert tailored(perception(), Colourfulness(0, 0)) == perception()
    flat = np.full((40, 40, 3), 90, np.uint8)
    far = colourfulness(strengths_of(flat), replace(perception(), usual_blue=9.0, usual_share=-9.0))
    assert (far.of_blue, far.share) == (-1, 1)


def test_predicted_scores_fall_with_coarser_steps(coffee: np.ndarray) -> None:
    frame = jpeg.frame_of(coffee, "4:2:0")
    scores = []
    for quality in (95, 75, 50, 20):
        blocks = jpeg.transform(coffee, frame, 1)
        before = tuple(grid.copy() for grid in blocks)
        quantized = jpeg.quantize(blocks, frame, jpeg.EncoderSettings(tables=jpeg.annex_k_tables(quality)))
        scores.append(predicted_score(features(before, quantized), regression_for("4:2:0")))
    assert scores == sorted(scores, reverse=True)
    assert 60 < scores[1] < 90
    assert scores[-1] < 50


def test_a_grey_photo_has_a_predicted_score(coffee: np.ndarray) -> None:
    grey = np.ascontiguousarray(coffee[:, :, 1])
    frame = jpeg.frame_of(grey, "4:2:0")
    blocks = jpeg.transform(grey, frame, 1)
    before = tuple(grid.copy() for grid in blocks)
    quantized = jpeg.quantize(blocks, frame, jpeg.EncoderSettings(tables=jpeg.annex_k_tables(75)))
    assert 50 < predicted_score(features(before, quantized), regression_for("4:2:0")) < 95
