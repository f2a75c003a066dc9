"""Small files of every kind for the fuzzer to begin with: `python seeds.py FOLDER` makes a folder for each target."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import jpeg_files
import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

import foveal
from foveal import jpeg, pca
from foveal.jpeg import markers
from foveal.jpeg.file_reader import FileReader, FileScan, open_reader
from foveal.jpeg.huffman import HuffmanTable
from foveal.jpeg.script import SEQUENTIAL_BAND

_SIZE = (21, 35)
_COLOR = [(2, 2), (1, 1), (1, 1)]
_FACTORS = [
    [(1, 1)],
    [(2, 2)],
    [(1, 1), (1, 1), (1, 1)],
    [(2, 1), (1, 1), (1, 1)],
    [(1, 2), (1, 1), (1, 1)],
    [(4, 1), (1, 1), (1, 1)],
    [(4, 2), (1, 1), (1, 1)],
    [(3, 1), (1, 1), (1, 1)],
    [(3, 2), (2, 1), (1, 1)],  # 3:2
    [(1, 1), (2, 2), (1, 2)],
    [(2, 2), (1, 1), (1, 1), (2, 2)],
]


# Targets that read JPEG files.
_FILE_TARGETS = ("decode", "strips", "coefficients", "rewrite", "inspect", "segments")
_MAX_SIDE_BLOCKS = 16  # of a scan in the target decode_scan, see kernels/scans.hpp

Seeds = Iterator[tuple[str, bytes]]


def jpeg_seeds() -> Seeds:
    """Yield names and files, all of which a strict reading accepts."""
    for factors in _FACTORS:
        name = "_".join(f"{h}{v}" for h, v in factors)
        yield f"factors_{name}", jpeg_files.random_file(factors, _SIZE)
        yield f"progressive_{name}", jpeg_files.random_file(factors, _SIZE, jpeg_files.successive_approximation_script)
    for script in jpeg_files.SCRIPTS:
        name = script.__name__.removesuffix("_script")
        yield name, jpeg_files.random_file(_COLOR, _SIZE, script)
        yield f"{name}_restarts", jpeg_files.random_file(_COLOR, _SIZE, script, restart_interval=1)
    yield from _encoder_files()
    yield from _rare_files()


def _encoder_files() -> Seeds:
    pixels = _picture(24, 33)
    yield "foveal", foveal.encode(pixels)
    yield "foveal_pixel", foveal.encode(pixels[:1, :1], saliency=None)
    exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"  # orientation 6
    yield "foveal_metadata", foveal.encode(pixels, exif=exif, xmp=b"<x/>", icc_profile=b"profile")
    photo = Image.fromarray(pixels)
    yield "pillow_progressive", jpeg_files.pillow_file(photo, progressive=True, comment="a comment", dpi=(72, 72))
    yield "pillow_restarts", jpeg_files.pillow_file(photo, restart_marker_blocks=2)
    yield "pillow_rgb", jpeg_files.pillow_file(photo, keep_rgb=True)
    cmyk = jpeg_files.pillow_file(photo.convert("CMYK"))
    yield "pillow_cmyk", cmyk
    yield "pillow_ycck", cmyk.replace(b"Adobe\0\x64\0\0\0\0\0", jpeg_files.ADOBE_YCCK.payload)
    yield "pillow_multi_picture", jpeg_files.pillow_file(photo, kind="MPO", save_all=True, append_images=[photo])


def _rare_files() -> Seeds:
    """Yield files that few encoders write, but T.81 or common practice allows."""
    plain = jpeg_files.pillow_file(Image.fromarray(_picture(16, 16)))
    yield "trailing", plain + plain
    yield "no_huffman_tables", jpeg_files.without_segments(plain, markers.DHT)  # as in Motion-JPEG
    yield "no_jfif", jpeg_files.without_segments(plain, markers.APP0)
    yield "fill_bytes", plain.replace(b"\xff\xdb", b"\xff\xff\xdb").replace(b"\xff\xda", b"\xff\xff\xff\xda")
    yield "number_of_lines", jpeg_files.with_height_in_dnl(plain)
    levels = jpeg_files.random_coefficients([(1, 1)], (16, 16))
    large = jpeg.Coefficients(levels.frame, (jpeg.QuantizationTable((1000,) * 64),), (levels.blocks[0] * 100,))
    script = jpeg_files.successive_approximation_script(1)
    yield "large_levels_and_steps", jpeg.write_coefficients(large, scripts=[script])


def _picture(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / 3 + channel) * np.cos(y / (4 + channel)) for channel in range(3)]
    return np.rint(128 + 100 * np.stack(waves, axis=2)).astype(np.uint8)


def _exif_seeds() -> Seeds:
    tags = Image.Exif()
    tags.update({0x010E: "a description", 0x010F: "a maker", 0x0112: 6, 0x011A: 72.0, 0x013B: "artist", 0x8298: "(c)"})
    tags.get_ifd(0x8769).update({0x829A: 0.01, 0x9003: "2024:01:02 03:04:05", 0x927C: b"maker note"})
    tags.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 30.0)})
    little = tags.tobytes().removeprefix(b"Exif\0\0")
    yield "little_endian", little
    yield "with_signature", b"Exif\0\0" + little
    orientation, artist = b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0", b"\x01\x3b\0\x02\0\0\0\x02A\0\0\0"
    yield "big_endian", b"MM\0*\0\0\0\x08\0\x02" + orientation + artist + bytes(4)


def _xmp_seeds() -> Seeds:
    head = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    begin = b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="image/jpeg">'
    tail = b"</rdf:Description></rdf:RDF></x:xmpmeta>"
    for name, size in (("short", 9), ("long", 1500)):
        title = b"<dc:title><rdf:Alt><rdf:li xml:lang='x-default'>" + b"t" * size + b"</rdf:li></rdf:Alt></dc:title>"
        packet = head + begin + title + b"<dc:rights/>" + tail
        yield name, packet
        yield f"{name}_padded", b"<?xpacket begin=''?>" + packet + b" " * 600 + b"<?xpacket end='w'?>"


def _open_seeds() -> Seeds:
    pixels = _picture(9, 13)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "a comment")
    text.add_itxt("XML:com.adobe.xmp", "<x/>")
    exif = dict(_exif_seeds())["little_endian"]
    photo, grey_16 = Image.fromarray(pixels), Image.fromarray(pixels[:, :, 0].astype(np.uint16) * 257)
    metadata = {"icc_profile": profile, "exif": exif, "dpi": (72, 72)}
    yield "rgb.png", jpeg_files.pillow_file(photo, kind="PNG", pnginfo=text, **metadata)
    yield "grey.png", jpeg_files.pillow_file(photo.convert("L"), kind="PNG")
    yield "grey_16.png", jpeg_files.pillow_file(grey_16, kind="PNG")
    yield "grey_transparency.png", jpeg_files.pillow_file(photo.convert("L"), kind="PNG", transparency=7)
    yield "palette.png", jpeg_files.pillow_file(photo.convert("P"), kind="PNG", transparency=3)
    yield "alpha.png", jpeg_files.pillow_file(photo.convert("RGBA"), kind="PNG")
    yield "grey_alpha.png", jpeg_files.pillow_file(photo.convert("LA"), kind="PNG")
    yield "one_bit.png", jpeg_files.pillow_file(photo.convert("1"), kind="PNG")
    yield "animated.png", jpeg_files.pillow_file(photo, kind="PNG", save_all=True, append_images=[photo.rotate(180)])
    yield "rgb.tiff", jpeg_files.pillow_file(photo, kind="TIFF", **metadata)
    yield "grey_16.tiff", jpeg_files.pillow_file(grey_16, kind="TIFF")
    yield "palette.tiff", jpeg_files.pillow_file(photo.convert("P"), kind="TIFF")
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits"):
        yield f"{compression}.tiff", jpeg_files.pillow_file(photo, kind="TIFF", compression=compression)


def _pca_seeds() -> Seeds:
    pixels = _picture(11, 17)
    for mode in ("rows", "blocks"):
        yield f"{mode}_rgb", pca.encode(pixels, mode=mode)
        yield f"{mode}_grey", pca.encode(pixels[:, :, 0], mode=mode)
        yield f"{mode}_16_bits", pca.encode(pixels.astype(np.uint16) * 257, mode=mode, variance=100)


def _decode_scan_seeds() -> Seeds:
    """Inputs of kernels/decode_scan.cpp: the scans of the JPEG files."""
    for name, data in jpeg_seeds():
        reader = open_reader(data, strict=True, max_pixels=1 << 16)
        number = 0
        while (scan := reader.next_scan()) is not None:
            yield f"{name}_{number}", _decode_scan_input(reader, scan)
            number += 1


def _decode_scan_input(reader: FileReader, scan: FileScan) -> bytes:
    parameters, frame = scan.parameters, reader.frame
    components = [frame.components[index] for index in parameters.components]
    first, last, high, low = parameters.band
    kind = 0 if parameters.band == SEQUENTIAL_BAND else (3 if first > 0 else 1) + (high > 0)
    if parameters.is_interleaved:
        factors = [(component.h_factor, component.v_factor) for component in components]
        columns, rows = frame.mcu_columns, frame.mcu_rows
    else:
        factors, columns, rows = [(1, 1)], components[0].block_columns, components[0].block_rows
    columns, rows = min(columns, _MAX_SIDE_BLOCKS), min(rows, _MAX_SIDE_BLOCKS)
    packed_factors = [(h - 1) << 4 | (v - 1) for h, v in factors] + [0] * (4 - len(factors))
    shape = (kind, len(components) - 1, *packed_factors, columns - 1, rows - 1)
    band = (max(first, 1) - 1, max(last, 1) - 1, low, min(scan.restart_interval, 255), 0)
    (dc_0, ac_0), (dc_1, ac_1) = scan.tables[0], scan.tables[min(1, len(components) - 1)]
    tables = [dc_0, dc_1, ac_0, ac_1]
    own_tables = sum(1 << index for index, table in enumerate(tables) if table)
    options = (1 if high else 0, 0, own_tables, 0)
    entropy_data = reader.data[scan.entropy_data.offset : scan.entropy_data.end]
    return bytes((*shape, *band, *options)) + b"".join(map(_dht, filter(None, tables))) + entropy_data


def _dht(table: HuffmanTable) -> bytes:
    return bytes((*table.bits, *table.huffval))


def _number_seeds() -> Seeds:
    """Inputs of the other targets of the kernels, which take any bytes as numbers."""
    rng = np.random.default_rng(0)
    for kind in range(5):
        for size in (60, 600):
            yield f"kind_{kind}_{size}", bytes((kind,)) + rng.integers(0, 256, size, dtype=np.uint8).tobytes()


def write_seeds(folder: Path, seeds: Seeds) -> None:
    """Write files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in seeds:
        (folder / name).write_bytes(data)


def main(folder: Path) -> None:
    for target in _FILE_TARGETS:
        write_seeds(folder / target, jpeg_seeds())
    write_seeds(folder / "exif", _exif_seeds())
    write_seeds(folder / "xmp", _xmp_seeds())
    write_seeds(folder / "open", _open_seeds())
    write_seeds(folder / "pca", _pca_seeds())
    write_seeds(folder / "decode_scan", _decode_scan_seeds())
    for target in ("code_scan", "transform", "reconstruct"):
        write_seeds(folder / target, _number_seeds())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
