"""Reading of grey and RGB pixels of 8 to 16 bits from TIFF files, and the names of kinds that are not read.

Pillow reads TIFFs of 16 bits wrongly or at 8 bits in several layouts (WhiteIsZero, separate planes, 12 bits, alpha).
Here the directory and the arrangement of samples are read from the file, and Pillow's libtiff only decompresses strips
and tiles: to it each is a picture of 8-bit samples, whose values are the bytes of the data. Palettes, bilevel, YCbCr,
CMYK and JPEG-compressed pictures of 8 bits are left to Pillow.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.errors import FormatError, LimitError, UnsupportedError
from foveal.jpeg import Pixels
from foveal.photo.lenient import load_leniently
from foveal.photo.tiff import tags
from foveal.photo.tiff.structure import TiffReader
from foveal.photo.tiff.tags import PictureTags
from foveal.photo.wide_samples import CUT_OFF

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _CMYK, _YCBCR = 0, 1, 2, 5, 6
_REFUSED_PHOTOMETRICS = {
    4: "transparency masks",
    8: "CIELab pixels",
    9: "ICCLab pixels",
    10: "ITULab pixels",
    32803: "camera raw pixels (a colour filter array)",
    32844: "LogL pixels",
    32845: "LogLuv pixels",
    34892: "camera raw pixels (LinearRaw)",
}
_REFUSED_SAMPLE_FORMATS = {
    2: "signed integers",
    3: "floating-point numbers",
    5: "complex integers",
    6: "complex numbers",
}
_UNSIGNED, _UNDEFINED = 1, 4

# Compression schemes: none, LZW, Deflate, PackBits, Deflate (old number), LZMA, Zstandard. They compress bytes.
_NONE = 1
_BYTE_COMPRESSIONS = (_NONE, 5, 8, 32773, 32946, 34925, 50000)
_PREDICTING_COMPRESSIONS = (5, 8, 32946, 34925, 50000)
# Schemes that Pillow's libtiff decodes: CCITT (2 to 4), old JPEG, JPEG, WebP.
_PICTURE_COMPRESSIONS = (2, 3, 4, 6, 7, 50001)

_ASSOCIATED_ALPHA, _UNASSOCIATED_ALPHA = 1, 2
_BYTES_PER_BATCH = 1 << 25  # of segments that are decompressed together
_MAX_SEGMENT_BYTES = (1 << 31) - 2  # that Pillow decompresses at once
_ROWS_PER_BATCH = 256  # unpacked together

_REVERSED_BITS = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))

_CONVERT = "convert the picture to RGB or grey of 8 or 16 bits first"


@dataclass(frozen=True)
class _Layout:
    """How samples are arranged: in pixels of a plane, rows of bytes, and segments (strips or tiles)."""

    height: int
    width: int
    samples: int
    bits: int
    planes: int
    segment_height: int
    segment_width: int
    segments_across: int

    @property
    def samples_per_plane(self) -> int:
        """Number of samples of a pixel that lie together."""
        return self.samples // self.planes

    @property
    def row_bytes(self) -> int:
        """Size of a row of a segment."""
        return (self.segment_width * self.samples_per_plane * self.bits + 7) // 8

    @property
    def segments_down(self) -> int:
        """Number of segments of a plane, one below the other."""
        return -(-self.height // self.segment_height)

    def segment_rows(self, index: int, *, is_tiled: bool) -> int:
        """Return the number of rows of a segment; the last strip of a plane may have fewer than the others."""
        if is_tiled:
            return self.segment_height
        first = index % self.segments_down * self.segment_height
        return min(self.segment_height, self.height - first)


@dataclass(frozen=True)
class _Segment:
    """A strip or tile of a plane.

    Parameters
    ----------
    index
        Number of the segment in its plane.
    rows
        Number of rows.
    offset, byte_count
        Position and size in the file.
    plain_bytes
        Size when decompressed.
    """

    index: int
    rows: int
    offset: int
    byte_count: int
    plain_bytes: int

    @property
    def needed_bytes(self) -> int:
        """Number of bytes to read: no scheme makes data longer than this, but a file may count any number."""
        return min(self.byte_count, 4 * self.plain_bytes + 1024)


def check_kind(picture: PictureTags) -> bool:
    """Return whether `read_pixels` reads this kind of file; False if Pillow reads it.

    Raises
    ------
    UnsupportedError
        Neither reads it rightly; the message names the kind.
    """
    photometric = picture.integer(tags.PHOTOMETRIC, _WHITE_IS_ZERO)
    compression = picture.integer(tags.COMPRESSION, _NONE)
    bits = picture.integers(tags.BITS, (1,))
    formats = picture.integers(tags.SAMPLE_FORMAT, (_UNSIGNED,))
    if tags.DNG_VERSION in picture.entries and picture.is_reduced_copy:
        raise UnsupportedError("camera raw files (DNG) are not supported; develop the picture to a TIFF, PNG or JPEG")
    if photometric in _REFUSED_PHOTOMETRICS:
        raise UnsupportedError(f"TIFFs of {_REFUSED_PHOTOMETRICS[photometric]} are not supported; {_CONVERT}")
    if compression not in _BYTE_COMPRESSIONS + _PICTURE_COMPRESSIONS:
        raise UnsupportedError(f"TIFFs of compression scheme {compression} are not supported; {_CONVERT}")
    refused = [kind for kind in formats if kind not in (_UNSIGNED, _UNDEFINED)]
    if refused:
        kind = _REFUSED_SAMPLE_FORMATS.get(refused[0], f"format {refused[0]}")
        raise UnsupportedError(f"TIFFs whose samples are {kind} are not supported; {_CONVERT}")
    if max(bits) > 16 or len(set(bits)) > 1:
        raise UnsupportedError(f"TIFFs of {'/'.join(map(str, bits))} bits per sample are not supported; {_CONVERT}")
    depth = bits[0]
    if photometric in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB) and compression in _BYTE_COMPRESSIONS and depth >= 8:
        return True
    if depth > 8 and not (photometric == _CMYK and depth == 16 and picture.integer(tags.PLANAR, 1) == 1):
        raise UnsupportedError(f"TIFFs of {depth} bits per sample are not supported in this layout; {_CONVERT}")
    if photometric == _RGB and depth < 8:
        raise UnsupportedError(f"RGB TIFFs of {depth} bits per sample are not supported; {_CONVERT}")
    if photometric == _YCBCR and compression == _NONE:  # Pillow reads it as if no chroma were subsampled
        subsampling = picture.integers(tags.YCBCR_SUBSAMPLING, (2, 2))[:2]
        if subsampling != (1, 1):
            kind = " x ".join(map(str, subsampling))
            raise UnsupportedError(
                f"uncompressed TIFFs of YCbCr with subsampled chroma ({kind}) are not supported; {_CONVERT}"
            )
    return False


def read_pixels(picture: PictureTags, lenient_notes: list[str] | None = None) -> Pixels:
    """Read the pixels of a file for which `check_kind` is true, as stored.

    Parameters
    ----------
    picture
        Tags of the picture.
    lenient_notes
        List to append to what is broken, where the rest is black; None to raise FormatError.

    Returns
    -------
    ndarray
        (H, W) grey, (H, W, 2) grey and alpha, (H, W, 3) RGB or (H, W, 4) RGB and alpha. uint8 for 8 bits, else uint16
        in 0..65535. Alpha is straight.

    Raises
    ------
    FormatError
        The file is broken or cut off.
    UnsupportedError
        The layout is not supported.
    """
    layout = _read_layout(picture)
    photometric = picture.integer(tags.PHOTOMETRIC, _WHITE_IS_ZERO)
    color_count = 3 if photometric == _RGB else 1
    if layout.samples < color_count:
        raise FormatError(f"broken TIFF: {layout.samples} samples per pixel are not RGB")
    samples = _read_samples(picture, layout, lenient_notes)
    extras = picture.integers(tags.EXTRA_SAMPLES, (_UNASSOCIATED_ALPHA,)) if layout.samples > color_count else ()
    alpha = next((i for i, kind in enumerate(extras) if kind in (_ASSOCIATED_ALPHA, _UNASSOCIATED_ALPHA)), None)
    colors = samples[:, :, :color_count]
    if photometric == _WHITE_IS_ZERO:
        colors = np.iinfo(samples.dtype).max - colors
    if alpha is None or color_count + alpha >= layout.samples:
        return np.ascontiguousarray(colors[:, :, 0] if color_count == 1 else colors)
    opacity = samples[:, :, color_count + alpha]
    if extras[alpha] == _ASSOCIATED_ALPHA:
        colors = _unmultiply(colors, opacity)
    return np.concatenate([colors, opacity[:, :, np.newaxis]], axis=2)


def _unmultiply(colors: Pixels, alpha: Pixels) -> Pixels:
    """Divide colours by alpha: TIFF's associated alpha is premultiplied."""
    full = int(np.iinfo(colors.dtype).max)
    straight = np.empty_like(colors)
    for top in range(0, len(colors), _ROWS_PER_BATCH):
        rows = slice(top, top + _ROWS_PER_BATCH)
        divisor = np.maximum(alpha[rows, :, np.newaxis].astype(np.uint64), 1)
        straight[rows] = np.minimum((colors[rows].astype(np.uint64) * full + divisor // 2) // divisor, full)
    return straight


def _read_layout(picture: PictureTags) -> _Layout:
    height, width = picture.size
    samples = picture.integer(tags.SAMPLES, 1)
    planes = samples if picture.integer(tags.PLANAR, 1) == 2 else 1
    if height < 1 or width < 1 or not 1 <= samples <= 16:
        raise FormatError(f"broken TIFF: {width} x {height} pixels of {samples} samples")
    bits = picture.integer(tags.BITS, 1)
    if tags.TILE_OFFSETS not in picture.entries:
        rows = min(picture.integer(tags.ROWS_PER_STRIP, height), height)
        if rows < 1:
            raise FormatError("broken TIFF: strips of no rows")
        return _Layout(height, width, samples, bits, planes, rows, width, 1)
    tile_width, tile_height = picture.integer(tags.TILE_WIDTH, 0), picture.integer(tags.TILE_LENGTH, 0)
    if not (8 <= tile_width <= width + (1 << 12) and 8 <= tile_height <= height + (1 << 12)):  # multiples of 16
        raise FormatError(f"broken TIFF: tiles of {tile_width} x {tile_height} pixels")
    return _Layout(height, width, samples, bits, planes, tile_height, tile_width, -(-width // tile_width))


def _read_samples(picture: PictureTags, layout: _Layout, lenient_notes: list[str] | None) -> Pixels:
    """Read all samples: (H, W, S) uint8, or uint16 scaled to 0..65535."""
    is_tiled = tags.TILE_OFFSETS in picture.entries
    offsets = picture.integers(tags.TILE_OFFSETS if is_tiled else tags.STRIP_OFFSETS, ())
    counts = picture.integers(tags.TILE_BYTE_COUNTS if is_tiled else tags.STRIP_BYTE_COUNTS, ())
    compression = picture.integer(tags.COMPRESSION, _NONE)
    needed = layout.planes * layout.segments_down * layout.segments_across
    if len(offsets) < needed or (compression != _NONE and len(counts) < needed):
        raise FormatError("broken TIFF: strips or tiles are missing")
    is_predicted = compression in _PREDICTING_COMPRESSIONS and picture.integer(tags.PREDICTOR, 1) != 1
    if is_predicted and (picture.integer(tags.PREDICTOR, 1) != 2 or layout.bits not in (8, 16)):
        raise UnsupportedError(
            f"TIFFs of this predictor and {layout.bits} bits per sample are not supported; {_CONVERT}"
        )
    fill_order = picture.integer(tags.FILL_ORDER, 1)
    dtype = np.uint8 if layout.bits == 8 else np.uint16
    if compression != _NONE and layout.segment_height * layout.row_bytes > _MAX_SEGMENT_BYTES:
        raise LimitError("the picture's strips are too large; write it with strips of fewer rows, or tiles")
    samples: Pixels = np.zeros((layout.height, layout.width, layout.samples), dtype=dtype)
    batch_bytes = _BYTES_PER_BATCH if lenient_notes is None else 1  # one by one, so that a broken one loses no other
    per_plane, per_pixel = needed // layout.planes, layout.samples_per_plane
    for plane in range(layout.planes):
        channels = slice(plane * per_pixel, (plane + 1) * per_pixel)
        segments = []
        for index in range(per_plane):
            rows, number = layout.segment_rows(index, is_tiled=is_tiled), plane * per_plane + index
            plain_bytes = rows * layout.row_bytes
            byte_count = plain_bytes if compression == _NONE else counts[number]
            segments.append(_Segment(index, rows, offsets[number], byte_count, plain_bytes))
        for batch in _batches(segments, batch_bytes):
            data = [_read_segment(picture.reader, segment, compression, lenient_notes) for segment in batch]
            if fill_order == 2:  # TIFF 6.0, section 8: of the bytes as they are stored, compressed or not
                data = [each.translate(_REVERSED_BITS) for each in data]
            heights = [segment.rows for segment in batch]
            octets = _decompress(data, heights, layout.row_bytes, compression, lenient_notes)
            tops = np.cumsum([0, *heights]).tolist()
            for segment, (first, last) in zip(batch, pairwise(tops), strict=True):
                unpacked = _unpack_rows(octets[first:last], layout, picture.byte_order, is_predicted=is_predicted)
                down, across = divmod(segment.index, layout.segments_across)
                target = samples[
                    down * layout.segment_height : (down + 1) * layout.segment_height,
                    across * layout.segment_width : (across + 1) * layout.segment_width,
                    channels,
                ]
                target[:] = unpacked[: target.shape[0], : target.shape[1]]
    return samples


def _batches(segments: Sequence[_Segment], batch_bytes: int) -> Iterator[list[_Segment]]:
    """Group segments that are decompressed together: at most `batch_bytes`, compressed or not, or a single one."""
    batch: list[_Segment] = []
    total = 0
    for segment in segments:
        size = max(segment.needed_bytes, segment.plain_bytes)
        if batch and total + size > batch_bytes:
            yield batch
            batch, total = [], 0
        batch.append(segment)
        total += size
    yield batch


def _read_segment(reader: TiffReader, segment: _Segment, compression: int, lenient_notes: list[str] | None) -> bytes:
    """Read a segment; where it is cut off and reading is lenient, zeros follow if it is not compressed."""
    data = reader.read(segment.offset, segment.needed_bytes)
    if data and segment.offset + segment.byte_count <= reader.size:
        return data
    if lenient_notes is None:
        raise FormatError(CUT_OFF)
    _add_once(lenient_notes, f"{CUT_OFF}; what could not be read is black")
    return data.ljust(segment.plain_bytes, b"\0") if compression == _NONE else data


def _add_once(notes: list[str], note: str) -> None:
    if note not in notes:
        notes.append(note)


def _decompress(
    segments: Sequence[bytes],
    heights: Sequence[int],
    row_bytes: int,
    compression: int,
    lenient_notes: list[str] | None,
) -> NDArray[np.uint8]:
    """Decompress segments of a plane to rows of bytes: (sum of heights, row_bytes).

    libtiff decompresses them as the strips of a picture of 8-bit samples, made for it here.
    """
    from PIL.TiffImagePlugin import TiffImageFile  # imported late: few photos are TIFFs

    if compression == _NONE:
        return np.frombuffer(b"".join(segments), dtype=np.uint8).reshape(-1, row_bytes)
    if not any(segments):
        return np.zeros((sum(heights), row_bytes), dtype=np.uint8)
    values: list[tuple[int, str, list[int]]] = [
        (tags.WIDTH, "I", [row_bytes]),
        (tags.LENGTH, "I", [sum(heights)]),
        (tags.BITS, "H", [8]),
        (tags.COMPRESSION, "H", [compression]),
        (tags.PHOTOMETRIC, "H", [_BLACK_IS_ZERO]),
        (tags.STRIP_OFFSETS, "I", []),
        (tags.SAMPLES, "H", [1]),
        (tags.ROWS_PER_STRIP, "I", [heights[0]]),
        (tags.STRIP_BYTE_COUNTS, "I", [len(segment) for segment in segments]),
    ]
    # Pillow checks the number of pixels, which are bytes here, in Image.open and when it makes the image to load into.
    with TiffImageFile(_write_tiff(values, segments)) as image:
        image.im = Image.new(image.mode, image.size).im
        if lenient_notes is not None:
            found: list[str] = []
            load_leniently(image, found)
            for note in found:
                _add_once(lenient_notes, note)
        return np.asarray(image)


def _write_tiff(values: Sequence[tuple[int, str, list[int]]], segments: Sequence[bytes]) -> io.BytesIO:
    """Write a little-endian TIFF file of the given tags and strips; the offsets of the strips are filled in."""
    directory_bytes = 8 + 2 + 12 * len(values) + 4
    strips_bytes = sum(len(segment) for segment in segments)
    tail, entries, starts = bytearray(), bytearray(), []
    position = directory_bytes
    for segment in segments:
        starts.append(position)
        position += len(segment)
    for tag, layout, numbers in values:
        numbers = numbers or starts
        packed = struct.pack(f"<{len(numbers)}{layout}", *numbers)
        if len(packed) > 4:
            place = directory_bytes + strips_bytes + len(tail)
            tail += packed
            packed = struct.pack("<I", place)
        entries += struct.pack("<HHI", tag, 3 if layout == "H" else 4, len(numbers)) + packed.ljust(4, b"\0")
    head = b"II*\0" + struct.pack("<IH", 8, len(values))
    return io.BytesIO(b"".join([head, entries, b"\0\0\0\0", *segments, tail]))


def _unpack_rows(octets: NDArray[np.uint8], layout: _Layout, order: str, *, is_predicted: bool) -> Pixels:
    """Return the samples (rows, columns, samples of a plane) of the rows of a segment."""
    shape = (len(octets), layout.segment_width, layout.samples_per_plane)
    samples: Pixels
    if layout.bits == 8:
        samples = octets.reshape(shape)
    elif layout.bits == 16:
        samples = np.ascontiguousarray(octets).view(f"{order}u2").astype(np.uint16).reshape(shape)
    else:
        samples = _unpack_bits(octets, shape[1] * shape[2], layout.bits).reshape(shape)
    if is_predicted:  # TIFF 6.0, section 14, "Differencing Predictor"; sums wrap around
        samples = np.cumsum(samples, axis=1, dtype=samples.dtype)
    return samples


def _unpack_bits(octets: NDArray[np.uint8], count: int, bits: int) -> NDArray[np.uint16]:
    """Unpack rows of `count` samples of 9 to 15 bits, most significant bit first, and scale them to 0..65535."""
    peak = (1 << bits) - 1
    unpacked = np.empty((len(octets), count), dtype=np.uint16)
    for top in range(0, len(octets), _ROWS_PER_BATCH):
        rows = np.unpackbits(octets[top : top + _ROWS_PER_BATCH], axis=1, count=count * bits).reshape(-1, count, bits)
        padded = np.zeros((*rows.shape[:2], 16), dtype=np.uint8)
        padded[:, :, 16 - bits :] = rows
        values = np.packbits(padded, axis=2).view(">u2")[:, :, 0].astype(np.uint32)
        unpacked[top : top + _ROWS_PER_BATCH] = (values * 0xFFFF + peak // 2) // peak
    return unpacked
