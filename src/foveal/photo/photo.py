"""The class `Photo`, and the functions that make one from a file, a Pillow image or an array."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, BinaryIO, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

from foveal.errors import FormatError, FovealError, LimitError, ParameterError, UnsupportedError
from foveal.jpeg import MAX_PIXELS, Pixels, markers
from foveal.jpeg.diagnosis import issue_warnings
from foveal.photo import exif as exif_tags
from foveal.photo import icc
from foveal.photo import orientation as orientations
from foveal.photo.announcements import remove_announcements
from foveal.photo.background import Color, remove_alpha
from foveal.photo.density import whole_aspect, whole_density
from foveal.photo.jpeg_metadata import read_jpeg_metadata
from foveal.photo.lenient import decode_leniently, load_leniently, read_if_jpeg, seekable

Result = TypeVar("Result")

_GREY_16_MODES = ("I;16", "I;16L", "I;16B", "I;16N")
_ALPHA_MODES = ("LA", "PA", "RGBA", "La", "RGBa")


@dataclass(frozen=True, eq=False)
class Photo:
    """A photograph with its colour profile and metadata.

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
    pixel_aspect
        Pixels per unit of length (horizontal, vertical), of which only the ratio is known, of pixels that are not
        square; None otherwise.
    extra_segments
        (marker code, payload) of further segments of a JPEG that are kept: IPTC data (APP13), extended XMP (APP1), all
        comments but the last, and segments of unknown contents.
    file_format
        Format of the file that was read, as Pillow names it ("JPEG", "PNG", ...), or None.
    frame_count
        Number of pictures in the file. The photo is the first of them.
    file_bytes
        Size of the file in bytes if it was a JPEG, else None.
    """

    pixels: Pixels
    icc_profile: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    comment: bytes | None = None
    dots_per_inch: tuple[int, int] | None = None
    pixel_aspect: tuple[int, int] | None = None
    extra_segments: tuple[tuple[int, bytes], ...] = ()
    file_format: str | None = None
    frame_count: int = 1
    file_bytes: int | None = None

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

    @property
    def has_content_credentials(self) -> bool:
        """Whether the extra segments hold a C2PA manifest, which is signed together with the old file."""
        return any(code == markers.APP11 and b"c2pa" in payload for code, payload in self.extra_segments)

    def upright(self) -> Photo:
        """Return the photo with its pixels turned to the displayed orientation, and orientation 1 in its EXIF data."""
        if self.orientation == orientations.UPRIGHT:
            return self
        turned: Pixels = np.ascontiguousarray(orientations.to_displayed(self.pixels, self.orientation))
        resolution, aspect = self.dots_per_inch, self.pixel_aspect
        if orientations.swaps_sides(self.orientation):
            resolution, aspect = (each and (each[1], each[0]) for each in (resolution, aspect))
        upright_exif = exif_tags.replace_orientation(self.exif, orientations.UPRIGHT)
        return replace(self, pixels=turned, exif=upright_exif, dots_per_inch=resolution, pixel_aspect=aspect)


def open(  # noqa: A001 (a reader of the public API expects this name)
    source: str | os.PathLike[str] | BinaryIO,
    *,
    background: Color | None = None,
    strict: bool = True,
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
    strict
        True to raise FormatError for a broken picture. False to read what can be read, with a warning: the rest of a
        JPEG is grey or shifted, as from `foveal.decode`, and that of other pictures black.
    max_pixels
        Largest number of pixels (width times height). A larger picture is refused before it is decoded. Values above
        178,956,970 have no effect: that is the limit of Pillow.

    Returns
    -------
    Photo
        Pixels in the stored orientation: (H, W, 3) uint8 RGB, (H, W) uint8 grey, or (H, W) uint16 for 16-bit grey.
        Pillow reduces 16-bit RGB to 8 bits. Of a file with several pictures, the first.

    Warns
    -----
    FormatWarning
        The file holds something that is not read: data after the picture of a JPEG, such as a gain map or a video, or a
        broken colour profile. With `strict=False` also for everything that is wrong with the picture.

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
    if not isinstance(strict, bool):
        raise ParameterError(f"strict must be True or False, not {strict!r}")
    if not isinstance(max_pixels, Integral):
        raise ParameterError(f"max_pixels must be an integer, not {max_pixels!r}")
    notes: list[str] = []
    try:
        if strict:
            photo = _open_with_pillow(source, background, max_pixels, notes)
        else:
            photo = _open_leniently(source, background, max_pixels, notes)
    except Image.DecompressionBombError as error:
        raise LimitError(f"the picture has more than {MAX_PIXELS:,} pixels") from error
    except UnidentifiedImageError as error:
        raise FormatError("not a picture of a known format") from error
    except OSError as error:
        if error.errno is not None:  # an error of the system: no such file, no permission, ...
            raise
        raise FormatError(f"broken picture: {error}") from error
    except (FovealError, MemoryError):
        raise
    except Exception as error:  # Pillow's plugins raise exceptions of many types
        raise FormatError(f"broken picture: {error}") from error
    issue_warnings(notes)
    return photo


def _open_with_pillow(
    source: str | os.PathLike[str] | BinaryIO,
    background: Color | None,
    max_pixels: int,
    notes: list[str],
    *,
    strict: bool = True,
) -> Photo:
    """Read a photo, and append to `notes` what is not kept of the file and, if reading is lenient, what is broken."""
    with Image.open(source) as image:
        if image.width * image.height > max_pixels:
            size = f"{image.width:,} x {image.height:,}"
            raise LimitError(f"the picture has {size} pixels; the limit is {max_pixels:,}")
        metadata = _read_metadata(image, notes)  # from the file, which `load` may close
        if strict:
            image.load()
        else:
            load_leniently(image, notes)
        return _read_photo(image, background, metadata)


def _open_leniently(
    source: str | os.PathLike[str] | BinaryIO, background: Color | None, max_pixels: int, notes: list[str]
) -> Photo:
    """Open a picture that may be broken: a JPEG with foveal's decoder, which says what is wrong, others with Pillow."""
    with seekable(source) as file:
        data = read_if_jpeg(file)
        if data is not None:
            with suppress(UnsupportedError):  # arithmetic coding, for example, which Pillow may read
                image = decode_leniently(data, max_pixels, notes)
                photo = _read_photo(image, background, _read_jpeg_metadata(data, notes))
                return replace(photo, file_format="JPEG")
        return _open_with_pillow(file, background, max_pixels, notes, strict=False)


