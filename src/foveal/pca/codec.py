"""A photo to a file and back, by either mode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.checks import check_integer
from foveal.errors import FormatError, LimitError, ParameterError, UnsupportedError
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


@dataclass(frozen=True, eq=False)
class EncodedPhoto:
    """A file, and what it keeps.

    Parameters
    ----------
    data
        The .npz file.
    photo
        What was encoded: upright, with its colour profile.
    mode
        "rows" or "blocks".
    component_counts
        Components kept of each channel (R, G, B) or plane (Y, Cb, Cr), or of the one that there is.
    variance
        Per cent of the variance that is kept. In `rows`, of the standardised channels, their mean; what storing scores
        and components in few bits costs is not in it. In `blocks`, of Y, Cb and Cr together, with all errors but the
        rounding to pixels.
    """

    data: bytes
    photo: Photo
    mode: str
    component_counts: tuple[int, ...]
    variance: float

    @property
    def original_bytes(self) -> int:
        """What the pixels take uncompressed: 1 byte for each sample, 2 where they have 16 bits."""
        return self.photo.pixels.nbytes

    @property
    def compression_ratio(self) -> float:
        """Uncompressed pixels over the file, with all that the decoder needs."""
        return self.original_bytes / len(self.data)

    @property
    def ratio_without_components(self) -> float:
        """The report's compression ratio: samples of the picture over scores, both as float16.

        It leaves out components, means and deviations, without which no picture comes back.
        """
        dimensions = self.photo.width if self.mode == "rows" else blocks.BLOCK_SIZE
        return len(self.component_counts) * dimensions / max(sum(self.component_counts), 1)


def encode(
    image: Photo | Image.Image | NDArray[Any],
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
        A Photo, a Pillow image, or an array: (H, W, 3) RGB, (H, W) or (H, W, 1) grey, uint8 or uint16; with a channel
        more for alpha where `background` is given.
    variance
        Keep at least so many per cent of the variance, 0 to 100.

        In `rows` this is the variance that the components explain, of each channel with its columns standardised: each
        channel keeps the smallest number of components that reaches it. In `blocks` it is 100 (1 - E / V): V the
        squared deviation of Y, Cb and Cr from their mean blocks, E the squared error of what comes back, that of
        quantization included. There it decides how fine the scores are quantized, with steps no finer than 1/8 of an
        8-bit level.
    mode
        "rows": the report's method [1]_. "blocks": 8x8-pixel blocks, quantized and entropy coded.
    components
        In `rows`, how many components each channel keeps, whatever the variance; fewer where its rank is less. In
        `blocks`, the most that each plane may keep; `variance` is then of what they hold.
    background
        Colour behind transparent pixels: a name, "#rrggbb" or (r, g, b) in 0..255.

    Returns
    -------
    bytes
        An .npz file that `numpy.load(allow_pickle=False)` opens: everything that `decode` needs. The photo is stored as
        it is displayed, with its colour profile and without other metadata. Scores and components of `rows` are
        float16, for 16-bit pixels float32.

    Raises
    ------
    ParameterError
        An argument is of the wrong kind or out of range; `components` is more than a sample's dimensions.
    UnsupportedError
        An alpha channel without `background`, or a Pillow image of another colour model.
    LimitError
        More than 178,956,970 pixels; in `blocks`, those of all blocks.

    References
    ----------
    .. [1] K. Kishore, "AI in Image Processing", B.Tech report, IIT Palakkad, chapter 2.
    """
    return encode_photo(as_photo(image, background=background), PcaOptions(variance, mode, components)).data


def encode_photo(photo: Photo, options: PcaOptions) -> EncodedPhoto:
    """As `encode`, with what there is to say about it; `photo` must have no alpha channel."""
    upright = photo.upright()
    plain = Photo(upright.pixels, icc_profile=upright.icc_profile)
    if plain.width * plain.height > MAX_PIXELS:
        raise LimitError(_too_large(plain.height, plain.width, MAX_PIXELS))
    if options.components is not None:
        most = min(plain.height, plain.width) if options.mode == "rows" else blocks.BLOCK_SIZE
        check_integer("components", options.components, 1, most)
    if options.mode == "rows":
        return encode_rows(plain, rows.analyse(plain.pixels), options)
    arrays, counts, variance = blocks.keep(plain.pixels, options.variance, options.components)
    return EncodedPhoto(_file_of(plain, "blocks", arrays), plain, "blocks", counts, variance)


def encode_rows(photo: Photo, channels: list[rows.StandardisedChannel], options: PcaOptions) -> EncodedPhoto:
    """Encode a photo whose channels are analysed already."""
    counts = [rows.count_for(channel, options.variance, options.components) for channel in channels]
    explained = [channel.principal.explained(count) for channel, count in zip(channels, counts, strict=True)]
    data = _file_of(photo, "rows", rows.arrays(channels, counts, photo.pixels.dtype))
    return EncodedPhoto(data, photo, "rows", tuple(counts), float(np.mean(explained)))


def _file_of(photo: Photo, mode: str, arrays: dict[str, NDArray[Any]]) -> bytes:
    return write_arrays(_description(photo, mode) | arrays)


def _description(photo: Photo, mode: str) -> dict[str, NDArray[Any]]:
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
    """Restore the photo of a file that `encode` wrote.

    Parameters
    ----------
    data
        The file.
    max_pixels
        Larger pictures are refused before memory is taken for them; at most 178,956,970.

    Returns
    -------
    Photo
        Pixels of the shape and type of the original, and its colour profile.

    Raises
    ------
    FormatError
        Not such a file, or a broken one.
    UnsupportedError
        A file of a later version.
    LimitError
        More than `max_pixels` pixels.
    ParameterError
        An argument of the wrong kind or out of range.
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
        raise FormatError(f"mode {mode!r} of {dtype!r} is none that there is")
    profile = reader.octets("icc_profile", _MAX_PROFILE_BYTES) if reader.has("icc_profile") else None
    pixels = _READERS[mode](reader, shape, _DTYPES[dtype])
    return Photo(pixels[:, :, 0] if shape[2] == 1 else pixels, icc_profile=profile)


def _read_shape(reader: ArrayReader, max_pixels: int) -> tuple[int, int, int]:
    height, width, channels = reader.integers("shape", 3, 1, _MAX_INTEGER)
    if channels not in (1, 3):
        raise FormatError(f"pictures have 1 channel or 3, not {channels:,}")
    if height * width > max_pixels:
        raise LimitError(_too_large(height, width, max_pixels))
    return height, width, channels


def _too_large(height: int, width: int, max_pixels: int) -> str:
    return f"the picture has {width:,} x {height:,} pixels; the limit is {max_pixels:,}"
