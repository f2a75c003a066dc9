"""Encoders side by side: sizes and scores against Pillow and scikit-image, searches and windows against brute force."""

from __future__ import annotations

import base64
import io
import sys
from html import escape
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from other_readers import marker_segments, pillow_pixels
from pictures import noisy_gradient
from PIL import Image
from PIL.ExifTags import Base
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

import foveal
from foveal import metrics
from foveal.comparison import Comparison, compare, draw_sheet, peers, write_page
from foveal.comparison.regions import SHOWN_SIDE, choose_regions
from foveal.encoding.size_search import _estimate_sizes, find_largest_file
from foveal.errors import LimitError, ParameterError, TargetError
from foveal.saliency import look

QUALITY = 60
STEPS = {"foveal, content-blind": 0.02, "libjpeg-turbo": 0.1, "MozJPEG": 1, "jpegli": 1}


@pytest.fixture(scope="module")
def photo(coffee: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(coffee[180:281, 220:373])


@pytest.fixture(scope="module")
def comparison(photo: np.ndarray) -> Comparison:
    return compare(photo, quality=QUALITY)


def encoded(name: str, pixels: np.ndarray, quality: float) -> bytes:
    if name == "foveal, content-blind":
        return foveal.encode(pixels, quality=quality, saliency=None, subsampling="4:2:0")
    (peer,) = [peer for peer in peers.PEERS if peer.name == name]
    return peer.encode(pixels, quality)


@pytest.mark.parametrize("channels", [3, None], ids=["colour", "grey"])
def test_jpegli_is_pyjpegli_with_scans_added_without_loss(channels: int | None) -> None:
    pixels = noisy_gradient(48, 64, channels)
    sequential, progressive = (encode(pixels, 70) for encode in (peers.sequential_jpegli, peers.jpegli))
    frames = [{code for code, _ in marker_segments(data)} & {0xC0, 0xC1, 0xC2} for data in (sequential, progressive)]
    assert frames[0] <= {0xC0, 0xC1}
    assert frames[1] == {0xC2}
    np.testing.assert_array_equal(pillow_pixels(sequential), pillow_pixels(progressive))


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


def test_no_file_is_larger_than_ours_and_the_next_setting_would_be(comparison: Comparison, photo: np.ndarray) -> None:
    ours, *others = comparison.entries
    assert [entry.name for entry in others] == list(STEPS)
    for entry in others:
        assert entry.data == encoded(entry.name, photo, entry.quality)
        assert len(entry.data) <= len(ours.data)
        following = round(entry.quality + STEPS[entry.name], 2)
        assert len(encoded(entry.name, photo, following)) > len(ours.data)


def test_ours_is_what_encode_writes(comparison: Comparison, photo: np.ndarray) -> None:
    assert comparison.entries[0].name == "foveal"
    assert comparison.entries[0].quality == QUALITY
    assert comparison.entries[0].data == foveal.encode(photo, quality=QUALITY, subsampling="4:2:0")


def test_all_files_are_progressive_4_2_0_without_metadata(comparison: Comparison, photo: np.ndarray) -> None:
    for entry in comparison.entries:
        with Image.open(io.BytesIO(entry.data)) as image:
            if "progressive" not in image.info:  # ours, where one scan is smaller
                saliency = {"foveal": "auto", "foveal, content-blind": None}[entry.name]
                options = {"quality": entry.quality, "saliency": saliency, "subsampling": "4:2:0"}
                assert entry.data == foveal.encode(photo, progressive=False, **options)
            assert [layer[1:3] for layer in image.layer] == [(2, 2), (1, 1), (1, 1)]
            assert not {"exif", "icc_profile", "comment", "xmp"} & image.info.keys()


def test_a_size_instead_of_a_quality(photo: np.ndarray) -> None:
    ours, *others = compare(photo, size_bytes=2500).entries
    assert len(ours.data) <= 2500
    assert len(foveal.encode(photo, quality=round(ours.quality + 0.02, 2), subsampling="4:2:0")) > 2500
    assert ours.data == foveal.encode(photo, quality=ours.quality, subsampling="4:2:0")
    assert all(len(entry.data) <= len(ours.data) for entry in others)


def test_the_least_size(photo: np.ndarray) -> None:
    least = len(foveal.encode(photo, quality=1, subsampling="4:2:0"))
    assert len(compare(photo, size_bytes=least).entries[0].data) == least
    with pytest.raises(TargetError, match=f"at quality 1, has {least:,}"):
        compare(photo, size_bytes=least - 1)


# Scores


def test_scores_are_those_of_the_files_as_pillow_decodes_them(comparison: Comparison, photo: np.ndarray) -> None:
    looked = look(foveal.Photo(photo))
    weights = Image.fromarray(looked.spending_map).resize((153, 101), Image.Resampling.BILINEAR)
    np.testing.assert_allclose(comparison.saliency, weights, atol=1e-6)
    rows, columns = comparison.regions[0].slices
    for entry in comparison.entries:
        decoded = pillow_pixels(entry.data)
        scores = entry.scores
        assert scores.psnr == pytest.approx(peak_signal_noise_ratio(photo, decoded))
        error = ((photo.astype(float) - decoded) ** 2).mean(axis=2)
        weighted = np.average(error, weights=comparison.saliency)
        assert scores.salient_psnr == pytest.approx(10 * np.log10(255**2 / weighted))
        options = {"channel_axis": 2, "gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
        mean, each = structural_similarity(photo, decoded, full=True, **options)
        assert scores.ssim == pytest.approx(mean)
        inside = np.s_[5:-5, 5:-5]
        expected = np.average(each.mean(axis=2)[inside], weights=comparison.saliency[inside])
        assert scores.salient_ssim == pytest.approx(expected)
        assert scores.ssimulacra2 == metrics.ssimulacra2(photo, decoded)
        part = np.ascontiguousarray(photo[rows, columns]), np.ascontiguousarray(decoded[rows, columns])
        assert scores.salient_ssimulacra2 == metrics.ssimulacra2(*part)


def test_bits_spent_by_the_map_show_where_people_look(comparison: Comparison) -> None:
    scores = {entry.name: entry.scores for entry in comparison.entries}
    assert scores["foveal"].salient_psnr > scores["foveal, content-blind"].salient_psnr
    assert scores["foveal"].salient_ssim > scores["foveal, content-blind"].salient_ssim


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


# Regions


@given(height=st.integers(1, 120), width=st.integers(1, 120), seed=st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_regions_lie_in_the_photo_and_apart(height: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    saliency = rng.random((height, width), dtype=np.float32) ** 4
    regions = choose_regions(pixels, saliency)
    assert regions == choose_regions(pixels, saliency)
    assert [region.name for region in regions] == ["salient", "background"][: 1 if height == width == 1 else 2]
    covered = np.zeros((height, width), int)
    for region in regions:
        assert saliency[region.slices].shape == (region.height, region.width)
        assert region.zoom >= 1
        assert region.zoom * max(region.height, region.width) <= SHOWN_SIDE
        covered[region.slices] += 1
    assert covered.max() == 1
    windows = np.lib.stride_tricks.sliding_window_view(saliency, (regions[0].height, regions[0].width))
    assert saliency[regions[0].slices].mean() == pytest.approx(windows.mean(axis=(2, 3)).max(), rel=1e-5)


@pytest.mark.parametrize(
    ("shape", "side", "zoom"),
    [((512, 512), 144, 2), ((863, 600), 144, 2), ((864, 600), 288, 1), ((2000, 900), 288, 1), ((200, 300), 96, 3)],
)
def test_windows_are_as_large_as_they_can_be_shown(shape: tuple[int, int], side: int, zoom: int) -> None:
    pixels = np.zeros((*shape, 3), np.uint8)
    for region in choose_regions(pixels, np.ones(shape, np.float32)):
        assert (region.height, region.width, region.zoom) == (side, side, zoom)


def test_the_background_is_far_dark_in_the_map_and_not_empty() -> None:
    """Half sky, half sand; the map is bright in the middle and grey all along the left edge."""
    pixels = noisy_gradient(300, 300)
    pixels[:150] = 200
    saliency = np.zeros((300, 300), np.float32)
    saliency[120:180, 120:180] = 1
    saliency[:, :80] = 0.2
    salient, background = choose_regions(pixels, saliency)
    assert salient.top <= 120 <= 180 <= salient.top + salient.height
    assert salient.left <= 120 <= 180 <= salient.left + salient.width
    assert background.top >= 150
    assert background.left >= 80
    assert saliency[background.slices].max() == 0


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
    assert len(pictures(write_page(found, "photo"))) == 2 + len(found.regions) * (1 + len(found.entries))


def test_photos_are_compared_as_displayed(photo: np.ndarray) -> None:
    exif = Image.Exif()
    exif[Base.Orientation] = 6
    stored = np.ascontiguousarray(np.rot90(photo))  # orientation 6: turn clockwise to display
    turned = compare(foveal.Photo(stored, exif=exif.tobytes()), quality=QUALITY, saliency="center")
    upright = compare(photo, quality=QUALITY, saliency="center")
    np.testing.assert_array_equal(turned.pixels, photo)
    assert turned.regions == upright.regions
    assert [entry.data for entry in turned.entries] == [entry.data for entry in upright.entries]


def test_a_map_of_ones_own(photo: np.ndarray) -> None:
    given = np.zeros((20, 30), bool)
    given[:7, :10] = True
    found = compare(photo, quality=QUALITY, saliency=given)
    salient, background = found.regions
    assert (salient.top, salient.left) == (0, 0)
    assert background.left >= salient.width
    expected = foveal.encode(photo, quality=QUALITY, saliency=given, subsampling="4:2:0")
    assert found.entries[0].data == expected
    assert found.saliency.shape == photo.shape[:2]


def test_a_map_that_is_dark_or_bright_only_at_the_edge(photo: np.ndarray) -> None:
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
def test_arguments_that_make_no_sense(options: dict[str, object], words: str) -> None:
    pixels = np.dstack([noisy_gradient(16, 16), np.full((16, 16), 255, np.uint8)])
    with pytest.raises(ParameterError, match=words):
        compare(pixels, **({"background": "white"} | options))


@pytest.mark.parametrize("side", [65_500, 65_501])
def test_sides_that_libjpeg_does_not_write(side: int) -> None:
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


def test_without_scikit_image_there_is_no_ssim(photo: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage", None)
    monkeypatch.setitem(sys.modules, "skimage.metrics", None)
    found = compare(photo, quality=QUALITY, saliency="center")
    assert found.left_out == ("SSIM is left out: it needs scikit-image (pip install 'foveal[compare]')",)
    assert {(entry.scores.ssim, entry.scores.salient_ssim) for entry in found.entries} == {(None, None)}
    assert len(found.entries) == 5
    assert found.entries[0].scores.psnr > 20


# What is shown


class _Images(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.images: list[dict[str, str | None]] = []
        self.tags: set[str] = set()
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "img":
            self.images.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def parsed(html: str) -> _Images:
    parser = _Images()
    parser.feed(html)
    return parser


def pictures(html: str) -> list[np.ndarray]:
    found = []
    for image in parsed(html).images:
        kind, data = str(image["src"]).split(",")
        assert kind == "data:image/png;base64"
        with Image.open(io.BytesIO(base64.b64decode(data))) as opened:
            found.append(np.asarray(opened))
    return found


def test_the_page_holds_every_crop_without_loss_and_nothing_from_outside(comparison: Comparison) -> None:
    html = write_page(comparison, "<b>photo</b>")
    found = parsed(html)
    assert not found.tags & {"script", "link", "iframe", "b"}
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}" />' in html
    assert "http:" not in html
    assert "https:" not in html
    assert "url(" not in html
    assert "prefers-color-scheme: dark" in html
    assert "width=device-width" in html
    assert all(image["alt"] for image in found.images)
    crops = [[comparison.pixels[region.slices]] for region in comparison.regions]
    for entry in comparison.entries:
        for of_region, crop in zip(crops, entry.crops, strict=True):
            of_region.append(crop)
    expected = [crop for of_region in crops for crop in of_region]
    for shown, image, crop in zip(pictures(html)[2:], found.images[2:], expected, strict=True):
        np.testing.assert_array_equal(shown, crop)
        zoom = comparison.regions[0].zoom
        assert (image["height"], image["width"]) == (str(zoom * crop.shape[0]), str(zoom * crop.shape[1]))
    for entry in comparison.entries:
        assert f"{len(entry.data):,}" in found.texts
        assert f"{entry.scores.ssimulacra2:.1f}" in found.texts
        assert f"{entry.scores.salient_psnr:.2f} dB" in found.texts


def test_the_picture_shows_every_crop_enlarged_to_squares(comparison: Comparison) -> None:
    sheet = draw_sheet(comparison)
    for index, region in enumerate(comparison.regions):
        crops = [comparison.pixels[region.slices], *(entry.crops[index] for entry in comparison.entries)]
        enlarged = [np.kron(crop, np.ones((region.zoom, region.zoom, 1), np.uint8)) for crop in crops]
        height, width = enlarged[0].shape[:2]
        lefts = [14 + column * (SHOWN_SIDE + 14) for column in range(len(crops))]
        tops = [
            top
            for top in range(sheet.shape[0] - height + 1)
            if np.array_equal(sheet[top : top + height, lefts[0] : lefts[0] + width], enlarged[0])
        ]
        assert len(tops) == 1
        for left, crop in zip(lefts, enlarged, strict=True):
            np.testing.assert_array_equal(sheet[tops[0] : tops[0] + height, left : left + width], crop)
    margin = sheet[:, -10:]
    assert margin.min() == 255  # nothing is cut


def test_everything_is_the_same_every_time(comparison: Comparison, photo: np.ndarray) -> None:
    again = compare(photo, quality=QUALITY)
    assert again.to_dict() == comparison.to_dict()
    np.testing.assert_array_equal(draw_sheet(again), draw_sheet(comparison))
    assert write_page(again, "photo") == write_page(comparison, "photo")
