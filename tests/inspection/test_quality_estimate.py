"""Estimates of the quality of files that libjpeg wrote at a known quality."""

from __future__ import annotations

import pytest
from jpeg_files import pillow_file
from pictures import noisy_gradient
from PIL import Image

import foveal
from foveal import jpeg

IMAGE = Image.fromarray(noisy_gradient(70, 90))


@pytest.mark.parametrize("quality", [*range(1, 101, 7), 50, 99, 100])
def test_the_quality_of_libjpegs_tables_is_found_exactly(quality: int) -> None:
    for image in (IMAGE, IMAGE.convert("L")):
        estimate = foveal.inspect(pillow_file(image, quality=quality)).quality
        tables = pillow_file(image, quality=quality), pillow_file(image, quality=estimate.quality)
        assert estimate.is_exact
        assert foveal.inspect(tables[0]).tables == foveal.inspect(tables[1]).tables
        assert abs(estimate.quality - quality) <= (1 if quality < 3 else 0)  # tables of 1 and 2 may be the same


def test_one_table_for_all_components_is_compared_with_luminance_alone() -> None:
    """libjpeg writes RGB and CMYK files with one table."""
    for image, options in ((IMAGE.convert("CMYK"), {}), (IMAGE, {"keep_rgb": True})):
        estimate = foveal.inspect(pillow_file(image, quality=83, **options)).quality
        assert (estimate.quality, estimate.is_exact) == (83, True)


def test_steps_above_255_are_libjpegs_too() -> None:
    """libjpeg clamps steps to 32,767 unless it is asked for baseline."""
    tables = [table.natural.tolist() for table in jpeg.annex_k_tables(13, 32767)]
    assert max(tables[0]) > 255
    estimate = foveal.inspect(pillow_file(IMAGE, qtables=tables)).quality
    assert (estimate.quality, estimate.is_exact) == (13, True)


def test_the_quality_of_other_tables_is_about_right() -> None:
    table = [round(step * 1.07) for step in jpeg.annex_k_tables(70)[0].natural.tolist()]
    estimate = foveal.inspect(pillow_file(IMAGE, qtables=[table, jpeg.annex_k_tables(70)[1].natural.tolist()])).quality
    assert not estimate.is_exact
    assert 66 <= estimate.quality <= 70
    tables = jpeg.annex_k_tables(70)[0], jpeg.annex_k_tables(30)[1]
    mixed = pillow_file(IMAGE, qtables=[table.natural.tolist() for table in tables])
    assert 40 <= foveal.inspect(mixed).quality.quality <= 60
