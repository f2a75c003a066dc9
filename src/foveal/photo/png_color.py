"""Colour information of PNG chunks, and of the `nclx` property of HEIF files (HEIC, AVIF)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image

from foveal.photo.color_space import ColorSpace, from_code_points, from_gamma

_MAX_CHUNKS = 1000
_SIGNATURE_BYTES = 8
_LARGEST_CHUNK = 64  # of those that are read here
_NCLX_SEARCH_BYTES = 1 << 16


@dataclass(frozen=True)
class DescribedColors:
    """What a file says of its colours, other than by an ICC profile.

    Parameters
    ----------
    space
        Colour space, or None if the file describes none that can be used.
    overrides_profile
        Whether the description counts more than an ICC profile of the file.
    is_narrow
        Whether samples are of narrow range.
    notes
        Messages about what cannot be kept.
    """

    space: ColorSpace | None = None
    overrides_profile: bool = False
    is_narrow: bool = False
    notes: tuple[str, ...] = ()


def read_png(image: Image.Image, file: BinaryIO) -> DescribedColors:
    """Read cICP, mDCV, cLLI, sRGB, gAMA and cHRM of a PNG; the first counts most (PNG, third edition, 4.3, table 1).

    A cICP of a colour space that is not converted counts for the range of the samples alone.
    """
    chunks = _read_chunks(file)
    mastering = [name for name in ("mDCV", "cLLI") if name in chunks]
    notes = [f"{' and '.join(mastering)} (of the mastering display) cannot be kept in a JPEG"] if mastering else []
    is_narrow = False
    code_points = chunks.get("cICP", b"")
    if len(code_points) == 4:
        primaries, transfer, matrix, is_full = code_points
        space, note = from_code_points(primaries, transfer)
        is_narrow = not is_full
        notes += [note] if note else []
        if matrix:
            notes.append(f"the matrix coefficients {matrix} (cICP) make no sense in a PNG and are ignored")
        if space is not None:
            return DescribedColors(space, True, is_narrow, tuple(notes))
    gamma, chromaticities = image.info.get("gamma"), image.info.get("chromaticity")
    is_tagged = bool(image.info.get("icc_profile")) or "srgb" in image.info
    if is_tagged or (gamma is None and chromaticities is None):
        return DescribedColors(is_narrow=is_narrow, notes=tuple(notes))
    space, note = from_gamma(gamma, chromaticities)
    return DescribedColors(space, is_narrow=is_narrow, notes=(*notes, *([note] if note else [])))


def _read_chunks(file: BinaryIO) -> dict[str, bytes]:
    """Read the small chunks of a PNG that stand before its pixels."""
    chunks: dict[str, bytes] = {}
    position = _SIGNATURE_BYTES
    for _ in range(_MAX_CHUNKS):
        file.seek(position)
        header = file.read(8)
        if len(header) < 8 or header[4:] in (b"IDAT", b"IEND"):
            break
        (size,) = struct.unpack(">I", header[:4])
        if size <= _LARGEST_CHUNK:
            chunks.setdefault(header[4:].decode("latin-1"), file.read(size))
        position += 12 + size
    return chunks


def read_nclx(file: BinaryIO) -> DescribedColors:
    """Read the colour information (`colr` box of type `nclx`, ISO/IEC 23008-12, 6.5.5) of a HEIF file.

    The decoder has applied the matrix and the range. The first box of the file counts.
    """
    # A heuristic. Strictly, the boxes pitm (primary item, ISO/IEC 14496-12, 8.11.4) and ipma (item property
    # association, ISO/IEC 23008-12, 9.3) decide which `colr` belongs to the main picture. Writers put the properties of
    # the main picture first, near the beginning of the file; a file that does not may get the colours of another item.
    file.seek(0)
    head = file.read(_NCLX_SEARCH_BYTES)
    place = head.find(b"colrnclx")
    if not 0 <= place <= len(head) - 12:
        return DescribedColors()
    space, note = from_code_points(*struct.unpack_from(">HH", head, place + 8))
    return DescribedColors(space, notes=(note,) if note else ())
