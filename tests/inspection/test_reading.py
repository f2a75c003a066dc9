"""What `inspect` reports, against files whose content is known."""

from __future__ import annotations

import io
import json
from typing import Any

import jpeg_files
import numpy as np
import pytest
from jpeg_files import random_file
from pictures import noisy_gradient
from PIL import Image, ImageCms

import foveal
from foveal import jpeg
from foveal.errors import FormatError, FormatWarning, UnsupportedError
from foveal.inspection import read_outline
from foveal.jpeg import markers
from foveal.jpeg.application_data import icc_profile, kind_of
from foveal.jpeg.multi_picture import entries_of
from foveal.jpeg.segments import MPF, Segment

PIXELS = noisy_gradient(70, 90)


def saved(image: Image.Image | None = None, **options: Any) -> bytes:
    file = io.BytesIO()
    (image or Image.fromarray(PIXELS)).save(file, options.pop("format", "JPEG"), **options)
    return file.getvalue()


def test_segments_follow_each_other_from_the_first_byte_to_the_last() -> None:
    for progressive in (False, True):
        data = saved(progressive=progressive, comment="hello", dpi=(72, 72))
        found = foveal.inspect(data)
        position = 0
        for segment in found.segments:
            assert segment.offset == position
            assert data[position] == 0xFF
            assert markers.name(data[position + 1]) == segment.marker
            position += segment.size_bytes
        assert position == found.size_bytes == len(data)
        assert [segment.kind for segment in found.segments if segment.kind] == ["JFIF", "comment"]
        assert found.notes == ()


@pytest.mark.parametrize(
    ("script", "process"),
    [
        (jpeg.sequential_script, "baseline"),
        (jpeg.non_interleaved_script, "baseline"),
        (jpeg.successive_approximation_script, "progressive"),
    ],
)
def test_scans_and_their_bits(script: jpeg.ScriptMaker, process: str) -> None:
    data = random_file([(2, 1), (1, 1), (1, 1)], (70, 90), script, restart_interval=4)
    found = foveal.inspect(data)
    assert found.process == process
    assert tuple(report.scan for report in found.scans) == script(3)
    assert {report.restart_interval for report in found.scans} == {4}
    for report in found.scans:
        assert data[report.offset : report.offset + 2] == b"\xff\xda"
        header_bytes = 2 + int.from_bytes(data[report.offset + 2 : report.offset + 4], "big")
        coded = data[report.offset + header_bytes : report.offset + report.size_bytes]
        markers_in_it = sum(coded.count(bytes((0xFF, 0xD0 + number))) for number in range(8))
        coded_bytes = len(coded) - 2 * markers_in_it - coded.count(b"\xff\0")
        assert 0 <= 8 * coded_bytes - sum(report.bits) < 8 * (markers_in_it + 1)  # filled up to bytes
        assert data[report.offset + report.size_bytes] == 0xFF
    for index, bits in enumerate(found.block_bits):
        sent = sum(
            count
            for report in found.scans
            for component, count in zip(report.scan.components, report.bits, strict=True)
            if component == index
        )
        assert sent == bits.sum()


def test_the_map_of_bits_adds_up_and_shows_where_they_went() -> None:
    pixels = np.full((64, 96), 128, dtype=np.uint8)
    pixels[24:32, 40:48] = noisy_gradient(8, 8, None)
    bits = foveal.inspect(foveal.encode(pixels, progressive=False, saliency=None)).bits_map()
    assert bits.shape == (8, 12)
    assert np.unravel_index(bits.argmax(), bits.shape) == (3, 5)
    for factors in ([(2, 2), (1, 1), (1, 1)], [(1, 2), (1, 1), (1, 1)], [(1, 1)], [(2, 2)], [(3, 1), (2, 1), (1, 1)]):
        found = foveal.inspect(random_file(factors, (70, 90)))
        counted = sum(
            int(bits[: component.block_rows, : component.block_columns].sum())
            for component, bits in zip(found.frame.components, found.block_bits, strict=True)
        )
        assert found.bits_map().shape == (9, 12)
        assert found.bits_map().sum() == pytest.approx(counted)


