"""Reading of a TIFF file's metadata by Pillow, also where Pillow does not know the kind of pixels."""

from __future__ import annotations

import io
import struct
from contextlib import suppress

from PIL import Image

from foveal.photo.tiff import tags
from foveal.photo.tiff.structure import BIG, LONG, Entry
from foveal.photo.tiff.tags import PictureTags

# A single grey pixel of 8 bits, and the tags that do not go with it.
_ONE_PIXEL = {
    **dict.fromkeys((tags.WIDTH, tags.LENGTH, tags.COMPRESSION, tags.PHOTOMETRIC, tags.SAMPLES), 1),
    **dict.fromkeys((tags.ROWS_PER_STRIP, tags.STRIP_BYTE_COUNTS), 1),
    tags.BITS: 8,
    tags.STRIP_OFFSETS: 0,
}
_PIXEL_TAGS = {
    *(*_ONE_PIXEL, tags.FILL_ORDER, tags.PLANAR, tags.PREDICTOR, tags.EXTRA_SAMPLES, tags.SAMPLE_FORMAT),
    *(tags.TILE_WIDTH, tags.TILE_LENGTH, tags.TILE_OFFSETS, tags.TILE_BYTE_COUNTS),
}


def open_for_metadata(picture: PictureTags) -> tuple[Image.Image, str | None]:
    """Open a file for its metadata, not for its pixels, and return a warning if Pillow cannot read the metadata."""
    from PIL.TiffImagePlugin import TiffImageFile  # imported late: few photos are TIFFs

    reader = picture.reader
    if not (reader.formats == BIG and picture.byte_order == ">"):  # Pillow takes those for TIFFs of 32-bit offsets
        reader.file.seek(0)
        # The constructor leaves out the check of the size, which Image.open makes and which has been made. SyntaxError:
        # Pillow does not know this kind of pixels.
        with suppress(SyntaxError):
            if not _lacks_next_offset(picture):  # of which Pillow warns
                return TiffImageFile(reader.file), None
        with suppress(SyntaxError):
            return TiffImageFile(_replace_pixels(picture)), None
    image = Image.new("L", (1, 1))
    image.format, image.info["icc_profile"] = "TIFF", picture.octets(tags.ICC_PROFILE)
    return image, "the metadata of this TIFF cannot be read, except for the colour profile"


def _lacks_next_offset(picture: PictureTags) -> bool:
    """Return whether the file ends before the offset that follows the entries."""
    formats = picture.reader.formats
    last = max((entry.position for entry in picture.directory.entries), default=0)
    return last + formats.entry_bytes + formats.offset_bytes > picture.reader.size


def _replace_pixels(picture: PictureTags) -> io.BytesIO:
    """Return a copy of a file in which the pixels are a single grey one.

    A copy of the directory with other tags for the pixels is appended to the file. All other tags, and the offsets in
    them, stay as they are.
    """
    order, formats = picture.byte_order, picture.reader.formats
    offset_format = f"{order}{formats.offset}"
    data = bytearray(picture.reader.read_all())
    data += b"\0" * (-len(data) % 8)
    start = len(data)

    def raw(entry: Entry) -> bytes:
        return bytes(data[entry.position : entry.position + formats.entry_bytes])

    kept = [(each.tag, raw(each)) for each in picture.directory.entries if each.tag not in _PIXEL_TAGS]
    pixel = [
        (tag, struct.pack(f"{order}HH{formats.offset}I", tag, LONG, 1, value).ljust(formats.entry_bytes, b"\0"))
        for tag, value in _ONE_PIXEL.items()
    ]
    entries = [entry for _, entry in sorted([*kept, *pixel], key=lambda each: each[0])]
    data += struct.pack(f"{order}{formats.count}", len(entries)) + b"".join(entries)
    data += struct.pack(offset_format, picture.directory.next_offset)
    struct.pack_into(offset_format, data, formats.first_offset_position, start)
    return io.BytesIO(bytes(data))
