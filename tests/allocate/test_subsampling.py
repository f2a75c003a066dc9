"""The choice of chroma subsampling, and the colour loss against libjpeg-turbo and a plain computation."""

from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from other_readers import pillow_pixels
from pictures import noisy_gradient, pictures
from PIL import Image, ImageDraw, ImageFont

import foveal
import foveal._kernels as _kernels
from foveal.allocate import subsampling
from foveal.allocate.subsampling import Subsampling, choose_subsampling, colour_loss
from foveal.encoding import Encoded, EncodeOptions, encode_photo
from foveal.metrics import ssimulacra2
from foveal.photo import as_photo


def written(colour: str, background: str, height: int = 160, width: int = 320) -> np.ndarray:
    """Draw lines of text."""
    image = Image.new("RGB", (width, height), background)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(15)
    for top in range(6, height - 20, 22):
        draw.text((6 + top % 5, top), "The quick brown fox jumps over the dog", fill=colour, font=font)
    return np.asarray(image).copy()


def page_with_a_word(colour: str) -> np.ndarray:
    """Draw black text with one coloured word, which takes some thousandths of the page."""
    page = Image.fromarray(written("black", "white", 600, 480))
    draw = ImageDraw.Draw(page)
    draw.rectangle((300, 200, 400, 222), fill="white")
    draw.text((302, 202), "WARNING", fill=colour, font=ImageFont.load_default(15))
    return np.asarray(page).copy()


def encoded_at(pixels: np.ndarray, quality: float) -> Encoded:
    return encode_photo(foveal.Photo(pixels), EncodeOptions(quality=quality, saliency=None))


def chosen(pixels: np.ndarray) -> Subsampling:
    return choose_subsampling("auto", pixels, 1)


def doubled(plane: np.ndarray) -> np.ndarray:
    """Double a plane along the first axis by libjpeg's fancy up-sampling: 3/4 nearer sample, 1/4 farther sample."""
    before, after = np.concatenate([plane[:1], plane[:-1]]), np.concatenate([plane[1:], plane[-1:]])
    return np.stack([0.75 * plane + 0.25 * before, 0.75 * plane + 0.25 * after], 1).reshape(-1, plane.shape[1])


