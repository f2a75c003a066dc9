"""Files written by foveal, read by libjpeg-turbo."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from jpeg_files import SCRIPTS, successive_approximation_script
from other_readers import marker_segments, pillow_pixels, read_levels, simplejpeg_pixels
from pictures import noisy_gradient
from PIL import Image

from foveal import jpeg
from foveal.jpeg import scan_encoder
from foveal.jpeg.encoder import quantize, transform
from foveal.jpeg.frame import SAMPLING_FACTORS, Frame
from foveal.jpeg.quantize import DeadZone
from foveal.jpeg.trellis import Trellis
from foveal.metrics import psnr

SIZES = [(1, 1), (1, 17), (7, 8), (8, 8), (9, 7), (8, 16), (16, 16), (17, 15), (31, 33), (67, 131)]
LAYOUTS = [*SAMPLING_FACTORS, "grey"]


def encoded_and_meant(pixels: np.ndarray, settings: jpeg.EncoderSettings) -> tuple[bytes, jpeg.Coefficients]:
    """Return the file of a picture, and the coefficients that it should hold."""
    factors = SAMPLING_FACTORS[settings.subsampling] if pixels.ndim == 3 else None
    frame = Frame.of_picture(*pixels.shape[:2], factors)
    blocks = transform(pixels, frame, settings.threads)
    coefficients = quantize(blocks, frame, settings, saturated=jpeg.find_saturated_blocks(pixels))
    return jpeg.encode(pixels, settings), coefficients


def assert_reads_as_meant(data: bytes, meant: jpeg.Coefficients, folder: Path) -> None:
    """Check that libjpeg reads the levels and tables of the coefficients from a file."""
    levels, tables = read_levels(data, folder)
    assert len(levels) == len(meant.blocks)
    for component, read, written in zip(meant.frame.components, levels, meant.blocks, strict=True):
        # libjpeg does not return padding blocks
        np.testing.assert_array_equal(read, written[: component.block_rows, : component.block_columns])
    assert [tables[c.table_slot].tolist() for c in meant.frame.components] == [list(t.values) for t in meant.tables]


def picture(size: tuple[int, int], layout: str) -> np.ndarray:
    return noisy_gradient(*size, None if layout == "grey" else 3)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_decodes_without_a_warning_to_the_levels_we_meant(
    size: tuple[int, int], layout: str, script: jpeg.ScriptMaker, tmp_path: Path
) -> None:
    subsampling = "4:2:0" if layout == "grey" else layout
    settings = jpeg.EncoderSettings(subsampling=subsampling, script=script)
    pixels = picture(size, layout)
    data, meant = encoded_and_meant(pixels, settings)
    assert_reads_as_meant(data, meant, tmp_path)
    assert pillow_pixels(data).shape == pixels.shape
    np.testing.assert_array_equal(pillow_pixels(data), simplejpeg_pixels(data))


@pytest.mark.parametrize("interval", [1, 2, 3, 7, 1000, 65535])
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
@pytest.mark.parametrize("layout", ["4:2:0", "4:2:2", "grey"])
def test_restart_intervals(layout: str, script: jpeg.ScriptMaker, interval: int, tmp_path: Path) -> None:
    subsampling = "4:2:0" if layout == "grey" else layout
    settings = jpeg.EncoderSettings(subsampling=subsampling, script=script, restart_interval=interval)
    data, meant = encoded_and_meant(picture((67, 131), layout), settings)
    assert_reads_as_meant(data, meant, tmp_path)
    pillow_pixels(data)
    simplejpeg_pixels(data)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
def test_strips_of_a_large_picture_join(script: jpeg.ScriptMaker, astronaut: np.ndarray, tmp_path: Path) -> None:
    pixels = np.ascontiguousarray(np.concatenate([np.concatenate([astronaut] * 3, axis=1)] * 2, axis=0)[:, :1500])
    for interval in (0, 5):
        settings = jpeg.EncoderSettings(script=script, restart_interval=interval)
        data, meant = encoded_and_meant(pixels, settings)
        assert_reads_as_meant(data, meant, tmp_path)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
def test_long_eob_runs(script: jpeg.ScriptMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One strip of 40,000 blocks without AC, more than an EOB run can count (32,767), between two blocks with AC."""
    monkeypatch.setattr(scan_encoder, "_COEFFICIENTS_PER_STRIP", 1 << 30)
    pixels = np.full((8 * 200, 8 * 200), 100, dtype=np.uint8)
    pixels[:8, :8] = noisy_gradient(8, 8, None)
    pixels[-8:, -8:] = noisy_gradient(8, 8, None)
    data, meant = encoded_and_meant(pixels, jpeg.EncoderSettings(script=script))
    assert_reads_as_meant(data, meant, tmp_path)