def _read_photo(image: Image.Image, background: Color | None, metadata: dict[str, Any]) -> Photo:
    """Make a photo of the pixels of a file that Pillow has loaded, and of its metadata."""
    return Photo(
        pixels=remove_alpha(_read_pixels(image), background),
        file_format="JPEG" if image.format == "MPO" else image.format,  # MPO: a JPEG followed by further pictures
        frame_count=_count_frames(image),
        **metadata,
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


def _count_frames(image: Image.Image) -> int:
    try:
        return int(getattr(image, "n_frames", 1))
    except (OSError, SyntaxError, ValueError, EOFError):  # the file breaks off behind its first picture
        return 1


def _read_jpeg_metadata(data: bytes, notes: list[str]) -> dict[str, Any]:
    return {**read_jpeg_metadata(data, notes), "file_bytes": len(data)}


def _read_metadata(image: ImageFile.ImageFile, notes: list[str]) -> dict[str, Any]:
    """Read the metadata of a file that Pillow has opened, as fields of `Photo`."""
    info: Mapping[Any, Any] = image.info
    if image.format in ("JPEG", "MPO"):
        return _read_jpeg_metadata(_at_start(image, lambda file: file.read()), notes)
    exif = _at_start(image, exif_tags.select_from_tiff) if image.format == "TIFF" else _read_exif(info)
    return {
        "icc_profile": _read_bytes(info, "icc_profile"),
        "exif": exif,
        "xmp": _read_xmp(info, notes),
        "comment": _read_bytes(info, "comment"),
        "dots_per_inch": whole_density(info.get("dpi")),
        "pixel_aspect": whole_aspect(info.get("aspect") or info.get("resolution")),
    }


def _at_start(image: ImageFile.ImageFile, read: Callable[[BinaryIO], Result]) -> Result:
    """Return what a function reads from the beginning of the file of an image, and leave the file as it was."""
    file = cast(BinaryIO, image.fp)
    position = file.tell()
    file.seek(0)
    try:
        return read(file)
    finally:
        file.seek(position)


def _read_exif(info: Mapping[Any, Any]) -> bytes | None:
    """Read EXIF data as the bytes that the file holds; Pillow would replace text that is not ASCII."""
    raw = _read_bytes(info, "exif") or _read_raw_profile(info)
    return exif_tags.remove_signature(raw) if raw else None


def _read_raw_profile(info: Mapping[Any, Any]) -> bytes | None:
    """Read EXIF data from the text chunk of PNG files older than the eXIf chunk, which ImageMagick has introduced."""
    # Lines: an empty one, "exif", the number of bytes, and the bytes as hexadecimal digits.
    text = info.get("Raw profile type exif")
    with suppress(ValueError):
        return bytes.fromhex("".join(text.split("\n")[3:])) if isinstance(text, str) else None
    return None


def _read_xmp(info: Mapping[Any, Any], notes: list[str]) -> bytes | None:
    packet = info.get("xmp")
    if isinstance(packet, str):
        packet = packet.encode()
    if not isinstance(packet, bytes) or not packet:
        return None
    kept = remove_announcements(packet)
    if kept != packet:
        notes.append("the XMP packet announces a gain map, a depth map or a video, which is not read; it is changed")
    return kept


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
    UnsupportedError
        There is an alpha channel and no `background`, or a Pillow image has a colour model other than grey and RGB.
    """
    if isinstance(image, Photo):
        return replace(image, pixels=remove_alpha(_check_pixels(image.pixels), background))
    if isinstance(image, Image.Image):
        # The EXIF data is not used, as in Pillow's own `save`: the image may have been turned since the file was read.
        profile = _read_bytes(image.info, "icc_profile")
        return Photo(remove_alpha(_check_pixels(_read_pixels(image)), background), icc_profile=profile)
    return Photo(remove_alpha(_check_pixels(image), background))


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
