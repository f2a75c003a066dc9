"""Tasks on photos, which run in worker processes: each takes a `PhotoFile` and returns what can be pickled."""

from __future__ import annotations

import io
import time
import warnings
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal import metrics
from foveal import photo as photos
from foveal.allocate.hard_edges import GROUND_OF_DECODED, hard_edges
from foveal.comparison import compare, write_page
from foveal.encoding import Encoded, encode_photo
from foveal.errors import FormatWarning, TransparencyError
from foveal.explain import explain
from foveal.inspection import inspect
from foveal.jpeg import decode
from foveal.photo import Photo, orientation, to_eight_bits
from foveal.photo.small_copy import small_copy
from foveal.saliency import NETWORK_METHODS, look
from foveal.saliency.look import SaliencyResult
from foveal.threads import available_threads
from foveal.web.settings import BACKGROUND, Settings

_THUMBNAIL_SIDE = 240
_MAP_SIDE = 1024  # most values of a map along the longer side
_PIXELS_PER_MAP_VALUE = 4  # two values along each side of a block
_KEPT_PIXELS = 120_000_000  # sum of the pixels of the decoded photos that a worker keeps


@dataclass(frozen=True)
class PhotoFile:
    """The file of a photo that was opened on the page.

    Parameters
    ----------
    key
        Identifier of the photo; the same file always has the same.
    name
        Name of the file.
    data
        Contents of the file.
    max_pixels
        Largest number of pixels that is read.
    """

    key: str
    name: str
    data: bytes
    max_pixels: int


@dataclass(frozen=True)
class PhotoFacts:
    """What the page shows of a photo before it is encoded.

    Parameters
    ----------
    width, height
        Size in pixels as displayed.
    file_format
        Format of the file, as Pillow names it.
    is_transparent
        Whether pixels are transparent; they are shown and encoded on BACKGROUND.
    warnings
        Warnings about the file, one sentence each.
    thumbnail
        Small JPEG of the photo.
    """

    width: int
    height: int
    file_format: str
    is_transparent: bool
    warnings: tuple[str, ...]
    thumbnail: bytes


@dataclass(frozen=True, eq=False)
class MapAnswer:
    """Importance of the parts of a photo as displayed.

    Parameters
    ----------
    grey
        (h, w) uint8: map by which bits are spent at full strength.
    text
        (h, w) uint8: where text and other hard edges are.
    strength_factor
        Factor by which the encoder multiplies the strength of the map.
    method
        Method of the map.
    prominence
        How well the map is expected to predict where people look, 0 to 1; None for methods without a network.
    """

    grey: NDArray[np.uint8]
    text: NDArray[np.uint8]
    strength_factor: float
    method: str
    prominence: float | None


@dataclass(frozen=True, eq=False)
class EncodeAnswer:
    """An encoded file, with what was decided and how good it is.

    Parameters
    ----------
    data
        The JPEG file.
    quality, subsampling, saliency, prominence, mean_weight
        Decisions of the encode, see `encoding.Encoded`.
    score
        SSIMULACRA 2 of the file, measured; None for a preview, and for photos that are too small.
    bits
        (rows, columns) uint16: bits of each 8x8-pixel block as displayed; None for a preview.
    seconds
        Time of the encode.
    """

    data: bytes
    quality: float
    subsampling: str
    saliency: str
    prominence: float | None
    mean_weight: float
    score: float | None
    bits: NDArray[np.uint16] | None
    seconds: float


_opened: OrderedDict[str, Photo] = OrderedDict()  # photos that this worker has decoded, the latest at the end


def open_photo(source: PhotoFile) -> PhotoFacts:
    """Open a photo and describe it; errors are those of `foveal.open`."""
    photo, notes, is_transparent = _read(source)
    _keep(source.key, photo)
    height, width = photo.displayed_size
    file = io.BytesIO()
    side = min(_THUMBNAIL_SIDE, max(height, width))
    Image.fromarray(small_copy(photo, side)).save(file, "JPEG", quality=80, icc_profile=_color_profile(photo))
    return PhotoFacts(width, height, photo.file_format or "", is_transparent, notes, file.getvalue())


def draw_picture(source: PhotoFile) -> tuple[bytes, str]:
    """Return the photo as a file that browsers show exactly, and its media type: a JPEG as it is, others as a PNG."""
    photo = photo_of(source)
    if photo.file_format == "JPEG":
        with Image.open(io.BytesIO(source.data)) as image:
            if image.mode in ("L", "RGB"):
                return source.data, "image/jpeg"
    upright = photo.upright()
    file = io.BytesIO()
    picture = Image.fromarray(to_eight_bits(upright.pixels))
    picture.save(file, "PNG", icc_profile=upright.fitting_profile, compress_level=1)
    return file.getvalue(), "image/png"


