"""The class `Photo`, and the functions that make one from a file, a Pillow image or an array."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, BinaryIO, cast

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
from foveal.files import Source, is_source, open_source
from foveal.jpeg import MAX_PIXELS, MAX_SIDE, Pixels, markers
from foveal.jpeg.diagnosis import issue_warnings
from foveal.photo import cmyk, color_space, formats, icc, png_color, tiff, wide_samples
from foveal.photo import exif as exif_tags
from foveal.photo import orientation as orientations
from foveal.photo.announcements import remove_announcements
from foveal.photo.background import Color, remove_alpha
from foveal.photo.density import swap, whole_aspect, whole_density
from foveal.photo.fields import check_fields
from foveal.photo.jpeg_metadata import read_jpeg_metadata
from foveal.photo.jpeg_pixels import decode_image, read_if_jpeg
from foveal.photo.lenient import load_leniently

_GREY_16_MODES = ("I;16", "I;16L", "I;16B", "I;16N")
_GREY_MODES = ("1", "L", "LA", "La")
# Colour models of Pillow that are refused, and how to convert them.
_REFUSED_MODES = {
    "LAB": "convert the picture to RGB first",
    "HSV": "convert the picture to RGB first",
    "I": "convert them to 16 bits (0 to 65,535) or 8 bits first",
    "F": "multiply them so that white is 255 and convert them to 8 bits first",
}


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
        EXIF data, or None: a TIFF structure, with or without the "Exif" signature of a JPEG segment.
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
        Further segments of a JPEG that are kept, as (marker code, payload): IPTC data (APP13), extended XMP (APP1), all
        comments but the last, and segments of unknown contents.
    file_format
        Format of the file that was read, as Pillow names it ("JPEG", "PNG", ...), or None.
    frame_count
        Number of pictures in the file. The photo is the first of them. 2 stands for two or more where counting means
        reading the whole file (TIFF, GIF).
    file_bytes
        Size of the file in bytes, or None for a photo that was not read from a file.
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
            resolution, aspect = swap(resolution), swap(aspect)
        upright_exif = exif_tags.replace_orientation(self.exif, orientations.UPRIGHT)
        return replace(self, pixels=turned, exif=upright_exif, dots_per_inch=resolution, pixel_aspect=aspect)


def open(  # noqa: A001 (a reader of the public API expects this name)
    source: Source,
    *,
    background: Color | None = None,
    strict: bool = True,
    max_pixels: int = MAX_PIXELS,
) -> Photo:
    """Read a photo, with its colour profile and metadata, from a picture file.

    The formats are AVIF, BMP, DDS, GIF, ICO, JPEG, JPEG 2000, PCX, PNG, PPM, PSD, QOI, SGI, TGA, TIFF and WebP, and
    HEIC if the package pillow-heif is installed. No other program is started to read a file.

    Parameters
    ----------
    source
        Path of the file, its bytes, or a binary file object to read it from.
    background
        Colour behind transparent pixels: a name, "#rrggbb" or (r, g, b) in 0..255. It is required if a pixel of the
        picture is not opaque.
    strict
        True to raise FormatError for a broken picture. False to read what can be read, with a warning: the rest of a
        JPEG is grey or shifted, as from `foveal.decode`, and that of other pictures black.
    max_pixels
        Largest number of pixels (width times height). A larger picture is refused before it is decoded. Values above
        178,956,970, the limit of Pillow, have no effect.

    Returns
    -------
    Photo
        Pixels in the stored orientation: (H, W) grey or (H, W, 3) RGB, uint8, or uint16 for PNG, PPM and TIFF files of
        more than 8 bits. If the file has several pictures, only the first one is read. CMYK pixels are converted to
        sRGB by their profile. A colour space that the file describes without a profile (PNG: cICP, gAMA, cHRM) becomes
        a profile, or the pixels are converted to sRGB.

    Warns
    -----
    FormatWarning
        The file holds something that is not read: data after the picture of a JPEG, such as a gain map or a video, a
        broken colour profile, or colours that a JPEG cannot have (HDR). With `strict=False` also for everything that is
        wrong with the picture.

    Raises
    ------
    FormatError
        The file is not a picture of a known format, or is broken.
    UnsupportedError
        The colour model is neither grey nor RGB nor CMYK with a profile, the file is of a kind that is not read
        (signed or floating-point samples, for example), or pixels are transparent and there is no `background`.
    LimitError
        The picture has more than `max_pixels` pixels, or a side of more than 65,535: the limit of JPEG.
    MissingExtraError
        The picture is a HEIC file and pillow-heif is not installed.
    ParameterError
        `background` is not a colour, or an argument has the wrong type.
    OSError
        The file cannot be read.
    """
    if not isinstance(strict, bool):
        raise ParameterError(f"strict must be True or False, not {strict!r}")
    if not isinstance(max_pixels, Integral):
        raise ParameterError(f"max_pixels must be an integer, not {describe(max_pixels)}")
    notes: list[str] = []
    try:
        with open_source(source) as file:
            file_bytes = file.seek(0, io.SEEK_END)
            file.seek(0)
            photo = _read_file(file, background, int(max_pixels), notes, strict=strict)
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
    issue_warnings(notes)
    return replace(photo, file_bytes=file_bytes)


def _read_file(file: BinaryIO, background: Color | None, max_pixels: int, notes: list[str], *, strict: bool) -> Photo:
    """Read a photo, and append to `notes` what is not kept of the file and, if reading is lenient, what is broken."""
    lenient_notes = None if strict else notes
    jpeg_data = read_if_jpeg(file)
    if jpeg_data is not None:
        return _read_jpeg(jpeg_data, background, max_pixels, notes, strict=strict)
    picture = tiff.read_tags(file)
    if picture is not None and picture.is_reduced_copy:
        notes.append("the picture is a reduced copy of another one in the file, as in camera raw files")
    if picture is not None and tiff.check_kind(picture):
        _check_size(*picture.size, max_pixels)
        image, note = tiff.open_for_metadata(picture)
        notes.extend([note] if note else [])
        with image:
            metadata = _read_metadata(image, file, notes)
            # The pixels of a TIFF are turned upright, as by Pillow.
            turned = orientations.to_displayed(tiff.read_pixels(picture, lenient_notes), picture.orientation)
            return _make_photo(image, np.ascontiguousarray(turned), background, metadata)
    with formats.open_image(file) as image:
        _check_size(image.height, image.width, max_pixels)
        metadata = _read_metadata(image, file, notes)
        pixels = wide_samples.read_pixels(image, file, lenient_notes)
        if pixels is None:
            if lenient_notes is None:
                image.load()
            else:
                load_leniently(image, lenient_notes)
            pixels = _read_pixels(image, metadata["icc_profile"])
        return _make_photo(image, pixels, background, metadata)


def _read_jpeg(data: bytes, background: Color | None, max_pixels: int, notes: list[str], *, strict: bool) -> Photo:
    """Read a JPEG with foveal's decoder, which notices and says what is wrong; Pillow passes over most faults."""
    image = decode_image(data, max_pixels, notes, strict=strict)
    metadata = read_jpeg_metadata(data, notes)
    pixels = _read_pixels(image, metadata["icc_profile"])
    return replace(_make_photo(image, pixels, background, metadata), file_format="JPEG")


