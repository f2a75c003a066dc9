"""The class `Photo`, and the functions that make one from a file, a Pillow image or an array."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from foveal.checks import describe
from foveal.errors import (
    FormatError,
    FovealError,
    LimitError,
    ParameterError,
    UnsupportedError,
    raised_by_signal_handler,
)
from foveal.jpeg import MAX_PIXELS, Pixels, markers
from foveal.jpeg.segments import EXTENDED_XMP
from foveal.photo import exif as exif_tags
from foveal.photo import icc
from foveal.photo import orientation as orientations
from foveal.photo.background import Color, remove_alpha
from foveal.photo.fields import check_fields

_KEPT_SEGMENTS = {"APP1": markers.APP1, "APP13": markers.APP13}
_GREY_16_MODES = ("I;16", "I;16L", "I;16B", "I;16N")
_ALPHA_MODES = ("LA", "PA", "RGBA", "La", "RGBa")


@dataclass(frozen=True, eq=False)
class Photo:
    """A photograph with its colour profile and metadata.

    It holds no open file. It can be used in a `with` statement, like an image of Pillow, but need not be.

    Parameters
    ----------
    pixels
        (H, W, 3) RGB or (H, W) grey, uint8 or uint16, in the stored orientation: the EXIF orientation is not applied.
    icc_profile
        ICC profile that defines the colours of the pixels, or None.
    exif
        EXIF data: a TIFF structure, with or without the "Exif" signature of a JPEG segment. None if there is none.
    xmp
        XMP packet (XML), or None.
    comment
        Comment of the file, or None.
    dots_per_inch
        Print resolution (horizontal, vertical), or None.
    extra_segments
        (marker code, payload) of further segments of a JPEG that are kept: IPTC data (APP13) and extended XMP (APP1).
    file_format
        Format of the file that was read, as Pillow names it ("JPEG", "PNG", ...), or None.
    frame_count
        Number of pictures in the file. The photo is the first of them.
    """

    pixels: Pixels
    icc_profile: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    comment: bytes | None = None
    dots_per_inch: tuple[int, int] | None = None
    extra_segments: tuple[tuple[int, bytes], ...] = ()
    file_format: str | None = None
    frame_count: int = 1

    def __post_init__(self) -> None:
        check_fields(self)

    def __enter__(self) -> Photo:
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing: there is no file to close."""

    @property
    def height(self) -> int:
        """Number of rows of pixels in the stored orientation."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Number of columns of pixels in the stored orientation."""
        return int(self.pixels.shape[1])

    @property
    def orientation(self) -> int:
        """EXIF orientation, 1 (upright) to 8; 1 if the EXIF data has none."""
        return exif_tags.orientation(self.exif)

    @property
    def displayed_size(self) -> tuple[int, int]:
        """Height and width in pixels in the displayed orientation."""
        swapped = orientations.swaps_sides(self.orientation)
        return (self.width, self.height) if swapped else (self.height, self.width)

    @property
    def fitting_profile(self) -> bytes | None:
        """Colour profile, or None if it does not apply to these pixels (RGB profile of a grey photo, for example)."""
        return None if icc.misfit(self.icc_profile, self.pixels) else self.icc_profile

    def upright(self) -> Photo:
        """Return the photo with its pixels turned to the displayed orientation, and orientation 1 in its EXIF data."""
        if self.orientation == orientations.UPRIGHT:
            return self
        turned: Pixels = np.ascontiguousarray(orientations.to_displayed(self.pixels, self.orientation))
        return replace(self, pixels=turned, exif=exif_tags.replace_orientation(self.exif, orientations.UPRIGHT))


