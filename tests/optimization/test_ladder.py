"""The ladder: which rung is taken, and what it leaves."""

from __future__ import annotations

import io
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jpeg_files import assert_same_blocks, pillow_file, random_file
from multi_picture_files import GAIN_MAP, VIDEO, item, segment, with_index, with_segments, xmp
from pictures import noisy_gradient
from PIL import Image, ImageDraw, ImageFont

import foveal
from foveal import jpeg
from foveal.allocate.effort import EffortName
from foveal.errors import FormatError, FormatWarning, FovealError, ParameterError, TargetError, UnsupportedError
from foveal.jpeg import markers
from foveal.metrics import psnr, ssimulacra2
from foveal.optimization import OptimizeOptions, optimize_file, plan
from foveal.saliency import Saliency, SaliencyResult

PICTURE = Image.fromarray(noisy_gradient(96, 128))
DATA = pillow_file(PICTURE, quality=80)
SMALL = pillow_file(PICTURE.resize((40, 24)), quality=60)
MAP = pillow_file(PICTURE.resize((16, 16)).convert("L"))
HEAD = xmp(item("Primary", 0), item("GainMap", len(MAP)), item("MotionPhoto", len(VIDEO), "video/mp4"))
KINDS = [
    SMALL,
    pillow_file(PICTURE.resize((40, 24)), progressive=True),
    random_file([(1, 1)] * 4, (19, 37), restart_interval=2),
    with_index(SMALL, "<", [MAP]),
    with_index(SMALL, ">", [MAP, MAP], gap=bytes(5)),
    with_segments(SMALL, HEAD) + MAP + VIDEO,
]
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
    ("factors", "reason"),
    [([(1, 1)] * 4, "its colour model is CMYK"), ([(1, 1)] * 2, "it has two components")],
    ids=["CMYK", "two components"],
)
def test_colours_that_are_not_requantized(factors: list[tuple[int, int]], reason: str) -> None:
    data = random_file(factors, (40, 40), restart_interval=1, segments=())
    kept, lossless, requantized, _ = plan(data, OptimizeOptions(threads=1))
    assert kept.data == data
    assert lossless.data is not None
    assert requantized.data is None
    assert requantized.notes == (reason,)
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


def photo_file(pixels: np.ndarray, quality: int = 95, **options: object) -> bytes:
    return pillow_file(Image.fromarray(pixels[:256, 100:400].copy()), quality=quality, **options)


@pytest.mark.parametrize("options", [{}, {"quality": 60}, {"target_score": 55}, {"saliency": None, "effort": "fast"}])
def test_a_requantized_file_is_smaller_and_kept_the_next_time(options: dict[str, object], coffee: np.ndarray) -> None:
    data = photo_file(coffee, comment=b"hello")
    result = foveal.optimize(data, **options)
    assert result.rung == "requantized"
    assert result.quality is not None
    lossless = foveal.optimize(data, lossless=True)
    assert len(result.data) <= 0.98 * len(lossless.data)
    before, after = foveal.inspect(data), foveal.inspect(result.data)
    assert (after.subsampling, after.frame.width, after.frame.height) == (before.subsampling, 300, 256)
    assert after.metadata == before.metadata
    again = foveal.optimize(result.data, **options)
    assert (again.rung, again.data) == ("kept", result.data)


@pytest.mark.parametrize("score", [45, 65])
def test_a_target_score_is_that_of_the_whole_photo(score: float, astronaut: np.ndarray) -> None:
    """The map is left out: it would leave the background, and so the whole photo, with a lower score."""
    data, options = photo_file(astronaut), OptimizeOptions(target_score=score, threads=1)
    result = optimize_file(data, options)
    assert (result.rung, result.notes) == ("requantized", ())
    assert result.data == optimize_file(data, replace(options, saliency=None)).data
    pixels = np.ascontiguousarray(astronaut[:256, 100:400])
    assert ssimulacra2(pixels, foveal.decode(result.data)) == pytest.approx(score, abs=5)


@pytest.mark.parametrize("saliency", ["center", np.eye(8, 9)])
def test_a_note_says_that_a_chosen_map_is_not_used(saliency: Saliency, coffee: np.ndarray) -> None:
    result = optimize_file(photo_file(coffee), OptimizeOptions(target_score=50, saliency=saliency, threads=1))
    assert result.notes == ("the saliency map is not used: a file that is requantized with one cannot be scored",)


@pytest.mark.parametrize("options", [{"quality": 50}, {"target_score": 50}, {"lossless": True}])
@pytest.mark.parametrize("saliency", [np.full((4, 4), np.nan), np.zeros((4, 4, 7))])
def test_what_is_no_map_is_refused(saliency: Saliency, options: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match="a saliency map must"):
        foveal.optimize(DATA, saliency=saliency, **options)


def test_a_quality_above_that_of_the_file_is_lossless(coffee: np.ndarray) -> None:
    data = photo_file(coffee, 70)
    result = foveal.optimize(data, quality=95, saliency=None)
    assert (result.rung, result.data) == ("lossless", foveal.optimize(data, lossless=True).data)