def test_many_correction_bits_behind_one_eob_run(tmp_path: Path) -> None:
    """All AC coefficients are nonzero before the last scan: 63 correction bits for each block, and only EOB runs."""
    table = jpeg.QuantizationTable((1,) * 64)
    frame = Frame.of_picture(8 * 5, 8 * 20, None)
    levels = np.random.default_rng(6).choice(np.array([-9, -4, 5, 8], np.int16), (5, 20, 64))
    meant = jpeg.Coefficients(frame, (table,), (levels,))
    data = jpeg.write_coefficients(meant, scripts=[successive_approximation_script(1)])
    assert_reads_as_meant(data, meant, tmp_path)


@pytest.mark.parametrize("interval", [0, 1, 3])
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
def test_the_largest_levels_there_are(script: jpeg.ScriptMaker, interval: int, tmp_path: Path) -> None:
    frame = Frame.of_picture(24, 64, (2, 1))
    rng = np.random.default_rng(7)
    blocks = []
    for component in frame.components:
        shape = (component.padded_block_rows, component.padded_block_columns, 64)
        levels = rng.choice(np.array([-1023, 1023], np.int16), shape)
        levels[:, :, 0] = rng.choice(np.array([-1024, 1023], np.int16), shape[:2])
        blocks.append(levels)
    tables = jpeg.annex_k_tables(100)
    meant = jpeg.Coefficients(frame, (tables[0], tables[1], tables[1]), tuple(blocks))
    data = jpeg.write_coefficients(meant, scripts=[script(3)], restart_interval=interval)
    assert_reads_as_meant(data, meant, tmp_path)


@pytest.mark.parametrize("size", [(2, 65500), (65500, 2)])
def test_the_longest_sides_that_libjpeg_reads(size: tuple[int, int], tmp_path: Path) -> None:
    """T.81 allows sides of 65,535 pixels, libjpeg 65,500 (JPEG_MAX_DIMENSION)."""
    data, meant = encoded_and_meant(noisy_gradient(*size), jpeg.EncoderSettings(restart_interval=7))
    assert_reads_as_meant(data, meant, tmp_path)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
@pytest.mark.parametrize("layout", ["4:4:4", "grey"])
def test_coefficients_as_large_as_the_format_allows(layout: str, script: jpeg.ScriptMaker, tmp_path: Path) -> None:
    """Blocks of black and white by the sign of each basis function: AC levels of 10 bits, DC differences of 11."""
    y, x = np.mgrid[0:8, 0:8]
    basis = [
        np.outer(np.cos((2 * y[:, 0] + 1) * i * np.pi / 16), np.cos((2 * x[0] + 1) * j * np.pi / 16))
        for i in range(8)
        for j in range(8)
    ]
    blocks = [np.where(sign * function > 0, 255, 0) for function in basis for sign in (-1, 1)]
    pixels = np.concatenate(blocks, axis=1).astype(np.uint8)
    if layout != "grey":
        pixels = np.stack([pixels, 255 - pixels, np.roll(pixels, 8, axis=1)], axis=2)
    settings = jpeg.EncoderSettings(subsampling="4:4:4", tables=jpeg.annex_k_tables(100), script=script)
    data, meant = encoded_and_meant(pixels, settings)
    assert max(int(np.abs(blocks).max()) for blocks in meant.blocks) > 900
    assert_reads_as_meant(data, meant, tmp_path)
    assert psnr(pillow_pixels(data), pixels) > 40


def test_saturated_levels_stay_within_the_codes(tmp_path: Path) -> None:
    """Noise of black and white: finds 16-bit overflows of the DCT and AC levels of more than 10 bits."""
    rng = np.random.default_rng(5)
    pixels = rng.choice(np.array([0, 255], dtype=np.uint8), (64, 64, 3))
    settings = jpeg.EncoderSettings(subsampling="4:4:4", tables=jpeg.annex_k_tables(100))
    data, meant = encoded_and_meant(pixels, settings)
    assert_reads_as_meant(data, meant, tmp_path)


