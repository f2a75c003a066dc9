"""A file, a Pillow image or an array becomes a Photo: pixels, colour profile, metadata, orientation."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from foveal.errors import FormatError, FovealError, LimitError, ParameterError, UnsupportedError
from foveal.jpeg import MAX_PIXELS, Pixels, markers
from foveal.jpeg.segments import EXTENDED_XMP
from foveal.photo import exif as exif_tags
from foveal.photo import icc
from foveal.photo import orientation as orientations
from foveal.photo.background import Color, without_alpha

_KEPT_SEGMENTS = {"APP1": markers.APP1, "APP13": markers.APP13}
_GREY_16_MODES = ("I;16", "I;16L", "I;16B", "I;16N")
_ALPHA_MODES = ("LA", "PA", "RGBA", "La", "RGBa")


@dataclass(frozen=True, eq=False)
class Photo:
    """A photograph and what belongs to it.

    Parameters
    ----------
    pixels
        (H, W, 3) RGB or (H, W) grey, uint8 or uint16, as stored: the orientation is not applied.
    icc_profile, exif, xmp, comment
        As in the file, or None. `exif` is a TIFF structure, with or without the "Exif" signature.
    dots_per_inch
        Print resolution (horizontal, vertical), or None.
    extra_segments
        (marker, payload) of a JPEG's other segments worth keeping: IPTC (APP13), extended XMP (APP1).
    file_format
        What the file was ("JPEG", "PNG", ...), or None.
    frame_count
        Pictures in the file; this is the first.
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

    @property
    def height(self) -> int:
        """Rows of pixels, as stored."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns of pixels, as stored."""
        return int(self.pixels.shape[1])

    @property
    def orientation(self) -> int:
        """EXIF orientation: 1 (upright) to 8."""
        return exif_tags.orientation(self.exif)

    @property
    def displayed_size(self) -> tuple[int, int]:
        """Height and width as the photo is meant to be seen."""
        swapped = orientations.swaps_sides(self.orientation)
        return (self.width, self.height) if swapped else (self.height, self.width)

    @property
    def fitting_profile(self) -> bytes | None:
        """Colour profile; None where it is for other pixels, see `icc.misfit`."""
        return None if icc.misfit(self.icc_profile, self.pixels) else self.icc_profile

    def upright(self) -> Photo:
        """Return the photo as it is meant to be seen: pixels turned, orientation 1."""
        if self.orientation == orientations.UPRIGHT:
            return self
        turned: Pixels = np.ascontiguousarray(orientations.to_displayed(self.pixels, self.orientation))
        return replace(self, pixels=turned, exif=exif_tags.with_orientation(self.exif, orientations.UPRIGHT))


def open(  # noqa: A001 (a reader of the public API expects this name)
    source: str | os.PathLike[str] | BinaryIO,
    *,
    background: Color | None = None,
    max_pixels: int = MAX_PIXELS,
) -> Photo:
    """Read a photo from a file that Pillow understands.

    Parameters
    ----------
    source
        A path, or a binary file to read from.
    background
        Colour to put behind transparent pixels: a name, "#rrggbb" or (r, g, b) in 0..255.
    max_pixels
        Larger pictures are refused before they are decoded; at most 178,956,970.

    Returns
    -------
    Photo
        8-bit grey or RGB; 16-bit grey stays 16-bit. RGB of 16 bits comes as 8 bits from Pillow.

    Raises
    ------
    FormatError
        Not a picture, or a broken one.
    UnsupportedError
        A colour model other than grey and RGB; transparency without `background`.
    LimitError
        More than `max_pixels` pixels.
    ParameterError
        `background` is not a colour, or another argument of the wrong kind.
    OSError
        The file cannot be read.
    """
    if not isinstance(source, str | os.PathLike) and not hasattr(source, "read"):
        raise ParameterError("open takes a path or a binary file; wrap bytes in io.BytesIO")
    if not isinstance(max_pixels, Integral):
        raise ParameterError(f"max_pixels must be an integer, not {max_pixels!r}")
    try:
        with Image.open(source) as image:
            if image.width * image.height > max_pixels:
                raise LimitError(_too_large(image.width, image.height, max_pixels))
            image.load()
            return _from_opened(image, background)
    except Image.DecompressionBombError as error:
        raise LimitError(f"the picture has more than {MAX_PIXELS:,} pixels") from error
    except UnidentifiedImageError as error:
        raise FormatError("not a picture of a known format") from error
    except OSError as error:
        if error.errno is not None:  # the system's: no such file, no permission, ...
            raise
        raise FormatError(f"broken picture: {error}") from error
    except (FovealError, MemoryError):
        raise
    except Exception as error:  # each of Pillow's readers fails in its own way
        raise FormatError(f"broken picture: {error}") from error


