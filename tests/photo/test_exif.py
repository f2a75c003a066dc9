"""EXIF data: its orientation against Pillow, its texts byte for byte, maker notes, and broken data."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import pyvips
from other_readers import exiftool_tags
from pictures import noisy_gradient, save_image
from PIL import Image
from PIL.ExifTags import Base

import foveal
from foveal.errors import FovealError
from foveal.jpeg import decode_file
from foveal.photo import exif as exif_tags
from foveal.photo.tiff.writing import tiff_bytes
from foveal.photo.writing import decoded_to_tiff

# BYTE, SHORT, LONG, SBYTE, SSHORT, SLONG: the type should be SHORT (Exif 2.32, 4.6.4), but files have all of these.
LAYOUTS = {1: "B3x", 3: "H2x", 4: "I", 6: "b3x", 8: "h2x", 9: "i"}
TEXTS = [
    "© 2024 Jürgen Müller".encode(),
    "(c) 山田".encode("shift_jis"),
    "Renée".encode("latin-1"),
    b"photographer\0editor",
]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", LAYOUTS)
@pytest.mark.parametrize("value", range(10))
def test_reading_the_orientation_agrees_with_pillow(order: str, kind: int, value: int) -> None:
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, 2)
    other = struct.pack(order + "HHII", 0x0100, 4, 1, 77)
    field = struct.pack(order + "HHI" + LAYOUTS[kind], 0x0112, kind, 1, value)
    exif = head + other + field + bytes(4)
    tags = Image.Exif()
    tags.load(b"Exif\0\0" + exif)
    assert tags[0x0112] == (bytes([value]) if kind == 1 else value)
    expected = value if 1 <= value <= 8 else 1
    assert exif_tags.orientation(exif) == exif_tags.orientation(b"Exif\0\0" + exif) == expected
    for length in range(len(head + other + field)):
        assert exif_tags.orientation(exif[:length]) in (1, expected)


@pytest.mark.filterwarnings("ignore")  # warnings of Pillow
@pytest.mark.parametrize("exif", [None, b"", b"garbage", b"Exif\0\0MM\0*\0\0\0\x08\0\1", b"II*\0" + b"\xff" * 40])
def test_orientation_of_broken_data_is_upright(exif: bytes | None) -> None:
    assert exif_tags.orientation(exif) == 1
    assert exif_tags.select_safe(exif) is None


def test_orientation_out_of_range_is_upright() -> None:
    tags = Image.Exif()
    tags[Base.Orientation] = 9
    assert exif_tags.orientation(tags.tobytes()) == 1


def test_orientation_is_not_taken_from_xmp() -> None:
    """Otherwise a file without EXIF data would be displayed turned after encoding, but not before."""
    xmp = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
    )
    photo = foveal.open(save_image(Image.new("L", (9, 5)), "JPEG", xmp=xmp))
    assert (photo.orientation, photo.exif, photo.xmp) == (1, None, xmp)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", LAYOUTS)
def test_all_policies_read_the_orientation_alike(order: str, kind: int) -> None:
    """Seen with Pillow, which turns a file that says so."""
    exif = exif_data(order, [(0x0112, kind, 1, struct.pack(order + LAYOUTS[kind], 6))])
    photo = foveal.Photo(noisy_gradient(16, 40), exif=exif)
    for policy, expected in (("keep", 6), ("safe", 6), ("none", 1)):
        with Image.open(io.BytesIO(foveal.encode(photo, metadata=policy))) as image:
            assert image.getexif().get(Base.Orientation, 1) == expected
            assert image.size == ((16, 40) if policy == "none" else (40, 16))
            tag = struct.pack(order + "HHI", 0x0112, 3, 1)  # of the type that the standard demands
            assert (tag in image.info.get("exif", b"")) == (policy != "none")


def test_a_list_of_orientations_is_none() -> None:
    exif = exif_data("<", [(0x0112, 3, 2, struct.pack("<2H", 6, 6))])
    assert exif_tags.orientation(exif) == 1


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("text", TEXTS)
def test_texts_stay_byte_for_byte(order: str, text: bytes, tmp_path: Path) -> None:
    value = text + b"\0"
    exif = exif_data(order, [(tag, 2, len(value), value) for tag in (0x010E, 0x013B, 0x8298)])
    pixels = noisy_gradient(16, 24)
    kept = foveal.encode(pixels, exif=exif)
    safe = foveal.encode(foveal.Photo(pixels, exif=exif), metadata="safe")
    tiff = decoded_to_tiff(decode_file(kept))
    from_tiff = foveal.encode(foveal.open(io.BytesIO(tiff)))
    for data, count in ((kept, 3), (safe, 2), (tiff, 3), (from_tiff, 3)):
        assert data.count(value) == count
    if text == TEXTS[0]:
        for data, ending in ((kept, ".jpg"), (safe, ".jpg"), (tiff, ".tif"), (from_tiff, ".jpg")):
            assert exiftool_tags(data, ending, tmp_path)["IFD0:Copyright"] == text.decode()


def test_the_text_chunk_of_old_png_files_is_read_byte_for_byte() -> None:
    """ImageMagick's form of EXIF data before PNG had the chunk eXIf."""
    exif = b"Exif\0\0" + exif_data("<", [(0x8298, 2, len(TEXTS[0]) + 1, TEXTS[0] + b"\0")])
    digits = exif.hex()
    lines = "\n".join(digits[start : start + 72] for start in range(0, len(digits), 72))
    text = f"\nexif\n{len(exif):8}\n{lines}\n".encode("latin-1")
    chunk = b"tEXtRaw profile type exif\0" + text
    png = save_image(Image.new("L", (9, 9)), "PNG").getvalue()
    length, check = (len(chunk) - 4).to_bytes(4, "big"), zlib.crc32(chunk).to_bytes(4, "big")
    for broken in (False, True):
        data = png[:33] + length + (chunk if not broken else chunk.replace(b"4578", b"zzzz")) + check + png[33:]
        if broken:
            with pytest.raises(FovealError):
                foveal.open(io.BytesIO(data))
        else:
            assert foveal.open(io.BytesIO(data)).exif == exif[6:]


