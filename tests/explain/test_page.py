"""The page as a whole: one file that loads nothing, for photos of every kind."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from explain_pages import PHOTO, ExplainPage, make_page
from other_readers import pillow_pixels
from pictures import noisy_gradient
from PIL import Image, ImageCms

import foveal
from foveal.drawing.html import element
from foveal.encoding import EncodeOptions
from foveal.errors import ParameterError
from foveal.explain import explain, page


def test_the_page_loads_nothing_and_describes_every_picture() -> None:
    shown = make_page(PHOTO, saliency="auto")
    pictures = list(shown.root.iter("img"))
    assert len(pictures) > 30
    for picture in pictures:
        assert picture.attrib["alt"].strip()
        assert picture.attrib["src"].startswith("data:image/")
        content = base64.b64decode(picture.attrib["src"].partition(",")[2])
        with Image.open(io.BytesIO(content)) as image:
            width, height = int(picture.attrib["width"]), int(picture.attrib["height"])
            assert image.width / image.height == pytest.approx(width / height, rel=0.01)
    for drawing in shown.root.iter("svg"):
        assert (drawing.attrib["role"], drawing[0].tag) == ("img", "title")
        assert drawing[0].text
    assert not list(shown.root.iter("script"))
    without_pictures = re.sub(r"data:image/[^\"]*", "", shown.html)
    assert not re.search(
        r"https?:|//[a-z]|@import|url\(|\son[a-z]+=|data:", without_pictures.replace("img-src data:", "")
    )
    for link in shown.root.iter("a"):
        assert shown.has(link.attrib["href"].removeprefix("#"))
    assert {each.tag for each in shown.root.iter()}.isdisjoint({"link", "iframe", "object", "embed", "form"})


def test_the_page_adapts_to_small_and_dark_screens() -> None:
    shown = make_page(PHOTO)
    metas = {each.get("name"): each.get("content") for each in shown.root.iter("meta")}
    assert metas["viewport"] == "width=device-width, initial-scale=1"
    assert "prefers-color-scheme: dark" in shown.html
    identifiers = [each.attrib["id"] for each in shown.root.iter() if "id" in each.attrib]
    assert len(set(identifiers)) == len(identifiers)
    grids = [each for each in shown.root.iter("table") if each.get("class") != "grid"]
    boxes = [each for each in shown.root.iter("div") if each.get("class") == "scroll"]
    assert len(grids) == len(boxes)  # what is wide scrolls by itself


@pytest.mark.parametrize("kind", ["grey", "grey 16", "rgb 16", "tiny", "a pixel", "a row", "flat"])
@pytest.mark.parametrize("saliency", ["auto", None])
def test_photos_of_every_kind(kind: str, saliency: str | None) -> None:
    photos = {
        "grey": noisy_gradient(40, 56, None),
        "grey 16": noisy_gradient(40, 56, None).astype(np.uint16) * 257,
        "rgb 16": noisy_gradient(40, 56).astype(np.uint16) * 257,
        "tiny": noisy_gradient(5, 3),
        "a pixel": np.full((1, 1, 3), 200, np.uint8),
        "a row": noisy_gradient(1, 300),
        "flat": np.full((64, 64, 3), 90, np.uint8),
    }
    pixels = photos[kind]
    shown = make_page(pixels, saliency=saliency)
    assert pillow_pixels(shown.jpeg()).shape[:2] == pixels.shape[:2]
    assert shown.has("codes-cb") == (pixels.ndim == 3)
    assert ("content-blind" in shown.text("scores")) == (saliency is not None)
    assert ("all blocks have the same weight" in shown.text("weights")) == (saliency is None)
    assert shown.text("planes").count("16 bits") == (pixels.dtype == np.uint16)


def test_a_rotated_photo_is_shown_upright_without_metadata() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "taken at home"
    photo = foveal.Photo(noisy_gradient(40, 56), exif=exif.tobytes().removeprefix(b"Exif\0\0"))
    made = explain(photo, EncodeOptions(saliency="spectral", threads=1), block=(4, 6))
    data = ExplainPage(made.html).jpeg()
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (40, 56)
        assert not image.getexif()
    assert (b"taken at home" in data, made.block) == (False, (4, 6))
    upright = ExplainPage(explain(photo.upright(), EncodeOptions(saliency="spectral", threads=1), block=(4, 6)).html)
    np.testing.assert_array_equal(ExplainPage(made.html).grid("y-levels"), upright.grid("y-levels"))
    with pytest.raises(ParameterError, match="no block 6,4: this photo has 5 columns and 7 rows"):
        explain(photo, EncodeOptions(saliency="spectral"), block=(6, 4))


def test_pictures_have_the_colour_profile_of_the_photo() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    shown = ExplainPage(explain(foveal.Photo(PHOTO, icc_profile=profile), EncodeOptions(saliency=None, threads=1)).html)
    first_copy = next(shown.by_id("planes").iter("img")).attrib["src"]
    for source in (shown.by_id("result").attrib["src"], first_copy):
        with Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))) as image:
            assert image.info["icc_profile"] == profile


def test_a_given_map() -> None:
    given = np.zeros((83, 107), np.float32)
    given[40:48, 64:80] = 1
    made = explain(PHOTO, EncodeOptions(saliency=given, threads=1))
    assert 64 <= 8 * made.block[0] < 80
    assert made.block[1] == 5
    shown = ExplainPage(made.html)
    assert "the map came from “map”" in shown.text("network")
    assert "the most salient one" in shown.text("grid")


def test_a_file_too_large_for_the_page_is_shown_reduced(monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(make_page(PHOTO).jpeg())
    monkeypatch.setattr(page, "MAX_EMBEDDED_BYTES", size)
    assert len(make_page(PHOTO).jpeg()) == size
    monkeypatch.setattr(page, "MAX_EMBEDDED_BYTES", size - 1)
    shown = make_page(PHOTO)
    assert not shown.has("result")
    assert "too large for this page" in shown.html


def test_pages_of_large_photos_stay_small() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (810, 800, 3), np.uint8)  # no picture takes more
    everywhere = np.ones((1, 1), np.float32)
    choices = {"quality": 99, "subsampling": "4:4:4", "saliency": everywhere, "effort": "fast", "threads": 1}
    made = explain(noise, EncodeOptions(**choices))  # type: ignore[arg-type]
    assert 1_500_000 < len(made.encoded.data) <= page.MAX_EMBEDDED_BYTES
    assert len(made.html) <= 7_000_000


def test_names_are_escaped() -> None:
    name = "<b>\"Tom\" & 'Jerry'</b>.png"
    shown = ExplainPage(explain(PHOTO[:16, :16], EncodeOptions(saliency=None, threads=1), name=name).html)
    (heading,) = shown.root.iter("h1")
    assert heading.text == f"How foveal encoded {name}"
    assert element("p", "<", title='"') == '<p title="&quot;">&lt;</p>'
