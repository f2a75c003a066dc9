"""The page of `foveal explain`: its numbers are those of its own JPEG, and it is one file that anyone can read."""

from __future__ import annotations

import base64
import io
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from naive_jpeg import NaiveFile
from other_readers import pillow_pixels, read_levels
from pictures import noisy_gradient
from PIL import Image, ImageCms
from scipy.fft import dctn

import foveal
from foveal import jpeg, metrics
from foveal.drawing.html import element
from foveal.encoding import EncodeOptions
from foveal.errors import FormatError, ModelError, ParameterError
from foveal.explain import explain, facts, page
from foveal.explain.anatomy import find_positions
from foveal.explain.chosen_block import choose_block
from foveal.explain.codes import read_block_codes
from foveal.explain.file_scans import read_scans
from foveal.explain.sections.result import block_errors
from foveal.jpeg.huffman import DEFAULT_TABLES
from foveal.jpeg.tables import NATURAL_INDEX
from foveal.saliency import SaliencyModel

PHOTO = noisy_gradient(83, 107)


class Page:
    """A page as a reader sees it; it is well-formed XML, too."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.root = ElementTree.fromstring(html.removeprefix("<!DOCTYPE html>\n"))  # noqa: S314 (ours)

    def by_id(self, identifier: str) -> ElementTree.Element:
        (found,) = (each for each in self.root.iter() if each.get("id") == identifier)
        return found

    def has(self, identifier: str) -> bool:
        return any(each.get("id") == identifier for each in self.root.iter())

    def data(self, identifier: str) -> int:
        """Number of a <data> element, which must be the one that is shown."""
        found = self.by_id(identifier)
        assert found.text is not None
        assert int(found.text.replace(",", "")) == int(found.attrib["value"])
        return int(found.attrib["value"])

    def grid(self, identifier: str) -> np.ndarray:
        """(8, 8) numbers of a table."""
        rows = self.by_id(identifier).iter("tr")
        return np.array([[int(cell.text or "") for cell in row.iter("td")] for row in rows])

    def rows(self, identifier: str) -> list[list[str]]:
        body = self.by_id(identifier).find("tbody")
        assert body is not None
        return [["".join(cell.itertext()).strip() for cell in row] for row in body]

    def text(self, identifier: str) -> str:
        return "".join(self.by_id(identifier).itertext())

    def jpeg(self) -> bytes:
        """The file that the page holds."""
        return base64.b64decode(self.by_id("result").attrib["src"].removeprefix("data:image/jpeg;base64,"))


def page_of(pixels: np.ndarray, block: tuple[int, int] | None = None, **choices: object) -> Page:
    options = EncodeOptions(threads=1, **{"saliency": "spectral", **choices})  # type: ignore[arg-type]
    return Page(explain(pixels, options, block=block).html)


def spots(frame_factors: list[tuple[int, int]], block: tuple[int, int]) -> list[tuple[int, int, int]]:
    """Component, row and column of the blocks that hold a block of the photo, (x, y)."""
    h_max, v_max = frame_factors[0]
    return [(i, block[1] * v // v_max, block[0] * h // h_max) for i, (h, v) in enumerate(frame_factors)]


SETTINGS = {
    "progressive": {},
    "baseline": {"progressive": False},
    "best": {"effort": "best", "quality": 95},
    "coarse": {"quality": 10},
    "4:4:4": {"subsampling": "4:4:4", "saliency": None},
    "4:2:2": {"subsampling": "4:2:2", "progressive": False},
    "4:4:0": {"subsampling": "4:4:0"},
}


@pytest.mark.parametrize("block", [(0, 0), (7, 4), (13, 10)], ids=str)
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_the_block_is_what_the_file_holds(settings: dict[str, object], block: tuple[int, int], tmp_path: Path) -> None:
    shown = page_of(PHOTO, block, **settings)
    data = shown.jpeg()
    choices = {"saliency": "spectral", **settings}
    assert data == foveal.encode(PHOTO, metadata="none", **choices)  # type: ignore[arg-type]
    naive = NaiveFile(data)
    levels, tables = read_levels(data, tmp_path)
    for spot in spots(naive.factors, block):
        component, row, column = spot
        name = ["Y", "Cb", "Cr"][component]
        own = levels[component][row, column]
        np.testing.assert_array_equal(naive.levels[spot], own)
        np.testing.assert_array_equal(shown.grid(f"{name.lower()}-levels").reshape(64)[NATURAL_INDEX], own)
        np.testing.assert_array_equal(shown.grid(f"{name.lower()}-steps").reshape(64)[NATURAL_INDEX], tables[component])
        rows = shown.rows(f"codes-{name.lower()}")
        bits = "".join(row[2].replace(" ", "") for row in rows)
        assert bits == naive.bits_of(spot)
        assert sum(int(row[3]) for row in rows) == len(bits)
        assert [name, f"{len(bits)}"] in shown.rows("block-bits")


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_the_bits_of_all_blocks_are_those_of_the_scans(settings: dict[str, object]) -> None:
    shown = page_of(PHOTO, **settings)
    naive = NaiveFile(shown.jpeg())
    by_component = [0] * 3
    for scan in naive.scans:
        for (component, _, _), bits in scan.bits.items():
            by_component[component] += len(bits)
    names = ("y", "cb", "cr")
    assert [shown.data(f"this-file-bits-of-{name}") for name in names] == by_component
    total = shown.data("this-file-bits-of-all-blocks")
    assert total == sum(by_component)
    assert 0 <= sum(scan.data_bits for scan in naive.scans) - total < 8 * len(naive.scans)
    size_bytes = shown.data("this-file-bytes-of-the-file")
    assert size_bytes == shown.data("file-bytes") == len(shown.jpeg())
    parts = ("bytes-of-all-blocks", "bytes-of-headers-tables-padding")
    assert sum(shown.data(f"this-file-{part}") for part in parts) == size_bytes


SCRIPTS = {
    "sequential": jpeg.sequential_script,
    "non-interleaved": jpeg.non_interleaved_script,
    "spectral selection": jpeg.spectral_selection_script,
    "successive approximation": jpeg.successive_approximation_script,
}


@pytest.mark.parametrize("quality", [20, 85])
@pytest.mark.parametrize("make_script", SCRIPTS.values(), ids=SCRIPTS)
def test_codes_of_every_block_in_every_scan(make_script: jpeg.ScriptMaker, quality: int) -> None:
    pixels = noisy_gradient(34, 51)
    settings = jpeg.EncoderSettings(tables=jpeg.annex_k_tables(quality), scripts=(make_script,))
    data = jpeg.encode(pixels, settings)
    naive, stored = NaiveFile(data), jpeg.read_coefficients(data)
    for row, column in np.ndindex(stored.frame.block_grid):
        followed = find_positions(stored, row, column)
        reads = list(read_scans(data, followed, np.s_[:8, :8]))
        assert [read.scan for read in reads] == list(stored.script)
        for read, scan in zip(reads, naive.scans, strict=True):
            for component, codes in read.codes.items():
                spot = followed[component]
                assert "".join(code.bits for code in codes) == scan.bits[component, spot.row, spot.column]
                levels = stored.blocks[component][spot.row, spot.column]
                for code in codes:
                    if code.index:
                        cut = abs(int(levels[code.index])) >> read.scan.approximation_low << read.scan.approximation_low
                        assert code.value == np.sign(levels[code.index]) * cut


def test_bits_that_are_no_code_are_malformed() -> None:
    tables = DEFAULT_TABLES[0, 0], DEFAULT_TABLES[1, 0]
    with pytest.raises(FormatError, match="expected a code"):
        read_block_codes(jpeg.Scan((0,)), tables, "1" * 40, np.zeros(64, np.int16))


def test_pixels_and_coefficients_of_the_block() -> None:
    grey = noisy_gradient(40, 48, None)
    shown = page_of(grey, (3, 2), effort="fast", saliency=None)
    block = np.s_[16:24, 24:32]
    np.testing.assert_array_equal(shown.grid("y-samples"), grey[block])
    expected = dctn(grey[block].astype(float) - 128, norm="ortho")
    np.testing.assert_allclose(shown.grid("y-coefficients"), expected, atol=0.6)
    np.testing.assert_array_equal(shown.grid("y-restored"), pillow_pixels(shown.jpeg())[block])
    np.testing.assert_array_equal(
        shown.grid("y-error"), pillow_pixels(shown.jpeg())[block].astype(int) - grey[block].astype(int)
    )


def test_chrominance_of_the_block_is_that_of_the_pixels_it_covers() -> None:
    shown = page_of(PHOTO, (5, 3), subsampling="4:2:0")
    _, blue, red = (np.asarray(plane, float) for plane in Image.fromarray(PHOTO).convert("YCbCr").split())
    for name, plane in (("cb", blue), ("cr", red)):
        covered = plane[16:32, 32:48].reshape(8, 2, 8, 2).mean(axis=(1, 3))
        np.testing.assert_allclose(shown.grid(f"{name}-samples"), covered, atol=1.5)


def test_levels_that_the_search_changed_are_outlined() -> None:
    shown = page_of(noisy_gradient(64, 64, None), (2, 2), quality=50)
    coefficients, steps, levels = (shown.grid(f"y-{name}") for name in ("coefficients", "steps", "levels"))
    shares = coefficients / steps
    certain = np.abs(np.abs(shares) % 1 - 0.5) > 0.5 / steps + 1e-9  # the page shows coefficients as integers
    rounded = np.sign(shares) * np.floor(np.abs(shares) + 0.5)
    cells = np.array([cell.get("class", "") for cell in shown.by_id("y-levels").iter("td")]).reshape(8, 8)
    outlined = np.char.find(cells, "changed") >= 0
    assert outlined.any()
    np.testing.assert_array_equal(outlined[certain], (rounded != levels)[certain])


def test_the_page_fetches_nothing_and_describes_every_picture() -> None:
    shown = page_of(PHOTO, saliency="auto")
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


def test_the_page_is_for_phones_and_for_the_night() -> None:
    shown = page_of(PHOTO)
    metas = {each.get("name"): each.get("content") for each in shown.root.iter("meta")}
    assert metas["viewport"] == "width=device-width, initial-scale=1"
    assert "prefers-color-scheme: dark" in shown.html
    identifiers = [each.attrib["id"] for each in shown.root.iter() if "id" in each.attrib]
    assert len(set(identifiers)) == len(identifiers)
    grids = [each for each in shown.root.iter("table") if each.get("class") != "grid"]
    boxes = [each for each in shown.root.iter("div") if each.get("class") == "scroll"]
    assert len(grids) == len(boxes)  # what is wide scrolls by itself


def test_what_the_network_saw() -> None:
    pixels = noisy_gradient(120, 180)
    shown = page_of(pixels, saliency="auto")
    model = SaliencyModel()
    output = model.see(np.asarray(Image.fromarray(pixels).resize((240, 160), Image.Resampling.BILINEAR)))
    top = int(output.cam_probabilities.argmax())
    rows = shown.rows("class-evidence")
    assert rows[0] == [
        model.class_names[top],
        f"{output.cam_maps[top].mean():.4f}",
        f"{output.cam_probabilities[top]:.2%}",
    ]
    assert [row[0] for row in rows] == [model.class_names[i] for i in np.argsort(-output.cam_probabilities)[:5]]
    assert shown.text("cam-evidence") == f"{output.cam_maps[top].mean():.4f}"
    kept = int((output.class_probabilities > model.threshold).sum())
    assert f"all {kept} maps" in shown.text("network")


def test_scores_are_those_of_the_decoded_file(astronaut: np.ndarray) -> None:
    photo = astronaut[64:320, 100:356]
    shown = page_of(photo, quality=50, saliency="center")
    ours, blind, lossless = shown.rows("scores")
    decoded = pillow_pixels(shown.jpeg())
    where = foveal.saliency_map(photo, "center")
    assert ours[1:] == [
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


def test_every_scan_has_its_pictures_and_its_bytes() -> None:
    shown = page_of(PHOTO)
    captions = [each.text or "" for each in shown.by_id("scans").iter("figcaption")]
    data = shown.jpeg()
    script = jpeg.read_coefficients(data).script
    assert len(captions) == len(script) == len(list(shown.by_id("scans").iter("img"))) / 2
    assert f"{len(data) - 2:,} bytes so far" in captions[-1]  # all but EOI


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
    shown = page_of(pixels, saliency=saliency)
    assert pillow_pixels(shown.jpeg()).shape[:2] == pixels.shape[:2]
    assert shown.has("codes-cb") == (pixels.ndim == 3)
    assert ("content-blind" in shown.text("scores")) == (saliency is not None)
    assert ("all blocks have the same weight" in shown.text("weights")) == (saliency is None)
    assert shown.text("planes").count("16 bits") == (pixels.dtype == np.uint16)


def test_a_file_smaller_than_any_without_a_map_stands_beside_the_smallest() -> None:
    pixels = noisy_gradient(64, 96)
    where = np.zeros((8, 12))
    where[3:5, 4:7] = 1
    options = EncodeOptions(quality=1, saliency=where, strength=1)
    found = facts.find_facts(foveal.Photo(pixels), options, None)
    assert found.blind is not None
    assert found.blind.data == foveal.encode(pixels, quality=1, saliency=None)
    assert found.blind.quality == 1
    assert len(found.file.data) < len(found.blind.data)


def test_a_turned_photo_is_shown_upright_and_its_metadata_stays_out() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "taken at home"
    photo = foveal.Photo(noisy_gradient(40, 56), exif=exif.tobytes().removeprefix(b"Exif\0\0"))
    made = explain(photo, EncodeOptions(saliency="spectral", threads=1), block=(4, 6))
    data = Page(made.html).jpeg()
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (40, 56)
        assert not image.getexif()
    assert (b"taken at home" in data, made.block) == (False, (4, 6))
    upright = Page(explain(photo.upright(), EncodeOptions(saliency="spectral", threads=1), block=(4, 6)).html)
    np.testing.assert_array_equal(Page(made.html).grid("y-levels"), upright.grid("y-levels"))
    with pytest.raises(ParameterError, match="no block 6,4: this photo has 5 columns and 7 rows"):
        explain(photo, EncodeOptions(saliency="spectral"), block=(6, 4))


def test_copies_have_the_colour_profile_of_the_photo() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    shown = Page(explain(foveal.Photo(PHOTO, icc_profile=profile), EncodeOptions(saliency=None, threads=1)).html)
    first_copy = next(shown.by_id("planes").iter("img")).attrib["src"]
    for source in (shown.by_id("result").attrib["src"], first_copy):
        with Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))) as image:
            assert image.info["icc_profile"] == profile


def test_a_map_of_ones_own() -> None:
    given = np.zeros((83, 107), np.float32)
    given[40:48, 64:80] = 1
    made = explain(PHOTO, EncodeOptions(saliency=given, threads=1))
    assert 64 <= 8 * made.block[0] < 80
    assert made.block[1] == 5
    shown = Page(made.html)
    assert "the map came from “map”" in shown.text("network")
    assert "the most salient one" in shown.text("grid")


def test_without_onnxruntime_only_methods_without_a_network_are_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    from foveal.saliency import model

    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    model._shipped_model.cache_clear()
    with pytest.raises(ModelError, match="onnxruntime"):
        page_of(PHOTO, saliency="auto")
    assert "was not used" in page_of(PHOTO, saliency="spectral").text("network")


def test_without_scikit_image_there_is_no_ssim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage.metrics", None)
    shown = page_of(PHOTO)
    assert shown.rows("scores")[0][5] == "-"
    assert "scikit-image" in shown.text("sizes")


@pytest.mark.parametrize(("most", "is_scored"), [(83 * 107, True), (83 * 107 - 1, False)])
def test_ssim_takes_too_long_for_large_photos(most: int, is_scored: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "MAX_SSIM_PIXELS", most)
    row = page_of(PHOTO).rows("scores")[0]
    assert (row[5] != "-", row[6] != "-") == (is_scored, True)


@pytest.mark.parametrize("allocation", ["rdo", "quality-map"])
def test_what_weights_are_for(allocation: str) -> None:
    told = page_of(PHOTO, allocation=allocation).text("weights")
    assert ("with steps of its own" in told) == (allocation == "quality-map")


def test_a_file_too_large_for_the_page_is_shown_reduced(monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(page_of(PHOTO).jpeg())
    monkeypatch.setattr(page, "MAX_EMBEDDED_BYTES", size)
    assert len(page_of(PHOTO).jpeg()) == size
    monkeypatch.setattr(page, "MAX_EMBEDDED_BYTES", size - 1)
    shown = page_of(PHOTO)
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
    shown = Page(explain(PHOTO[:16, :16], EncodeOptions(saliency=None, threads=1), name=name).html)
    (heading,) = shown.root.iter("h1")
    assert heading.text == f"How foveal encoded {name}"
    assert element("p", "<", title='"') == '<p title="&quot;">&lt;</p>'


@pytest.mark.parametrize("block", [(-1, 0), (0, -1), (14, 0), (0, 11)])
def test_blocks_that_are_not_there(block: tuple[int, int]) -> None:
    with pytest.raises(ParameterError, match=r"^there is no block [^\n]* from 0,0 to 13,10$"):
        page_of(PHOTO, block)


def test_the_most_salient_block_is_the_middle_of_the_heaviest() -> None:
    bits = np.zeros((6, 9))
    bits[5, 0] = 1
    weights = np.full((6, 9), 0.5, np.float32)
    assert choose_block(None, weights, bits).row == 5  # all alike: the one of most bits
    weights[1:4, 4:9] = 1
    chosen = choose_block(None, weights, bits)
    assert (chosen.row, chosen.column) == (2, 6)
    assert chosen.neighbourhood == (slice(0, 48), slice(8, 72))
    assert (chosen.row_in_neighbourhood, chosen.column_in_neighbourhood) == (2, 5)


@pytest.mark.parametrize("shape", [(16, 24, 3), (17, 23, 3), (5, 3), (8, 8)])
def test_errors_of_blocks(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    first, second = (rng.integers(0, 256, shape, np.uint8) for _ in range(2))
    expected = [
        [
            np.sqrt(np.mean((first[y : y + 8, x : x + 8].astype(float) - second[y : y + 8, x : x + 8]) ** 2))
            for x in range(0, shape[1], 8)
        ]
        for y in range(0, shape[0], 8)
    ]
    np.testing.assert_allclose(block_errors(first, second), expected, rtol=1e-6)