def _check_size(height: int, width: int, max_pixels: int) -> None:
    size = f"{width:,} x {height:,}"
    if width * height > min(max_pixels, MAX_PIXELS):
        raise LimitError(f"the picture has {size} pixels; the limit is {min(max_pixels, MAX_PIXELS):,}")
    if max(height, width) > MAX_SIDE:
        raise LimitError(f"the picture has {size} pixels; the limit of JPEG is {MAX_SIDE:,} on a side")


def _make_photo(image: Image.Image, pixels: Pixels, background: Color | None, metadata: dict[str, Any]) -> Photo:
    """Make a photo of the pixels of a file, and of its metadata as `_read_metadata` returns it."""
    fields = dict(metadata)
    colors = fields.pop("colors", png_color.DescribedColors())
    if colors.is_narrow:
        pixels = color_space.widen_range(pixels)
    if image.mode == "CMYK":  # its pixels have been converted to sRGB
        fields["icc_profile"] = None
    elif colors.space is not None and (fields["icc_profile"] is None or colors.overrides_profile):
        pixels, fields["icc_profile"] = color_space.to_tagged(pixels, colors.space)
    return Photo(
        pixels=remove_alpha(pixels, background),
        file_format=image.format,
        frame_count=_count_frames(image),
        **fields,
    )


