"""The facts of a page: scores, and the content-blind encode."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest
from explain_pages import PHOTO, make_page
from other_readers import pillow_pixels
from PIL import Image

import foveal
from foveal import metrics
from foveal.encoding import EncodeOptions
from foveal.explain import facts


def test_scores_are_those_of_the_decoded_file(astronaut: np.ndarray) -> None:
    photo = astronaut[64:320, 100:356]
    shown = make_page(photo, quality=50, saliency="center")
    own, blind, lossless = shown.rows("scores")
    decoded = pillow_pixels(shown.jpeg())
    where = foveal.saliency_map(photo, "center")
    assert own[1:] == [
        f"{len(shown.jpeg()):,}",
        f"{8 * len(shown.jpeg()) / 256**2:.2f}",
        f"{metrics.psnr(photo, decoded):.2f} dB",
        f"{metrics.psnr(photo, decoded, where):.2f} dB",
        f"{metrics.ssim(photo, decoded):.4f}",
        f"{metrics.ssimulacra2(photo, decoded):.1f}",
    ]
    assert int(blind[1].replace(",", "")) == pytest.approx(len(shown.jpeg()), rel=0.02)
    assert shown.data("content-blind-bytes-of-the-file") == int(blind[1].replace(",", ""))
    file = io.BytesIO()
    Image.fromarray(photo).save(file, "PNG")
    assert lossless[1] == f"{len(file.getvalue()):,}"


def test_a_file_smaller_than_any_content_blind_one_is_compared_with_the_smallest(coffee: np.ndarray) -> None:
    pixels = np.ascontiguousarray(coffee[::2, ::2])
    where = np.zeros((8, 12))
    where[3:5, 4:7] = 1
    options = EncodeOptions(quality=1, saliency=where, strength=1)
    found = facts.find_facts(foveal.Photo(pixels), options, None)
    assert found.blind is not None
    assert found.blind.data == foveal.encode(pixels, quality=1, saliency=None)
    assert found.blind.quality == 1
    assert len(found.file.data) < len(found.blind.data)


def test_without_scikit_image_there_is_no_ssim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage.metrics", None)
    shown = make_page(PHOTO)
    assert shown.rows("scores")[0][5] == "-"
    assert "scikit-image" in shown.text("sizes")


@pytest.mark.parametrize(("most", "is_scored"), [(83 * 107, True), (83 * 107 - 1, False)])
def test_large_photos_have_no_ssim(most: int, is_scored: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "MAX_SSIM_PIXELS", most)
    row = make_page(PHOTO).rows("scores")[0]
    assert (row[5] != "-", row[6] != "-") == (is_scored, True)
