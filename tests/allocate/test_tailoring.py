"""Numbers tailored to a photo and to its map, and the tables and weights that they give."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pictures import noisy_gradient
from weighed_photos import weigh

from foveal import jpeg
from foveal.allocate.allocation import Quantization, WeighedCoefficients
from foveal.allocate.effort import EFFORTS
from foveal.allocate.masking import texture
from foveal.allocate.perception import Attention, Perception, SmoothAreas, Trend, perception
from foveal.allocate.rate_distortion import RateDistortion
from foveal.allocate.tailoring import measure_blue_share, tailor_to_map, tailor_to_photo


def decided(pixels: np.ndarray, tuned: Perception, subsampling: str, weights: np.ndarray | None = None) -> Quantization:
    """Decide with these numbers how a photo is quantized at level 2."""
    photo = weigh(pixels, weights, subsampling)
    frame = jpeg.frame_of(pixels, subsampling)
    blocks = jpeg.transform(pixels, frame, 1, tuned.sharpening.at(2.0))
    coefficients = WeighedCoefficients(pixels, photo.weights, frame, blocks, photo.settings)
    return RateDistortion(tuned).decide_at_level(coefficients, 2.0, EFFORTS["balanced"])


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:2:2", "4:4:0", "4:4:4"])
def test_tables_of_a_photo_are_tailored_and_go_with_its_subsampling(subsampling: str, coffee: np.ndarray) -> None:
    pixels = coffee[:96, :128].copy()
    tuned = replace(perception(), cb_by_share=0.5, usual_share=-9.0)
    frame = jpeg.frame_of(pixels, subsampling)
    blocks = jpeg.transform(pixels, frame, 1, tuned.sharpening.at(2.0))
    luminance, blue = (texture(blocks[index], frame.components[index]) for index in (0, 1))
    numbers = tailor_to_photo(tuned, measure_blue_share(luminance, blue, tuned))
    if subsampling == "4:4:4":
        numbers = numbers.without_down_sampling(2.0)
    assert decided(pixels, tuned, subsampling).tables == tuple(each.table(2.0).table for each in numbers.spectra)


def blue_share_of(pixels: np.ndarray, tuned: Perception | None = None) -> float:
    frame = jpeg.frame_of(pixels, "4:2:0")
    blocks = jpeg.transform(pixels, frame, 1)
    luminance, *blue = (texture(grid, each) for grid, each in zip(blocks[:2], frame.components[:2], strict=True))
    return measure_blue_share(luminance, blue[0] if blue else None, tuned or perception())


def test_a_photo_of_weak_colour_gets_finer_blue(coffee: np.ndarray) -> None:
    grey = coffee.mean(axis=2, keepdims=True)
    weak, strong = (blue_share_of((grey + share * (coffee - grey)).astype(np.uint8)) for share in (0.3, 1))
    assert weak < strong
    cb = [tailor_to_photo(perception(), each).cb.coarser for each in (weak, strong)]
    assert cb[0] < cb[1]


def test_tailoring_has_bounds_and_leaves_usual_photos_alone() -> None:
    assert blue_share_of(noisy_gradient(40, 40, None)) == 0
    assert tailor_to_photo(perception(), 0.0) == perception()
    flat = np.full((40, 40, 3), 90, np.uint8)
    assert blue_share_of(flat, replace(perception(), usual_share=-9.0)) == 1
    assert blue_share_of(flat, replace(perception(), usual_share=9.0)) == -1


def test_what_a_map_changes_goes_with_the_weight_that_it_takes() -> None:
    tuned = replace(perception(), attention=Attention(0.4, -0.6, -1.0, -0.2, Trend(0.4, -0.2)))
    weights = np.array([[1.0, 0.5], [0.25, 0.25]], dtype=np.float32)  # half of all weight
    for level, coarser in ((0.0, 0.3), (2.2, 0.2), (3.0, 0.1)):
        found = tailor_to_map(tuned, weights, level)
        assert found.masking.knee == pytest.approx(tuned.masking.knee * np.exp(0.2))
        changes = ((-0.3, coarser), (-0.5, coarser - 0.1), (-0.5, coarser - 0.1))
        for before, after, change in zip(tuned.spectra, found.spectra, changes, strict=True):
            assert (after.slope - before.slope, after.coarser - before.coarser) == pytest.approx(change)
            assert after == replace(before, slope=after.slope, coarser=after.coarser)
        for name, spectrum in zip(("luminance", "cb", "cr"), tuned.spectra, strict=True):
            found = replace(found, **{name: spectrum})
        assert replace(found, masking=tuned.masking) == tuned


def test_a_map_that_takes_nothing_changes_nothing() -> None:
    assert tailor_to_map(perception(), np.ones((3, 5), np.float32), 1.0) == perception()


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4"])
def test_what_a_map_changes_is_in_the_file(subsampling: str, coffee: np.ndarray) -> None:
    """The file is quantized with the numbers of its subsampling and level."""
    pixels = coffee[:96, :128].astype(np.uint16) * 257  # no hard edges are looked for in 16 bits
    weights = np.full((12, 16), 0.1, np.float32)
    weights[3:6, 4:9] = 1
    nothing_smooth = replace(perception(), smooth_areas=SmoothAreas(knee=1e-9, gain=1.0))
    tuned = replace(nothing_smooth, attention=Attention(2.0, -1.0, 0.5, -0.4, Trend(0.3, 0.8)))
    attention = (tuned.without_down_sampling(2.0) if subsampling == "4:4:4" else tuned).attention
    expected = tailor_to_map(replace(tuned, attention=attention), weights, 2.0)
    unaware = replace(expected, attention=Attention(0.0, 0.0, 0.0, 0.0, Trend(0.0)))
    found, same, other = (
        decided(pixels, each, subsampling, weights)
        for each in (tuned, unaware, replace(unaware, masking=tuned.masking))
    )
    assert found.tables == same.tables
    block_weights = [each.quantizer.block_weights[0] for each in (found, same, other)]
    np.testing.assert_array_equal(block_weights[0], block_weights[1])
    assert (block_weights[0] != block_weights[2]).any()
