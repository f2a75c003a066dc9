"""Pixels of TIFFs of every layout of grey and RGB, against libvips and tifffile; kinds that are refused by name."""

from __future__ import annotations

import io
import itertools
import struct
import tracemalloc
import zlib
from contextlib import nullcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import pyvips
import tifffile
from pictures import save_image
from PIL import Image
from tiff_files import HEIGHT, WIDTH, Layout, ramps, write

import foveal
from foveal.errors import FormatError, FormatWarning, FovealError, LimitError, UnsupportedError
from foveal.photo.tiff import pixels as pixels_module
from foveal.photo.tiff import read_pixels, read_tags

LZW, DEFLATE, OLD_DEFLATE, PACKBITS = 5, 8, 32946, 32773


def opened(data: bytes, background: str | None = None) -> np.ndarray:
    return foveal.open(io.BytesIO(data), background=background).pixels


def vips_pixels(data: bytes) -> np.ndarray:
    return np.asarray(pyvips.Image.new_from_buffer(data, "").numpy())


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize(("photometric", "count"), [(0, 1), (1, 1), (2, 3)])
@pytest.mark.parametrize("compression", [1, DEFLATE, OLD_DEFLATE, PACKBITS])
def test_pixels_are_those_of_libvips(order: str, bits: int, photometric: int, count: int, compression: int) -> None:
    samples = ramps(count, bits)
    arrangements = [{}, {"tile": (16, 32)}, {"rows_per_strip": 7}, {"rows_per_strip": 7, "separate": count > 1}]
    for arrangement, big, predictor in itertools.product(arrangements, (False, True), (1, 2)):
        if predictor == 2 and compression in (1, PACKBITS):  # TIFF 6.0, section 14: only LZW; libtiff: Deflate, too
            continue
        options: dict[str, Any] = {"photometric": photometric, "compression": compression, "predictor": predictor}
        data = write(samples, Layout(bits, order, big=big, **options, **arrangement))
        warned = pytest.warns(FormatWarning, match="metadata") if big and order == ">" else nullcontext()
        with warned:
            pixels = opened(data)
        assert pixels.dtype == (np.uint8 if bits == 8 else np.uint16)
        np.testing.assert_array_equal(pixels, vips_pixels(data).reshape(pixels.shape))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("fill_order", [1, 2])
@pytest.mark.parametrize("arrangement", [{}, {"tile": (16, 32)}, {"rows_per_strip": 7, "separate": True}])
def test_tifffile_reads_the_same(order: str, count: int, fill_order: int, arrangement: dict[str, Any]) -> None:
    data = write(ramps(count, 16), Layout(16, order, 1 if count == 1 else 2, fill_order=fill_order, **arrangement))
    expected = tifffile.imread(io.BytesIO(data))
    if arrangement.get("separate") and count > 1:
        expected = np.moveaxis(expected, 0, 2)
    np.testing.assert_array_equal(opened(data), expected.reshape(HEIGHT, WIDTH, count).squeeze())


@pytest.mark.parametrize("compression", [1, LZW, DEFLATE, OLD_DEFLATE, PACKBITS])
@pytest.mark.parametrize(("bits", "count"), [(8, 1), (8, 3), (12, 1), (16, 3)])
@pytest.mark.parametrize("width", [6, 7, 8])
@pytest.mark.parametrize("fill_order", [1, 2])
def test_bits_of_any_order_are_those_that_were_written(
    compression: int, bits: int, count: int, width: int, fill_order: int
) -> None:
    samples = ramps(count, bits)[:, :width]
    layout = Layout(bits, ">", 2 if count == 3 else 1, compression=compression, fill_order=fill_order, rows_per_strip=5)
    expected = np.rint(samples * (65535 / 4095)) if bits == 12 else samples
    np.testing.assert_array_equal(opened(write(samples, layout)), expected.squeeze())


