"""Comparison of pixels and coefficients with libjpeg-turbo, through Pillow and jpeglib: they must be identical."""

from __future__ import annotations

import io
import itertools
import platform
from pathlib import Path

import jpeg_files
import numpy as np
import pyjpegli
import pytest
import pyvips
from jpeg_files import random_file
from other_readers import libjpeg_pixels, pillow_pixels, read_levels
from pictures import noisy_gradient
from PIL import Image

import foveal
import foveal._kernels as _kernels
from foveal import jpeg
from foveal.jpeg import decoder, markers

SIZES = [(1, 1), (1, 17), (17, 1), (4, 3), (3, 4), (2, 5), (7, 8), (8, 8), (9, 7), (16, 16), (31, 33), (67, 131)]
SCRIPTS = [*jpeg_files.SCRIPTS, jpeg_files.partly_interleaved_script]
FACTORS = list(itertools.product((1, 2, 3, 4), repeat=2))


def assert_same_pixels(data: bytes) -> None:
    expected = libjpeg_pixels(data)
    for name in _kernels.instruction_sets():
        _kernels.use_instruction_set(name)
        try:
            decoded = foveal.decode(data)
        finally:
            _kernels.use_instruction_set(_kernels.instruction_sets()[0])
        assert decoded.dtype == np.uint8
        np.testing.assert_array_equal(decoded, expected)


def assert_same_levels(data: bytes, folder: Path) -> None:
    coefficients = jpeg.read_coefficients(data)
    levels, tables = read_levels(data, folder)
    assert len(levels) == len(coefficients.blocks)
    for component, read, ours in zip(coefficients.frame.components, levels, coefficients.blocks, strict=True):
        np.testing.assert_array_equal(ours[: component.block_rows, : component.block_columns], read)
        assert tables[component.table_slot].tolist() in [list(table.values) for table in coefficients.tables]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("luma", [(1, 1), (2, 1), (1, 2), (2, 2), (4, 1), (4, 2), (1, 4)], ids=str)
def test_common_samplings_at_every_size(
    luma: tuple[int, int], size: tuple[int, int], script: jpeg.ScriptMaker, tmp_path: Path
) -> None:
    data = random_file([luma, (1, 1), (1, 1)], size, script)
    assert_same_pixels(data)
    assert_same_levels(data, tmp_path)


@pytest.mark.parametrize("chroma", FACTORS, ids=str)
@pytest.mark.parametrize("luma", FACTORS, ids=str)
def test_all_legal_sampling_factors(luma: tuple[int, int], chroma: tuple[int, int]) -> None:
    factors = [luma, chroma, (1, 1)]
    script = jpeg.sequential_script if sum(h * v for h, v in factors) <= 10 else jpeg.non_interleaved_script
    data = random_file(factors, (53, 75), script)
    h_max, v_max = (max(factor[axis] for factor in factors) for axis in (0, 1))
    if all(h_max % h == 0 and v_max % v == 0 for h, v in factors):
        assert_same_pixels(data)
    else:  # libjpeg refuses factors that do not divide each other; foveal repeats samples
        with pytest.raises(OSError, match="broken data stream"):
            pillow_pixels(data)
        assert foveal.decode(data).shape == (53, 75, 3)


def test_factors_that_do_not_divide_each_other_repeat_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """With factors 3 x 3 and 2 x 2 each pixel takes the chroma sample in which its upper left corner lies."""
    size = (50, 61)
    coefficients = jpeg_files.random_coefficients([(3, 3), (2, 2), (2, 2)], size)
    data = jpeg.write_coefficients(coefficients, scripts=[jpeg.non_interleaved_script(3)])
    fractional = foveal.decode(data)
    monkeypatch.setattr(decoder, "_PIXELS_PER_STRIP", 1)
    np.testing.assert_array_equal(foveal.decode(data), fractional)
    planes = []
    for index in range(3):  # decode each component as a separate grey picture
        component = coefficients.frame.components[index]
        frame = jpeg.Frame(component.sample_rows, component.sample_columns, (jpeg.ComponentHeader(1, 1, 1, 0),))
        blocks = coefficients.blocks[index][: component.block_rows, : component.block_columns]
        alone = jpeg.Coefficients(frame, (coefficients.tables[index],), (np.ascontiguousarray(blocks),))
        samples = pillow_pixels(jpeg.write_coefficients(alone))
        rows = np.arange(size[0]) * component.v_factor // 3
        columns = np.arange(size[1]) * component.h_factor // 3
        planes.append(samples[rows[:, np.newaxis], columns])
    ycbcr = Image.merge("YCbCr", [Image.fromarray(plane) for plane in planes])
    # Pillow's colour conversion rounds differently, by 1 at most.
    assert np.abs(np.asarray(ycbcr.convert("RGB")).astype(int) - fractional).max() <= 1


