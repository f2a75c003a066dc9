"""Guetzli, a program that is far too slow for anything but comparisons."""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from foveal.jpeg import EightBitPixels


def encode(pixels: EightBitPixels, quality: float) -> bytes:
    """Encode at a quality of 84 at least, 4:2:0 or 4:4:4 as it likes; half a megapixel takes half a minute."""
    with TemporaryDirectory() as folder:
        original, encoded = Path(folder) / "original.png", Path(folder) / "encoded.jpg"
        Image.fromarray(pixels).save(original)
        subprocess.run(["guetzli", "--quality", str(round(quality)), original, encoded], check=True)
        return encoded.read_bytes()
