"""Changes to the structure of a file, so that more than its first broken byte is read.

Each takes a file and a source of random numbers, and returns another file. Bytes inside the parts are changed by
libFuzzer's own mutations.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from random import Random

from foveal.jpeg import markers
from foveal.photo.tiff.structure import TiffReader

_MAX_PART_BYTES = 4096
_END_OF_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # a marker other than RST (T.81 B.1.1.2)
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

Change = Callable[[bytes, Random], bytes]


def change_jpeg(data: bytes, random: Random) -> bytes:
    """Duplicate, drop, swap or change marker segments and scans of a JPEG file."""
    parts = _rearranged(_jpeg_parts(data), random, _with_other_payload)
    return b"".join(parts)


def change_picture(data: bytes, random: Random) -> bytes:
    """Change chunks of a PNG file or entries of a TIFF file; change others anywhere."""
    if data.startswith(_PNG_SIGNATURE):
        return _change_png(data, random)
    return _change_tiff(data, random) if data[:2] in (b"II", b"MM") else _mutated(data)


def _change_png(data: bytes, random: Random) -> bytes:
    """Duplicate, drop, swap or change chunks of a PNG file, whose checksums stay right."""
    chunks = _rearranged(_png_chunks(data), random, _with_other_contents)
    return _PNG_SIGNATURE + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks
    )


def _change_tiff(data: bytes, random: Random) -> bytes:
    """Change tag, type, number of values or value of an entry of the first directory; sometimes bytes anywhere."""
    reader = TiffReader(io.BytesIO(data))
    entries = reader.read_directory(reader.first_offset).entries
    if not entries or random.randrange(4) == 0:
        return _mutated(data)
    entry, order, offset_bytes = random.choice(entries), reader.byte_order, reader.formats.offset_bytes
    value = random.choice((0, 1, 2, 3, 7, 8, 16, len(data), 0xFFFF, 0xFFFFFFF0, random.randrange(1 << 16)))
    changed = bytearray(data)
    # Mostly the value, which is 2 or 4 bytes long and may lie outside the entry.
    place, layout = random.choice(
        (
            (entry.position, "H"),
            (entry.position + 2, "H"),
            (entry.position + 4, reader.formats.offset),
            (entry.position + 4 + offset_bytes, reader.formats.offset),
            (entry.value_offset + 4 * random.randrange(4), "I"),
            (entry.value_offset + 2 * random.randrange(4), "H"),
            (entry.value_offset, "H"),
        )
    )
    size = struct.calcsize(f"={layout}")
    if place + size <= len(changed):
        struct.pack_into(f"{order}{layout}", changed, place, value & (1 << 8 * size) - 1)
    return bytes(changed)


def change_npz(data: bytes, random: Random) -> bytes:
    """Change, drop or swap arrays of an .npz file, whose checksums stay right; change others anywhere."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            arrays = {name: archive.read(name) for name in archive.namelist()}
    except Exception:
        return _mutated(data)
    name = random.choice(sorted(arrays)) if arrays else "version.npy"
    choice = random.randrange(8)
    if choice == 0:
        arrays.pop(name, None)
    elif choice == 1 and arrays:
        arrays[name] = arrays[random.choice(sorted(arrays))]
    else:
        arrays[name] = _with_other_values(arrays.get(name, b""), random)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for each, contents in arrays.items():
            archive.writestr(each, contents)
    return file.getvalue()


def _rearranged(parts: list[bytes], random: Random, change: Change) -> list[bytes]:
    """Duplicate, drop, swap or change one of the parts."""
    if not parts:
        return [_mutated(b"")]
    index, other = random.randrange(len(parts)), random.randrange(len(parts))
    choice = random.randrange(8)
    if choice == 0:
        parts.insert(other, parts[index])
    elif choice == 1:
        del parts[index]
    elif choice == 2:
        parts[index], parts[other] = parts[other], parts[index]
    else:
        parts[index] = change(parts[index], random)
    return parts


def _jpeg_parts(data: bytes) -> list[bytes]:
    """Cut a file into marker segments and the entropy-coded data between them."""
    parts, position = [], 0
    while position < len(data):
        code = data[position + 1] if data[position] == 0xFF and position + 1 < len(data) else None
        if code is None or code in (0x00, 0xFF) or markers.RST0 <= code <= markers.RST0 + 7:  # not a segment
            found = _END_OF_SCAN.search(data, position + 1)
            end = found.start() if found else len(data)
        elif code in markers.STANDALONE:
            end = position + 2
        else:
            end = position + 2 + max(2, int.from_bytes(data[position + 2 : position + 4], "big"))
        parts.append(data[position:end])
        position = end
    return parts


def _with_other_payload(part: bytes, random: Random) -> bytes:
    """Change a segment's length, a byte of its payload, or all of it with the length that fits; or a scan's data."""
    if len(part) < 5 or part[0] != 0xFF or part[1] in (0x00, 0xFF):
        return _mutated(part)
    choice = random.randrange(8)
    if choice == 0:
        length = max(0, len(part) - 2 + random.randint(-3, 3))
        return part[:2] + struct.pack(">H", length) + part[4:]
    if choice < 4:
        position = random.randrange(4, len(part))
        return part[:position] + bytes((_other_byte(part[position], random),)) + part[position + 1 :]
    payload = _mutated(part[4:])
    return part[:2] + struct.pack(">H", len(payload) + 2) + payload


def _other_byte(byte: int, random: Random) -> int:
    return random.choice((byte ^ 1 << random.randrange(8), (byte + 1) & 255, (byte - 1) & 255, random.randrange(256)))


def _png_chunks(data: bytes) -> list[bytes]:
    """Cut a PNG file into chunks, each its type and its contents."""
    chunks, position = [], len(_PNG_SIGNATURE)
    while position + 8 <= len(data):
        (length,) = struct.unpack_from(">I", data, position)
        chunks.append(data[position + 4 : position + 8 + length])
        position += 12 + length
    return chunks


def _with_other_contents(chunk: bytes, random: Random) -> bytes:
    """Change a chunk's contents, or what is compressed in them."""
    kind, contents = chunk[:4], chunk[4:]
    prefix = contents[: contents.find(b"\0") + 2] if kind in (b"iCCP", b"zTXt") else b""
    if (kind == b"IDAT" or prefix) and random.randrange(4):
        try:
            plain = zlib.decompressobj().decompress(contents[len(prefix) :], _MAX_PART_BYTES)
        except zlib.error:
            return kind + _mutated(contents)
        return kind + prefix + zlib.compress(_mutated(plain))
    return kind + _mutated(contents)


def _with_other_values(array: bytes, random: Random) -> bytes:
    """Change an .npy file: mostly its values, sometimes its header."""
    begin = 10 + int.from_bytes(array[8:10], "little")
    if random.randrange(4) == 0:
        return _mutated(array)
    values = bytearray(array[begin:])
    for _ in range(random.randint(1, 4) if values else 0):
        position = random.randrange(len(values))
        values[position] = _other_byte(values[position], random)
    return array[:begin] + bytes(values)


def _mutated(data: bytes) -> bytes:
    """Let libFuzzer change bytes."""
    import atheris  # only the fuzzer has it

    return bytes(atheris.Mutate(data, max(_MAX_PART_BYTES, len(data))))
