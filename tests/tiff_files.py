"""TIFF files of any layout, written by hand for tests: bits per sample, byte order, planes, tiles, FillOrder."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np

HEIGHT, WIDTH = 37, 53  # of `ramps`
_FORMATS = {1: "B", 2: "B", 3: "H", 4: "I", 5: "I", 6: "b", 7: "B", 8: "h", 9: "i", 16: "Q"}


@dataclass(frozen=True)
class Layout:
    """How samples are stored; `extra_tags` replaces tags or adds some: tag -> (type, values)."""

    bits: int = 16
    order: str = "<"
    photometric: int = 1
    separate: bool = False
    tile: tuple[int, int] | None = None
    rows_per_strip: int | None = None
    compression: int = 1
    predictor: int = 1
    fill_order: int = 1
    big: bool = False
    extra_samples: tuple[int, ...] = ()
    extra_tags: tuple[tuple[int, int, tuple[int, ...]], ...] = ()


def ramps(count: int, bits: int) -> np.ndarray:
    """Return samples (HEIGHT, WIDTH, count) over the whole range; each channel is different."""
    full = (1 << bits) - 1
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    channels = [x * full // (WIDTH - 1), y * full // (HEIGHT - 1), (x + y) * full // (WIDTH + HEIGHT - 2)]
    channels.append(full - (x * y) % 50 * (full // 200))
    return np.stack(channels[:count], axis=2).astype(np.uint16)


def write(samples: np.ndarray, layout: Layout) -> bytes:
    """Write samples (H, W, S), as they are stored, to a TIFF file."""
    height, width, count = samples.shape
    planes = np.split(samples, count, axis=2) if layout.separate else [samples]
    tile_height, tile_width = layout.tile or (layout.rows_per_strip or height, width)
    segments = []
    for plane in planes:
        for top in range(0, height, tile_height):
            for left in range(0, width, tile_width):
                segment = plane[top : top + tile_height, left : left + tile_width]
                if layout.tile:
                    rows, columns = tile_height - segment.shape[0], tile_width - segment.shape[1]
                    segment = np.pad(segment, ((0, rows), (0, columns), (0, 0)), mode="edge")
                segments.append(_compress(_pack(segment, layout), layout))
    tags: dict[int, tuple[int, tuple[int, ...]]] = {
        256: (4, (width,)),
        257: (4, (height,)),
        258: (3, (layout.bits,) * count),
        259: (3, (layout.compression,)),
        262: (3, (layout.photometric,)),
        266: (3, (layout.fill_order,)),
        277: (3, (count,)),
        284: (3, (2 if layout.separate else 1,)),
        317: (3, (layout.predictor,)),
        339: (3, (1,) * count),
    }
    if layout.tile:
        tags |= {322: (4, (tile_width,)), 323: (4, (tile_height,)), 324: (4, ()), 325: (4, ())}
    else:
        tags |= {273: (4, ()), 278: (4, (tile_height,)), 279: (4, ())}
    if layout.extra_samples:
        tags[338] = (3, layout.extra_samples)
    tags |= {tag: (kind, values) for tag, kind, values in layout.extra_tags}
    return _assemble(tags, segments, layout)


def _pack(segment: np.ndarray, layout: Layout) -> bytes:
    rows = segment.astype(np.uint16)
    if layout.predictor == 2:
        rows[:, 1:] -= rows[:, :-1].copy()
    rows = rows.reshape(len(rows), -1)
    if layout.bits == 8:
        return rows.astype(np.uint8).tobytes()
    if layout.bits == 16:
        return rows.astype(f"{layout.order}u2").tobytes()
    bits = np.unpackbits(rows.astype(">u2").view(np.uint8).reshape(*rows.shape, 2), axis=2)[:, :, -layout.bits :]
    return np.packbits(bits.reshape(len(rows), -1), axis=1).tobytes()


def _compress(data: bytes, layout: Layout) -> bytes:
    if layout.compression in (8, 32946):
        data = zlib.compress(data)
    if layout.compression == 5:
        data = _compress_lzw(data)
    if layout.compression == 32773:  # PackBits: literal runs of 128 bytes and of what is left
        data = b"".join(bytes([len(run) - 1]) + run for run in (data[i : i + 128] for i in range(0, len(data), 128)))
    return bytes(int(f"{byte:08b}"[::-1], 2) for byte in data) if layout.fill_order == 2 else data


def _compress_lzw(data: bytes) -> bytes:
    """Compress by LZW (TIFF 6.0, section 13): codes of 9 bits, and a ClearCode before they would become longer."""
    clear, end = 256, 257
    codes = [code for i, byte in enumerate(data) for code in ((clear, byte) if i % 200 == 0 else (byte,))]
    bits = "".join(f"{code:09b}" for code in (*codes, end))
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _assemble(tags: dict[int, tuple[int, tuple[int, ...]]], segments: list[bytes], layout: Layout) -> bytes:
    order, big = layout.order, layout.big
    offset_format, inline = ("Q", 8) if big else ("I", 4)
    magic = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}H", 43 if big else 42)
    header_bytes = 16 if big else 8
    body, starts = bytearray(), []
    for segment in segments:
        starts.append(header_bytes + len(body))
        body += segment + b"\0" * (len(segment) % 2)
    for offsets, sizes in ((273, 279), (324, 325)):
        if offsets in tags:
            tags[offsets] = (4, tuple(starts))
            tags[sizes] = (4, tuple(len(segment) for segment in segments))
    entries = bytearray()
    for tag in sorted(tags):
        kind, values = tags[tag]
        packed = struct.pack(f"{order}{len(values)}{_FORMATS[kind]}", *values)
        number = len(values) // 2 if kind == 5 else len(values)
        if len(packed) > inline:
            place = header_bytes + len(body)
            body += packed + b"\0" * (len(packed) % 2)
            packed = struct.pack(order + offset_format, place)
        entries += struct.pack(f"{order}HH{offset_format}", tag, kind, number) + packed.ljust(inline, b"\0")
    directory = struct.pack(order + ("Q" if big else "H"), len(tags)) + bytes(entries) + b"\0" * inline
    start = header_bytes + len(body)
    head = magic + (struct.pack(f"{order}HHQ", 8, 0, start) if big else struct.pack(f"{order}I", start))
    return head + bytes(body) + directory
