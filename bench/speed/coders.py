"""Encoders and decoders that are timed, and the picture that they are timed on."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import simplejpeg
from PIL import Image

import foveal
from bench import photos
from foveal.allocate.effort import EffortName
from foveal.comparison.peers import JPEGLI, MOZJPEG, sequential_jpegli
from foveal.jpeg import EightBitPixels
from foveal.saliency import Saliency

Encoder = Callable[[EightBitPixels, int], bytes]
Decoder = Callable[[bytes], EightBitPixels]
REFERENCE = "Pillow optimize"
DECODING_REFERENCE = "simplejpeg"


@dataclass(frozen=True)
class Workload:
    """Picture that is encoded and decoded: a mosaic of photographs of `folders`, and its JPEG quality.

    A detailed mosaic has only the most detailed tiles of the photographs, see `photos.select_detailed_tiles`.
    """

    folders: list[Path]
    megapixels: float
    quality: int
    is_detailed: bool = False

    @property
    def name(self) -> str:
        """Name of the mosaic in the headings of tables."""
        return "detailed mosaic" if self.is_detailed else "smooth mosaic"

    def pixels(self) -> EightBitPixels:
        """Make the mosaic of photographs."""
        loaded = list(photos.load(self.folders).values())
        return photos.make_mosaic(photos.select_detailed_tiles(loaded) if self.is_detailed else loaded, self.megapixels)


def pillow_encoder(**options: bool) -> Encoder:
    """Return an encoder that runs libjpeg-turbo through Pillow, 4:2:0."""

    def encode(pixels: EightBitPixels, quality: int) -> bytes:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=2, **options)
        return file.getvalue()

    return encode


def foveal_encoder(effort: EffortName, *, progressive: bool, threads: int = 1, saliency: Saliency = None) -> Encoder:
    """Return an encoder that runs foveal, 4:2:0."""

    def encode(pixels: EightBitPixels, quality: int) -> bytes:
        return foveal.encode(
            pixels,
            quality=quality,
            effort=effort,
            progressive=progressive,
            threads=threads,
            saliency=saliency,
            subsampling="4:2:0",
        )

    return encode


def encode_by_simplejpeg(pixels: EightBitPixels, quality: int) -> bytes:
    """Encode with libjpeg-turbo through simplejpeg, 4:2:0, with the standard Huffman tables."""
    return bytes(simplejpeg.encode_jpeg(pixels, quality=quality, colorspace="RGB", colorsubsampling="420"))


def list_encoders(threads: int) -> dict[str, Encoder]:
    """Return all encoders that are timed, by name."""
    return {
        "simplejpeg": encode_by_simplejpeg,
        REFERENCE: pillow_encoder(optimize=True),
        "Pillow progressive": pillow_encoder(progressive=True),
        **{f"{peer.name} progressive": peer.encode for peer in (MOZJPEG, JPEGLI) if peer.is_installed()},
        **({"jpegli sequential": sequential_jpegli} if JPEGLI.is_installed() else {}),
        "foveal fast baseline": foveal_encoder("fast", progressive=False),
        "foveal fast": foveal_encoder("fast", progressive=True),
        "foveal balanced baseline": foveal_encoder("balanced", progressive=False),
        "foveal balanced": foveal_encoder("balanced", progressive=True),
        "foveal balanced, saliency": foveal_encoder("balanced", progressive=True, saliency="auto"),
        "foveal best": foveal_encoder("best", progressive=True),
        f"foveal fast, {threads} threads": foveal_encoder("fast", progressive=True, threads=threads),
        f"foveal balanced, {threads} threads": foveal_encoder("balanced", progressive=True, threads=threads),
    }


def list_decoders() -> dict[str, Decoder]:
    """Return all decoders that are timed, by name; they use one thread each."""
    return {
        DECODING_REFERENCE: simplejpeg.decode_jpeg,
        "Pillow": lambda data: np.asarray(Image.open(io.BytesIO(data))),
        "foveal": foveal.decode,
    }


def make_files_to_decode(pixels: EightBitPixels, quality: int) -> dict[str, bytes]:
    """Encode a baseline and a progressive file with libjpeg-turbo, 4:2:0."""
    return {
        "baseline": pillow_encoder(optimize=True)(pixels, quality),
        "progressive": pillow_encoder(progressive=True)(pixels, quality),
    }
