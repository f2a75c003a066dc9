"""Files of several encoders at equal bytes, and the search for the largest file against brute force."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest
from html_pages import embedded_pictures
from hypothesis import given
from hypothesis import strategies as st
from other_readers import pillow_pixels
from pictures import noisy_gradient
from PIL import Image
from PIL.ExifTags import Base

import foveal
from foveal import metrics
from foveal.comparison import Comparison, compare, draw_sheet, peers, write_page
from foveal.encoding.size_search import _estimate_sizes, find_largest_file
from foveal.errors import LimitError, ParameterError, TargetError

QUALITY = 60
STEPS = {"foveal, content-blind": 0.02, "libjpeg-turbo": 0.1, "MozJPEG": 1, "jpegli": 1}


def encoded(name: str, pixels: np.ndarray, quality: float) -> bytes:
    if name == "foveal, content-blind":
        return foveal.encode(pixels, quality=quality, saliency=None, subsampling="4:2:0")
    (peer,) = [peer for peer in peers.PEERS if peer.name == name]
    return peer.encode(pixels, quality)


# Files of equal bytes


@given(
    growth=st.lists(st.integers(0, 50), min_size=100, max_size=100),
    size=st.integers(1, 3000),
    near=st.floats(-10, 120),
)
def test_the_search_finds_what_trying_everything_finds(growth: list[int], size: int, near: float) -> None:
    sizes = dict(zip(range(1, 101), (1 + np.cumsum(growth)).tolist(), strict=True))
    found = find_largest_file(lambda quality: bytes(sizes[int(quality)]), size, quality_step=1, near=near)
    fitting = [quality for quality, its_size in sizes.items() if its_size <= size]
    assert (found.quality if found else None) == max(fitting, default=None)


@pytest.mark.parametrize(
    ("size", "quality"), [(9, None), (10, 1), (19, 1), (20, 2), (999, 99), (1000, 100), (10**6, 100)]
)
def test_the_search_at_its_boundaries(size: int, quality: int | None) -> None:
    found = find_largest_file(lambda quality: bytes(round(10 * quality)), size, quality_step=1)
    assert (found and (len(found.data), found.quality)) == (quality and (10 * quality, quality))


def test_tenths_of_qualities_are_tried_as_they_are_written() -> None:
    tried = []

    def encode(quality: float) -> bytes:
        tried.append(quality)
        return bytes(round(100 * quality))

    found = find_largest_file(encode, 2837, quality_step=0.1)
    assert found is not None
    assert found.quality == 28.3
    assert all(quality == float(f"{quality:.1f}") for quality in tried)
    assert len(tried) < 12
    assert len(set(tried)) == len(tried)


@given(
    growth=st.lists(st.integers(0, 50), min_size=100, max_size=100),
    size=st.integers(1, 3000),
    errors=st.lists(st.floats(0.7, 1.4), min_size=100, max_size=100),
)
def test_a_wrong_price_costs_time_and_nothing_else(growth: list[int], size: int, errors: list[float]) -> None:
    sizes = dict(zip(range(1, 101), (1 + np.cumsum(growth)).tolist(), strict=True))
    found = find_largest_file(
        lambda quality: bytes(sizes[int(quality)]),
        size,
        price=lambda quality: sizes[int(quality)] * errors[int(quality) - 1],
        quality_step=1,
    )
    fitting = [quality for quality, its_size in sizes.items() if its_size <= size]
    assert (found and (found.quality, len(found.data))) == (fitting[-1], sizes[fitting[-1]]) if fitting else not found


@given(
    sizes=st.lists(st.integers(1, 3000), min_size=100, max_size=100),
    size=st.integers(1, 3000),
    errors=st.lists(st.floats(0.7, 1.4), min_size=100, max_size=100) | st.none(),
)
def test_whatever_sizes_are_the_file_fits_and_the_next_does_not(
    sizes: list[int], size: int, errors: list[float] | None
) -> None:
    def size_at(quality: float) -> int:
        return sizes[int(quality) - 1]

    price = errors and (lambda quality: size_at(quality) * errors[int(quality) - 1])
    found = find_largest_file(lambda quality: bytes(size_at(quality)), size, price=price or None, quality_step=1)
    if found is None:
        assert size_at(1) > size
    else:
        assert len(found.data) == size_at(found.quality) <= size
        assert found.quality == 100 or size_at(found.quality + 1) > size


@pytest.mark.parametrize(
    ("size", "quality", "made"), [(9, None, [1]), (10, 1, [1, 2]), (1000, 100, [100]), (10**6, 100, [100])]
)
def test_priced_files_at_the_ends_of_the_scale(size: int, quality: int | None, made: list[int]) -> None:
    tried = []

    def encode(quality: float) -> bytes:
        tried.append(quality)
        return bytes(round(10 * quality))

    found = find_largest_file(encode, size, price=lambda quality: 10 * quality, quality_step=1)
    assert (found and found.quality) == quality
    assert tried == made


@pytest.mark.parametrize("factor", [0.5, 0.98, 1, 1.02, 2])
def test_where_prices_are_off_by_a_factor_four_files_are_made_at_most(factor: float) -> None:
    tried = []

    def size_at(quality: float) -> int:
        return round(3000 * np.exp(quality / 30))

    def encode(quality: float) -> bytes:
        tried.append(quality)
        return bytes(size_at(quality))

    for wanted in range(4_000, 80_000, 7_000):
        tried.clear()
        found = find_largest_file(encode, wanted, price=lambda q: factor * size_at(q), quality_step=0.02)
        assert found is not None
        assert len(found.data) <= wanted < size_at(found.quality + 0.02)
        assert len(tried) <= 4
        assert len(set(tried)) == len(tried)


def test_prices_are_corrected_by_the_nearest_files_and_files_are_what_they_are() -> None:
    found = _estimate_sizes(
        {10: 50.0, 20: 49.0, 30: 100.0, 35: 100.0, 40: 100.0, 50: 100.0}, {20: bytes(1), 40: bytes(300)}
    )
    assert found[20] == 1  # 1 / 49 * 49 is less
    assert found == pytest.approx({10: 50 / 49, 20: 1, 30: 50 / 49 + 150, 35: 25 / 49 + 225, 40: 300, 50: 300})
    prices = {10: 50.0}
    assert _estimate_sizes(prices, {}) == prices


def test_other_files_are_the_largest_within_the_size_of_foveals_file(comparison: Comparison, photo: np.ndarray) -> None:
    foveal_entry, *others = comparison.entries
    assert [entry.name for entry in others] == list(STEPS)
    for entry in others:
        assert entry.data == encoded(entry.name, photo, entry.quality)
        assert len(entry.data) <= len(foveal_entry.data)
        following = round(entry.quality + STEPS[entry.name], 2)
        assert len(encoded(entry.name, photo, following)) > len(foveal_entry.data)


def test_foveals_file_is_that_of_encode(comparison: Comparison, photo: np.ndarray) -> None:
    assert comparison.entries[0].name == "foveal"
    assert comparison.entries[0].quality == QUALITY
    assert comparison.entries[0].data == foveal.encode(photo, quality=QUALITY, subsampling="4:2:0")


def test_all_files_are_progressive_4_2_0_without_metadata(comparison: Comparison, photo: np.ndarray) -> None:
    for entry in comparison.entries:
        with Image.open(io.BytesIO(entry.data)) as image:
            if "progressive" not in image.info:  # of foveal, where one scan is smaller
                saliency = {"foveal": "auto", "foveal, content-blind": None}[entry.name]
                options = {"quality": entry.quality, "saliency": saliency, "subsampling": "4:2:0"}
                assert entry.data == foveal.encode(photo, progressive=False, **options)
            assert [layer[1:3] for layer in image.layer] == [(2, 2), (1, 1), (1, 1)]
            assert not {"exif", "icc_profile", "comment", "xmp"} & image.info.keys()


def test_a_size_instead_of_a_quality(photo: np.ndarray) -> None:
    foveal_entry, *others = compare(photo, size_bytes=2500).entries
    assert len(foveal_entry.data) <= 2500
    assert len(foveal.encode(photo, quality=round(foveal_entry.quality + 0.02, 2), subsampling="4:2:0")) > 2500
    assert foveal_entry.data == foveal.encode(photo, quality=foveal_entry.quality, subsampling="4:2:0")
    assert all(len(entry.data) <= len(foveal_entry.data) for entry in others)


def test_the_smallest_size_that_foveal_reaches(photo: np.ndarray) -> None:
    least = len(foveal.encode(photo, quality=1, subsampling="4:2:0"))
    assert len(compare(photo, size_bytes=least).entries[0].data) == least
    with pytest.raises(TargetError, match=f"at quality 1, has {least:,}"):
        compare(photo, size_bytes=least - 1)


def test_weighted_ssim_looks_where_the_weights_are(astronaut: np.ndarray) -> None:
    original = astronaut[:100, :100]
    damaged = original.copy()
    damaged[:, 60:] = 0
    weights = np.zeros((100, 100))
    weights[:, :54] = 1  # six pixels away: the windows do not reach the damage
    assert metrics.ssim(original, damaged, weights) == pytest.approx(1)
    assert metrics.ssim(original, damaged, 1 - weights) < 0.5
    assert metrics.ssim(original, damaged, np.ones((100, 100))) == pytest.approx(metrics.ssim(original, damaged))
    grey = metrics.ssim(original[:, :, 0], damaged[:, :, 0], np.full((100, 100), 0.3))
    assert grey == pytest.approx(metrics.ssim(original[:, :, 0], damaged[:, :, 0]))


@pytest.mark.parametrize(
    "weights", [np.ones((20, 21)), -np.ones((20, 20)), np.zeros((20, 20)), np.eye(1, 400).reshape(20, 20)]
)
def test_weights_that_weigh_nothing(weights: np.ndarray) -> None:
    picture = noisy_gradient(20, 20)
    with pytest.raises(ParameterError, match="weights must"):
        metrics.ssim(picture, picture, weights)


# Photos of every kind


@pytest.mark.parametrize(
    "pixels",
    [
        noisy_gradient(3, 5),
        noisy_gradient(1, 1),
        noisy_gradient(2, 1, None),
        noisy_gradient(10, 400),
        noisy_gradient(400, 10),
        noisy_gradient(90, 130, None),
        noisy_gradient(90, 130, None).astype(np.uint16) * 257,
        np.full((40, 50, 3), 90, np.uint8),
    ],
    ids=["3x5", "1x1", "grey 2x1", "1:40", "40:1", "grey", "16 bits", "flat"],
)
def test_photos_of_every_kind(pixels: np.ndarray) -> None:
    found = compare(pixels, quality=75)
    eight = (pixels >> 8).astype(np.uint8) if pixels.dtype == np.uint16 else pixels
    np.testing.assert_array_equal(found.pixels, eight if eight.ndim == 3 else np.repeat(eight[:, :, None], 3, axis=2))
    assert len(found.entries) + len(found.left_out) == 5
    assert all("its smallest file is larger than" in line for line in found.left_out)
    for entry in found.entries:
        decoded = pillow_pixels(entry.data)
        for crop, region in zip(entry.crops, found.regions, strict=True):
            part = decoded[region.slices]
            np.testing.assert_array_equal(crop, part if part.ndim == 3 else np.repeat(part[:, :, None], 3, axis=2))
    assert (found.entries[0].scores.ssimulacra2 is None) == (min(pixels.shape[:2]) < 8)
    assert (found.entries[0].scores.ssim is None) == (min(pixels.shape[:2]) < 11)
    sheet = draw_sheet(found)
    assert sheet.dtype == np.uint8
    assert sheet[:, -10:].min() == 255  # nothing is cut
    assert len(embedded_pictures(write_page(found, "photo"))) == 2 + len(found.regions) * (1 + len(found.entries))


def test_photos_are_compared_as_displayed(photo: np.ndarray) -> None:
    exif = Image.Exif()
    exif[Base.Orientation] = 6
    stored = np.ascontiguousarray(np.rot90(photo))  # orientation 6: turn clockwise to display
    turned = compare(foveal.Photo(stored, exif=exif.tobytes()), quality=QUALITY, saliency="center")
    upright = compare(photo, quality=QUALITY, saliency="center")
    np.testing.assert_array_equal(turned.pixels, photo)
    assert turned.regions == upright.regions
    assert [entry.data for entry in turned.entries] == [entry.data for entry in upright.entries]


def test_a_given_map(photo: np.ndarray) -> None:
    given = np.zeros((20, 30), bool)
    given[:7, :10] = True
    found = compare(photo, quality=QUALITY, saliency=given)
    salient, background = found.regions
    assert (salient.top, salient.left) == (0, 0)
    assert background.left >= salient.width
    expected = foveal.encode(photo, quality=QUALITY, saliency=given, subsampling="4:2:0")
    assert found.entries[0].data == expected
    assert found.saliency.shape == photo.shape[:2]


def test_maps_that_are_dark_or_bright_only_at_the_edge(photo: np.ndarray) -> None:
    dark = compare(photo, quality=QUALITY, saliency=np.zeros((4, 4)))
    assert dark.entries[0].scores.salient_psnr == pytest.approx(dark.entries[0].scores.psnr)
    edge = np.zeros(photo.shape[:2], np.float32)
    edge[0] = 1
    assert compare(photo, quality=QUALITY, saliency=edge).entries[0].scores.salient_ssim is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"quality": 50, "size_bytes": 5000}, "not both"),
        ({"quality": 101}, "quality must be"),
        ({"size_bytes": 0}, "size_bytes must be"),
        ({"size_bytes": 2.5}, "size_bytes must be"),
        ({"saliency": None}, "content-blind encode is always compared"),
        ({"saliency": "magic"}, "no saliency method"),
        ({"saliency": np.full((3, 3), 2.0)}, r"\[0, 1\]"),
        ({"strength": 1.5}, "strength must be"),
        ({"background": "nocolour"}, "not a colour"),
    ],
)
def test_wrong_arguments(options: dict[str, object], words: str) -> None:
    pixels = np.dstack([noisy_gradient(16, 16), np.full((16, 16), 255, np.uint8)])
    with pytest.raises(ParameterError, match=words):
        compare(pixels, **({"background": "white"} | options))


@pytest.mark.parametrize("side", [65_500, 65_501])
def test_longest_side_that_libjpeg_writes(side: int) -> None:
    pixels = np.zeros((1, side), np.uint8)
    if side > 65_500:
        with pytest.raises(LimitError, match="65,500"):
            compare(pixels, saliency="center")
    else:
        assert compare(pixels, saliency="center").entries[0].name == "foveal"


# What is not installed


@pytest.mark.parametrize(
    ("module", "left_out", "reason"),
    [
        ("pyvips", "MozJPEG", "it needs pyvips and pyvips-binary"),
        ("_libvips", "MozJPEG", "it needs pyvips and pyvips-binary"),
        ("pyjpegli", "jpegli", "it needs pyjpegli and mozjpeg-lossless-optimization"),
        ("mozjpeg_lossless_optimization", "jpegli", "it needs pyjpegli and mozjpeg-lossless-optimization"),
    ],
)
def test_encoders_that_are_not_installed(
    module: str, left_out: str, reason: str, photo: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    found = compare(photo, quality=QUALITY, saliency="center")
    assert [entry.name for entry in found.entries] == ["foveal", *(name for name in STEPS if name != left_out)]
    line = f"{left_out} is left out: {reason} (pip install 'foveal[compare]')"
    assert found.left_out == (line,)
    assert line in write_page(found, "photo").replace("&#x27;", "'")


def test_comparisons_are_deterministic(comparison: Comparison, photo: np.ndarray) -> None:
    again = compare(photo, quality=QUALITY)
    assert again.to_dict() == comparison.to_dict()
    np.testing.assert_array_equal(draw_sheet(again), draw_sheet(comparison))
    assert write_page(again, "photo") == write_page(comparison, "photo")
