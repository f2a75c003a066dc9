"""Qualities of requantizations: by what a photo needs, for a score, and for a size."""

from __future__ import annotations

import numpy as np
import pytest
from jpeg_files import pillow_file, random_coefficients
from PIL import Image

from foveal import jpeg
from foveal.allocate.effort import EFFORTS
from foveal.errors import TargetError
from foveal.metrics import Ssimulacra2Reference
from foveal.optimization.requantization import (
    RequantizationSettings,
    default_quality,
    quality_for_score,
    quality_for_size,
    requantize,
    take_patches,
)


def at(quality: float) -> RequantizationSettings:
    return RequantizationSettings(quality, None, strength=0.5, effort=EFFORTS["balanced"], threads=1)


def source_of(pixels: np.ndarray, quality: int, **options: object) -> jpeg.Coefficients:
    return jpeg.read_coefficients(pillow_file(Image.fromarray(pixels), quality=quality, **options))


def size_of(coefficients: jpeg.Coefficients) -> int:
    return len(jpeg.write(coefficients, jpeg.EncoderSettings(script=EFFORTS["balanced"].script)))


@pytest.mark.parametrize("subsampling", [0, 2])
def test_the_default_brings_a_fine_file_near_the_default_score(subsampling: int, coffee: np.ndarray) -> None:
    pixels = coffee[:256, 100:356].copy()
    source = source_of(pixels, 96, subsampling=subsampling)
    quality = default_quality(source, at(0))
    assert quality is not None
    result = requantize(source, at(quality))
    assert size_of(result) < 0.8 * size_of(source)
    assert 73 < Ssimulacra2Reference(pixels).score(jpeg.reconstruct(result)) < 88


@pytest.mark.parametrize("quality", [30, 60, 75])
def test_files_that_are_coarse_already_have_no_default(quality: int, coffee: np.ndarray) -> None:
    assert default_quality(source_of(coffee[:256, 100:356].copy(), quality), at(0)) is None


def test_a_score_above_that_of_the_file_has_no_quality(coffee: np.ndarray) -> None:
    source = source_of(coffee[:128, 100:228].copy(), 80)
    assert quality_for_score(source, 95, at(0)) is None
    lower, higher = (quality_for_score(source, score, at(0)) for score in (40, 60))
    assert lower is not None
    assert higher is not None
    assert lower < higher


def test_a_picture_too_small_for_a_score_has_no_quality() -> None:
    source = random_coefficients([(1, 1)], (7, 7))
    assert default_quality(source, at(0)) is None
    assert quality_for_score(source, 10, at(0)) is None


def test_the_file_for_a_size_fits_it(coffee: np.ndarray) -> None:
    source = source_of(coffee[:128, 100:228].copy(), 95)
    wanted = size_of(source) * 2 // 3
    fitted = size_of(requantize(source, at(quality_for_size(source, wanted, at(0)))))
    assert 0.93 * wanted < fitted <= wanted
    with pytest.raises(TargetError, match="no file of at most 300 bytes: the smallest, at quality 0 or 1, has"):
        quality_for_size(source, 300, at(0))


def test_patches_are_whole_mcus_of_the_picture() -> None:
    source = random_coefficients([(2, 2), (1, 1), (1, 1)], (1411, 1603))
    source.blocks[0][..., 0], source.blocks[0][..., 1] = np.indices(source.blocks[0].shape[:2])
    sample = take_patches(source)
    height, width = sample.frame.height, sample.frame.width
    assert height % 128 == width % 128 == 0
    assert 0.7e6 < height * width < 1.3e6
    rows, columns = sample.blocks[0][..., 0], sample.blocks[0][..., 1]  # positions of these blocks in the picture
    np.testing.assert_array_equal(sample.blocks[0], source.blocks[0][rows, columns])
    np.testing.assert_array_equal(sample.blocks[1], source.blocks[1][rows[::2, ::2] // 2, columns[::2, ::2] // 2])


def test_a_small_picture_is_its_own_sample() -> None:
    source = random_coefficients([(1, 1)], (100, 100))
    assert take_patches(source) is source