def _too_large(width: int, height: int, max_pixels: int) -> str:
    return f"the picture has {width:,} x {height:,} pixels; the limit is {max_pixels:,}"


def _from_opened(image: Image.Image, background: Color | None) -> Photo:
    """Make a photo of a file that Pillow has opened, metadata and all."""
    info: Mapping[Any, Any] = image.info
    return Photo(
        pixels=without_alpha(_pixels_of(image), background),
        icc_profile=_bytes_in(info, "icc_profile"),
        exif=_exif_of(image),
        xmp=_xmp_of(image),
        comment=_bytes_in(info, "comment"),
        dots_per_inch=_dots_per_inch(info),
        extra_segments=_extra_segments(image),
        file_format="JPEG" if image.format == "MPO" else image.format,  # MPO: a JPEG with more pictures behind it
        frame_count=getattr(image, "n_frames", 1),
    )


def _pixels_of(image: Image.Image) -> Pixels:
    """Grey, grey + alpha, RGB or RGBA."""
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


def _bytes_in(info: Mapping[Any, Any], name: str) -> bytes | None:
    value = info.get(name)
    return value if isinstance(value, bytes) and value else None


def _exif_of(image: Image.Image) -> bytes | None:
    if image.format == "TIFF":
        return exif_tags.from_tiff(image.getexif())
    raw = _bytes_in(image.info, "exif")
    if raw is None and "Raw profile type exif" in image.info:  # how PNG files kept it before there was eXIf
        raw = image.getexif().tobytes()
    return exif_tags.without_signature(raw) if raw else None


def _xmp_of(image: Image.Image) -> bytes | None:
    packet = image.info.get("xmp")
    if isinstance(packet, str):
        packet = packet.encode()
    return packet if isinstance(packet, bytes) and packet else None


def _dots_per_inch(info: Mapping[Any, Any]) -> tuple[int, int] | None:
    try:
        horizontal, vertical = (round(float(value)) for value in info["dpi"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return (horizontal, vertical) if 1 < horizontal <= 65535 and 1 < vertical <= 65535 else None  # 1: not set


def _extra_segments(image: Image.Image) -> tuple[tuple[int, bytes], ...]:
    return tuple(
        (_KEPT_SEGMENTS[name], payload)
        for name, payload in getattr(image, "applist", ())
        if name in _KEPT_SEGMENTS and (name != "APP1" or payload.startswith(EXTENDED_XMP))
    )


def as_photo(image: Photo | Image.Image | NDArray[Any], *, background: Color | None = None) -> Photo:
    """Make a Photo of whatever the public functions accept.

    Parameters
    ----------
    image
        A Photo, a Pillow image (of which pixels and colour profile are taken), or an array: (H, W) or (H, W, 1) grey,
        (H, W, 3) RGB, with one channel more for alpha; uint8 or uint16.
    background
        Colour to put behind transparent pixels, in 0..255 also for 16-bit arrays.

    Raises
    ------
    ParameterError
        Not of these shapes and types.
    UnsupportedError
        Alpha without `background`; a Pillow image of a colour model other than grey and RGB.
    """
    if isinstance(image, Photo):
        return replace(image, pixels=without_alpha(_checked_pixels(image.pixels), background))
    if isinstance(image, Image.Image):
        # As with Pillow's own save: its EXIF may be that of a file it was made from, turned or cropped since.
        profile = _bytes_in(image.info, "icc_profile")
        return Photo(without_alpha(_checked_pixels(_pixels_of(image)), background), icc_profile=profile)
    return Photo(without_alpha(_checked_pixels(image), background))


def _checked_pixels(pixels: NDArray[Any]) -> Pixels:
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
    """Pixels of 8 or 16 bits as 8 bits, for looking at."""
    return pixels.astype(np.uint8, copy=False) if pixels.dtype == np.uint8 else (pixels >> 8).astype(np.uint8)