def _count_frames(image: Image.Image) -> int:
    """Return the number of pictures in a file; 2 stands for two or more in a TIFF or GIF, which is not read for it."""
    if image.format in ("TIFF", "GIF"):
        return 2 if getattr(image, "is_animated", False) else 1
    if image.format == "PSD":  # its frames are the layers of the one picture
        return 1
    try:
        return int(getattr(image, "n_frames", 1))
    except (OSError, SyntaxError, ValueError, EOFError):  # the file breaks off behind its first picture
        return 1


def _read_pixels(image: Image.Image, icc_profile: bytes | None) -> Pixels:
    """Return pixels as grey, grey and alpha, RGB, or RGB and alpha; CMYK pixels are converted to sRGB.

    A transparent value or palette entry ("transparency") becomes an alpha channel.
    """
    if image.mode in _GREY_16_MODES:
        pixels = np.asarray(image).astype(np.uint16)
        if "transparency" not in image.info:
            return pixels
        return np.stack([pixels, np.where(pixels == image.info["transparency"], 0, 0xFFFF).astype(np.uint16)], axis=2)
    if image.mode == "I" and image.format == "PPM":  # Pillow scales them to 16 bits
        return np.asarray(image).astype(np.uint16)
    if image.mode in _REFUSED_MODES:
        raise UnsupportedError(f"{image.mode} pixels are not supported; {_REFUSED_MODES[image.mode]}")
    if image.mode == "CMYK":
        return np.asarray(cmyk.to_srgb(image, icc_profile))
    if image.has_transparency_data:
        return np.asarray(image.convert("LA" if image.mode in _GREY_MODES else "RGBA"))
    if image.mode in _GREY_MODES:
        return np.asarray(image.convert("L"))
    return np.asarray(image.convert("RGB") if image.mode != "RGB" else image)


def _read_bytes(info: Mapping[Any, Any], name: str) -> bytes | None:
    """Return an entry of Pillow's `info` if it is a non-empty `bytes` object; else None."""
    value = info.get(name)
    return value if isinstance(value, bytes) and value else None


def _read_metadata(image: Image.Image, file: BinaryIO, notes: list[str]) -> dict[str, Any]:
    """Read the metadata of a file that Pillow has opened, as fields of `Photo`, and its "colors".

    The position in the file is restored.
    """
    info: Mapping[Any, Any] = image.info
    position = file.tell()
    file.seek(0)
    try:
        is_tiff = image.format == "TIFF"
        exif = exif_tags.select_from_tiff(file) if is_tiff else _read_exif(info)
        resolution = whole_density(info.get("dpi"))
        aspect = whole_aspect(info.get("aspect") or info.get("resolution"))
        if is_tiff and orientations.swaps_sides(exif_tags.tiff_orientation(file)):  # its pixels are turned upright
            resolution, aspect = swap(resolution), swap(aspect)
        colors = _described_colors(image, file)
    finally:
        file.seek(position)
    notes.extend(colors.notes)
    return {
        "colors": colors,
        "icc_profile": _read_bytes(info, "icc_profile"),
        "exif": exif,
        "xmp": _read_xmp(info, notes),
        "comment": _read_bytes(info, "comment"),
        "dots_per_inch": resolution,
        "pixel_aspect": aspect,
    }


def _described_colors(image: Image.Image, file: BinaryIO) -> png_color.DescribedColors:
    """Return what a file says of its colours, other than by an ICC profile."""
    if image.format == "PNG":
        return png_color.read_png(image, file)
    if formats.is_heif(image):
        return png_color.read_nclx(file)
    picture = tiff.read_tags(file) if image.format == "TIFF" else None
    points = None if picture is None else picture.chromaticities
    if points is None:
        return png_color.DescribedColors()
    space, note = color_space.from_gamma(None, points)
    return png_color.DescribedColors(space, notes=(note,) if note else ())


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


