"""Other encoders, and files of a given size from them."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.jpeg import annex_k_tables


def decoded(data: bytes) -> NDArray[np.uint8]:
    """Decode with libjpeg-turbo, as a viewer would: (H, W, 3) uint8."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def libjpeg_turbo(pixels: NDArray[np.uint8], quality: float) -> bytes:
    """libjpeg-turbo at its best: 4:2:0, progressive, optimised Huffman tables; quality may be a fraction."""
    file = io.BytesIO()
    tables = [table.natural.tolist() for table in annex_k_tables(quality)]
    Image.fromarray(pixels).save(file, "JPEG", qtables=tables, subsampling=2, progressive=True, optimize=True)
    return file.getvalue()


def mozjpeg(pixels: NDArray[np.uint8], quality: float) -> bytes:
    """MozJPEG at its best, through libvips: 4:2:0, progressive, trellis, its search for scans; quality is rounded."""
    import pyvips

    image = pyvips.Image.new_from_array(pixels, interpretation="srgb")
    return bytes(
        image.jpegsave_buffer(
            Q=round(quality),
            subsample_mode="on",
            interlace=True,
            optimize_scans=True,
            trellis_quant=True,
            overshoot_deringing=True,
            quant_table=3,
        )
    )


def jpegli(pixels: NDArray[np.uint8], quality: float) -> bytes:
    """Jpegli, 4:2:0, made progressive without loss by MozJPEG's search for scans; quality is rounded."""
    import mozjpeg_lossless_optimization
    import pyjpegli

    height, width = pixels.shape[:2]
    sequential = pyjpegli.encode(pixels.tobytes(), width, height, round(quality))
    return bytes(mozjpeg_lossless_optimization.optimize(sequential))


def guetzli(pixels: NDArray[np.uint8], quality: float) -> bytes:
    """Guetzli, which takes half a minute for half a megapixel: 4:2:0 or 4:4:4 as it likes, quality 84 at least."""
    with TemporaryDirectory() as folder:
        original, encoded = Path(folder) / "original.png", Path(folder) / "encoded.jpg"
        Image.fromarray(pixels).save(original)
        subprocess.run(["guetzli", "--quality", str(round(quality)), original, encoded], check=True)
        return encoded.read_bytes()


def smallest_above(encode: Callable[[float], bytes], size_bytes: int) -> tuple[bytes, float]:
    """Return the smallest file of at least `size_bytes` that an encoder makes, and its quality.

    For peers: a comparison at equal bytes then never favours what they are compared with. By bisection; where even
    quality 100 is too small, the file is that.
    """
    low, high = 0.0, 100.0
    for _ in range(16):
        middle = (low + high) / 2
        low, high = (middle, high) if len(encode(middle)) < size_bytes else (low, middle)
    return encode(high), high