def test_a_requantization_must_save_over_what_is_lossless(coffee: np.ndarray) -> None:
    data = photo_file(coffee)
    lossless, requantized = plan(data, OptimizeOptions(quality=80, saliency=None, threads=1))[1:3]
    assert lossless.data is not None
    assert requantized.data is not None
    share = 1 - len(requantized.data) / len(lossless.data)
    assert foveal.optimize(data, quality=80, saliency=None, min_saving=share - 1e-9).data == requantized.data
    assert foveal.optimize(data, quality=80, saliency=None, min_saving=share + 1e-9).rung == "kept"


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_a_target_size_is_met(share: float, coffee: np.ndarray) -> None:
    data = photo_file(coffee)
    size = int(share * len(data))
    result = foveal.optimize(data, target_size=size, saliency=None)
    assert result.rung == "requantized"
    assert 0.9 * size < len(result.data) <= size


def test_a_target_size_that_cannot_be_met_is_refused(coffee: np.ndarray) -> None:
    with pytest.raises(TargetError, match="no file of at most 100 bytes"):
        foveal.optimize(photo_file(coffee), target_size=100, saliency=None)
    with pytest.raises(TargetError, match="cannot be reached: its colour model is CMYK"):
        foveal.optimize(random_file([(1, 1)] * 4, (40, 40), segments=()), target_size=100)


@pytest.mark.parametrize("is_kept", [False, True])
def test_content_credentials_go_with_the_old_pixels_unless_they_are_kept(is_kept: bool, coffee: np.ndarray) -> None:
    manifest = b"JP\0\7\0\0\0\1\0\0\0\x28jumb\0\0\0\x1djumdc2pa\0\x11\0\x10c2pa\0abc"
    data = with_segments(photo_file(coffee), segment(0xEB, manifest), segment(0xEB, b"other"))
    result = optimize_file(data, OptimizeOptions(quality=60, saliency=None, keep_c2pa=is_kept))
    assert result.rung == "requantized"
    assert (manifest in result.data) == is_kept
    assert b"other" in result.data
    assert len(result.notes) == 1
    assert ("are kept, but no longer match" if is_kept else "are left out") in result.notes[0]


def test_a_gain_map_stays_behind_a_requantized_picture(coffee: np.ndarray) -> None:
    data = with_index(photo_file(coffee), "<", [GAIN_MAP])
    result = optimize_file(data, OptimizeOptions(quality=60, saliency=None))
    assert (result.rung, result.notes) == ("requantized", ())
    with Image.open(io.BytesIO(result.data)) as found, Image.open(io.BytesIO(GAIN_MAP)) as expected:
        assert (found.format, found.n_frames) == ("MPO", 2)
        found.seek(1)
        np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))


