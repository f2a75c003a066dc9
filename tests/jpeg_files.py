"""JPEG files of every legal kind, made of random coefficients; common encoders write few of these kinds."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence

import numpy as np
from PIL import Image

from foveal import jpeg
from foveal.jpeg import ComponentHeader, Segment, markers

Factors = Sequence[tuple[int, int]]


def successive_approximation_script(component_count: int) -> jpeg.Script:
    """Make a progressive script by spectral selection and successive approximation.

    Coefficients are sent in two or three steps, upper bits first::

        zig-zag index         0   1 ... 5   6 ......... 63
        Y, upper bits       | 1 |    2    |       5       |
        Y, bit 1            | 1 |            6            |
        Y, bit 0            | 7 |           10            |
        Cb, upper bits      | 1 |            3            |
        Cb, bit 0           | 7 |            8            |
        Cr, upper bits      | 1 |            4            |
        Cr, bit 0           | 7 |            9            |
    """
    everything = tuple(range(component_count))
    chroma = range(1, component_count)
    return (
        jpeg.Scan(everything, 0, 0, 0, 1),
        jpeg.Scan((0,), 1, 5, 0, 2),
        *(jpeg.Scan((component,), 1, 63, 0, 1) for component in chroma),
        jpeg.Scan((0,), 6, 63, 0, 2),
        jpeg.Scan((0,), 1, 63, 2, 1),
        jpeg.Scan(everything, 0, 0, 1, 0),
        *(jpeg.Scan((component,), 1, 63, 1, 0) for component in chroma),
        jpeg.Scan((0,), 1, 63, 1, 0),
    )


def refined_bands_script(component_count: int) -> jpeg.Script:
    """Make a script in which each band of Y has low bits of its own, sent in scans of their own."""
    return (
        jpeg.Scan((0,), 0, 0),
        *(jpeg.Scan((component,), 0, 0) for component in range(1, component_count)),
        jpeg.Scan((0,), 1, 1),
        jpeg.Scan((0,), 2, 8, 0, 1),
        *(jpeg.Scan((component,), 1, 63) for component in range(1, component_count)),
        jpeg.Scan((0,), 9, 63, 0, 2),
        jpeg.Scan((0,), 9, 63, 2, 1),
        jpeg.Scan((0,), 2, 8, 1, 0),
        jpeg.Scan((0,), 9, 63, 1, 0),
    )


SCRIPTS: list[jpeg.ScriptMaker] = [
    jpeg.sequential_script,
    jpeg.non_interleaved_script,
    jpeg.spectral_selection_script,
    successive_approximation_script,
    refined_bands_script,
]

FACTORS: dict[str, Factors] = {  # sampling factors (h, v) of the components, by kind of file
    "grey": [(1, 1)],
    "4:4:4": [(1, 1), (1, 1), (1, 1)],
    "4:2:2": [(2, 1), (1, 1), (1, 1)],
    "4:4:0": [(1, 2), (1, 1), (1, 1)],
    "4:2:0": [(2, 2), (1, 1), (1, 1)],
    "4:1:1": [(4, 1), (1, 1), (1, 1)],
    "4:1:0": [(4, 2), (1, 1), (1, 1)],
    "CMYK": [(1, 1)] * 4,
    "two components": [(2, 1), (1, 1)],
    "unusual": [(1, 2), (2, 1), (2, 2)],
    "large MCUs": [(4, 4), (1, 1), (1, 1)],
}

ADOBE_RGB = Segment(markers.APP14, b"Adobe\0\x64\0\0\0\0\0")
ADOBE_YCCK = Segment(markers.APP14, b"Adobe\0\x64\0\0\0\0\x02")
JFIF = Segment(markers.APP0, struct.pack(">5sBBBHHBB", b"JFIF\0", 1, 2, 0, 1, 1, 0, 0))


def random_coefficients(
    factors: Factors,
    size: tuple[int, int],
    *,
    segments: tuple[Segment, ...] = (JFIF,),
    identifiers: Sequence[int] = (1, 2, 3, 4),
    seed: int = 0,
) -> jpeg.Coefficients:
    """Return coefficients like those of a photograph: DC as a random walk, AC rarer and smaller with frequency."""
    rng = np.random.default_rng(seed)
    headers = tuple(
        ComponentHeader(identifiers[index], h, v, min(index, 1) if index < 3 else 0)
        for index, (h, v) in enumerate(factors)
    )
    frame = jpeg.Frame(*size, headers)
    tables = jpeg.annex_k_tables(75)
    blocks = []
    for component in frame.components:
        shape = component.padded_block_rows, component.padded_block_columns
        scale = 12 / (1 + np.arange(64))
        levels = np.rint(rng.laplace(0, 1, (*shape, 64)) * scale).astype(np.int16)
        levels[:, :, 0] = np.clip(np.cumsum(rng.integers(-12, 13, shape), axis=1), -100, 100)
        blocks.append(levels)
    own_tables = tuple(tables[header.table_slot] for header in headers)
    return jpeg.Coefficients(frame, own_tables, tuple(blocks), segments)


def random_file(
    factors: Factors,
    size: tuple[int, int],
    script: jpeg.ScriptMaker = jpeg.sequential_script,
    *,
    restart_interval: int = 0,
    segments: tuple[Segment, ...] = (JFIF,),
    seed: int = 0,
) -> bytes:
    coefficients = random_coefficients(factors, size, segments=segments, seed=seed)
    return jpeg.write_coefficients(
        coefficients, scripts=[script(len(factors))], restart_interval=restart_interval, threads=1
    )


def pillow_file(image: Image.Image, *, kind: str = "JPEG", **options: object) -> bytes:
    """Encode a picture with Pillow (libjpeg-turbo)."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def partly_interleaved_script(component_count: int) -> jpeg.Script:
    return jpeg.Scan((0,)), jpeg.Scan(tuple(range(1, component_count)))