@pytest.mark.parametrize("factors", FACTORS, ids=str)
@pytest.mark.parametrize(
    "script", [jpeg.sequential_script, jpeg.spectral_selection_script], ids=lambda script: script.__name__
)
def test_grey_ignores_its_sampling_factors(script: jpeg.ScriptMaker, factors: tuple[int, int], tmp_path: Path) -> None:
    for size in SIZES:
        data = random_file([factors], size, script)
        assert_same_pixels(data)
        assert_same_levels(data, tmp_path)


COLOR_MODELS = {
    "JFIF": ((jpeg_files.JFIF,), (1, 2, 3)),
    "JFIF wins over Adobe": ((jpeg_files.JFIF, jpeg_files.ADOBE_RGB), (1, 2, 3)),
    "JFIF wins over identifiers": ((jpeg_files.JFIF,), tuple(b"RGB")),
    "Adobe RGB": ((jpeg_files.ADOBE_RGB,), (1, 2, 3)),
    "Adobe YCbCr": ((jpeg.Segment(markers.APP14, b"Adobe\0\x64\0\0\0\0\1"),), tuple(b"RGB")),
    "the last Adobe segment": ((jpeg_files.ADOBE_YCCK, jpeg_files.ADOBE_RGB), (1, 2, 3)),
    "Adobe transform 2 of three": ((jpeg_files.ADOBE_YCCK,), (1, 2, 3)),
    "JFIF elsewhere": ((jpeg.Segment(markers.APP1, jpeg_files.JFIF.payload),), tuple(b"RGB")),
    "JFIF, cut short": ((jpeg.Segment(markers.APP0, jpeg_files.JFIF.payload[:13]),), tuple(b"RGB")),
    "Adobe, cut short": ((jpeg.Segment(markers.APP14, b"Adobe\0\x64\0\0\0\0"),), tuple(b"RGB")),
    "identifiers RGB": ((), tuple(b"RGB")),
    "identifiers 1 2 3": ((), (1, 2, 3)),
    "other identifiers": ((), (0, 7, 9)),
    "CMYK": ((), (1, 2, 3, 4)),
    "Adobe CMYK": ((jpeg_files.ADOBE_RGB,), (1, 2, 3, 4)),
    "Adobe YCCK": ((jpeg_files.ADOBE_YCCK,), (1, 2, 3, 4)),
}


@pytest.mark.parametrize("case", COLOR_MODELS)
@pytest.mark.parametrize("luma", [(1, 1), (2, 2)], ids=str)
def test_color_models(case: str, luma: tuple[int, int]) -> None:
    segments, identifiers = COLOR_MODELS[case]
    factors = [luma, (1, 1), (1, 1), luma][: len(identifiers)]
    coefficients = jpeg_files.random_coefficients(factors, (37, 53), segments=segments, identifiers=identifiers)
    script = jpeg.non_interleaved_script(len(factors))
    assert_same_pixels(jpeg.write_coefficients(coefficients, scripts=[script]))


@pytest.mark.parametrize("interval", [1, 2, 3, 7, 1000, 65535])
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
def test_restart_intervals(script: jpeg.ScriptMaker, interval: int, tmp_path: Path) -> None:
    for factors in ([(2, 2), (1, 1), (1, 1)], [(1, 1)]):
        if len(factors) == 1 and script is jpeg_files.partly_interleaved_script:
            continue
        data = random_file(factors, (67, 131), script, restart_interval=interval)
        assert_same_pixels(data)
        assert_same_levels(data, tmp_path)


def saved(pixels: np.ndarray, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels, mode="CMYK" if pixels.shape[2:] == (4,) else None).save(file, "JPEG", **options)
    return file.getvalue()


@pytest.mark.parametrize("quality", [1, 30, 75, 95, 100])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_files_of_pillow(subsampling: str, progressive: bool, quality: int, coffee: np.ndarray, tmp_path: Path) -> None:
    options = {"quality": quality, "progressive": progressive, "subsampling": subsampling}
    for pixels in (coffee[:203, :301], coffee[:203, :301, 0]):
        data = saved(pixels, **options)
        assert_same_pixels(data)
        assert_same_levels(data, tmp_path)


def test_more_files_of_pillow(coffee: np.ndarray) -> None:
    pixels = coffee[100:160, 90:183]
    assert_same_pixels(saved(pixels, keep_rgb=True))
    assert_same_pixels(saved(np.dstack([pixels, pixels[:, :, 0]])))
    assert_same_pixels(saved(pixels, qtables=[[1000] * 64, [300] * 64]))
    assert_same_pixels(saved(pixels, restart_marker_blocks=3))
    assert_same_pixels(saved(pixels, restart_marker_rows=1, progressive=True))


