"""Files of several encoders at equal bytes."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest
from html_pages import embedded_pictures
from other_readers import pillow_pixels
from pictures import noisy_gradient
from PIL import Image
from PIL.ExifTags import Base

import foveal
from foveal.comparison import Comparison, compare, draw_sheet, peers, write_page
from foveal.errors import LimitError, ParameterError, TargetError

QUALITY = 60
STEPS = {"foveal, content-blind": 0.02, "libjpeg-turbo": 0.1, "MozJPEG": 1, "jpegli": 1}


def encoded(name: str, pixels: np.ndarray, quality: float) -> bytes:
    if name == "foveal, content-blind":
        return foveal.encode(pixels, quality=quality, saliency=None, subsampling="4:2:0")
    (peer,) = [peer for peer in peers.PEERS if peer.name == name]
    return peer.encode(pixels, quality)


# Files of equal bytes


def test_other_files_are_the_largest_within_the_size_of_foveals_file(comparison: Comparison, photo: np.ndarray) -> None:
    foveal_entry, *others = comparison.entries
    assert [entry.name for entry in others] == list(STEPS)
    for entry in others:
        assert entry.data == encoded(entry.name, photo, entry.quality)
        assert len(entry.data) <= len(foveal_entry.data)
        following = round(entry.quality + STEPS[entry.name], 2)
        assert len(encoded(entry.name, photo, following)) > len(foveal_entry.data)


def test_steps_are_named_before_they_begin(photo: np.ndarray) -> None:
    steps: list[tuple[str, float]] = []
    made = compare(photo, quality=QUALITY, on_step=lambda *step: steps.append(step))
    names = [entry.name for entry in made.entries]
    assert [name for name, _ in steps] == [f"encoding by {x}" for x in names] + [f"scores of {x}" for x in names]
    assert [share for _, share in steps] == [step / len(steps) for step in range(len(steps))]


def test_foveals_file_is_that_of_encode(comparison: Comparison, photo: np.ndarray) -> None:
    assert comparison.entries[0].name == "foveal"
    assert comparison.entries[0].quality == QUALITY
    assert comparison.entries[0].data == foveal.encode(photo, quality=QUALITY, subsampling="4:2:0")


def test_all_files_are_progressive_4_2_0_without_metadata(comparison: Comparison, photo: np.ndarray) -> None:
    for entry in comparison.entries:
        with Image.open(io.BytesIO(entry.data)) as image:
            if "progressive" not in image.info:  # of foveal, where sequential scans are smaller
                saliency = {"foveal": "auto", "foveal, content-blind": None}[entry.name]
                options = {"quality": entry.quality, "saliency": saliency, "subsampling": "4:2:0"}
                assert len(entry.data) <= 1.005 * len(foveal.encode(photo, progressive=False, **options))
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
    assert least - 4 <= len(compare(photo, size_bytes=least).entries[0].data) <= least
    with pytest.raises(TargetError, match=f"at quality 0 or 1, has {least:,}"):
        compare(photo, size_bytes=least - 1)


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
