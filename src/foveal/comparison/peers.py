"""The other encoders of a comparison, all set to 4:2:0, progressive scans and optimised Huffman tables."""

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
    """An encoder that foveal is compared with.

    Parameters
    ----------
    name
        Name of the encoder, as its authors write it.
    encode
        Function from pixels, (H, W, 3) or (H, W) uint8, and a quality, 1 to 100 on libjpeg's scale, to a JPEG file.
    quality_step
        Difference between successive qualities: the smallest that changes the file, or one fine enough for comparing.
    packages
        Names of the packages that contain the encoder.
    modules
        Names of the modules that are imported from the packages.
    """

    name: str
    encode: Callable[[EightBitPixels, float], bytes]
    quality_step: float
    packages: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()

    def is_installed(self) -> bool:
        """Return whether all modules of the encoder can be imported."""
        try:
            for module in self.modules:
                import_module(module)
        except (ImportError, OSError):  # OSError: a shared library of the module is missing
            return False
        return True

    @property
    def requirement(self) -> str:
        """Packages that contain the encoder, and the command that installs them."""
        return f"{' and '.join(self.packages)} (pip install 'foveal[compare]')"


def libjpeg_turbo(pixels: EightBitPixels, quality: float) -> bytes:
    """Encode with libjpeg-turbo, through Pillow; the quality may be fractional."""
    file = io.BytesIO()
    tables = [table.natural.tolist() for table in annex_k_tables(quality)]
    sampling = {"subsampling": 2} if pixels.ndim == 3 else {}
    Image.fromarray(pixels).save(file, "JPEG", qtables=tables, progressive=True, optimize=True, **sampling)
    return file.getvalue()


def mozjpeg(pixels: EightBitPixels, quality: float, quant_table: int = 3) -> bytes:
    """Encode with MozJPEG, through libvips: trellis, deringing, scan search; the quality is rounded.

    `quant_table` is the number of the quantization table as MozJPEG counts them: 3 is its own choice, 0 is Annex K's.
    """
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
            quant_table=quant_table,
            keep="none",  # otherwise libvips adds EXIF data
        )
    )


def jpegli(pixels: EightBitPixels, quality: float) -> bytes:
    """Encode with jpegli, then make the file progressive without loss by MozJPEG's scan search.

    The quality is rounded; grey is encoded as RGB.
    """
    import mozjpeg_lossless_optimization

    return bytes(mozjpeg_lossless_optimization.optimize(sequential_jpegli(pixels, quality)))


def sequential_jpegli(pixels: EightBitPixels, quality: float) -> bytes:
    """Encode with jpegli, through pyjpegli, in one scan; the quality is rounded, grey is encoded as RGB."""
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
    """Decode a JPEG with libjpeg-turbo, as a viewer would, to (H, W, 3) uint8."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))
