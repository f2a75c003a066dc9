"""The picture formats that are opened, and the names of others, which are refused.

The list is closed: some of Pillow's other plugins start programs (Ghostscript for EPS), ask the system to draw (WMF,
EMF), or read formats that are no photographs.
"""

from __future__ import annotations

import io
from contextlib import suppress
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from foveal.errors import FormatError, FovealError, MissingExtraError, UnsupportedError

# As Pillow names them. It has those of the first line ready, and imports many plugins for any other.
_COMMON = ("BMP", "DIB", "GIF", "PNG", "PPM")  # and JPEG, which foveal decodes itself
_OTHERS = ("AVIF", "DDS", "ICO", "JPEG2000", "PCX", "PSD", "QOI", "SGI", "TGA", "TIFF", "WEBP")

# First bytes of formats that are refused by name.
_REFUSED = (
    (b"%!PS", "EPS and PostScript"),
    (b"\xc5\xd0\xd3\xc6", "EPS and PostScript"),
    (b"%PDF", "PDF"),
    (b"\xd7\xcd\xc6\x9a", "WMF and EMF"),
    (b"\x01\x00\x00\x00\x6c\x00\x00\x00", "WMF and EMF"),
    (b"<svg", "SVG"),
    (b"<?xml", "SVG and XML"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (b"FUJIFILMCCD-RAW", "camera raw (RAF)"),
    (b"IIRO", "camera raw (ORF)"),
    (b"IIU\x00", "camera raw (RW2)"),
    (b"FOVb", "camera raw (X3F)"),
    (b"\x00\x00\x00\x18ftypcrx ", "camera raw (CR3)"),
)
_HEADER_BYTES = 64

_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"heif", b"mif1", b"msf1")
_AVIF_BRANDS = (b"avif", b"avis")


def open_image(file: BinaryIO) -> Image.Image:
    """Open a picture with Pillow, without decoding it.

    Raises
    ------
    FormatError, UnsupportedError
        The file is of no format in the list; the message names the format if it is known.
    MissingExtraError
        The file is a HEIC picture and pillow-heif is not installed, or an AVIF picture and Pillow reads none.
    """
    file.seek(0)
    header = file.read(_HEADER_BYTES)
    file.seek(0)
    if _brand(header) in _HEIF_BRANDS and not _is_avif(header):
        return _open_heif(file)
    with suppress(UnidentifiedImageError):
        Image.preinit()
        return Image.open(file, formats=_COMMON)
    Image.init()
    try:
        return Image.open(file, formats=[name for name in _OTHERS if name in Image.OPEN])
    except UnidentifiedImageError as error:
        raise _unknown_format(header) from error


def check_is_picture(data: bytes) -> None:
    """Raise FovealError if bytes are not those of a picture; pictures that need an extra of foveal pass."""
    with suppress(MissingExtraError), open_image(io.BytesIO(data)):
        pass


def is_heif(image: Image.Image) -> bool:
    """Return whether a picture is a HEIF file (HEIC or AVIF), whose colours an `nclx` property may describe."""
    return image.format in ("AVIF", "HEIF")


def _brand(header: bytes) -> bytes:
    """Return the major brand of an ISO base media file; nothing for other files."""
    return header[8:12] if header[4:8] == b"ftyp" else b""


def _is_avif(header: bytes) -> bool:
    """Return whether an ISO base media file is AVIF by its major brand or one of the compatible brands."""
    size = int.from_bytes(header[:4], "big")
    brands = [_brand(header)] + [header[at : at + 4] for at in range(16, min(size, len(header)), 4)]
    return any(brand in _AVIF_BRANDS for brand in brands)


def _open_heif(file: BinaryIO) -> Image.Image:
    try:
        from pillow_heif import HeifImageFile
    except ImportError as error:
        raise MissingExtraError("HEIC pictures need the package pillow-heif; pip install foveal[heic]") from error
    image: Image.Image = HeifImageFile(file)
    return image


def _unknown_format(header: bytes) -> FovealError:
    """Return the error for a file that is of no format in the list."""
    if not header:
        return FormatError("the file is empty")
    if _is_avif(header) and _brand(header):
        return MissingExtraError("AVIF pictures need Pillow 11.3 or newer; pip install -U Pillow")
    stripped = header.removeprefix(b"\xef\xbb\xbf").lstrip()
    for magic, name in _REFUSED:
        if header.startswith(magic) or stripped.startswith(magic):
            return UnsupportedError(f"{name} files are not opened; convert the picture to PNG, TIFF or JPEG first")
    return FormatError("not a picture of a known format")
