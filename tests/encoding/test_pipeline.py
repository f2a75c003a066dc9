"""Decisions of `foveal.encode`: subsampling, scans, and what quality, effort and saliency do to files."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import skimage.data
from other_readers import marker_segments, pillow_pixels
from pictures import noisy_gradient

import foveal
from foveal import jpeg
from foveal.allocate.effort import EFFORTS
from foveal.allocate.weights import block_weights
from foveal.comparison.peers import libjpeg_turbo
from foveal.encoding import EncodeOptions, encode_photo
from foveal.errors import LimitError
from foveal.metrics import psnr, ssimulacra2
from foveal.saliency import SaliencyResult

PIXELS = noisy_gradient(48, 64)


def sof(data: bytes) -> tuple[int, list[int]]:
    """Code of the SOF marker and the sampling factors of the components."""
    code, payload = next(each for each in marker_segments(data) if each[0] in (0xC0, 0xC1, 0xC2))
    return code, [payload[7 + 3 * c] for c in range(payload[5])]


def test_defaults_are_as_documented() -> None:
    chosen = encode_photo(foveal.Photo(PIXELS), EncodeOptions())
    assert foveal.encode(PIXELS) == foveal.encode(
        PIXELS,
        quality=chosen.quality,
        saliency="gaze",
        strength=0.8,
        allocation="rdo",
        subsampling="4:2:0",
        progressive=True,
        effort="balanced",
        restart_interval=0,
        threads=1,
        metadata="keep",
    )


@pytest.mark.parametrize(
    ("subsampling", "luma"),
    [("4:4:4", 0x11), (444, 0x11), ("422", 0x21), ("4:2:2", 0x21), ("4:4:0", 0x12), (440, 0x12), (420, 0x22)],
)
def test_subsampling_may_be_written_in_several_ways(subsampling: str | int, luma: int) -> None:
    assert sof(foveal.encode(PIXELS, subsampling=subsampling))[1] == [luma, 0x11, 0x11]


def test_grey_has_one_component_whatever_the_subsampling() -> None:
    assert sof(foveal.encode(PIXELS[:, :, 0].copy(), subsampling="4:2:0"))[1] == [0x11]


def test_a_grey_photo_has_no_subsampling(coffee: np.ndarray) -> None:
    grey = np.ascontiguousarray(coffee[..., 1])
    files = {foveal.encode(grey, saliency=None, subsampling=name) for name in ("auto", "4:2:0", "4:4:4")}
    assert len(files) == 1


def test_files_are_progressive_or_baseline() -> None:
    large = np.tile(PIXELS, (8, 8, 1))
    for effort in EFFORTS:
        assert sof(foveal.encode(large, effort=effort, saliency=None))[0] == 0xC2
    assert sof(foveal.encode(PIXELS))[0] == 0xC0  # where one scan is smaller
    assert sof(foveal.encode(PIXELS, progressive=False))[0] == 0xC0
    assert sof(foveal.encode(PIXELS, progressive=False, effort="best"))[0] == 0xC0


@pytest.mark.parametrize("confidence", [0.0, 0.4, 1.0])
def test_confidence_lowers_the_strength(confidence: float, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = noisy_gradient(48, 64)
    found = np.random.default_rng(0).uniform(size=(24, 32)).astype(np.float32)
    result = SaliencyResult("gaze", found, confidence)
    monkeypatch.setattr("foveal.encoding.pipeline.find_saliency", lambda photo, saliency: result if saliency else None)
    encoded = encode_photo(foveal.Photo(pixels), EncodeOptions(strength=0.8))
    assert (encoded.saliency_name, encoded.confidence) == ("gaze", confidence)
    np.testing.assert_array_equal(encoded.weights, block_weights(found, 48, 64, 0.8 * confidence))
    assert (encoded.data == foveal.encode(pixels, saliency=None)) == (confidence == 0)


def test_a_given_map_has_full_confidence() -> None:
    pixels = noisy_gradient(48, 64)
    mask = np.zeros((6, 8), bool)
    mask[2:4, 3:6] = True
    given = encode_photo(foveal.Photo(pixels), EncodeOptions(saliency=mask, strength=0.8))
    assert (given.saliency_name, given.confidence) == ("map", 1.0)
    np.testing.assert_array_equal(given.weights, block_weights(mask, 48, 64, 0.8))
    assert encode_photo(foveal.Photo(pixels), EncodeOptions(saliency=None)).confidence is None


def test_the_bytes_do_not_depend_on_the_threads(astronaut: np.ndarray) -> None:
    for method in ("gaze", "msroi", "cam"):
        one, three = (foveal.encode(astronaut, saliency=method, threads=threads) for threads in (1, 3))
        assert one == three


def test_size_and_psnr_rise_with_quality(astronaut: np.ndarray) -> None:
    encoded = [foveal.encode(astronaut, quality=q, saliency=None, subsampling=420) for q in (5, 20, 40, 60, 80, 95)]
    sizes = [len(data) for data in encoded]
    qualities = [psnr(pillow_pixels(data), astronaut) for data in encoded]
    assert sizes == sorted(sizes)
    assert qualities == sorted(qualities)


@pytest.mark.parametrize("name", ["astronaut", "coffee", "rocket"])
def test_files_grow_with_quality(name: str) -> None:
    pixels = getattr(skimage.data, name)()[:256, :256]
    sizes = [len(foveal.encode(pixels, quality=quality, saliency=None)) for quality in range(30, 101, 2)]
    assert all(before < after * 1.002 for before, after in itertools.pairwise(sizes))
    assert sizes[-1] > 4 * sizes[0]


def test_a_quality_scores_like_that_of_libjpeg_on_average() -> None:
    """Levels are the mean of those for SSIMULACRA2 and CVVDP; the second asks for more at low qualities."""
    photos = [getattr(skimage.data, name)() for name in ("astronaut", "coffee", "chelsea", "rocket")]
    for quality in (50, 75, 90):
        ours, theirs = (
            [(ssimulacra2(photo, pillow_pixels(data)), len(data)) for photo, data in zip(photos, files, strict=True)]
            for files in (
                [foveal.encode(photo, quality=quality, saliency=None) for photo in photos],
                [libjpeg_turbo(photo, quality) for photo in photos],
            )
        )
        difference = np.mean(ours, axis=0) - np.mean(theirs, axis=0)
        assert -2.5 < difference[0] < 4  # four photos are few
        assert difference[1] < 0


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket"])
def test_the_salient_part_keeps_its_score_and_the_file_is_smaller(name: str) -> None:
    """It may lose a little: the numbers of a map were found by PSNR and other scores as well."""
    pixels = np.ascontiguousarray(getattr(skimage.data, name)())
    height, width = pixels.shape[:2]
    part = np.s_[height // 3 : height // 3 + 128, width // 3 : width // 3 + 160]
    where = np.zeros((height, width))
    where[part] = 1
    for quality, most_lost in ((50, 1.0), (75, 1.0), (92, 1.5)):
        blind, aware = (foveal.encode(pixels, quality=quality, saliency=each) for each in (None, where))
        without, with_map = (
            ssimulacra2(pixels[part].copy(), pillow_pixels(data)[part].copy()) for data in (blind, aware)
        )
        assert with_map > without - most_lost
        assert len(aware) < 0.96 * len(blind)


def test_more_effort_takes_fewer_bytes_or_scores_more(coffee: np.ndarray) -> None:
    fast, balanced, best = (foveal.encode(coffee, quality=75, saliency=None, effort=e) for e in EFFORTS)
    scores = [ssimulacra2(coffee, pillow_pixels(data)) for data in (fast, balanced, best)]
    assert len(balanced) < len(fast)
    assert scores[1] > scores[0] - 0.3
    assert len(best) < 1.01 * len(balanced)
    assert scores[2] > scores[1] + 0.2
    assert psnr(pillow_pixels(balanced), coffee) > psnr(pillow_pixels(fast), coffee) - 0.5


def test_encode_photo_returns_its_decisions() -> None:
    encoded = encode_photo(foveal.Photo(PIXELS), EncodeOptions(quality=70, saliency="center"))
    assert (encoded.quality, encoded.subsampling, encoded.saliency_name) == (70, "4:2:0", "center")
    assert encoded.weights.shape == (6, 8)
    assert encoded.weights[3, 4] > encoded.weights[0, 0]
    assert encode_photo(foveal.Photo(PIXELS[:, :, 0].copy()), EncodeOptions(saliency=None)).subsampling == "grey"


@pytest.mark.parametrize("allocation", ["rdo", "quality-map"])
def test_the_finest_quality_has_steps_of_1_and_no_map(allocation: str, coffee: np.ndarray) -> None:
    options = {"saliency": "center", "strength": 1, "allocation": allocation, "effort": "fast"}
    finest = {foveal.encode(coffee, quality=quality, **options) for quality in (98, 99.5, 100)}
    assert finest == {foveal.encode(coffee, quality=100, **{**options, "saliency": None})}
    data = finest.pop()
    assert {step for table in jpeg.read_coefficients(data).tables for step in table.values} == {1}
    # libjpeg-turbo's own error at quality 100 and 4:4:4 is 4
    assert np.abs(pillow_pixels(data).astype(int) - coffee).max() <= 4
    below = jpeg.read_coefficients(foveal.encode(coffee, quality=97.9, **options))
    assert max(step for table in below.tables for step in table.values) > 1


def test_saliency_of_the_finest_quality_is_reported_as_none(coffee: np.ndarray) -> None:
    options = EncodeOptions(saliency="center", target_size=10_000_000, effort="fast")
    found = encode_photo(foveal.Photo(coffee[:64, :64].copy()), options)
    assert (found.quality, found.saliency_name, found.confidence) == (100, "none", None)
    assert (found.weights == 1).all()


def test_a_side_over_the_limit_is_refused_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise AssertionError("work was done")

    monkeypatch.setattr("foveal.encoding.pipeline.find_saliency", fail)
    monkeypatch.setattr("foveal.encoding.pipeline.choose_subsampling", fail)
    for shape in ((1, 65_536, 3), (65_536, 1)):
        with pytest.raises(LimitError, match="65,535"):
            foveal.encode(np.zeros(shape, np.uint8))