def segment_offsets(data: bytes, code: int) -> list[int]:
    """Return the offsets of a marker in a valid file, in which byte stuffing rules out false matches."""
    return [offset for offset in range(len(data) - 1) if data[offset] == 0xFF and data[offset + 1] == code]


def without_segments(data: bytes, code: int) -> bytes:
    """Return a file without the segments of a marker."""
    for offset in reversed(segment_offsets(data, code)):
        length = int.from_bytes(data[offset + 2 : offset + 4], "big")
        data = data[:offset] + data[offset + 2 + length :]
    return data


def patched(data: bytes, offset: int, replacement: bytes) -> bytes:
    """Return a file with its bytes from an offset on replaced by others, as many as there are."""
    return data[:offset] + replacement + data[offset + len(replacement) :]


def inserted(data: bytes, offset: int, more: bytes) -> bytes:
    """Return a file with more bytes inserted at an offset."""
    return data[:offset] + more + data[offset:]


def with_height_in_dnl(data: bytes) -> bytes:
    """Return a file of one scan with its height in a DNL segment instead of the frame header.

    See T.81 B.2.5, Define number of lines syntax.
    """
    (frame,) = segment_offsets(data, markers.SOF0)
    height = data[frame + 5 : frame + 7]
    end = data.rindex(b"\xff\xd9")
    return inserted(patched(data, frame + 5, b"\0\0"), end, b"\xff\xdc\0\4" + height)


def assert_same_blocks(before: jpeg.Coefficients, after: jpeg.Coefficients) -> None:
    """Compare levels, without the blocks that only pad MCUs: scans of one component do not send those."""
    for component, old, new in zip(before.frame.components, before.blocks, after.blocks, strict=True):
        inside = np.s_[: component.block_rows, : component.block_columns]
        np.testing.assert_array_equal(old[inside], new[inside])
