"""Encoder and decoder of both modes: a photo to the bytes of an .npz file and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.checks import check_integer
from foveal.errors import FormatError, LimitError, ParameterError, UnsupportedError
from foveal.files import Source
from foveal.jpeg import MAX_PIXELS
from foveal.pca import blocks, rows
from foveal.pca.container import ArrayReader, write_arrays
from foveal.pca.options import PcaMode, PcaOptions
from foveal.photo import Photo, as_photo
from foveal.photo.background import Color

_VERSION = 1
_DTYPES: dict[str, np.dtype[Any]] = {"uint8": np.dtype(np.uint8), "uint16": np.dtype(np.uint16)}
_READERS = {"rows": rows.read_pixels, "blocks": blocks.read_pixels}
_MAX_PROFILE_BYTES = 1 << 24
_MAX_INTEGER = (1 << 63) - 1
# Limit of multiplications in `decode`: a hostile file of scores and components that compress to nothing could keep a
# machine busy for minutes. Those of photographs are noise to a compressor: with k components of H x W pixels they take
# over k (H + W) bytes for k H W multiplications, under 7,000 for each byte of the largest pictures.
_FREE_MULTIPLICATIONS = 10**10
_MULTIPLICATIONS_PER_BYTE = 20_000


@dataclass(frozen=True, eq=False)
class EncodedPhoto:
    """An encoded file, its original, and how much of the variance it keeps.

    Parameters
    ----------
    data
        Bytes of the .npz file.
    photo
        Photo that was encoded: upright, with its colour profile.
    mode
        "rows" or "blocks".
    component_counts
        Number of components kept of each channel (R, G, B) or plane (Y, Cb, Cr); one number for a grey photo.
    variance
        Percentage of the variance that is kept. In `rows`, the mean over the standardised channels, not counting
        the errors of storing scores and components in few bits. In `blocks`, the percentage for Y, Cb and Cr together,
        with all errors except the final rounding to pixels.
    """

    data: bytes
    photo: Photo
    mode: str
    component_counts: tuple[int, ...]
    variance: float

    @property
    def original_bytes(self) -> int:
        """Size of the uncompressed pixels in bytes: 1 per sample, or 2 for 16-bit samples."""
        return self.photo.pixels.nbytes

    @property
    def compression_ratio(self) -> float:
        """Size of the uncompressed pixels divided by the size of the whole file."""
        return self.original_bytes / len(self.data)

    @property
    def ratio_without_components(self) -> float:
        """The report's compression ratio: samples of the picture divided by scores, both as float16.

        It leaves out components, means and deviations, although the decoder needs them.
        """
        dimensions = self.photo.width if self.mode == "rows" else blocks.BLOCK_SIZE
        return len(self.component_counts) * dimensions / max(sum(self.component_counts), 1)


def encode(
    image: Photo | Image.Image | NDArray[Any] | Source,
    *,
    variance: float = PcaOptions.variance,
    mode: PcaMode = PcaOptions.mode,
    components: int | None = PcaOptions.components,
    background: Color | None = None,
) -> bytes:
    """Compress a photo by its principal components.

    Parameters
    ----------
    image
        A Photo, a Pillow image, a picture file as `foveal.open` takes it, or an array: (H, W, 3) RGB, (H, W) or
        (H, W, 1) grey, uint8 or uint16. With `background`, it may have an alpha channel.
    variance
        Smallest percentage of the variance to keep, 0 to 100.

        In `rows` this is the variance that the components explain of each channel, columns standardised: each channel
        keeps the smallest number of components that reaches it. In `blocks` it is 100 (1 - E / V), where V is the
        squared deviation of Y, Cb and Cr from their mean blocks and E is the squared error of the decoded planes,
        quantization included. There it decides the quantizer step, which is never finer than 1/8 of an 8-bit level.
    mode
        "rows": the report's method [1]_. "blocks": 8x8-pixel blocks, quantized and entropy coded.
    components
        In `rows`, the number of components that each channel keeps, whatever `variance` is; fewer where the rank is
        lower. In `blocks`, the largest number that each plane may keep; `variance` then refers to what these hold.
    background
        Colour behind transparent pixels: a name, "#rrggbb" or (r, g, b) in 0..255.

    Returns
    -------
    bytes
        An .npz file that holds everything `decode` needs; `numpy.load(allow_pickle=False)` opens it. The photo is
        stored upright, with its colour profile and without other metadata. Scores and components of `rows` are
        float16, or float32 for 16-bit pixels.

    Raises
    ------
    ParameterError
        An argument is of the wrong kind or out of range, or `components` exceeds the number of dimensions of a sample.
    UnsupportedError
        The image has an alpha channel and there is no `background`, or it is a Pillow image of another colour model.
    LimitError
        The image has more than 178,956,970 pixels; in `blocks`, its blocks cover more.

    References
    ----------
    .. [1] K. Kishore, "AI in Image Processing", B.Tech report, IIT Palakkad, chapter 2.
    """
    return encode_photo(as_photo(image, background=background), PcaOptions(variance, mode, components)).data


def encode_photo(photo: Photo, options: PcaOptions) -> EncodedPhoto:
    """Encode a photo without an alpha channel, and return the file with its statistics."""
    upright = photo.upright()
    plain = Photo(upright.pixels, icc_profile=upright.icc_profile)
    if plain.width * plain.height > MAX_PIXELS:
        raise LimitError(_size_message(plain.height, plain.width, MAX_PIXELS))
    if options.components is not None:
        maximum = min(plain.height, plain.width) if options.mode == "rows" else blocks.BLOCK_SIZE
        check_integer("components", options.components, 1, maximum)
    if options.mode == "rows":
        return encode_rows(plain, rows.analyse(plain.pixels), options)
    arrays, counts, variance = blocks.encode_blocks(plain.pixels, options.variance, options.components)
    return EncodedPhoto(_write_file(plain, "blocks", arrays), plain, "blocks", counts, variance)


def encode_rows(photo: Photo, channels: list[rows.StandardisedChannel], options: PcaOptions) -> EncodedPhoto:
    """Encode a photo by the `rows` mode, given the components of its channels."""
    counts = [rows.choose_count(channel, options.variance, options.components) for channel in channels]
    explained = [channel.principal.explained(count) for channel, count in zip(channels, counts, strict=True)]
    data = _write_file(photo, "rows", rows.to_arrays(channels, counts, photo.pixels.dtype))
    return EncodedPhoto(data, photo, "rows", tuple(counts), float(np.mean(explained)))


def _write_file(photo: Photo, mode: str, arrays: dict[str, NDArray[Any]]) -> bytes:
    return write_arrays(_header_arrays(photo, mode) | arrays)


def _header_arrays(photo: Photo, mode: str) -> dict[str, NDArray[Any]]:
    height, width, *channels = photo.pixels.shape
    description: dict[str, NDArray[Any]] = {
        "version": np.array([_VERSION]),
        "mode": np.array(mode),
        "shape": np.array([height, width, *(channels or [1])]),
        "dtype": np.array(photo.pixels.dtype.name),
    }
    if photo.icc_profile:
        description["icc_profile"] = np.frombuffer(photo.icc_profile, dtype=np.uint8)
    return description


def decode(data: bytes, *, max_pixels: int = MAX_PIXELS) -> Photo:
    """Decode a file that `encode` wrote.

    Parameters
    ----------
    data
        Bytes of the file.
    max_pixels
        Largest accepted number of pixels, at most 178,956,970. Larger pictures are refused before any memory is
        allocated for them.

    Returns
    -------
    Photo
        Pixels of the original's shape and type, and its colour profile.

    Raises
    ------
    FormatError
        The data is not such a file, or it is broken.
    UnsupportedError
        The file has a later version of the format.
    LimitError
        The picture has more than `max_pixels` pixels, or takes more multiplications than a file of its size can need.
    ParameterError
        An argument is of the wrong kind or out of range.
    """
    if not isinstance(data, bytes | bytearray | memoryview):
        raise ParameterError(f"decode takes the bytes of a file, not {type(data).__name__}")
    check_integer("max_pixels", max_pixels, 1, MAX_PIXELS)
    reader = ArrayReader(bytes(data))
    (version,) = reader.integers("version", 1, 0, _MAX_INTEGER)
    if version != _VERSION:
        raise UnsupportedError(f"files of version {version} cannot be read, only of version {_VERSION}")
    shape = _read_shape(reader, max_pixels)
    mode, dtype = reader.text("mode"), reader.text("dtype")
    if mode not in _READERS or dtype not in _DTYPES:
        raise FormatError(f"mode {mode!r} with pixels of type {dtype!r} is not supported")
    if mode == "rows":
        _check_work(reader, shape, len(data))
    profile = reader.octets("icc_profile", _MAX_PROFILE_BYTES) if reader.has("icc_profile") else None
    pixels = _READERS[mode](reader, shape, _DTYPES[dtype])
    return Photo(pixels[:, :, 0] if shape[2] == 1 else pixels, icc_profile=profile)


def _read_shape(reader: ArrayReader, max_pixels: int) -> tuple[int, int, int]:
    height, width, channels = reader.integers("shape", 3, 1, _MAX_INTEGER)
    if channels not in (1, 3):
        raise FormatError(f"pictures have 1 channel or 3, not {channels:,}")
    if height * width > max_pixels:
        raise LimitError(_size_message(height, width, max_pixels))
    return height, width, channels


def _check_work(reader: ArrayReader, shape: tuple[int, int, int], size_bytes: int) -> None:
    """Raise LimitError if a `rows` file asks for more multiplications than a file of its size can need."""
    height, width, channels = shape
    counts = reader.integers("component_counts", channels, 1, min(height, width))
    work, limit = height * width * sum(counts), _FREE_MULTIPLICATIONS + _MULTIPLICATIONS_PER_BYTE * size_bytes
    if work > limit:
        raise LimitError(f"the picture takes {work:,} multiplications; the limit for a file of this size is {limit:,}")


def _size_message(height: int, width: int, max_pixels: int) -> str:
    return f"the picture has {width:,} x {height:,} pixels; the limit is {max_pixels:,}"
