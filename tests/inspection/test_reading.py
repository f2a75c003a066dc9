"""Reports of `inspect` on files whose contents are known."""

from __future__ import annotations

import jpeg_files
import pytest
from jpeg_files import pillow_file, random_file
from pictures import noisy_gradient
from PIL import Image, ImageCms

import foveal
from foveal import jpeg
from foveal.errors import FormatError, UnsupportedError
from foveal.inspection import read_outline
from foveal.jpeg import markers
from foveal.jpeg.segments import Segment

IMAGE = Image.fromarray(noisy_gradient(70, 90))


def test_segments_follow_each_other_from_the_first_byte_to_the_last() -> None:
    for progressive in (False, True):
        data = pillow_file(IMAGE, progressive=progressive, comment="hello", dpi=(72, 72))
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
        (jpeg_files.successive_approximation_script, "progressive"),
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
        # Each restart interval is padded to whole bytes.
        assert 0 <= 8 * coded_bytes - sum(report.bits) < 8 * (markers_in_it + 1)
        assert data[report.offset + report.size_bytes] == 0xFF
    for index, bits in enumerate(found.block_bits):
        sent = sum(
            count
            for report in found.scans
            for component, count in zip(report.scan.components, report.bits, strict=True)
            if component == index
        )
        assert sent == bits.sum()


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
    data = pillow_file(IMAGE, exif=exif, icc_profile=profile, xmp=b"<x/>", comment=b"hello") + b"behind"
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


def test_a_broken_file_is_shown_as_far_as_it_goes() -> None:
    data = pillow_file(IMAGE)
    found = foveal.inspect(data[:-300])
    assert len(found.scans) == 1
    assert len(found.notes) == 2
    assert found.bits_map()[0, 0] > 0
    assert found.bits_map()[-1, -1] == 0
    for function in (foveal.inspect, read_outline):
        with pytest.raises(FormatError, match=r"byte 0: expected SOI .*, found 0x4749: this is no JPEG"):
            function(b"GIF89a")


def test_the_outline_of_a_file_whose_picture_cannot_be_read() -> None:
    data = pillow_file(IMAGE, comment="hello")
    whole = foveal.inspect(data)
    count = next(index for index, segment in enumerate(whole.segments) if segment.marker == "DHT")
    cut = read_outline(data[: whole.segments[count].offset + 10])
    assert cut.segments == whole.segments[:count]
    assert cut.metadata.bytes_by_kind == whole.metadata.bytes_by_kind
    lossless = data.replace(b"\xff\xc0", b"\xff\xc3")
    with pytest.raises(UnsupportedError):
        foveal.inspect(lossless)
    assert [segment.marker for segment in read_outline(lossless).segments][-1] == "SOS"