def halved_and_doubled(plane: np.ndarray) -> np.ndarray:
    rows, columns = plane.shape
    halved = plane.reshape(rows // 2, 2, columns // 2, 2).mean(axis=(1, 3))
    return doubled(doubled(halved).T).T


@given(
    seed=st.integers(0, 2**32 - 1),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    dtype=st.sampled_from([np.uint8, np.uint16]),
)
@settings(deadline=None, max_examples=60)
def test_the_loss_is_that_of_the_worst_block(
    seed: int, height: int, width: int, dtype: type[np.unsignedinteger]
) -> None:
    """Of fewer than 2000 blocks the worst one counts, by its rows 3 and 4. Blocks begin at row 0 or at row 4."""
    full = np.iinfo(dtype).max
    pixels = np.random.default_rng(seed).integers(0, full, (height, width, 3), dtype, endpoint=True)
    errors = [loss_of_middle_rows(each, full).max() for each in (pixels, pixels[4:]) if each.size]
    assert colour_loss(pixels) == pytest.approx(np.sqrt(max(errors)), rel=1e-4, abs=1e-3)


@pytest.mark.parametrize("row", range(8))
def test_a_thin_line_is_seen_wherever_it_lies(row: int) -> None:
    pixels = np.full((64, 64, 3), 255, np.uint8)
    pixels[24 + row, 8:56] = (255, 0, 0)
    assert chosen(pixels).full_from < 60


def loss_of_middle_rows(pixels: np.ndarray, full: int) -> np.ndarray:
    """Return the mean squared errors of rows 3 and 4 of every block, without pairs of columns beyond the picture."""
    height, width = pixels.shape[:2]
    whole = np.pad(pixels, ((0, -height % 8), (0, -width % 8), (0, 0)), mode="edge") * (255 / full)
    luma = whole @ [0.299, 0.587, 0.114]
    inside = np.arange(whole.shape[1]) < width + width % 2
    errors = 0.0
    for part, weight, scale in ((2, 0.25, 1.772), (0, 1, 1.402)):
        plane = (whole[..., part] - luma) / scale
        squares = (plane - halved_and_doubled(plane)) ** 2
        squares[:, ~inside] = np.nan
        blocks = squares.reshape(plane.shape[0] // 8, 8, plane.shape[1] // 8, 8)
        errors = errors + weight * np.nanmean(blocks[:, 3:5], axis=(1, 3))
    return np.asarray(errors)


@pytest.mark.parametrize("colours", [("red", "white"), ("red", "blue"), ("#0969da", "white")])
def test_the_loss_is_what_libjpeg_leaves(colours: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subsampling, "_BLOCKS_PER_WORST", 20)  # many blocks, as libjpeg's also lose by rounding
    pixels = written(*colours)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=100, subsampling="4:2:0")
    both = [Image.fromarray(each).convert("YCbCr") for each in (pixels, pillow_pixels(file.getvalue()))]
    before, after = (np.asarray(image, float)[..., 1:] for image in both)
    squares = (before - after) ** 2 @ [0.25, 1]
    errors = np.sort(squares.reshape(pixels.shape[0] // 8, 8, -1, 8)[:, 3:5].mean(axis=(1, 3)).ravel())
    assert colour_loss(pixels) == pytest.approx(np.sqrt(errors[-len(errors) // 20 :].mean()), rel=0.1)


def test_the_loss_does_not_depend_on_threads_strips_and_instruction_sets(
    monkeypatch: pytest.MonkeyPatch, coffee: np.ndarray
) -> None:
    whole = colour_loss(coffee)
    monkeypatch.setattr(subsampling, "_PIXELS_PER_STRIP", 1)
    names = _kernels.instruction_sets()
    try:
        for name in names:
            _kernels.use_instruction_set(name)
            assert [colour_loss(coffee, threads) for threads in (1, 3)] == [whole, whole]
    finally:
        _kernels.use_instruction_set(names[0])


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket"])
def test_photographs_are_down_sampled_at_usual_qualities(name: str, request: pytest.FixtureRequest) -> None:
    pixels = getattr(pytest.importorskip("skimage.data"), name)()
    assert 92 < chosen(pixels).full_from <= 99
    assert encoded_at(pixels[:64, :64].copy(), 90).subsampling == "4:2:0"


@pytest.mark.parametrize(
    ("colour", "background"),
    [("red", "white"), ("red", "black"), ("red", "blue"), ("blue", "white"), ("white", "red"), ("#c00000", "#eeeeee")],
)
def test_coloured_text_does_not_bleed(colour: str, background: str) -> None:
    pixels = written(colour, background)
    ours = encoded_at(pixels, 75)
    assert ours.subsampling == "4:4:4"
    bled = next(
        data
        for quality in range(75, 101)
        if len(data := foveal.encode(pixels, quality=quality, saliency=None, subsampling=420)) >= len(ours.data)
        or quality == 100
    )
    assert ssimulacra2(pixels, pillow_pixels(ours.data)) > ssimulacra2(pixels, pillow_pixels(bled)) + 3


@pytest.mark.parametrize("colour", ["red", "blue"])
def test_a_word_is_enough(colour: str) -> None:
    pixels = page_with_a_word(colour)
    assert encoded_at(pixels, 80).subsampling == "4:4:4"
    assert encoded_at(pixels, 25).subsampling == "4:2:0"
    assert encoded_at(page_with_a_word("black"), 100).subsampling == "4:2:0"  # no colour to lose


@pytest.mark.parametrize("name", ["4:4:4", "4:2:2", "4:4:0", "4:2:0"])
def test_what_is_asked_for_is_done(name: str) -> None:
    red = written("red", "white", 32, 64)
    for quality in (0, 75, 100):
        options = EncodeOptions(quality=quality, subsampling=name, saliency=None)
        assert encode_photo(foveal.Photo(red), options).subsampling == name


def test_both_sides_of_the_change() -> None:
    pixels = noisy_gradient(48, 64)
    full_from = chosen(pixels).full_from
    assert 30 < full_from < 99
    assert encoded_at(pixels, np.nextafter(full_from, 0)).subsampling == "4:2:0"
    assert encoded_at(pixels, full_from).subsampling == "4:4:4"
    assert Subsampling("4:2:2").at(100) == "4:2:2"


@settings(max_examples=60, deadline=None)
@given(pixels=pictures(), qualities=st.lists(st.floats(0, 100), min_size=2, max_size=5))
def test_the_choice_never_flips_back(pixels: np.ndarray, qualities: list[float]) -> None:
    names = [encoded_at(as_photo(pixels).pixels, quality).subsampling for quality in sorted(qualities)]
    assert set(names) <= ({"grey"} if as_photo(pixels).pixels.ndim == 2 else {"4:2:0", "4:4:4"})
    assert names == sorted(names)  # "4:2:0" < "4:4:4"


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket", "red text", "word", "blue text"])
def test_bytes_rise_over_the_change(name: str) -> None:
    drawn = {
        "red text": lambda: written("red", "white"),
        "blue text": lambda: written("blue", "#dddddd"),
        "word": lambda: page_with_a_word("red"),
    }
    pixels = drawn[name]() if name in drawn else getattr(pytest.importorskip("skimage.data"), name)()[:256, :256].copy()
    full_from = chosen(pixels).full_from
    qualities = [*(full_from - np.array([3, 1, 1e-6])), *np.minimum(full_from + np.array([0, 1, 3]), 100)]
    files = [encoded_at(pixels, quality) for quality in qualities]
    assert [file.subsampling for file in files] == ["4:2:0"] * 3 + ["4:4:4"] * 3
    assert all(len(before.data) <= len(after.data) for before, after in pairwise(files))


def test_targets_between_both_ends_of_the_jump_are_met() -> None:
    pixels = written("red", "white")
    full_from = chosen(pixels).full_from
    smaller, larger = (encoded_at(pixels, quality).data for quality in (full_from - 1e-6, full_from))
    size_bytes = (len(smaller) + len(larger)) // 2
    of_size = encode_photo(foveal.Photo(pixels), EncodeOptions(target_size=size_bytes, saliency=None))
    assert 0.97 * size_bytes <= len(of_size.data) <= size_bytes
    scores = [ssimulacra2(pixels, pillow_pixels(data)) for data in (smaller, larger)]
    wanted = np.mean(scores)
    options = EncodeOptions(target_score=float(wanted), verify=True, saliency=None)
    of_score = encode_photo(foveal.Photo(pixels), options)
    assert abs(ssimulacra2(pixels, pillow_pixels(of_score.data)) - wanted) <= 1
    for found in (of_size, of_score):
        assert (found.subsampling, found.quality < full_from) == ("4:4:4", True)
        made_alone = foveal.encode(pixels, quality=found.quality, subsampling=found.subsampling, saliency=None)
        assert found.data == made_alone
