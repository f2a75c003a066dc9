"""Test files of other decoders (../shared/data/jpeg): pixels equal those of libjpeg-turbo, with listed exceptions."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from other_readers import read_levels
from PIL import Image
from shared_data import SHARED_DATA

import foveal
from foveal import jpeg
from foveal.errors import FormatError, FovealError, UnsupportedError

CORPUS = SHARED_DATA / "jpeg"
FILES = sorted(str(path.relative_to(CORPUS)) for path in CORPUS.rglob("*.jpg"))

CRASH = "jpeg-decoder/crashtest_"
SUITE = f"{CRASH}/imagetestsuite"
# Files that libjpeg-turbo decodes and a strict reading refuses: a pattern of the error, and the reason.
REFUSED = {
    f"{CRASH}/dc-predictor-overflow.jpg": ("byte 711: .* more", "broken data; libjpeg warns and fills up with zeros"),
    f"{CRASH}/subtract-with-overflow.jpg": ("byte 9,275: .* far outside", "broken data; libjpeg warns"),
    f"{SUITE}/1cbb1bb37d62c44f67374cd451643dc4.jpg": ("more data", "the last MCU is cut off; libjpeg warns"),
    f"{SUITE}/28c74d9284d9836017fd519f6932efd8.jpg": ("the DC scan", "its DC scan is lost; libjpeg warns"),
    f"{SUITE}/3976a754ef0aca80e84e2c403d714579.jpg": (
        "step above 0",
        "T.81 B.2.4.1 forbids it; libjpeg multiplies by 0",
    ),
    f"{SUITE}/5482a54657765056f1a94116a8dbffe7.jpg": ("byte 4,865: .* more", "broken data; libjpeg warns"),
    f"{SUITE}/7997b6b229f25315d33f5c7085e37500.jpg": ("7 restart intervals, found 3", "cut off; libjpeg warns"),
    f"{SUITE}/8e5e74dbf9b68a322fbb9512db837329.jpg": ("expected RST0, found RST3", "intervals are lost; libjpeg warns"),
    f"{SUITE}/b55977028a3a574336966b6536640fc9.jpg": ("9 restart intervals", "cut off; libjpeg warns"),
    f"{SUITE}/f6b4389c3cf0f5997b2e5a4b905aea8d.jpg": ("the DC scan", "its DC scan is lost; libjpeg warns"),
    "jpeg-decoder/reftest_/partial_progressive.jpg": ("more data", "cut off within a scan; libjpeg warns, and smooths"),
    "jpeg-decoder/reftest_/progressive-missing-dc.jpg": ("the DC scan", "T.81 G.1.1.1.1 wants DC first; libjpeg warns"),
    "pillow/hopper_bad_exif.jpg": ("byte 708: .* more", "broken data; libjpeg warns and goes on with what comes"),
    "jpeg-decoder/reftest_/lossless/1/jpeg_lossless_sel1-8bit.jpg": ("lossless", "libjpeg-turbo 3 knows lossless JPEG"),
}
# Refused files of which a lenient reading gives exactly the pixels of libjpeg-turbo. Of the others the damaged parts
# differ.
SAME_WHEN_LENIENT = {
    f"{SUITE}/1cbb1bb37d62c44f67374cd451643dc4.jpg",
    f"{SUITE}/28c74d9284d9836017fd519f6932efd8.jpg",
    "jpeg-decoder/reftest_/progressive-missing-dc.jpg",
}

pytestmark = pytest.mark.filterwarnings("ignore")


def pixels_if_any(data: bytes) -> np.ndarray | None:
    """Decode with libjpeg-turbo through Pillow, with or without warnings; None if it refuses the file."""
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
            pixels = np.asarray(image)
            return 255 - pixels if image.mode == "CMYK" else pixels
    except (OSError, SyntaxError, Image.DecompressionBombError):
        return None


def test_the_corpus_is_there() -> None:
    if not CORPUS.is_dir():
        pytest.skip(f"{CORPUS} is not on this machine")
    assert len(FILES) > 200
    assert set(FILES) >= REFUSED.keys() >= SAME_WHEN_LENIENT


@pytest.mark.parametrize("name", FILES)
def test_pixels_equal_those_of_libjpeg_turbo(name: str) -> None:
    data = (CORPUS / name).read_bytes()
    expected = pixels_if_any(data)
    if name in REFUSED:
        assert expected is not None
        with pytest.raises((FormatError, UnsupportedError), match=REFUSED[name][0]):
            foveal.decode(data)
        if name in SAME_WHEN_LENIENT:
            np.testing.assert_array_equal(foveal.decode(data, strict=False), expected)
    elif expected is None:
        with pytest.raises(FovealError):
            foveal.decode(data)
    else:
        np.testing.assert_array_equal(foveal.decode(data), expected)


@pytest.mark.parametrize("name", FILES)
def test_coefficients_equal_those_of_libjpeg_turbo_and_survive_writing(name: str, tmp_path: Path) -> None:
    data = (CORPUS / name).read_bytes()
    try:
        read = jpeg.read_coefficients(data)
    except FovealError:
        pytest.skip("refused: see the test of pixels")
    levels, _ = read_levels(data, tmp_path)
    assert len(levels) == len(read.blocks)
    for component, theirs, ours in zip(read.frame.components, levels, read.blocks, strict=True):
        np.testing.assert_array_equal(ours[: component.block_rows, : component.block_columns], theirs)

    written = jpeg.write_coefficients(read)
    again = jpeg.read_coefficients(written)
    assert (again.frame, again.tables) == (read.frame, read.tables)
    assert (again.segments, again.trailing) == (read.segments, read.trailing)
    assert again.restart_interval == read.restart_interval
    for before, after in zip(read.blocks, again.blocks, strict=True):
        np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(foveal.decode(written), foveal.decode(data))


@pytest.mark.parametrize("name", FILES)
def test_a_lenient_reading_gives_a_picture_or_the_declared_error(name: str) -> None:
    data = (CORPUS / name).read_bytes()
    try:
        pixels = foveal.decode(data, strict=False)
    except FovealError:
        pixels = None
    try:
        found = foveal.inspect(data)
    except FovealError:
        assert pixels is None
    else:
        if pixels is not None:
            assert (found.frame.height, found.frame.width) == pixels.shape[:2]
        assert sum(sum(scan.bits) for scan in found.scans) == sum(int(bits.sum()) for bits in found.block_bits)