def test_a_map_is_turned_with_the_picture(coffee: np.ndarray) -> None:
    """Of a picture that is displayed upside down, the part that people see at the top is stored at the bottom."""
    exif = Image.Exif()
    exif[0x0112] = 3
    top = np.repeat(np.array([1.0, 0.0]), 128)[:, np.newaxis] * np.ones(300)
    sizes = []
    for options in ({}, {"exif": exif}):
        data = photo_file(coffee, **options)
        result = foveal.optimize(data, quality=40, saliency=top, strength=1)
        bits = foveal.inspect(result.data).bits_map()
        sizes.append(bits[:16].sum() / bits[16:].sum())
    plain = foveal.inspect(photo_file(coffee)).bits_map()
    balance = plain[:16].sum() / plain[16:].sum()
    assert sizes[0] > balance > sizes[1]


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 5), st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=4))
def test_damaged_files_are_optimized_or_refused(kind: int, changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(KINDS[kind])
    for position, value in changes:
        damaged[position % len(damaged)] = value
    data = bytes(damaged)
    options = OptimizeOptions(saliency=None, threads=1, max_pixels=1 << 16, min_saving=0)
    try:
        result = optimize_file(data, options)
    except FovealError as error:
        assert "\n" not in str(error)
        return
    assert len(result.data) <= len(data)
    before = jpeg.read_contents(data).coefficients
    after = jpeg.read_contents(result.data).coefficients
    assert after.frame.height == before.frame.height
    if result.rung in ("kept", "lossless"):
        assert_same_blocks(before, after)
        again = optimize_file(result.data, replace(options, lossless=True))
        assert (again.rung, again.data) == ("kept", result.data)


def test_the_map_has_the_strength_that_encode_gives_it(chelsea: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    """The strength is multiplied by the map's `strength_factor`, not by its confidence."""
    found = SaliencyResult("gaze", np.eye(20, 30), confidence=0.4, spending_share=0.0)
    monkeypatch.setattr("foveal.optimization.saliency.find_saliency", lambda *_: found)
    source = io.BytesIO()
    Image.fromarray(chelsea).save(source, "JPEG", quality=95)
    with_map, without = (
        foveal.optimize(source.getvalue(), quality=70, saliency=saliency) for saliency in ("gaze", None)
    )
    assert with_map.data == without.data


def test_what_follows_the_picture_is_not_lost_by_encoding_again() -> None:
    """Under "keep", a rung that would leave out a gain map is not taken, however much it would save."""
    source = with_index(pillow_file(PICTURE, quality=98), "<", [MAP])
    result = foveal.optimize(source, reencode=True, quality=30, saliency=None)
    assert result.rung != "re-encoded"
    assert result.data.count(b"\xff\xd8\xff") == 2
    with pytest.warns(FormatWarning, match="1 further picture"):
        dropped = foveal.optimize(source, reencode=True, quality=30, saliency=None, metadata="none")
    assert dropped.data.count(b"\xff\xd8\xff") == 1


def test_text_keeps_its_quality_whatever_the_map_says() -> None:
    """The ground of text in a decoded file is not flat: its ringing must not make texture of it."""
    image = Image.new("L", (320, 160), 255)
    drawing, font = ImageDraw.Draw(image), ImageFont.load_default(14)
    for line in range(7):
        drawing.text((8, 6 + 21 * line), "The quick brown fox jumps over the lazy dog", fill=0, font=font)
    source, corner = pillow_file(image, quality=92), np.zeros((20, 40), np.float32)
    corner[:2, :2] = 1
    aware, blind = (foveal.optimize(source, quality=50, saliency=saliency) for saliency in (corner, None))
    assert (aware.rung, blind.rung) == ("requantized", "requantized")
    pixels = np.asarray(image)
    assert psnr(foveal.decode(aware.data), pixels) > psnr(foveal.decode(blind.data), pixels) - 1


def test_gradients_are_not_requantized_until_their_blocks_show() -> None:
    """The default quality of a gradient is about that of `encode`, not that of its score."""
    y, x = np.mgrid[0:240, 0:320]
    glow = np.exp(-(np.hypot(x - 170, y - 140) ** 2) / 90**2)[..., np.newaxis]
    photo = np.rint(glow * [230, 170, 60] + 20).astype(np.uint8)
    result = foveal.optimize(pillow_file(Image.fromarray(photo), quality=97), saliency=None)
    assert result.quality is None or result.quality > 75


def test_a_picture_that_segments_refine_is_not_requantized(coffee: np.ndarray) -> None:
    """A residual (JPEG XT, ISO/IEC 18477-3) belongs to the coefficients as they are."""
    box = b"JP\x00\x01\x00\x00\x00\x01" + (20).to_bytes(4, "big") + b"RESI" + bytes(8)
    residual = with_segments(photo_file(coffee), segment(markers.APP11, box))
    result = foveal.optimize(residual, quality=40, saliency=None)
    assert result.rung == "lossless"
    rung = plan(residual, OptimizeOptions(quality=40, saliency=None, threads=1))[2]
    assert rung.data is None
    assert "refine" in rung.notes[0]


def test_a_reduced_picture_that_is_larger_is_not_taken(coffee: np.ndarray) -> None:
    source = pillow_file(Image.fromarray(coffee), quality=3)
    result = foveal.optimize(source, resize=590, quality=95, saliency=None)
    assert result.data == source


@pytest.mark.parametrize("target_score", [55, 75])
def test_a_target_score_is_kept(target_score: int, chelsea: np.ndarray) -> None:
    """Against the original, which the file only estimates."""
    pixels = chelsea[:256, :384].copy()
    result = foveal.optimize(pillow_file(Image.fromarray(pixels), quality=97), target_score=target_score, saliency=None)
    assert result.rung == "requantized"
    assert ssimulacra2(pixels, foveal.decode(result.data)) == pytest.approx(target_score, abs=6)


def test_thin_pictures_are_optimized(coffee: np.ndarray) -> None:
    """Scores are measured on whole MCUs; a picture may have none."""
    strip = np.tile(coffee[:7], (1, 280, 1))[:, :65_000]
    data = pillow_file(Image.fromarray(np.concatenate([strip, strip])), quality=95, subsampling=2)
    assert len(foveal.optimize(data, saliency=None).data) <= len(data)


@pytest.mark.parametrize("effort", ["fast", "balanced", "best"])
@pytest.mark.parametrize("factors", [[(2, 2)] * 3, [(4, 4), (4, 4), (1, 1)]])
def test_mcus_of_more_than_ten_blocks(factors: list[tuple[int, int]], effort: EffortName) -> None:
    data = random_file(factors, (100, 120), jpeg.non_interleaved_script)
    limit = len(data) * 6 // 10
    by_quality = foveal.optimize(data, quality=40, effort=effort, saliency=None)
    by_size = foveal.optimize(data, target_size=limit, effort=effort, saliency=None)
    assert by_quality.rung == by_size.rung == "requantized"
    assert len(by_quality.data) < len(data)
    assert len(by_size.data) <= limit
