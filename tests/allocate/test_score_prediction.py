"""Predicted scores, and their features against a plain computation block by block."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from weighed_photos import weigh

from foveal import jpeg
from foveal.allocate.score_prediction import features, predicted_score, regression_for


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
    assert changes.max() < 0.9  # measured scores change by up to 1.1, at qualities where many steps change at once
    assert changes.min() > -0.3


def test_unevenly_spread_errors_are_seen(coffee: np.ndarray) -> None:
    """Half of the photo is quantized more coarsely, as if its blocks had smaller weights."""
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
    """Computed block by block, without the padding of MCUs."""
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