@pytest.mark.parametrize("bits", [9, 10, 12, 14, 15])
@pytest.mark.parametrize("photometric", [0, 1, 2])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("arrangement", [{}, {"tile": (16, 32)}, {"rows_per_strip": 7, "separate": True}])
@pytest.mark.parametrize("compression", [1, DEFLATE])
def test_the_largest_value_of_any_number_of_bits_is_white(
    bits: int, photometric: int, order: str, arrangement: dict[str, Any], compression: int
) -> None:
    samples = ramps(3 if photometric == 2 else 1, bits)
    pixels = opened(write(samples, Layout(bits, order, photometric, compression=compression, **arrangement)))
    full = (1 << bits) - 1
    expected = np.rint(samples * (65535 / full))
    np.testing.assert_array_equal(pixels, (65535 - expected if photometric == 0 else expected).squeeze())


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("compression", ["lzw", "deflate", "packbits"])
@pytest.mark.parametrize(
    "options", [{}, {"predictor": "horizontal"}, {"tile": True, "tile_width": 16}, {"bigtiff": True}]
)
@pytest.mark.parametrize("count", [1, 3])
def test_files_of_libvips(bits: int, compression: str, options: dict[str, Any], count: int) -> None:
    samples = ramps(count, bits).astype(np.uint8 if bits == 8 else np.uint16)
    image = pyvips.Image.new_from_array(samples.squeeze())
    image = image.copy(
        interpretation=("b-w" if bits == 8 else "grey16") if count == 1 else ("srgb" if bits == 8 else "rgb16")
    )
    data = image.tiffsave_buffer(compression=compression, **options)
    np.testing.assert_array_equal(opened(data), samples.squeeze())


@pytest.mark.parametrize("bits", [8, 12, 16])
@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.parametrize("kind", ["unspecified", "associated", "unassociated"])
def test_extra_samples_are_alpha_where_they_say_so(bits: int, separate: bool, count: int, kind: str) -> None:
    full = (1 << bits) - 1
    straight = ramps(count, bits).astype(np.uint64)
    straight[:, :, -1] = ramps(4, bits)[:, :, 3]
    stored = straight.copy()
    if kind == "associated":
        stored[:, :, :-1] = np.rint(straight[:, :, :-1] * straight[:, :, -1:] / full)
    extra = ("unspecified", "associated", "unassociated").index(kind)
    data = write(stored, Layout(bits, ">", 2 if count == 4 else 1, separate=separate, extra_samples=(extra,)))
    if kind == "unspecified":
        np.testing.assert_allclose(
            opened(data), (straight[:, :, :-1] * ((255 if bits == 8 else 65535) / full)).squeeze(), atol=0.5
        )
        return
    with pytest.raises(UnsupportedError, match="background"):
        opened(data)
    blended = opened(data, "black") * (1 / (255 if bits == 8 else 65535))
    expected = straight[:, :, :-1] * straight[:, :, -1:] / full**2
    np.testing.assert_allclose(blended, expected.squeeze(), atol=2 / (255 if bits == 8 else full))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("bits", [8, 16])
def test_pixels_are_turned_upright_as_by_libvips(orientation: int, bits: int) -> None:
    data = write(ramps(3, bits), Layout(bits, "<", 2, extra_tags=((274, 3, (orientation,)),)))
    np.testing.assert_array_equal(opened(data), pyvips.Image.new_from_buffer(data, "", autorotate=True).numpy())


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("signed", ((339, 3, (2,)),)),
        ("floating", ((339, 3, (3,)), (258, 3, (32,)))),
        ("32 bits", ((258, 3, (32,)),)),
        ("colour filter array", ((262, 3, (32803,)),)),
        ("LogLuv", ((262, 3, (32845,)),)),
        ("CIELab", ((262, 3, (8,)),)),
        ("scheme 34712", ((259, 3, (34712,)),)),
        ("scheme 52546", ((259, 3, (52546,)),)),
        ("16 bits per sample", ((262, 3, (3,)),)),
        ("16 bits per sample", ((259, 3, (7,)),)),
    ],
)
def test_other_kinds_are_refused_by_name(name: str, tags: tuple[tuple[int, int, tuple[int, ...]], ...]) -> None:
    with pytest.raises(UnsupportedError, match=name):
        opened(write(ramps(1, 16), Layout(extra_tags=tags)))


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_rgb_of_few_bits_is_refused_by_name(bits: int) -> None:
    with pytest.raises(UnsupportedError, match=f"RGB TIFFs of {bits} bits"):
        opened(write(ramps(3, 8) >> (8 - bits), Layout(bits, "<", 2)))