def find_map(source: PhotoFile, method: str) -> MapAnswer:
    """Find the importance of the parts of a photo by a method of `foveal.saliency_map`, or "none"."""
    photo = photo_of(source)
    height, width = photo.displayed_size
    scale = max(_PIXELS_PER_MAP_VALUE, max(height, width) / _MAP_SIDE)
    size = max(1, round(height / scale)), max(1, round(width / scale))
    result = SaliencyResult("none", np.ones((1, 1))) if method == "none" else look(photo, method)
    spending = SaliencyResult(result.method, result.spending_map).resized(size)
    edges = hard_edges(np.ascontiguousarray(photo.upright().pixels), GROUND_OF_DECODED)
    return MapAnswer(
        grey=_to_grey(spending),
        text=_to_grey(SaliencyResult("map", edges).resized(size)),
        strength_factor=result.strength_factor,
        method=result.method,
        prominence=result.confidence if result.method in NETWORK_METHODS else None,
    )


def encode(source: PhotoFile, settings: Settings, threads: int | None, *, is_preview: bool) -> EncodeAnswer:
    """Encode a photo; measure the file and count the bits of its blocks unless it is a preview."""
    photo = photo_of(source)
    options = settings.encode_options(threads or max(1, available_threads() // 2))
    start = time.perf_counter()
    encoded = encode_photo(photo, options)
    seconds = time.perf_counter() - start
    return EncodeAnswer(
        data=encoded.data,
        quality=encoded.quality,
        subsampling=encoded.subsampling,
        saliency=encoded.saliency_name,
        prominence=encoded.confidence if encoded.saliency_name in NETWORK_METHODS else None,
        mean_weight=float(encoded.weights.mean()),
        score=None if is_preview else _measure_score(encoded, options.threads or 1),
        bits=None if is_preview else _count_bits(encoded),
        seconds=seconds,
    )


def write_comparison(source: PhotoFile, settings: Settings) -> str:
    """Compare encoders on a photo at the size of foveal's file, and return the page."""
    options = settings.encode_options(threads=1)
    saliency = "auto" if options.saliency is None else options.saliency
    comparison = compare(
        photo_of(source),
        quality=options.quality,
        size_bytes=options.target_size,
        saliency=saliency,
        strength=options.strength,
    )
    return write_page(comparison, source.name)


def write_explanation(source: PhotoFile, settings: Settings, block: tuple[int, int] | None) -> str:
    """Return the page of `foveal explain` about a photo."""
    return explain(photo_of(source), settings.encode_options(threads=1), name=source.name, block=block).html


def photo_of(source: PhotoFile) -> Photo:
    """Return the photo of a file, which this worker may have decoded before."""
    photo = _opened.get(source.key)
    if photo is None:
        photo = _read(source)[0]
        _keep(source.key, photo)
    else:
        _opened.move_to_end(source.key)
    return photo


def _keep(key: str, photo: Photo) -> None:
    """Keep a decoded photo, and let go of the oldest ones while they have more than _KEPT_PIXELS together."""
    _opened[key] = photo
    while len(_opened) > 1 and sum(each.height * each.width for each in _opened.values()) > _KEPT_PIXELS:
        _opened.popitem(last=False)


def _read(source: PhotoFile) -> tuple[Photo, tuple[str, ...], bool]:
    """Open a file; return the photo, warnings, and whether it has transparent pixels."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", FormatWarning)
        try:
            photo, is_transparent = photos.open(io.BytesIO(source.data), max_pixels=source.max_pixels), False
        except TransparencyError:
            file = io.BytesIO(source.data)
            photo, is_transparent = photos.open(file, background=BACKGROUND, max_pixels=source.max_pixels), True
    notes = [str(each.message) for each in caught if issubclass(each.category, FormatWarning)]
    return photo, tuple(dict.fromkeys(notes)), is_transparent


def _color_profile(photo: Photo) -> bytes | None:
    """Return the profile of a photo for an RGB picture; a profile of grey does not fit one."""
    return photo.fitting_profile if photo.pixels.ndim == 3 else None


def _to_grey(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.rint(values * 255).astype(np.uint8)


def _measure_score(encoded: Encoded, threads: int) -> float | None:
    original = to_eight_bits(encoded.photo.pixels)
    if min(original.shape[:2]) < metrics.SSIMULACRA2_MIN_SIDE:
        return None
    return metrics.Ssimulacra2Reference(original, threads=threads).score(decode(encoded.data), threads=threads)


def _count_bits(encoded: Encoded) -> NDArray[np.uint16]:
    bits = orientation.to_displayed(inspect(encoded.data).bits_map(), encoded.photo.orientation)
    return np.ascontiguousarray(np.minimum(np.rint(bits), 65_535), dtype=np.uint16)