def test_turning_changes_the_orientation_and_nothing_else() -> None:
    fields = [(0x0112, 8, 1, b"\6\0"), (0x013B, 2, 6, b"Ren\xe9e\0"), (0x927C, 7, 9, b"maker\xff\0\1\2")]
    exif = exif_data("<", fields)
    upright = foveal.Photo(noisy_gradient(16, 24), exif=exif).upright()
    assert upright.exif is not None
    assert exif_tags.orientation(upright.exif) == 1
    assert [at for at, pair in enumerate(zip(exif, upright.exif, strict=True)) if pair[0] != pair[1]] == [12, 18]
    assert exif_tags.replace_orientation(exif_data("<", fields[1:]), 1) == exif_data("<", fields[1:])


@pytest.mark.parametrize("order", ["<", ">"])
def test_maker_notes_stay_where_they_point_to(order: str) -> None:
    """Many makers' notes hold offsets from the beginning of the EXIF data, so they are lost where they are moved."""
    note = b"NOTE" * 100
    inner = [(0x9000, 7, 4, b"0220"), (0x927C, 7, len(note), note)]
    exif = exif_data(order, [(0x010F, 2, 7, b"Camera\0"), (0x0132, 2, 20, b"2024:05:06 07:08:09\0")], {0x8769: inner})
    pixels = noisy_gradient(16, 24)
    tiff = decoded_to_tiff(decode_file(foveal.encode(pixels, exif=exif)))
    back = foveal.open(io.BytesIO(tiff)).exif
    assert back is not None
    assert exif.index(note) == tiff.index(note) == back.index(note)
    for data in (exif, back):
        tags = Image.Exif()
        tags.load(b"Exif\0\0" + data)
        assert tags[0x010F] == "Camera"
        assert tags.get_ifd(0x8769)[0x927C] == note


