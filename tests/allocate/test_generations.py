"""Pictures that were decoded from files of the same quality."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from other_readers import pillow_pixels

import foveal
from foveal import jpeg
from foveal.allocate.generations import find_previous_table
from foveal.allocate.perception import level_of_quality, perception
from foveal.comparison import peers


def luminance_of(pixels: np.ndarray) -> tuple[np.ndarray, jpeg.Component]:
    frame = jpeg.frame_of(pixels, "4:2:0")
    return jpeg.transform(pixels, frame, 1)[0], frame.components[0]


@pytest.mark.parametrize("quality", [40, 60, 80, 90])
@pytest.mark.parametrize("saliency", [None, "auto"])
@pytest.mark.parametrize("photo", ["chelsea", "coffee"])
def test_the_steps_of_a_decoded_photo_are_found(
    photo: str, quality: float, saliency: str | None, request: pytest.FixtureRequest
) -> None:
    """Of frequencies with many levels, the very steps of the file; those of a steeper table are not."""
    data = foveal.encode(request.getfixturevalue(photo), quality=quality, saliency=saliency, subsampling="4:2:0")
    read = jpeg.read_coefficients(data)
    (table,) = read.tables[:1]
    found = find_previous_table(*luminance_of(pillow_pixels(data)), table)
    assert found is not None
    many = [k for k in range(1, 64) if np.count_nonzero(read.blocks[0][:, :, k]) > 500]
    assert many
    assert [found.values[k] for k in many] == [table.values[k] for k in many]
    steeper = jpeg.QuantizationTable(tuple(step if k < 3 else step + 2 for k, step in enumerate(table.values)))
    assert find_previous_table(*luminance_of(pillow_pixels(data)), steeper) is None


@pytest.mark.parametrize("photo", ["chelsea", "coffee", "astronaut"])
@pytest.mark.parametrize("quality", [20, 60, 95])
def test_originals_and_other_qualities_have_no_previous_table(
    photo: str, quality: float, request: pytest.FixtureRequest
) -> None:
    original = request.getfixturevalue(photo)
    data = foveal.encode(original, quality=quality, saliency=None)
    (table,) = jpeg.read_coefficients(data).tables[:1]
    assert find_previous_table(*luminance_of(original), table) is None
    finer = jpeg.QuantizationTable(tuple(max(1, round(step * 0.7)) for step in table.values))
    if finer.values[1] < table.values[1]:
        assert find_previous_table(*luminance_of(pillow_pixels(data)), finer) is None


@pytest.mark.parametrize(
    ("wanted_step", "is_found"), [(100, True), (102, True), (103, True), (104, False), (97, False)]
)
def test_steps_may_differ_by_three_percent(wanted_step: int, is_found: bool) -> None:
    component = jpeg.frame_of(np.zeros((128, 128), np.uint8), "4:4:4").components[0]
    blocks = 16 * 100 * np.random.default_rng(4).integers(-3, 4, (16, 16, 64)).astype(np.int16)
    found = find_previous_table(blocks, component, jpeg.QuantizationTable((100, *(wanted_step,) * 63)))
    assert (found and found.values) == ((100,) * 64 if is_found else None)


def test_a_flat_picture_says_nothing() -> None:
    pixels = np.full((64, 64, 3), 90, np.uint8)
    assert find_previous_table(*luminance_of(pixels), jpeg.QuantizationTable((10,) * 64)) is None


@pytest.mark.parametrize("effort", ["fast", "balanced"])
@pytest.mark.parametrize("quality", [50, 80])
def test_a_photo_that_is_saved_again_keeps_its_levels(coffee: np.ndarray, quality: float, effort: str) -> None:
    """More than nine tenths of all luminance levels; without the rule, a third of the blocks change."""
    options = {"quality": quality, "saliency": None, "effort": effort, "subsampling": "4:2:0"}
    first = foveal.encode(coffee, **options)
    second = foveal.encode(pillow_pixels(first), **options)
    before, after = (jpeg.read_coefficients(data).blocks[0][:, :, 1:] for data in (first, second))
    nonzero = (before != 0) | (after != 0)
    assert (before == after)[nonzero].mean() > 0.9


@pytest.mark.parametrize("encoder", [peers.libjpeg_turbo, peers.mozjpeg, peers.jpegli])
@pytest.mark.parametrize("source_quality", [60, 75, 85])
def test_files_of_other_encoders_are_weighed_anew(encoder: Any, source_quality: int, chelsea: np.ndarray) -> None:
    """At every quality: where steps are alike by chance, their levels would cost more than they are worth."""
    blocks, component = luminance_of(peers.decode_for_viewing(encoder(chelsea, source_quality)))
    for quality in range(30, 97):
        table = perception().luminance.table(level_of_quality(quality)).table
        assert find_previous_table(blocks, component, table) is None
