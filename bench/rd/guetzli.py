"""The encoder Guetzli, run as a program; it is very slow."""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from foveal.jpeg import EightBitPixels


def encode(pixels: EightBitPixels, quality: float) -> bytes:
    """Encode at a quality of at least 84; Guetzli chooses 4:2:0 or 4:4:4. Half a megapixel takes half a minute."""
    with TemporaryDirectory() as folder:
        original, encoded = Path(folder) / "original.png", Path(folder) / "encoded.jpg"
        Image.fromarray(pixels).save(original)
        subprocess.run(["guetzli", "--quality", str(round(quality)), original, encoded], check=True)
        return encoded.read_bytes()