@pytest.mark.parametrize("interlace", [False, True])
@pytest.mark.parametrize("subsampling", ["on", "off"])
@pytest.mark.parametrize("quality", [25, 85])
def test_files_of_mozjpeg(quality: int, subsampling: str, interlace: bool, coffee: np.ndarray, tmp_path: Path) -> None:
    image = pyvips.Image.new_from_array(coffee[:203, :301])
    data = image.jpegsave_buffer(
        Q=quality,
        subsample_mode=subsampling,
        interlace=interlace,
        optimize_scans=interlace,
        trellis_quant=True,
        overshoot_deringing=True,
        quant_table=3,
    )
    assert_same_pixels(data)
    assert_same_levels(data, tmp_path)


@pytest.mark.parametrize("quality", [25, 85, 99])
def test_files_of_jpegli(quality: int, coffee: np.ndarray, tmp_path: Path) -> None:
    pixels = np.ascontiguousarray(coffee[:203, :301])
    data = pyjpegli.encode(pixels.tobytes(), 301, 203, quality)
    assert_same_pixels(data)
    assert_same_levels(data, tmp_path)


def test_a_picture_of_many_strips(astronaut: np.ndarray) -> None:
    pixels = np.concatenate([np.concatenate([astronaut] * 3, axis=1)] * 2, axis=0)[:1003, :1501]
    for subsampling in ("4:4:4", "4:2:2", "4:2:0"):
        for progressive in (False, True):
            assert_same_pixels(saved(pixels, subsampling=subsampling, progressive=progressive))
    assert_same_pixels(random_file([(1, 2), (1, 1), (1, 1)], (2003, 701)))


def test_extreme_coefficients_saturate_as_in_libjpeg_turbo() -> None:
    """Levels far beyond those of 8-bit pictures, up to where 16-bit arithmetic wraps around.

    Where it does, libjpeg-turbo's NEON code gives other pixels than its SSE2 code, which foveal follows everywhere.
    """
    rng = np.random.default_rng(3)
    is_x86 = platform.machine() in ("x86_64", "AMD64")
    for bound in (300, 2000, 32767) if is_x86 else (300, 2000):
        coefficients = jpeg_files.random_coefficients([(1, 1)], (80, 80))
        levels = rng.integers(-bound, bound, coefficients.blocks[0].shape, endpoint=True).astype(np.int16)
        levels[rng.random(levels.shape) < 0.8] = 0
        levels[:, :, 0] = np.clip(levels[:, :, 0], -1000, 1000)
        frame, tables = coefficients.frame, (jpeg.QuantizationTable((1,) * 64),)
        assert_same_pixels(jpeg.write_coefficients(jpeg.Coefficients(frame, tables, (levels,))))


def test_dc_beyond_what_a_picture_has() -> None:
    """If only the first row of a block is nonzero, libjpeg-turbo shifts instead of multiplying, and wraps around."""
    levels = np.zeros((2, 8, 64), dtype=np.int16)
    levels[:, :, 0] = [80, 82, 90, 150, 164, 200, 320, -100]
    levels[1, :, 1] = 3
    frame, table = jpeg.Frame(16, 64, (jpeg.ComponentHeader(1, 1, 1, 0),)), jpeg.QuantizationTable((100,) * 64)
    assert_same_pixels(jpeg.write_coefficients(jpeg.Coefficients(frame, (table,), (levels,))))


def test_one_coefficient_at_a_time() -> None:
    """One picture has every basis function with both signs, alone and together with a DC coefficient."""
    levels = np.zeros((16, 32, 64), dtype=np.int16)
    for k in range(64):
        for index, (value, dc) in enumerate([(40, 0), (-40, 0), (7, 20), (-7, -20)]):
            levels[(k // 32) * 4 + index, k % 32, 0] = dc
            levels[(k // 32) * 4 + index, k % 32, k] = value
    frame = jpeg.Frame(128, 256, (jpeg.ComponentHeader(1, 1, 1, 0),))
    table = jpeg.annex_k_tables(50)[0]
    assert_same_pixels(jpeg.write_coefficients(jpeg.Coefficients(frame, (table,), (levels,))))


@pytest.mark.parametrize("size", [(2, 65500), (65500, 2)])
def test_the_longest_sides_that_libjpeg_reads(size: tuple[int, int]) -> None:
    assert_same_pixels(foveal.encode(noisy_gradient(*size), saliency=None))


def test_missing_huffman_tables_are_those_of_annex_k(coffee: np.ndarray) -> None:
    """Motion-JPEG frames omit the Huffman tables; libjpeg writes those of Annex K unless it optimizes them."""
    whole = saved(coffee[:96, :96], optimize=False)
    bare = jpeg_files.without_segments(whole, markers.DHT)
    assert len(bare) < len(whole)
    np.testing.assert_array_equal(foveal.decode(bare), pillow_pixels(whole))
    assert_same_pixels(bare)