@pytest.mark.parametrize("quality", [*range(1, 101, 7), 50, 99, 100])
def test_the_quality_of_libjpegs_tables_is_found_exactly(quality: int) -> None:
    for image in (Image.fromarray(PIXELS), Image.fromarray(PIXELS).convert("L")):
        estimate = foveal.inspect(saved(image, quality=quality)).quality
        tables = saved(image, quality=quality), saved(image, quality=estimate.quality)
        assert estimate.is_exact
        assert foveal.inspect(tables[0]).tables == foveal.inspect(tables[1]).tables
        assert abs(estimate.quality - quality) <= (1 if quality < 3 else 0)  # 1 and 2 may clamp to the same


def test_one_table_for_all_components_is_compared_with_luminance_alone() -> None:
    """As libjpeg writes RGB and CMYK."""
    for image, options in ((Image.fromarray(PIXELS).convert("CMYK"), {}), (None, {"keep_rgb": True})):
        estimate = foveal.inspect(saved(image, quality=83, **options)).quality
        assert (estimate.quality, estimate.is_exact) == (83, True)


def test_steps_above_255_are_libjpegs_too() -> None:
    """Where it is not asked for baseline: steps of up to 32,767."""
    tables = [table.natural.tolist() for table in jpeg.annex_k_tables(13, 32767)]
    assert max(tables[0]) > 255
    estimate = foveal.inspect(saved(qtables=tables)).quality
    assert (estimate.quality, estimate.is_exact) == (13, True)


def test_the_quality_of_other_tables_is_about_right() -> None:
    table = [round(step * 1.07) for step in jpeg.annex_k_tables(70)[0].natural.tolist()]
    estimate = foveal.inspect(saved(qtables=[table, jpeg.annex_k_tables(70)[1].natural.tolist()])).quality
    assert not estimate.is_exact
    assert 66 <= estimate.quality <= 70
    tables = jpeg.annex_k_tables(70)[0], jpeg.annex_k_tables(30)[1]
    assert 40 <= foveal.inspect(saved(qtables=[table.natural.tolist() for table in tables])).quality.quality <= 60


@pytest.mark.parametrize(
    ("factors", "name"),
    [
        ([(1, 1)], "grey"),
        ([(2, 2)], "grey"),
        ([(1, 1)] * 3, "4:4:4"),
        ([(2, 2)] * 3, "4:4:4"),
        ([(2, 1), (1, 1), (1, 1)], "4:2:2"),
        ([(2, 2), (1, 2), (1, 2)], "4:2:2"),
        ([(2, 3), (1, 2), (1, 2)], "2x3 1x2 1x2"),
        ([(1, 2), (1, 1), (1, 1)], "4:4:0"),
        ([(2, 2), (1, 1), (1, 1)], "4:2:0"),
        ([(4, 1), (1, 1), (1, 1)], "4:1:1"),
        ([(4, 2), (1, 1), (1, 1)], "4:1:0"),
        ([(2, 2), (1, 2), (2, 1)], "2x2 1x2 2x1"),
        ([(3, 1), (2, 1), (2, 1)], "3x1 2x1 2x1"),
        ([(1, 1)] * 4, "4:4:4:4"),
        ([(2, 2), (1, 1), (1, 1), (2, 2)], "2x2 1x1 1x1 2x2"),
    ],
)
def test_sampling_is_named(factors: list[tuple[int, int]], name: str) -> None:
    data = random_file(factors, (20, 30), jpeg.non_interleaved_script)
    assert foveal.inspect(data).subsampling == name


def test_color_models_and_component_names() -> None:
    for factors, segments, model, names in [
        ([(1, 1)], (), "grey", ("Y",)),
        ([(1, 1)] * 3, (), "YCbCr", ("Y", "Cb", "Cr")),
        ([(1, 1)] * 3, (jpeg_files.ADOBE_RGB,), "RGB", ("R", "G", "B")),
        ([(1, 1)] * 4, (), "CMYK", ("C", "M", "Y", "K")),
        ([(1, 1)] * 4, (jpeg_files.ADOBE_YCCK,), "YCCK", ("Y", "Cb", "Cr", "K")),
        ([(1, 1)] * 2, (), "unknown", ("1", "2")),
    ]:
        found = foveal.inspect(random_file(factors, (20, 30), segments=segments))
        assert (found.color_model, found.component_names) == (model, names)


