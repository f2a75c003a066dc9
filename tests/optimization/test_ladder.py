"""The ladder: which rung is taken, and what it leaves."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from jpeg_files import pillow_file, random_file
from multi_picture_files import GAIN_MAP, item, with_segments, xmp
from pictures import noisy_gradient
from PIL import Image

import foveal
from foveal.errors import FormatError, FormatWarning, UnsupportedError
from foveal.optimization import OptimizeOptions, optimize_file, plan

PICTURE = Image.fromarray(noisy_gradient(96, 128))
DATA = pillow_file(PICTURE, quality=80)
OPTIMIZED = foveal.optimize(DATA, lossless=True, min_saving=0).data


def test_a_file_that_cannot_be_made_smaller_is_kept() -> None:
    result = foveal.optimize(OPTIMIZED, lossless=True, min_saving=0)
    assert (result.data, result.rung, result.size_before, result.notes) == (OPTIMIZED, "kept", len(OPTIMIZED), ())


def test_a_saving_counts_from_the_smallest_that_is_asked_for() -> None:
    share = 1 - len(OPTIMIZED) / len(DATA)
    assert foveal.optimize(DATA, lossless=True, min_saving=share - 1e-9).data == OPTIMIZED
    kept = foveal.optimize(DATA, lossless=True, min_saving=share + 1e-9)
    assert (kept.rung, kept.data) == ("kept", DATA)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_bytes_are_taken_and_bytes_are_returned(kind: type) -> None:
    result = foveal.optimize(kind(DATA), lossless=True, min_saving=0)
    assert type(result.data) is bytes
    assert result.data == OPTIMIZED


def test_what_is_left_out_is_a_warning() -> None:
    data = with_segments(DATA, xmp(item("Primary", 0), item("GainMap", len(GAIN_MAP)))) + GAIN_MAP
    with pytest.warns(FormatWarning, match="bytes after the picture are left out: an HDR gain map"):
        foveal.optimize(data, metadata="none", lossless=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert foveal.optimize(data, lossless=True).rung == "lossless"


def test_a_kept_file_needs_no_warning() -> None:
    data = OPTIMIZED[:20] + b"stray" + OPTIMIZED[20:]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert foveal.optimize(data, lossless=True).rung == "kept"


@pytest.mark.parametrize("data", [b"", b"GIF89a", DATA[:500], DATA[:-2]], ids=["empty", "GIF", "cut", "no EOI"])
def test_broken_files_are_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        foveal.optimize(data)


def test_other_coding_processes_are_refused_by_name() -> None:
    arithmetic = DATA.replace(b"\xff\xc0\0\x11", b"\xff\xc9\0\x11")
    with pytest.raises(UnsupportedError, match="arithmetic coding"):
        foveal.optimize(arithmetic)


def test_a_target_size_that_lossless_reaches_costs_nothing() -> None:
    result = foveal.optimize(DATA, target_size=len(OPTIMIZED), min_saving=1)
    assert (result.rung, result.data) == ("lossless", OPTIMIZED)
    assert foveal.optimize(DATA, target_size=len(DATA), min_saving=1).data == DATA


@pytest.mark.parametrize(
    ("factors", "reason"), [([(1, 1)] * 4, "its colour model is CMYK"), ([(1, 1)] * 2, "it has two components")]
)
def test_colours_that_are_not_requantized(factors: list[tuple[int, int]], reason: str) -> None:
    data = random_file(factors, (40, 40), restart_interval=1, segments=())
    kept, lossless, requantized, _ = plan(data, OptimizeOptions(threads=1))
    assert kept.data == data
    assert lossless.data is not None
    assert requantized.data is None
    assert requantized.notes == (f"the picture cannot be requantized: {reason}",)
    assert foveal.optimize(data, quality=10, min_saving=0).rung == "lossless"


def test_reencoding_happens_only_if_asked_and_not_above_the_quality_of_the_source() -> None:
    coarse = pillow_file(PICTURE, quality=20)
    reencoded = plan(coarse, OptimizeOptions(threads=1, saliency=None))[3]
    assert reencoded.quality is not None
    assert reencoded.quality <= 20
    assert foveal.optimize(coarse, saliency=None).rung != "re-encoded"
    result = foveal.optimize(DATA, reencode=True, quality=10, saliency=None, min_saving=0)
    assert len(result.data) < len(OPTIMIZED)


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_picture_is_reduced_once(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = pillow_file(PICTURE, quality=90, exif=exif)
    options = OptimizeOptions(resize=64, saliency=None, threads=1)
    small = optimize_file(data, options)
    assert small.rung == "re-encoded"
    assert foveal.decode(small.data).shape == (48, 64, 3)
    assert foveal.inspect(small.data).metadata.orientation == orientation
    again = optimize_file(small.data, options)
    assert again.rung != "re-encoded"
    assert foveal.decode(again.data).shape == (48, 64, 3)


def test_reencoding_says_what_it_leaves_out() -> None:
    data = with_segments(DATA, xmp(item("Primary", 0), item("GainMap", len(GAIN_MAP)))) + GAIN_MAP
    result = optimize_file(data, OptimizeOptions(resize=64, saliency=None))
    assert result.rung == "re-encoded"
    assert result.notes == (f"{len(GAIN_MAP):,} bytes after the picture are left out: an HDR gain map",)


def test_the_plan_has_the_files_of_all_rungs() -> None:
    rungs = plan(DATA, OptimizeOptions(threads=1, saliency=None))
    assert [rung.name for rung in rungs] == ["kept", "lossless", "requantized", "re-encoded"]
    assert rungs[0].data == DATA
    assert rungs[1].data == OPTIMIZED
    assert all(rung.data is not None or rung.notes for rung in rungs)
    for rung in rungs[1:]:
        assert rung.data is None or np.shape(foveal.decode(rung.data)) == (96, 128, 3)