def open(  # noqa: A001 (a reader of the public API expects this name)
    source: str | os.PathLike[str] | BinaryIO,
    *,
    background: Color | None = None,
    max_pixels: int = MAX_PIXELS,
) -> Photo:
    """Read a photo, with its colour profile and metadata, from a picture file of any format that Pillow reads.

    Parameters
    ----------
    source
        Path of the file, or a binary file object to read from.
    background
        Colour behind transparent pixels: a name, "#rrggbb" or (r, g, b) in 0..255. It is required if the picture has
        an alpha channel.
    max_pixels
        Largest number of pixels (width times height). A larger picture is refused before it is decoded. Values above
        178,956,970 have no effect: that is the limit of Pillow.

    Returns
    -------
    Photo
        Pixels in the stored orientation: (H, W, 3) uint8 RGB, (H, W) uint8 grey, or (H, W) uint16 for 16-bit grey.
        Pillow reduces 16-bit RGB to 8 bits. Of a file with several pictures, the first.

    Raises
    ------
    FormatError
        The file is not a picture of a known format, or is broken.
    UnsupportedError
        The colour model is neither grey nor RGB (CMYK, Lab, ...), or there is an alpha channel and no `background`.
    LimitError
        The picture has more than `max_pixels` pixels.
    ParameterError
        `background` is not a colour, or an argument has the wrong type.
    OSError
        The file cannot be read.
    """
    if not isinstance(source, str | os.PathLike) and not hasattr(source, "read"):
        raise ParameterError("open takes a path or a binary file; wrap bytes in io.BytesIO")
    if not isinstance(max_pixels, Integral):
        raise ParameterError(f"max_pixels must be an integer, not {describe(max_pixels)}")
    try:
        with Image.open(source) as image:
            if image.width * image.height > max_pixels:
                size = f"{image.width:,} x {image.height:,}"
                raise LimitError(f"the picture has {size} pixels; the limit is {max_pixels:,}")
            image.load()
            return _read_photo(image, background)
    except Image.DecompressionBombError as error:
        raise LimitError(f"the picture has more than {MAX_PIXELS:,} pixels") from error
    except UnidentifiedImageError as error:
        raise FormatError("not a picture of a known format") from error
    except OSError as error:
        if error.errno is not None or raised_by_signal_handler(
            error
        ):  # of the system: no such file, no permission, ...
            raise
        raise FormatError(f"broken picture: {error}") from error
    except (FovealError, MemoryError):
        raise
    except Exception as error:  # Pillow's plugins raise exceptions of many types
        if raised_by_signal_handler(error):
            raise
        raise FormatError(f"broken picture: {error}") from error


def _read_photo(image: Image.Image, background: Color | None) -> Photo:
    """Read the pixels and all metadata of a file that Pillow has loaded."""
    info: Mapping[Any, Any] = image.info
    return Photo(
        pixels=remove_alpha(_read_pixels(image), background),
        icc_profile=_read_bytes(info, "icc_profile"),
        exif=_read_exif(image),
        xmp=_read_xmp(image),
        comment=_read_bytes(info, "comment"),
        dots_per_inch=_read_dots_per_inch(info),
        extra_segments=_read_extra_segments(image),
        file_format="JPEG" if image.format == "MPO" else image.format,  # MPO: a JPEG followed by further pictures
        frame_count=getattr(image, "n_frames", 1),
    )


def _read_pixels(image: Image.Image) -> Pixels:
    """Return pixels as grey, grey and alpha, RGB, or RGB and alpha.

    A transparent value or palette entry ("transparency") becomes an alpha channel.
    """
    if image.mode in _GREY_16_MODES:
        pixels = np.asarray(image).astype(np.uint16)
        if "transparency" not in image.info:
            return pixels
        return np.stack([pixels, np.where(pixels == image.info["transparency"], 0, 0xFFFF).astype(np.uint16)], axis=2)
    if image.mode in ("CMYK", "LAB", "I", "F", "HSV"):
        raise UnsupportedError(f"{image.mode} pixels are not supported; convert the picture to RGB or grey first")
    if image.mode in ("1", "L") and "transparency" not in image.info:
        return np.asarray(image.convert("L"))
    if image.mode in _ALPHA_MODES or "transparency" in image.info:
        return np.asarray(image.convert("LA" if image.mode in ("LA", "La", "L", "1") else "RGBA"))
    return np.asarray(image.convert("RGB") if image.mode != "RGB" else image)


def _read_bytes(info: Mapping[Any, Any], name: str) -> bytes | None:
    """Return a value of Pillow's `info` if it is bytes and not empty, else None."""
    value = info.get(name)
    return value if isinstance(value, bytes) and value else None