@pytest.mark.parametrize("subsampling", [None, (2, 2), (2, 1), (1, 1)])
def test_subsampled_chroma_without_compression_is_refused_by_name(subsampling: tuple[int, int] | None) -> None:
    """TIFF 6.0, section 21: the chroma of 2 x 2 pixels is one sample each, which is the default."""
    across, down = subsampling or (2, 2)
    samples = np.full((HEIGHT // down * down, 48 * (across * down + 2) // (across * down), 1), 128)
    tags = ((256, 4, (48,)), (258, 3, (8, 8, 8)), (277, 3, (3,)), (339, 3, (1, 1, 1)))
    tags += ((530, 3, subsampling),) if subsampling else ()
    data = write(samples, Layout(8, photometric=6, extra_tags=tags))
    if subsampling == (1, 1):
        np.testing.assert_array_equal(opened(data), np.full((HEIGHT, 48, 3), 128))
        return
    with pytest.raises(UnsupportedError, match=rf"YCbCr .* \({across} x {down}\)"):
        opened(data)


@pytest.mark.parametrize("side", [0, 1, 7])
@pytest.mark.parametrize("tag", [322, 323])
def test_tiles_of_few_pixels_are_refused(tag: int, side: int) -> None:
    """TIFF 6.0, section 15: width and length of tiles are multiples of 16."""
    for compression in (1, DEFLATE):
        layout = Layout(16, tile=(16, 16), compression=compression, extra_tags=((tag, 4, (side,)),))
        with pytest.raises(FormatError, match=rf"tiles of ({side} x 16|16 x {side}) pixels"):
            opened(write(ramps(1, 16), layout))


@pytest.mark.parametrize("bits", [8, 16])
def test_associated_alpha_is_divided_out_with_rounding(bits: int) -> None:
    """The nearest integer to the rational colour * full / alpha, for every colour and alpha of 8 bits."""
    full = (1 << bits) - 1
    levels = np.arange(256) if bits == 8 else np.linspace(0, full, 200).astype(np.uint16)
    samples = np.stack(np.meshgrid(levels, levels, indexing="ij"), axis=2)
    picture = read_tags(io.BytesIO(write(samples, Layout(bits, extra_samples=(1,)))))
    assert picture is not None
    pixels = read_pixels(picture)
    np.testing.assert_array_equal(pixels[:, :, 1], samples[:, :, 1])
    for (color, alpha), straight in zip(samples.reshape(-1, 2).tolist(), pixels[:, :, 0].flat, strict=True):
        if color <= alpha and alpha > 0:  # others are no colours of such a picture
            assert abs(Fraction(color * full, alpha) - int(straight)) <= Fraction(1, 2)
        else:
            assert straight == (full if color else 0)


def test_samples_of_different_bits_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="5/6/5 bits"):
        opened(write(ramps(3, 8), Layout(8, "<", 2, extra_tags=((258, 3, (5, 6, 5)),))))


def test_camera_raw_files_are_not_taken_for_their_thumbnail() -> None:
    reduced, dng = (254, 4, (1,)), (50706, 7, (1, 4, 0, 0))
    with pytest.raises(UnsupportedError, match="DNG"):
        opened(write(ramps(3, 8), Layout(8, "<", 2, extra_tags=(reduced, dng))))
    with pytest.warns(FormatWarning, match="reduced copy"):
        opened(write(ramps(3, 8), Layout(8, "<", 2, extra_tags=(reduced,))))


@pytest.mark.parametrize(
    ("mode", "compression"),
    [
        *itertools.product(("1", "L", "P", "RGB", "LA", "RGBA"), (None, "tiff_lzw", "tiff_adobe_deflate", "packbits")),
        *itertools.product(("L", "RGB"), ("jpeg",)),
        ("1", "group4"),
    ],
)
def test_pictures_of_pillow_are_read_as_by_pillow(mode: str, compression: str | None) -> None:
    image = Image.fromarray(ramps(3, 8).astype(np.uint8)).convert(mode)
    file = save_image(image, "TIFF", compression=compression)
    expected = Image.open(file).convert("L" if mode in ("1", "L", "LA") else "RGB")
    file.seek(0)
    np.testing.assert_array_equal(foveal.open(file).pixels, np.asarray(expected))


@pytest.mark.parametrize("kept", [0.02, 0.3, 0.6, 0.9, 0.98])
@pytest.mark.parametrize("layout", [Layout(), Layout(12, compression=DEFLATE), Layout(16, ">", big=True)])
def test_files_that_are_cut_off_are_refused(kept: float, layout: Layout) -> None:
    data = write(ramps(1, layout.bits), layout)
    with pytest.raises(FormatError):
        opened(data[: int(len(data) * kept)])


@pytest.mark.filterwarnings("ignore")
def test_mutated_files_raise_only_errors_of_foveal() -> None:
    rng = np.random.default_rng(0)
    layouts = [
        Layout(),
        Layout(12, ">"),
        Layout(16, compression=DEFLATE, predictor=2, tile=(16, 16)),
        Layout(16, big=True),
    ]
    for layout in layouts:
        data = write(ramps(1, layout.bits), layout)
        for _ in range(300):
            broken = bytearray(data)
            for position in rng.integers(-260, 0, 3):  # the directory is at the end
                broken[position] = rng.integers(0, 256)
            try:
                assert opened(bytes(broken), "white").dtype in (np.uint8, np.uint16)
            except FovealError as error:
                assert "\n" not in str(error)


@pytest.mark.parametrize(("side", "is_read"), [(65_535, True), (65_536, False)])
def test_a_side_over_the_limit_of_jpeg_is_refused_before_the_pixels_are_read(side: int, is_read: bool) -> None:
    for photometric in (1, 3):
        colormap = ((320, 3, tuple(range(0, 65536, 256)) * 3),) if photometric == 3 else ()
        data = write(np.zeros((1, side, 1)), Layout(8, photometric=photometric, extra_tags=colormap))
        if is_read:
            assert opened(data).shape[:2] == (1, side)
            continue
        with pytest.raises(LimitError, match="65,535"):
            opened(data)


@pytest.mark.parametrize("layout", [Layout(12, rows_per_strip=1), Layout(16, rows_per_strip=4, compression=DEFLATE)])
def test_lenient_reading_keeps_the_strips_that_are_whole(layout: Layout) -> None:
    data = bytearray(write(ramps(1, layout.bits), layout))
    whole = opened(bytes(data))
    start = struct.unpack("<I", data[4:8])[0]
    count = struct.unpack_from("<H", data, start)[0]
    entries = {struct.unpack_from("<H", data, start + 2 + 12 * i)[0]: start + 2 + 12 * i for i in range(count)}
    offsets = struct.unpack_from("<I", data, entries[273] + 8)[0]
    number = struct.unpack_from("<I", data, entries[273] + 4)[0]
    struct.pack_into("<I", data, offsets + 4 * (number - 1), len(data) + 100)  # the last strip lies behind the end
    with pytest.raises(FormatError, match="cut off"):
        opened(bytes(data))
    with pytest.warns(FormatWarning, match="black"):
        pixels = foveal.open(io.BytesIO(bytes(data)), strict=False).pixels
    last = (number - 1) * (layout.rows_per_strip or 1)
    np.testing.assert_array_equal(pixels[:last], whole[:last])
    assert not pixels[last:].any()


def overlapping_strips(count: int, byte_count: int, padding: int) -> bytes:
    """Make a TIFF of 1 x `count` grey pixels: a Deflate strip for each, all at the same place in the file."""
    strip = zlib.compress(b"\x80")
    start = 8 + len(strip) + padding
    head = b"II*\0" + struct.pack("<I", start + 8 * count) + strip.ljust(len(strip) + padding, b"\0")
    arrays = struct.pack(f"<{count}I", *[8] * count) + struct.pack(f"<{count}I", *[byte_count] * count)
    shorts = {256: 1, 257: count, 258: 8, 259: DEFLATE, 262: 1, 277: 1, 278: 1}
    entries = [(tag, 3, 1, value) for tag, value in shorts.items()]
    entries += [(273, 4, count, start), (279, 4, count, start + 4 * count)]
    directory = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return head + arrays + struct.pack("<H", len(entries)) + directory + bytes(4)


def peak_memory(data: bytes, *, strict: bool) -> tuple[np.ndarray, int]:
    """Open a file, and return its pixels and the largest number of bytes that Python and NumPy held for it."""
    tracemalloc.start()
    try:
        pixels = foveal.open(io.BytesIO(data), strict=strict).pixels
        return pixels, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("strict", [True, False])
def test_strips_that_overlap_take_memory_by_the_file_and_the_picture(strict: bool) -> None:
    """The strips count 800 MB in all, of a file of 808 kB."""
    data = overlapping_strips(1_000, 800_000, 800_000)
    pixels, peak = peak_memory(data, strict=strict)
    assert pixels.shape == (1_000, 1)
    assert (pixels == 0x80).all()
    assert peak < 10 * (len(data) + pixels.size)


def test_lenient_reading_fills_no_compressed_strip_up_to_its_count() -> None:
    data = overlapping_strips(4, 0xFFFFFFF0, 0)
    with pytest.raises(FormatError, match="cut off"):
        opened(data)
    with pytest.warns(FormatWarning, match="cut off"):
        pixels, peak = peak_memory(data, strict=False)
    assert (pixels == 0x80).all()  # all of the data is there
    assert peak < 1 << 20


@pytest.mark.parametrize("size", [0, 2])
def test_compressed_strips_without_their_data_are_black(size: int) -> None:
    data = overlapping_strips(3, size, 0)
    with pytest.raises(FormatError):
        opened(data)
    with pytest.warns(FormatWarning, match="black"):
        assert not foveal.open(io.BytesIO(data), strict=False).pixels.any()


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bits", [8, 10, 16])
@pytest.mark.parametrize("big", [False, True])
@pytest.mark.filterwarnings("ignore:the metadata:foveal.errors.FormatWarning")  # of a big-endian BigTIFF
def test_a_file_may_end_behind_its_last_entry(order: str, bits: int, big: bool) -> None:
    """Without the offset of a next directory, as in files that tifffile reads as of one page."""
    data = write(ramps(1, bits), Layout(bits, order, big=big))
    offset_bytes = 8 if big else 4
    assert data.endswith(bytes(offset_bytes))
    photo = foveal.open(io.BytesIO(data[:-offset_bytes]))
    np.testing.assert_array_equal(photo.pixels, opened(data))
    assert photo.frame_count == 1
    with tifffile.TiffFile(io.BytesIO(data[:-offset_bytes])) as file:
        assert file.pages[0].shape == (HEIGHT, WIDTH)


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("layout", [Layout(16, "<", 2, compression=DEFLATE), Layout(10, compression=DEFLATE)])
def test_pillow_makes_no_check_of_its_own_of_the_size(
    monkeypatch: pytest.MonkeyPatch, layout: Layout, strict: bool
) -> None:
    """Pillow warns of pictures larger than this limit, and raises an error for those twice as large."""
    data = write(ramps(3 if layout.photometric == 2 else 1, layout.bits), layout)
    expected = opened(data)
    for limit in (HEIGHT * WIDTH - 1, 10):
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        np.testing.assert_array_equal(foveal.open(io.BytesIO(data), strict=strict).pixels, expected)
    with pytest.raises(LimitError, match="the limit is 1,960"):
        foveal.open(io.BytesIO(data), strict=strict, max_pixels=HEIGHT * WIDTH - 1)


def test_a_strip_of_more_than_2_gb_is_refused_before_it_is_read() -> None:
    side = 11_000  # times 16 samples of 2 bytes: 3.9 GB
    tags = ((256, 4, (side,)), (257, 4, (side,)), (258, 3, (16,) * 16), (277, 3, (16,)), (278, 4, (side,)))
    with pytest.raises(LimitError, match="fewer rows"):
        opened(write(ramps(1, 16), Layout(16, compression=DEFLATE, extra_tags=tags)))


def test_strips_are_grouped_by_their_compressed_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels_module, "_BYTES_PER_BATCH", 1 << 14)
    pixels, peak = peak_memory(overlapping_strips(1_000, 2_000, 2_000), strict=True)
    assert (pixels == 0x80).all()
    assert peak < 1 << 19  # all strips together are 2 MB