def test_metadata_is_found() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = saved(exif=exif, icc_profile=profile, xmp=b"<x/>", comment=b"hello") + b"behind"
    metadata = foveal.inspect(data).metadata
    assert set(metadata.bytes_by_kind) == {"JFIF", "EXIF", "ICC profile", "XMP", "comment"}
    assert metadata.bytes_by_kind["comment"] == 4 + 5
    assert metadata.icc_profile_bytes == len(profile)
    assert (metadata.orientation, metadata.trailing_bytes) == (6, 6)
    assert (metadata.pictures, metadata.has_gain_map) == (0, False)
    twice = foveal.inspect(random_file([(1, 1)], (8, 8), segments=(Segment(0xFE, b"ab"), Segment(0xFE, b"c"))))
    assert twice.metadata.bytes_by_kind == {"comment": 6 + 5}
    bare = foveal.inspect(random_file([(1, 1)], (8, 8), segments=())).metadata
    assert (bare.bytes_by_kind, bare.orientation, bare.icc_profile_bytes, bare.trailing_bytes) == ({}, 1, 0, 0)


@pytest.mark.parametrize(
    ("segment", "kind"),
    [
        (Segment(0xE0, b"JFXX\0\x10"), "JFIF extension"),
        (Segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0..."), "extended XMP"),
        (Segment(0xE2, b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0"), "gain map"),
        (Segment(0xE2, b"FPXR\0"), "FlashPix"),
        (Segment(0xED, b"Photoshop 3.0\x008BIM\x03\xed\0\0"), "Photoshop"),
        (Segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0"), "IPTC"),
        (Segment(0xEE, b"Adobe\0"), "Adobe"),
        (Segment(0xE1, b"Exif"), "unknown"),
        (Segment(0xE2, b"Exif\0\0"), "unknown"),
        (Segment(0xFE, b"Exif\0\0"), "comment"),
    ],
)
def test_application_segments_are_named(segment: Segment, kind: str) -> None:
    assert kind_of(segment) == kind


@pytest.mark.parametrize(
    ("xmp", "has_one"),
    [
        (b'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/"', True),
        (b'xmlns:HDRGainMap="http://ns.apple.com/HDRGainMap/1.0/"', True),
        (b"<x/>", False),
    ],
)
def test_gain_maps_are_found(xmp: bytes, has_one: bool) -> None:
    assert foveal.inspect(saved(xmp=xmp)).metadata.has_gain_map is has_one
    assert foveal.inspect(saved() + saved(xmp=xmp)).metadata.has_gain_map is has_one


def test_chunks_of_a_profile_are_put_together_in_their_order() -> None:
    def chunk(number: int, count: int, payload: bytes) -> Segment:
        return Segment(0xE2, b"ICC_PROFILE\0" + bytes((number, count)) + payload)

    assert icc_profile([chunk(2, 2, b"two"), chunk(1, 2, b"one")]) == b"onetwo"
    assert icc_profile([chunk(1, 2, b"one")]) is None
    assert icc_profile([chunk(1, 2, b"one"), chunk(3, 2, b"three")]) is None
    assert icc_profile([Segment(0xE2, b"ICC_PROFILE\0\1")]) is None
    assert icc_profile([]) is None


def multi_picture_file() -> tuple[bytes, list[np.ndarray]]:
    pictures = [noisy_gradient(64, 80), noisy_gradient(48, 40), noisy_gradient(16, 24)]
    images = [Image.fromarray(picture) for picture in pictures]
    data = saved(images[0], format="MPO", save_all=True, append_images=images[1:], quality=95)
    with Image.open(io.BytesIO(data)) as file:
        frames = []
        for index in range(3):
            file.seek(index)
            frames.append(np.asarray(file))
    return data, frames


def test_the_index_of_further_pictures_follows_what_is_written() -> None:
    data, frames = multi_picture_file()
    found = foveal.inspect(data)
    assert found.metadata.pictures == 3
    assert found.metadata.trailing_bytes > 0
    read = jpeg.read_coefficients(data)
    written = jpeg.write_coefficients(read, scripts=[jpeg.spectral_selection_script(3)])
    assert len(written) != len(data)
    with Image.open(io.BytesIO(written)) as file:
        assert (file.format, file.n_frames) == ("MPO", 3)
        for index, expected in enumerate(frames):
            file.seek(index)
            np.testing.assert_array_equal(np.asarray(file), expected)
    index = next(segment for segment in jpeg.read_coefficients(written).segments if kind_of(segment) == "MPF")
    assert entries_of(index.payload)[0].size_bytes == len(written) - found.metadata.trailing_bytes
    assert jpeg.write_coefficients(jpeg.read_coefficients(written)) == written


@pytest.mark.parametrize("payload", [b"", b"XX*\0", b"II*\0\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff", b"II"])
def test_a_broken_index_is_kept_as_it_is(payload: bytes) -> None:
    segment = Segment(0xE2, MPF + payload)
    data = random_file([(1, 1)], (8, 8), segments=(segment,)) + b"behind"
    assert entries_of(segment.payload) == []
    assert foveal.inspect(data).metadata.pictures == 0
    assert jpeg.write_coefficients(jpeg.read_coefficients(data)) == data


def test_everything_goes_into_json() -> None:
    data = saved(progressive=True, subsampling="4:2:0", quality=60, comment="é", icc_profile=b"x" * 200)
    report = json.loads(json.dumps(foveal.inspect(data).to_dict()))
    assert (report["width"], report["height"], report["size_bytes"]) == (90, 70, len(data))
    assert report["quality"] == {"value": 60, "exact": True}
    assert report["components"][0]["quantization_table"] == jpeg.annex_k_tables(60)[0].natural.tolist()
    assert sum(sum(scan["bits"]) for scan in report["scans"]) == sum(part["bits"] for part in report["components"])
    assert report["segments"][0] == {"marker": "SOI", "offset": 0, "size_bytes": 2, "kind": ""}
    assert report["metadata"]["icc_profile_bytes"] == 200
    assert report["notes"] == []


def test_a_broken_file_is_shown_as_far_as_it_goes() -> None:
    data = saved()
    found = foveal.inspect(data[:-300])
    assert len(found.scans) == 1
    assert len(found.notes) == 2
    assert found.bits_map()[0, 0] > 0
    assert found.bits_map()[-1, -1] == 0
    for function in (foveal.inspect, read_outline):
        with pytest.raises(FormatError, match=r"byte 0: expected SOI .*, found 0x4749: this is no JPEG"):
            function(b"GIF89a")


def test_the_outline_of_a_file_whose_picture_cannot_be_read() -> None:
    data = saved(comment="hello")
    whole = foveal.inspect(data)
    count = next(index for index, segment in enumerate(whole.segments) if segment.marker == "DHT")
    cut = read_outline(data[: whole.segments[count].offset + 10])
    assert cut.segments == whole.segments[:count]
    assert cut.metadata.bytes_by_kind == whole.metadata.bytes_by_kind
    lossless = data.replace(b"\xff\xc0", b"\xff\xc3")
    with pytest.raises(UnsupportedError):
        foveal.inspect(lossless)
    assert [segment.marker for segment in read_outline(lossless).segments][-1] == "SOS"


def test_incomplete_scripts_are_noted() -> None:
    """libjpeg says nothing; but nobody can see it in the pixels."""
    data = saved(progressive=True)
    last = foveal.inspect(data).scans[-1].offset
    with pytest.warns(FormatWarning, match="do not send every coefficient in full"):
        foveal.decode(data[:last] + b"\xff\xd9")
    assert foveal.inspect(data).notes == ()


def test_huffman_tables_of_scans() -> None:
    report = foveal.inspect(saved(optimize=False)).to_dict()["scans"][0]
    assert len(report["huffman_tables"]) == 3
    assert report["huffman_tables"][0]["dc"]["huffval"] == list(range(12))  # table K.3
    assert report["huffman_tables"][0]["ac"]["bits"][-1] == 125  # table K.5
