"""Masking, tailoring, colour that survives up-sampling, predicted scores: each against a plain computation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from other_readers import pillow_pixels
from pictures import noisy_gradient
from PIL import Image
from scipy.ndimage import uniform_filter
from weighed_photos import weigh

import foveal._kernels as _kernels
from foveal import jpeg
from foveal.allocate.allocation import Quantization, WeighedCoefficients
from foveal.allocate.colour_sensitivity import colour_weights, squared_changes
from foveal.allocate.effort import EFFORTS
from foveal.allocate.masking import Texture, activity, masking_weights, texture
from foveal.allocate.perception import Attention, Masking, Perception, Trend, perception
from foveal.allocate.rate_distortion import RateDistortion
from foveal.allocate.score_prediction import features, predicted_score, regression_for
from foveal.allocate.tailoring import Character, measure_character, tailor_to_map, tailor_to_photo
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


def textures_of(pixels: np.ndarray, threads: int = 1) -> list[Texture]:
    frame = jpeg.frame_of(pixels, "4:2:0")
    blocks = jpeg.transform(pixels, frame, 1)
    return [texture(grid, each, threads) for grid, each in zip(blocks[:2], frame.components[:2], strict=True)]


def test_texture_is_the_strength_of_three_bands(coffee: np.ndarray) -> None:
    frame = jpeg.frame_of(coffee, "4:2:0")
    for index, component in enumerate(frame.components[:2]):
        blocks = jpeg.transform(coffee, frame, 1)[index][: component.block_rows, : component.block_columns]
        for found, band in zip(textures_of(coffee)[index], (slice(1, 64), slice(1, 6), slice(15, 64)), strict=True):
            np.testing.assert_allclose(found, np.sqrt(((blocks[..., band] / 16.0) ** 2).mean(axis=2)), rtol=1e-4)
    for one, three in zip(textures_of(coffee), textures_of(coffee, threads=3), strict=True):
        np.testing.assert_array_equal(one, three)


def test_activity_is_that_of_the_quieter_of_block_and_neighbourhood(coffee: np.ndarray) -> None:
    own = textures_of(coffee)[0].strength
    quieter = np.minimum(own, uniform_filter(own, 3, mode="nearest"))
    np.testing.assert_allclose(activity(own), quieter, rtol=1e-3, atol=1e-3)


def even_texture(strength: float, coarse: float = 1, fine: float = 1) -> Texture:
    return Texture(*(np.full((3, 3), value, np.float32) for value in (strength, coarse, fine)))


def test_weights_fall_to_the_floor_as_blocks_get_busy() -> None:
    masking = Masking(knee=10, power=2, floor=0.1, detail=0)
    found = [masking_weights(even_texture(strength), masking)[1, 1] for strength in (0, 10, 1e6)]
    assert found == pytest.approx([1, 0.55, 0.1])


def test_weights_rise_with_the_share_of_fine_waves() -> None:
    masking = Masking(knee=10, power=2, floor=0.1, detail=0.5)
    shares = [(0, 1e4), (1, 10), (10, 10), (1e4, 0)]  # fine, coarse
    found = [masking_weights(even_texture(0, coarse, fine), masking)[1, 1] for fine, coarse in shares]
    assert found == sorted(found)
    assert found[0] == pytest.approx((0.035 / 0.16) ** 0.5)  # bounds, lest empty blocks go without limit
    assert found[1] == pytest.approx((1.34 / 11.07 / 0.16) ** 0.5)
    assert found[3] == pytest.approx((0.48 / 0.16) ** 0.5)


@given(
    ycbcr=st.tuples(st.floats(30, 220), st.floats(-40, 40), st.floats(-40, 40)),
    index=st.integers(0, 2),
)
@settings(deadline=None, max_examples=60)
def test_changes_of_colour_are_those_of_xyb(ycbcr: tuple[float, float, float], index: int) -> None:
    """Against the kernels of SSIMULACRA 2, which have libjxl's XYB (test_xyb) and its slopes, and T.871's matrix."""
    matrix = np.array([[1, 0, 1.402], [1, -0.344136, -0.714136], [1, 1.772, 0]])
    encoded = matrix @ ycbcr / 255
    assume(encoded.min() > 0.041)  # where the curve of light has its corner
    assume(encoded.max() < 1)
    curve = (encoded + 0.055) / 1.055
    xyb = np.repeat(curve**2.4, 3).astype(np.float32).reshape(1, 3, 3)
    _kernels.linear_to_xyb(xyb)
    by_linear = np.eye(3, dtype=np.float32)[np.newaxis].copy()  # a column for each of X, Y and B
    _kernels.xyb_to_linear_slopes(xyb, by_linear)
    expected = ((2.4 / 1.055 * curve**1.4 * matrix[:, index]) @ by_linear[0]) ** 2
    found = squared_changes(np.array(ycbcr).reshape(3, 1), index)[:, 0]
    np.testing.assert_allclose(np.sqrt(found), np.sqrt(expected), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:2:2", "4:4:0", "4:4:4"])
def test_colour_weights_go_with_the_colour_of_each_block(subsampling: str) -> None:
    colours = np.array([[200, 200, 40], [40, 40, 120], [128, 128, 128], [60, 60, 60]], np.uint8)
    pixels = np.tile(np.repeat(colours, 16, axis=0), (40, 1, 1))
    frame = jpeg.frame_of(pixels, subsampling)
    found = colour_weights(jpeg.transform(pixels, frame, 1), frame, perception())
    assert [each.shape for each in found] == [frame.block_grid] * 3
    for each in found:
        assert (each == each[0]).all()
        assert (each[0, 0::2] == each[0, 1::2]).all()
    cb = found[1][0, ::2]
    assert cb[1] > cb[2] > cb[0]  # dark blue, grey, yellow
    luminance = found[0][0, ::2]
    assert luminance[3] > luminance[2]  # errors show more in the dark


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4"])
def test_colour_weights_are_those_of_the_middle_of_a_part_of_the_range(subsampling: str) -> None:
    """Parts are 16 wide, both ends included; few colours weigh more than 8."""
    samples = np.array(  # Y, Cb, Cr from -128 on, and the middle of their parts
        [
            [[-128, 0, 0], [8, 136, 136]],
            [[-113, -1, 15], [8, 120, 136]],
            [[40, -60, 16], [168, 72, 152]],
            [[127, 127, -128], [248, 248, 8]],
            [[-16, -17, 31], [120, 104, 152]],
        ],
        float,
    )
    frame = Frame.of_picture(16, 16 * len(samples), jpeg.SAMPLING_FACTORS[subsampling])
    blocks = tuple(np.zeros((c.padded_block_rows, c.padded_block_columns, 64), np.int16) for c in frame.components)
    for index, grid in enumerate(blocks):
        grid[..., 0] = np.repeat(128 * samples[:, 0, index], grid.shape[1] // len(samples))
    tuned = perception()
    found = colour_weights(blocks, frame, tuned)
    for index, (colour, weights) in enumerate(zip(tuned.colours, found, strict=True)):
        x, y, b = squared_changes(samples[:, 1].T - np.array([[0], [128], [128]]), index)
        shows = (colour.red_green * x + y + colour.blue * b) / colour.usual
        np.testing.assert_allclose(weights[0, ::2], np.minimum(shows**colour.power, 8), rtol=1e-5)
    dear = replace(tuned, luminance_colour=replace(tuned.luminance_colour, usual=1e-9))
    assert (colour_weights(blocks, frame, dear)[0] == 8).all()


def test_a_slope_makes_fine_waves_coarser() -> None:
    flat = replace(perception().luminance, slope=0.0)
    steeper = replace(flat, slope=0.5)
    (table, weights), (steep_table, steep_weights) = (each.table(2.0) for each in (flat, steeper))
    wanted, steep_wanted = np.array(table.values) / weights**0.5, np.array(steep_table.values) / steep_weights**0.5
    down, across = np.divmod(jpeg.NATURAL_INDEX, 8)
    np.testing.assert_allclose(steep_wanted / wanted, np.exp(0.5 * np.hypot(down, across) / 7), rtol=1e-4)


def test_where_colours_are_not_down_sampled_both_are_coarser_and_a_map_adds_less() -> None:
    tuned = replace(perception(), full_chrominance=Trend(0.4, 0.2))
    for level, coarser in ((1.4, 0.2), (2.2, 0.4), (9.0, 0.6)):
        full = tuned.without_down_sampling(level)
        assert full.cb.coarser - tuned.cb.coarser == pytest.approx(coarser)
        assert full.cr.coarser - tuned.cr.coarser == pytest.approx(coarser)
        assert full.attention.colour_slope == tuned.attention.colour_slope / 2
        assert full.attention.cb == tuned.attention.cb / 2
        attention = replace(tuned.attention, colour_slope=full.attention.colour_slope, cb=full.attention.cb)
        assert full == replace(tuned, cb=full.cb, cr=full.cr, attention=attention)


def decided(pixels: np.ndarray, tuned: Perception, subsampling: str, weights: np.ndarray | None = None) -> Quantization:
    """How a photo is quantized at level 2 by these numbers."""
    photo = weigh(pixels, weights, subsampling)
    frame = jpeg.frame_of(pixels, subsampling)
    blocks = jpeg.transform(pixels, frame, 1, tuned.sharpening.at(2.0))
    coefficients = WeighedCoefficients(pixels, photo.weights, frame, blocks, photo.settings)
    return RateDistortion(tuned).decide_at_level(coefficients, 2.0, EFFORTS["balanced"])


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:2:2", "4:4:0", "4:4:4"])
def test_tables_of_a_photo_are_tailored_and_go_with_its_subsampling(subsampling: str, coffee: np.ndarray) -> None:
    pixels = coffee[:96, :128].copy()
    tuned = replace(perception(), slope_by_grain=0.3, usual_grain=9.0, cb_by_share=0.5, usual_share=-9.0)
    frame = jpeg.frame_of(pixels, subsampling)
    blocks = jpeg.transform(pixels, frame, 1, tuned.sharpening.at(2.0))
    luminance, blue = (texture(blocks[index], frame.components[index]) for index in (0, 1))
    numbers = tailor_to_photo(tuned, measure_character(luminance, blue.strength, tuned))
    if subsampling == "4:4:4":
        numbers = numbers.without_down_sampling(2.0)
    assert decided(pixels, tuned, subsampling).tables == tuple(each.table(2.0).table for each in numbers.spectra)


def test_colour_weights_of_a_grey_photo() -> None:
    pixels = noisy_gradient(40, 40, None)
    frame = jpeg.frame_of(pixels, "4:2:0")
    (found,) = colour_weights(jpeg.transform(pixels, frame, 1), frame, perception())
    assert found.shape == frame.block_grid
    assert (found > 0).all()


def character_of(pixels: np.ndarray, tuned: Perception | None = None) -> Character:
    luminance, *blue = textures_of(pixels)
    return measure_character(luminance, blue[0].strength if blue else None, tuned or perception())


def test_a_photo_of_weak_colour_gets_steeper_luminance(coffee: np.ndarray) -> None:
    grey = coffee.mean(axis=2, keepdims=True)
    photos = [(grey + share * (coffee - grey)).astype(np.uint8) for share in (0.3, 1)]
    weak, strong = (replace(character_of(photo), grain=0) for photo in photos)
    assert weak.blue < strong.blue
    assert weak.blue_share < strong.blue_share
    slopes = [tailor_to_photo(perception(), each).luminance.slope for each in (weak, strong)]
    assert slopes[0] > slopes[1]
    cb = [tailor_to_photo(perception(), each).cb.coarser for each in (weak, strong)]
    assert cb[0] < cb[1]


def test_a_photo_with_grain_gets_steeper_luminance(coffee: np.ndarray) -> None:
    noise = np.random.default_rng(1).normal(0, 8, coffee.shape)
    grainy = (coffee + noise).clip(0, 255).astype(np.uint8)
    characters = [replace(character_of(photo), blue=0) for photo in (coffee, grainy)]
    assert characters[0].grain < characters[1].grain
    slopes = [tailor_to_photo(perception(), each).luminance.slope for each in characters]
    assert slopes[0] < slopes[1]


def test_tailoring_has_bounds_and_leaves_usual_photos_alone() -> None:
    of_grey = character_of(noisy_gradient(40, 40, None))
    assert (of_grey.blue, of_grey.blue_share) == (0, 0)
    assert tailor_to_photo(perception(), Character()) == perception()
    flat = np.full((40, 40, 3), 90, np.uint8)
    far = character_of(flat, replace(perception(), usual_blue=9.0, usual_share=-9.0, usual_grain=9.0))
    assert far == Character(-1, 1, -1)


def test_what_a_map_changes_goes_with_the_weight_that_it_takes() -> None:
    tuned = replace(perception(), attention=Attention(0.4, -0.6, -1.0, -0.5, 0.8, Trend(0.4, -0.2)))
    weights = np.array([[1.0, 0.5], [0.25, 0.25]], dtype=np.float32)  # half of all weight
    for level, coarser in ((0.0, 0.3), (2.2, 0.2), (3.0, 0.1)):
        found = tailor_to_map(tuned, weights, level)
        assert found.masking.knee == pytest.approx(tuned.masking.knee * np.exp(0.2))
        changes = ((-0.3, 0, 0), (-0.5, -0.25, 0.4), (-0.5, 0, 0.4))
        for before, after, (slope, by, worth) in zip(tuned.spectra, found.spectra, changes, strict=True):
            assert after.slope - before.slope == pytest.approx(slope)
            assert after.coarser - before.coarser == pytest.approx(coarser + by)
            assert after.bit_worth.middle - before.bit_worth.middle == pytest.approx(worth)
            bit_worth = replace(before.bit_worth, middle=after.bit_worth.middle)
            assert after == replace(before, slope=after.slope, coarser=after.coarser, bit_worth=bit_worth)
        for name, spectrum in zip(("luminance", "cb", "cr"), tuned.spectra, strict=True):
            found = replace(found, **{name: spectrum})
        assert replace(found, masking=tuned.masking) == tuned


def test_a_map_that_takes_nothing_changes_nothing() -> None:
    assert tailor_to_map(perception(), np.ones((3, 5), np.float32), 1.0) == perception()


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4"])
def test_what_a_map_changes_is_in_the_file(subsampling: str, coffee: np.ndarray) -> None:
    """With what a map changes where colour is not down-sampled, at the level of the file."""
    pixels = coffee[:96, :128].copy()
    weights = np.full((12, 16), 0.1, np.float32)
    weights[3:6, 4:9] = 1
    tuned = replace(perception(), attention=Attention(2.0, -1.0, 0.5, 0.7, 0.9, Trend(0.3, 0.8)))
    attention = (tuned.without_down_sampling(2.0) if subsampling == "4:4:4" else tuned).attention
    expected = tailor_to_map(replace(tuned, attention=attention), weights, 2.0)
    unaware = replace(expected, attention=Attention(0.0, 0.0, 0.0, 0.0, 0.0, Trend(0.0)))
    found, same, other = (
        decided(pixels, each, subsampling, weights)
        for each in (tuned, unaware, replace(unaware, masking=tuned.masking))
    )
    assert found.tables == same.tables
    block_weights = [each.quantizer.block_weights[0] for each in (found, same, other)]
    np.testing.assert_array_equal(block_weights[0], block_weights[1])
    assert (block_weights[0] != block_weights[2]).any()


def test_predicted_scores_fall_with_coarser_steps(coffee: np.ndarray) -> None:
    frame = jpeg.frame_of(coffee, "4:2:0")
    scores = []
    for quality in (95, 75, 50, 20):
        before = jpeg.transform(coffee, frame, 1)
        quantized = jpeg.quantize(before, frame, jpeg.EncoderSettings(tables=jpeg.annex_k_tables(quality)))
        scores.append(predicted_score(features(before, quantized), regression_for("4:2:0")))
    assert scores == sorted(scores, reverse=True)
    assert 60 < scores[1] < 90
    assert scores[-1] < 50


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4"])
def test_predicted_scores_do_not_jump_where_the_step_of_dc_changes(subsampling: str, coffee: np.ndarray) -> None:
    pixels = np.ascontiguousarray(coffee[180:308, 220:348])
    photo = weigh(pixels, None, subsampling)
    qualities = np.round(np.arange(60, 92, 0.1), 1).tolist()
    steps_of_cb = [photo.quantize(quality).tables[1].values[0] for quality in qualities]
    assert len(set(steps_of_cb)) > 3
    changes = np.diff([photo.predict_score(quality) for quality in qualities])
    assert changes.max() < 0.8  # measured scores of it change by up to 1.1, where many steps change at once
    assert changes.min() > -0.3


def test_unevenly_spread_errors_are_seen(coffee: np.ndarray) -> None:
    """Half of the photo gives up more, as where blocks have weights."""
    frame = jpeg.frame_of(coffee, "4:4:4")
    before = jpeg.transform(coffee, frame, 1)
    tables = jpeg.annex_k_tables(75)
    fine, coarse = (
        jpeg.quantize(before, frame, jpeg.EncoderSettings(tables=tables, quantizer=each))
        for each in (jpeg.Rounding(), jpeg.DeadZone((np.full(frame.block_grid, 1.0, np.float32),)))
    )
    half = frame.block_grid[1] // 2
    mixed = replace(fine, blocks=tuple(grid.copy() for grid in fine.blocks))
    for grid, other in zip(mixed.blocks, coarse.blocks, strict=True):
        grid[:, :half] = other[:, :half]
    even, uneven = features(before, fine), features(before, mixed)
    assert (uneven[[12, 25, 38]] > even[[12, 25, 38]]).all()
    assert uneven[9] == even[9]  # the energy of luminance


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4"])
@pytest.mark.parametrize("size", [(16, 32), (37, 51)], ids=str)
def test_features_are_pooled_errors_energy_steps_and_unevenness(
    size: tuple[int, int], subsampling: str, coffee: np.ndarray
) -> None:
    """Block by block, without the padding of MCUs."""
    pixels = coffee[180 : 180 + size[0], 220 : 220 + size[1]].copy()
    frame = jpeg.frame_of(pixels, subsampling)
    before = jpeg.transform(pixels, frame, 1)
    settings = jpeg.EncoderSettings(tables=jpeg.annex_k_tables(60))
    quantized = jpeg.quantize(before, frame, settings)
    expected: list[float] = []
    for index, component in enumerate(frame.components):
        steps = np.array(settings.tables[min(index, 1)].values, float)
        errors, energies = [], []
        for at in np.ndindex(component.block_rows, component.block_columns):
            wanted = before[index][at] / 16
            errors.append((wanted - quantized.blocks[index][at] * steps)[1:] ** 2)
            energies.append((wanted[1:] ** 2).sum())
        for first, last in ((1, 6), (6, 21), (21, 64)):
            pooled = np.array([each[first - 1 : last - 1].sum() for each in errors])
            seen = pooled / (np.array(energies) + 200)
            expected += [
                np.log(pooled.mean() + 0.01),
                np.log(seen.mean() + 1e-5),
                np.log(np.sqrt((seen**2).mean()) + 1e-5),
            ]
        logarithm = np.log(steps[1:]).mean()
        in_steps = np.array([(each / steps[1:] ** 2).mean() for each in errors])
        uneven = in_steps.std() / (in_steps.mean() + 0.001)
        expected += [np.log(np.mean(energies) + 1), logarithm, logarithm**2, uneven]
    np.testing.assert_allclose(features(before, quantized), expected, rtol=1e-4)


def test_down_sampled_colour_has_a_regression_of_its_own(coffee: np.ndarray) -> None:
    names = ("4:2:0", "4:2:2", "4:4:0", "4:4:4")
    half, *others, full = (regression_for(name).weights.tolist() for name in names)
    assert others == [half, half]
    assert full != half
    pixels, seen = coffee[:64, :64].copy(), []
    for subsampling in ("4:2:0", "4:4:4"):
        photo = weigh(pixels, None, subsampling)
        found = features(photo._transform(75).blocks, photo.quantize(75))
        assert photo.predict_score(75) == predicted_score(found, regression_for(subsampling))
        seen.append(photo.predict_score(75) != predicted_score(found, regression_for("4:2:0")))
    assert seen == [False, True]


def test_dc_has_no_part_in_a_predicted_score(coffee: np.ndarray) -> None:
    frame = jpeg.frame_of(coffee, "4:2:0")
    before = jpeg.transform(coffee, frame, 1)
    quantized = jpeg.quantize(before, frame, jpeg.EncoderSettings())
    found = features(before, quantized)
    for grid in (*before, *quantized.blocks):
        grid[..., 0] += 1
    np.testing.assert_array_equal(features(before, quantized), found)
    for grid in quantized.blocks:
        grid[..., 63] += 1
    assert (features(before, quantized) != found).any()


def test_a_grey_photo_has_a_predicted_score(coffee: np.ndarray) -> None:
    grey = np.ascontiguousarray(coffee[:, :, 1])
    frame = jpeg.frame_of(grey, "4:2:0")
    before = jpeg.transform(grey, frame, 1)
    quantized = jpeg.quantize(before, frame, jpeg.EncoderSettings(tables=jpeg.annex_k_tables(75)))
    assert 50 < predicted_score(features(before, quantized), regression_for("4:2:0")) < 95