@pytest.mark.parametrize(
    ("largest_step", "script", "expected"),
    [
        (255, jpeg.sequential_script, 0xC0),
        (256, jpeg.sequential_script, 0xC1),
        (65535, jpeg.sequential_script, 0xC1),
        (255, jpeg.spectral_selection_script, 0xC2),
        (256, jpeg.spectral_selection_script, 0xC2),
    ],
)
def test_steps_above_255_never_go_into_a_baseline_file(
    largest_step: int, script: jpeg.ScriptMaker, expected: int, tmp_path: Path
) -> None:
    luminance = jpeg.QuantizationTable((*range(1, 64), largest_step))
    settings = jpeg.EncoderSettings(tables=(luminance, jpeg.annex_k_tables(50)[1]), script=script)
    data, meant = encoded_and_meant(noisy_gradient(40, 50), settings)
    assert {code for code, _ in marker_segments(data)} & {0xC0, 0xC1, 0xC2} == {expected}
    assert_reads_as_meant(data, meant, tmp_path)


@pytest.mark.parametrize("make", [lambda w: Trellis(w), lambda w: DeadZone(w)])
def test_quantizers_write_what_they_mean(
    make: Callable[[np.ndarray], object], coffee: np.ndarray, tmp_path: Path
) -> None:
    pixels = np.ascontiguousarray(coffee[:195, :203])
    frame = Frame.of_picture(195, 203, (2, 2))
    weights = np.random.default_rng(1).uniform(2, 20, (2, *frame.block_grid)).astype(np.float32)
    data, meant = encoded_and_meant(pixels, jpeg.EncoderSettings(quantizer=make(tuple(weights))))
    assert_reads_as_meant(data, meant, tmp_path)


PHOTOS = ["astronaut", "chelsea", "coffee"]
ISLOW_ERROR = 0.5  # upper bound of the error of libjpeg's integer DCT, in units of a coefficient


def libjpeg_levels(pixels: np.ndarray, quality: int, folder: Path) -> list[np.ndarray]:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling="4:4:4")
    return read_levels(file.getvalue(), folder)[0]


def plain_levels(pixels: np.ndarray, table: jpeg.QuantizationTable, folder: Path) -> np.ndarray:
    """Return the levels of all components, (components, rows, columns, 64), after plain rounding with one table."""
    settings = jpeg.EncoderSettings(subsampling="4:4:4", tables=(table, table), script=jpeg.sequential_script)
    return np.stack(read_levels(jpeg.encode(pixels, settings), folder)[0])


@pytest.mark.parametrize(("quality", "differing"), [(30, 0.001), (75, 0.005), (90, 0.016), (98, 0.09)])
@pytest.mark.parametrize("photo", PHOTOS)
def test_plain_levels_are_within_rounding_of_libjpeg_turbo(
    photo: str, quality: int, differing: float, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Both round levels to nearest, but libjpeg-turbo first rounds Y, Cb and Cr to 8 bits, and its DCT is in integers.

    Rounding changes a sample by at most 0.5, so a block by at most 4 in the Euclidean norm, and so any coefficient by
    at most 4. A level differs if that moves the coefficient across a rounding boundary. In photographs, 0.1 % of the
    levels differ at quality 30, 0.5 % at 75, 1.6 % at 90 and 9 % at 98 (steps of 1), nearly all of them by one.
    """
    pixels = request.getfixturevalue(photo)
    theirs = libjpeg_levels(pixels, quality, tmp_path)
    luminance, chrominance = jpeg.annex_k_tables(quality)
    differences = []
    for component, table in enumerate((luminance, chrominance, chrominance)):
        difference = np.abs(plain_levels(pixels, table, tmp_path)[component].astype(int) - theirs[component])
        bound = np.floor((4 + ISLOW_ERROR) / np.array(table.values) + 1)
        assert (difference <= bound).all()
        differences.append(difference)
    assert (np.stack(differences) > 0).mean() < differing
    assert (np.stack(differences) > 1).mean() < differing / 100


@pytest.mark.parametrize(("quality", "differing"), [(30, 0.0003), (75, 0.0012), (90, 0.004), (98, 0.02)])
@pytest.mark.parametrize("photo", PHOTOS)
def test_grey_levels_differ_from_libjpeg_turbo_only_by_its_integer_dct(
    photo: str, quality: int, differing: float, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Grey samples are integers in both encoders: only levels near a rounding boundary differ, by one."""
    grey = np.ascontiguousarray(request.getfixturevalue(photo)[:, :, 1])
    (theirs,) = libjpeg_levels(grey, quality, tmp_path)
    (ours,) = plain_levels(grey, jpeg.annex_k_tables(quality)[0], tmp_path)
    difference = np.abs(ours.astype(int) - theirs)
    assert difference.max() <= 1
    assert (difference > 0).mean() < differing
