"""Small JPEG files of every kind, from which the fuzzer starts: `python seeds.py FOLDER` writes them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import jpeg_files
import numpy as np
from PIL import Image

import foveal
from foveal import jpeg
from foveal.jpeg import markers

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
_SCRIPTS = {
    "sequential": jpeg.sequential_script,
    "spectral_selection": jpeg.spectral_selection_script,
    "successive_approximation": jpeg.successive_approximation_script,
    "non_interleaved": jpeg.non_interleaved_script,
}


def seeds() -> Iterator[tuple[str, bytes]]:
    """Yield names and files, all of which a strict reading accepts."""
    for factors in _FACTORS:
        name = "_".join(f"{h}{v}" for h, v in factors)
        yield f"factors_{name}", jpeg_files.random_file(factors, _SIZE)
        yield f"progressive_{name}", jpeg_files.random_file(factors, _SIZE, jpeg.successive_approximation_script)
    for name, script in _SCRIPTS.items():
        yield name, jpeg_files.random_file(_COLOR, _SIZE, script)
        yield f"{name}_restarts", jpeg_files.random_file(_COLOR, _SIZE, script, restart_interval=1)
    yield from _encoder_files()
    yield from _rare_files()


def _encoder_files() -> Iterator[tuple[str, bytes]]:
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


def _rare_files() -> Iterator[tuple[str, bytes]]:
    """Yield files that few encoders write, but T.81 or common practice allows."""
    plain = jpeg_files.pillow_file(Image.fromarray(_picture(16, 16)))
    yield "trailing", plain + plain
    yield "no_huffman_tables", jpeg_files.without_segments(plain, markers.DHT)  # as in Motion-JPEG
    yield "no_jfif", jpeg_files.without_segments(plain, markers.APP0)
    yield "fill_bytes", plain.replace(b"\xff\xdb", b"\xff\xff\xdb").replace(b"\xff\xda", b"\xff\xff\xff\xda")
    yield "number_of_lines", jpeg_files.with_height_in_dnl(plain)
    levels = jpeg_files.random_coefficients([(1, 1)], (16, 16))
    large = jpeg.Coefficients(levels.frame, (jpeg.QuantizationTable((1000,) * 64),), (levels.blocks[0] * 100,))
    script = jpeg.successive_approximation_script(1)
    yield "large_levels_and_steps", jpeg.write_coefficients(large, scripts=[script])


def _picture(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / 3 + channel) * np.cos(y / (4 + channel)) for channel in range(3)]
    return np.rint(128 + 100 * np.stack(waves, axis=2)).astype(np.uint8)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in seeds():
        (folder / f"{name}.jpg").write_bytes(data)
