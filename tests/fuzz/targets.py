"""The targets of the fuzzer in Python: what is read, and what must hold whatever the bytes are.

Each takes the bytes of a file or of a part of one. It may be refused with a FovealError of one line; any other
exception is a finding.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import jpeg_files  # imports foveal, too
import mutators
import numpy as np

import foveal
import foveal._kernels as _kernels
from foveal import jpeg, pca
from foveal.jpeg import application_data, decoder, multi_picture, segments, xmp
from foveal.photo import exif, icc
from foveal.photo.orientation import to_displayed
from foveal.photo.tiff.writing import tiff_bytes

_MAX_PIXELS = 1 << 16
_MAX_XMP_BYTES = 1024  # instead of 65,502 in a JPEG segment, so that small packets are divided
_PIXELS_PER_STRIP = decoder._PIXELS_PER_STRIP
_INSTRUCTION_SETS = _kernels.instruction_sets()

Result = TypeVar("Result")


class Target(NamedTuple):
    """What to check, and how libFuzzer changes bytes for it.

    Parameters
    ----------
    check
        Raises where something is wrong.
    mutator
        Changes the structure of a file; None for libFuzzer's own changes only.
    dictionary
        Name of a file of strings to insert; None for none.
    max_bytes
        Size of the largest input.
    """

    check: Callable[[bytes], None]
    mutator: Callable[[bytes, random.Random], bytes] | None = None
    dictionary: str | None = None
    max_bytes: int = 4096


def check_decode(data: bytes) -> None:
    """Decode strictly and leniently: what strict reading takes looks the same to both."""
    pixels = _accepted(foveal.decode, data, strict=False, max_pixels=_MAX_PIXELS)
    strict_pixels = _accepted(foveal.decode, data, strict=True, max_pixels=_MAX_PIXELS)
    if strict_pixels is not None:
        assert pixels is not None, "strict reading takes what lenient reading refuses"
        assert np.array_equal(strict_pixels, pixels), "pixels depend on strictness"


def check_strips(data: bytes) -> None:
    """Decode in strips of one row of MCUs, with the plainest kernels: pixels must not depend on either."""
    pixels = _accepted(foveal.decode, data, strict=False, max_pixels=_MAX_PIXELS)
    decoder._PIXELS_PER_STRIP = 1  # pictures of so few pixels are one strip otherwise
    _kernels.use_instruction_set(_INSTRUCTION_SETS[-1])
    try:
        others = _accepted(foveal.decode, data, strict=False, max_pixels=_MAX_PIXELS)
    finally:
        decoder._PIXELS_PER_STRIP = _PIXELS_PER_STRIP
        _kernels.use_instruction_set(_INSTRUCTION_SETS[0])
    assert (pixels is None) == (others is None), "refusal depends on strips or the instruction set"
    if pixels is not None:
        assert np.array_equal(pixels, others), "pixels depend on strips or the instruction set"


def check_coefficients(data: bytes) -> None:
    """Read coefficients: there are some of every file that has pixels, and the same pixels come of them."""
    coefficients = _accepted(jpeg.read_coefficients, data, strict=False, max_pixels=_MAX_PIXELS)
    pixels = _accepted(foveal.decode, data, strict=False, max_pixels=_MAX_PIXELS)
    if pixels is not None:
        assert coefficients is not None, "pixels without coefficients"
        assert np.array_equal(jpeg.reconstruct(coefficients), pixels), "other pixels than those decoded"


def check_rewrite(data: bytes) -> None:
    """Write coefficients that were read, and read them again: nothing is refused, and nothing changes."""
    before = _accepted(jpeg.read_coefficients, data, strict=False, max_pixels=_MAX_PIXELS)
    if before is None:
        return
    written = jpeg.write_coefficients(before)
    after = jpeg.read_coefficients(written, max_pixels=_MAX_PIXELS)
    jpeg_files.assert_same_blocks(before, after)
    assert after.tables == before.tables, "quantization tables changed"
    assert _without_index(after.segments) == _without_index(before.segments), "segments changed"
    assert after.trailing == before.trailing, "what follows the picture changed"
    pixels = _accepted(foveal.decode, data, max_pixels=_MAX_PIXELS)
    if pixels is not None:
        assert np.array_equal(foveal.decode(written, max_pixels=_MAX_PIXELS), pixels), "pixels changed"


def check_inspect(data: bytes) -> None:
    """Inspect a file, and make JSON and the map of bits of what is found."""
    found = _accepted(foveal.inspect, data, max_pixels=_MAX_PIXELS)
    if found is not None:
        json.dumps(found.to_dict())
        found.bits_map()


def check_segments(data: bytes) -> None:
    """Read EXIF, ICC, XMP, MPF and JFIF out of the application segments of a file."""
    found, trailing = application_data.read_segments(data)
    application_data.exif_data(found)
    application_data.xmp_packet(found)
    application_data.dots_per_inch(found)
    application_data.pixel_aspect(found)
    application_data.has_gain_map(found, trailing)
    application_data.picture_count(found)
    application_data.icc_problem(found)
    profile = application_data.icc_profile(found)
    if profile:
        icc.data_colour_space(profile)
        written = segments.make_metadata_segments(segments.Metadata(icc_profile=profile))
        assert application_data.icc_profile(written) == profile, "the ICC profile changed"
    for segment in filter(multi_picture.is_index, found):
        entries = multi_picture.read_entries(segment.payload)
        if entries:
            changed = multi_picture.update_index(segment.payload, 99, list(range(100, 99 + len(entries))))
            assert len(changed) == len(segment.payload), "the size of the MPF index changed"


def check_xmp(data: bytes) -> None:
    """Parse an XMP packet, and divide it for segments that are too small for it."""
    root = xmp.parse(data)
    for element in root.walk() if root else ():
        assert 0 <= element.start < element.tag_end <= element.end <= len(data), "an element outside the packet"
    divided = xmp.divide(data, _MAX_XMP_BYTES)
    assert len(divided.standard) <= _MAX_XMP_BYTES, "the standard packet is too long"
    if divided.extension:
        assert xmp.parse(divided.standard) is not None, "the standard packet is no XML"
        assert root is None or xmp.parse(divided.extension) is not None, "the extension is no XML"


def check_exif(data: bytes) -> None:
    """Read, replace and publish what is in EXIF data, and write it to a TIFF file; broken data is not refused."""
    orientation = exif.orientation(data)
    assert 1 <= orientation <= 8, "no such orientation"
    if orientation != 1:
        assert exif.orientation(exif.replace_orientation(data, 1)) == 1, "not upright"
    assert exif.orientation(exif.with_plain_orientation(data)) == orientation, "the orientation changed"
    assert exif.orientation(exif.select_safe(data)) == orientation, "the orientation changed"
    exif.dots_per_inch(data)
    exif.select_from_tiff(io.BytesIO(data))
    pixels = np.arange(6, dtype=np.uint8).reshape(2, 3)
    written = foveal.open(io.BytesIO(tiff_bytes(pixels, exif=data)))
    assert np.array_equal(written.pixels, to_displayed(pixels, orientation)), "the pixels of a TIFF file changed"


def check_open(data: bytes) -> None:
    """Open a PNG or TIFF file strictly and leniently, and turn it upright."""
    photo = _accepted(foveal.open, io.BytesIO(data), background="white", strict=False, max_pixels=_MAX_PIXELS)
    strict_photo = _accepted(foveal.open, io.BytesIO(data), background="white", max_pixels=_MAX_PIXELS)
    if strict_photo is not None:
        assert photo is not None, "strict reading takes what lenient reading refuses"
        assert np.array_equal(strict_photo.pixels, photo.pixels), "pixels depend on strictness"
    if photo is not None:
        assert photo.pixels.dtype in (np.uint8, np.uint16), "neither 8 nor 16 bits"
        assert photo.pixels.ndim == 2 or photo.pixels.shape[2] == 3, "neither grey nor RGB"
        assert 0 < photo.width * photo.height <= _MAX_PIXELS, "a picture of another size than allowed"
        assert photo.upright().orientation == 1, "not upright"


def check_pca(data: bytes) -> None:
    """Decode a file of principal components (.npz)."""
    photo = _accepted(pca.decode, data, max_pixels=_MAX_PIXELS)
    if photo is not None:
        assert photo.pixels.dtype in (np.uint8, np.uint16), "neither 8 nor 16 bits"
        assert 0 < photo.width * photo.height <= _MAX_PIXELS, "a picture of another size than allowed"


TARGETS = {
    "decode": Target(check_decode, mutators.change_jpeg, "jpeg.dict"),
    "strips": Target(check_strips, mutators.change_jpeg, "jpeg.dict"),
    "coefficients": Target(check_coefficients, mutators.change_jpeg, "jpeg.dict"),
    "rewrite": Target(check_rewrite, mutators.change_jpeg, "jpeg.dict"),
    "inspect": Target(check_inspect, mutators.change_jpeg, "jpeg.dict"),
    "segments": Target(check_segments, mutators.change_jpeg, "metadata.dict"),
    "xmp": Target(check_xmp, dictionary="metadata.dict"),
    "exif": Target(check_exif, dictionary="metadata.dict"),
    "open": Target(check_open, mutators.change_picture, "metadata.dict"),
    "pca": Target(check_pca, mutators.change_npz, max_bytes=1 << 14),
}


def _accepted(function: Callable[..., Result], *arguments: object, **options: object) -> Result | None:
    """Return what a function makes of its arguments, or None where it refuses them as it should."""
    try:
        return function(*arguments, **options)
    except foveal.FovealError as error:
        assert "\n" not in str(error), "a message of more than one line"
        return None


def _without_index(found: tuple[jpeg.Segment, ...]) -> list[jpeg.Segment]:
    """Leave out the MPF index: its offsets change with the size of the picture."""
    return [segment for segment in found if not multi_picture.is_index(segment)]