def as_photo(image: Photo | Image.Image | NDArray[Any] | Source, *, background: Color | None = None) -> Photo:
    """Convert an image of any type that the public functions accept to a Photo.

    Parameters
    ----------
    image
        A Photo, a Pillow image (its pixels, colour profile and orientation are used), an array of uint8 or uint16:
        (H, W) or (H, W, 1) grey, (H, W, 2) grey and alpha, (H, W, 3) RGB, (H, W, 4) RGB and alpha; or a picture file,
        which `open` reads: its path, its bytes, or a binary file object.
    background
        Colour behind transparent pixels: a name, "#rrggbb" or (r, g, b) in 0..255, also for 16-bit pixels.

    Raises
    ------
    ParameterError
        `image` has another type, shape or dtype, or is empty, or `background` is not a colour.
    FormatError
        The file of a Pillow image is broken.
    UnsupportedError
        Pixels are transparent and there is no `background`, or a Pillow image has a colour model other than grey, RGB
        and CMYK with a profile.
    LimitError, MissingExtraError, OSError
        The errors of `open` for a file.
    """
    if isinstance(image, Photo):
        return replace(image, pixels=remove_alpha(_check_pixels(image.pixels), background))
    if isinstance(image, Image.Image):
        # Of the metadata only profile and orientation are used, as Pillow's own `save` writes none. Pillow removes the
        # orientation where it turns the pixels upright.
        photo = photo_of_image(image, background=background)
        return Photo(photo.pixels, photo.icc_profile, exif_tags.select_orientation(photo.exif))
    if is_source(image):
        return open(cast(Source, image), background=background)
    return Photo(remove_alpha(_check_pixels(cast(NDArray[Any], image)), background))


def photo_of_image(image: Image.Image, *, background: Color | None = None) -> Photo:
    """Convert a Pillow image to a Photo with the metadata that Pillow has read of its file.

    Parameters and errors are those of `as_photo`.
    """
    profile = _read_bytes(image.info, "icc_profile")
    pixels = remove_alpha(_check_pixels(_load_pixels(image, profile)), background)
    exif = _read_exif(image.info)
    if exif is None and image.format == "TIFF":  # its tags are those of the file
        exif = exif_tags.select_from_tiff(io.BytesIO(exif_tags.remove_signature(image.getexif().tobytes())))
    comment = image.info.get("comment")
    return Photo(
        pixels,
        icc_profile=None if image.mode == "CMYK" else profile,
        exif=exif,
        xmp=_read_xmp(image.info, []),
        comment=comment.encode() if isinstance(comment, str) else _read_bytes(image.info, "comment"),
        dots_per_inch=whole_density(image.info.get("dpi")),
    )


def _load_pixels(image: Image.Image, icc_profile: bytes | None) -> Pixels:
    """Read the pixels of a Pillow image, whose file Pillow may not have read yet."""
    try:
        return _read_pixels(image, icc_profile)
    except (FovealError, MemoryError):
        raise
    except Exception as error:  # Pillow's plugins raise exceptions of many types
        if raised_by_signal_handler(error):
            raise
        raise FormatError(f"broken picture: {error}") from error


def _check_pixels(pixels: NDArray[Any]) -> Pixels:
    """Check the type, shape and dtype of pixels; return them in native byte order, (H, W, 1) as (H, W)."""
    if not isinstance(pixels, np.ndarray):
        raise ParameterError(
            "an image is a Photo, a Pillow image, a numpy array, or a file (its path, its bytes or a binary file "
            f"object), not {type(pixels).__name__}"
        )
    if pixels.dtype.kind != "u" or pixels.dtype.itemsize > 2:
        raise ParameterError(f"pixels must be uint8 or uint16, not {pixels.dtype}{_how_to_convert(pixels)}")
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in (1, 2, 3, 4)):
        raise ParameterError(f"pixels must be (H, W) or (H, W, 1 to 4), not {pixels.shape}")
    if pixels.size == 0:
        raise ParameterError(f"the picture is empty: {pixels.shape}")
    native = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    return native[:, :, 0] if native.ndim == 3 and native.shape[2] == 1 else native


def _how_to_convert(pixels: NDArray[Any]) -> str:
    """Return how pixels of a common wrong type are converted, for a message."""
    if pixels.dtype.kind == "f":
        return "; convert values from 0 to 1 by (pixels * 255).round().astype(numpy.uint8)"
    if pixels.dtype.kind == "b":
        return "; convert them by pixels.astype(numpy.uint8) * 255"
    if pixels.dtype.kind in "iu":
        return "; convert values from 0 to 255 by pixels.astype(numpy.uint8)"
    return ""


def to_eight_bits(pixels: Pixels) -> NDArray[np.uint8]:
    """Return 8- or 16-bit pixels as 8-bit pixels, for display: the upper 8 of 16 bits."""
    return pixels.astype(np.uint8, copy=False) if pixels.dtype == np.uint8 else (pixels >> 8).astype(np.uint8)