def _read_exif(image: Image.Image) -> bytes | None:
    if image.format == "TIFF":
        return exif_tags.select_from_tiff(image.getexif())
    raw = _read_bytes(image.info, "exif")
    if raw is None and "Raw profile type exif" in image.info:  # text chunk of PNG files older than the eXIf chunk
        raw = image.getexif().tobytes()
    return exif_tags.remove_signature(raw) if raw else None


def _read_xmp(image: Image.Image) -> bytes | None:
    packet = image.info.get("xmp")
    if isinstance(packet, str):
        packet = packet.encode()
    return packet if isinstance(packet, bytes) and packet else None


def _read_dots_per_inch(info: Mapping[Any, Any]) -> tuple[int, int] | None:
    try:
        horizontal, vertical = (round(float(value)) for value in info["dpi"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    is_set = 1 < horizontal <= 65535 and 1 < vertical <= 65535  # TIFF files without a resolution have 1 x 1
    return (horizontal, vertical) if is_set else None


def _read_extra_segments(image: Image.Image) -> tuple[tuple[int, bytes], ...]:
    return tuple(
        (_KEPT_SEGMENTS[name], payload)
        for name, payload in getattr(image, "applist", ())
        if name in _KEPT_SEGMENTS and (name != "APP1" or payload.startswith(EXTENDED_XMP))
    )


def as_photo(image: Photo | Image.Image | NDArray[Any], *, background: Color | None = None) -> Photo:
    """Return an image of any type that the public functions accept as a Photo.

    Parameters
    ----------
    image
        A Photo, a Pillow image (its pixels and colour profile are used), or an array of uint8 or uint16: (H, W) or
        (H, W, 1) grey, (H, W, 2) grey and alpha, (H, W, 3) RGB, (H, W, 4) RGB and alpha.
    background
        Colour behind transparent pixels: a name, "#rrggbb" or (r, g, b) in 0..255, also for 16-bit pixels.

    Raises
    ------
    ParameterError
        `image` has another type, shape or dtype, or is empty, or `background` is not a colour.
    FormatError
        The file of a Pillow image is broken.
    UnsupportedError
        There is an alpha channel and no `background`, or a Pillow image has a colour model other than grey and RGB.
    """
    if isinstance(image, Photo):
        return replace(image, pixels=remove_alpha(_check_pixels(image.pixels), background))
    if isinstance(image, Image.Image):
        # The EXIF data is not used, as in Pillow's own `save`: the image may have been turned since the file was read.
        profile = _read_bytes(image.info, "icc_profile")
        return Photo(remove_alpha(_check_pixels(_load_pixels(image)), background), icc_profile=profile)
    return Photo(remove_alpha(_check_pixels(image), background))


def _load_pixels(image: Image.Image) -> Pixels:
    """Read the pixels of a Pillow image, whose file Pillow may not have read yet."""
    try:
        return _read_pixels(image)
    except (FovealError, MemoryError):
        raise
    except Exception as error:  # Pillow's plugins raise exceptions of many types
        if raised_by_signal_handler(error):
            raise
        raise FormatError(f"broken picture: {error}") from error


def _check_pixels(pixels: NDArray[Any]) -> Pixels:
    """Check the type, shape and dtype of pixels; return them in native byte order, (H, W, 1) as (H, W)."""
    if not isinstance(pixels, np.ndarray):
        raise ParameterError(f"an image is a Photo, a Pillow image or a numpy array, not {type(pixels).__name__}")
    if pixels.dtype.kind != "u" or pixels.dtype.itemsize > 2:
        raise ParameterError(f"pixels must be uint8 or uint16, not {pixels.dtype}")
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in (1, 2, 3, 4)):
        raise ParameterError(f"pixels must be (H, W) or (H, W, 1 to 4), not {pixels.shape}")
    if pixels.size == 0:
        raise ParameterError(f"the picture is empty: {pixels.shape}")
    native = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    return native[:, :, 0] if native.ndim == 3 and native.shape[2] == 1 else native


def to_eight_bits(pixels: Pixels) -> NDArray[np.uint8]:
    """Return 8- or 16-bit pixels as 8-bit pixels, for display: the upper 8 of 16 bits."""
    return pixels.astype(np.uint8, copy=False) if pixels.dtype == np.uint8 else (pixels >> 8).astype(np.uint8)