def test_a_maker_note_far_away_is_moved_and_not_padded() -> None:
    note, rows = b"NOTE" * 100, bytes(100_000)
    tiff = exif_data("<", [(0x02BC, 1, len(rows), rows)], {0x8769: [(0x927C, 7, len(note), note)]})
    assert tiff.index(note) > len(rows)
    selected = exif_tags.select_from_tiff(io.BytesIO(tiff))
    assert selected is not None
    assert len(selected) < len(note) + 200
    assert note in selected


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_resolution_without_a_unit_is_in_dots_per_inch(order: str) -> None:
    """As libtiff (in libvips) and Pillow read it from a TIFF: the default is 2, inches (TIFF 6.0, section 8)."""
    grey = [
        *((tag, 3, 1, struct.pack(order + "H", value)) for tag, value in ((256, 1), (257, 1), (258, 8), (259, 1))),
        *((tag, 3, 1, struct.pack(order + "H", value)) for tag, value in ((262, 1), (277, 1), (278, 1))),
        *((tag, 4, 1, struct.pack(order + "I", value)) for tag, value in ((273, 8), (279, 1))),
    ]
    resolution = [(tag, 5, 1, struct.pack(order + "2I", value, 1)) for tag, value in ((282, 300), (283, 150))]
    tiff = exif_data(order, [*grey, *resolution])
    with Image.open(io.BytesIO(tiff)) as image:
        assert image.info["dpi"] == (300, 150)
    read = pyvips.Image.new_from_buffer(tiff, "")
    assert (read.xres * 25.4, read.yres * 25.4) == pytest.approx((300, 150))
    assert exif_tags.dots_per_inch(tiff) == exif_tags.dots_per_inch(exif_data(order, resolution)) == (300, 150)
    for unit, expected in ((0, None), (1, None), (2, (300, 150)), (3, (762, 381)), (4, None)):
        with_unit = exif_data(order, [*resolution, (0x128, 3, 1, struct.pack(order + "H", unit))])
        assert exif_tags.dots_per_inch(with_unit) == expected
    assert exif_tags.dots_per_inch(exif_data(order, [*resolution, (0x128, 2, 2, b"2\0")])) is None
    assert exif_tags.dots_per_inch(exif_data(order, resolution[:1])) is None


def test_mutated_exif_data_raises_nothing() -> None:
    note = b"NOTE" * 10
    fields = [(0x0112, 3, 1, b"\6\0"), (0x8298, 2, 7, b"someone")]
    exif = exif_data("<", fields, {0x8769: [(0x927C, 7, len(note), note)], 0x8825: [(1, 2, 2, b"N\0")]})
    rng = np.random.default_rng(0)
    for _ in range(2_000):
        broken = bytearray(exif)
        for position in rng.integers(0, len(broken), 3):
            broken[position] = rng.choice([0, 1, 4, 0x69, 0xFF, rng.integers(0, 256)])
        data = bytes(broken)[: rng.integers(0, len(broken) + 1)]
        exif_tags.select_safe(data)
        exif_tags.dots_per_inch(data)
        exif_tags.replace_orientation(data, 1)
        exif_tags.select_from_tiff(io.BytesIO(data))
        assert exif_tags.orientation(data) in range(1, 9)
        tiff = tiff_bytes(np.zeros((3, 4), np.uint8), exif=data)
        assert pyvips.Image.new_from_buffer(tiff, "").width == 4


def exif_data(
    order: str,
    fields: list[tuple[int, int, int, bytes]],
    directories: dict[int, list[tuple[int, int, int, bytes]]] | None = None,
) -> bytes:
    """Make EXIF data of fields (tag, type, count, value) in the first directory and in those that it points to."""
    data = bytearray(b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)

    def append(entries: list[tuple[int, int, int, bytes]], inner: dict[int, list[tuple[int, int, int, bytes]]]) -> int:
        start = len(data)
        tags = sorted([*entries, *((tag, 4, 1, b"") for tag in inner)])
        data.extend(bytes(2 + 12 * len(tags) + 4))
        struct.pack_into(order + "H", data, start, len(tags))
        for index, (tag, kind, count, value) in enumerate(tags):
            offset = append(inner[tag], {}) if tag in inner else len(data)
            if tag not in inner and len(value) > 4:
                data.extend(value + bytes(len(value) % 2))
            is_pointer = tag in inner or len(value) > 4
            packed = struct.pack(order + "I", offset) if is_pointer else value.ljust(4, b"\0")
            data[start + 2 + 12 * index : start + 14 + 12 * index] = (
                struct.pack(order + "HHI", tag, kind, count) + packed
            )
        return start

    append(fields, directories or {})
    return bytes(data)


@pytest.mark.parametrize(("width", "expected"), [(32_767, 65_534), (32_768, 65_535), (60_000, 65_535)])
def test_a_subject_that_is_scaled_stays_a_short(width: int, expected: int) -> None:
    tags = Image.Exif()
    tags.get_ifd(0x8769)[0x9214] = (50, 40, width, 10)  # SubjectArea
    changed = exif_tags.replace_size(tags.tobytes(), (120, 180), (slice(0, 60), slice(0, 90)))
    read = Image.Exif()
    read.load(changed)
    assert read.get_ifd(0x8769)[0x9214] == (100, 80, expected, 20)
