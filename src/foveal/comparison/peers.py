"""Encoders of others, each run at its best: 4:2:0, progressive, Huffman tables made for the picture."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import numpy as np
from PIL import Image

from foveal.jpeg import EightBitPixels, annex_k_tables


@dataclass(frozen=True)
class Peer:
    """An encoder.

    Parameters
    ----------
    name
        As it calls itself.
    encode
        From (H, W, 3) or (H, W) uint8 and a quality, 1 to 100 on libjpeg's scale, to a JPEG file.
    quality_step
        Between qualities that it tells apart, or that are worth telling apart.
    packages
        What it comes with, as package indexes call it.
    modules
        What is imported from them.
    """

    name: str
    encode: Callable[[EightBitPixels, float], bytes]
    quality_step: float
    packages: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()

    def is_installed(self) -> bool:
        """Whether it can be used here."""
        try:
            for module in self.modules:
                import_module(module)
        except (ImportError, OSError):  # OSError: a library that the module loads is missing
            return False
        return True

    @property
    def needs(self) -> str:
        """What it comes with, and how to get that."""
        return f"{' and '.join(self.packages)} (pip install 'foveal[compare]')"


def libjpeg_turbo(pixels: EightBitPixels, quality: float) -> bytes:
    """libjpeg-turbo, by Pillow; quality may be a fraction."""
    file = io.BytesIO()
    tables = [table.natural.tolist() for table in annex_k_tables(quality)]
    sampling = {"subsampling": 2} if pixels.ndim == 3 else {}
    Image.fromarray(pixels).save(file, "JPEG", qtables=tables, progressive=True, optimize=True, **sampling)
    return file.getvalue()


def mozjpeg(pixels: EightBitPixels, quality: float) -> bytes:
    """MozJPEG, through libvips: trellis, deringing, its search for scans; quality is rounded."""
    import pyvips

    image = pyvips.Image.new_from_array(pixels, interpretation="srgb" if pixels.ndim == 3 else "b-w")
    return bytes(
        image.jpegsave_buffer(
            Q=round(quality),
            subsample_mode="on",
            interlace=True,
            optimize_scans=True,
            trellis_quant=True,
            overshoot_deringing=True,
            quant_table=3,
            keep="none",  # or it adds Exif data of its own
        )
    )


def jpegli(pixels: EightBitPixels, quality: float) -> bytes:
    """Jpegli, made progressive without loss by MozJPEG's search for scans; quality is rounded, grey is sent as RGB."""
    import mozjpeg_lossless_optimization

    return bytes(mozjpeg_lossless_optimization.optimize(sequential_jpegli(pixels, quality)))


def sequential_jpegli(pixels: EightBitPixels, quality: float) -> bytes:
    """Jpegli as pyjpegli has it, in one scan; quality is rounded, grey is sent as RGB."""
    import pyjpegli

    height, width = pixels.shape[:2]
    rgb = pixels if pixels.ndim == 3 else np.repeat(pixels[:, :, np.newaxis], 3, axis=2)
    return bytes(pyjpegli.encode(rgb.tobytes(), width, height, round(quality)))


LIBJPEG_TURBO = Peer("libjpeg-turbo", libjpeg_turbo, quality_step=0.1)
MOZJPEG = Peer("MozJPEG", mozjpeg, 1, ("pyvips", "pyvips-binary"), ("pyvips", "_libvips"))
JPEGLI = Peer(
    "jpegli",
    jpegli,
    1,
    ("pyjpegli", "mozjpeg-lossless-optimization"),
    ("pyjpegli", "mozjpeg_lossless_optimization"),
)
PEERS = (LIBJPEG_TURBO, MOZJPEG, JPEGLI)


def decode_for_viewing(data: bytes) -> EightBitPixels:
    """Decode with libjpeg-turbo, as a viewer would: (H, W, 3) uint8."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))
