"""Everything that a page shows, found by encoding a photo and reading the file back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from foveal import metrics
from foveal.allocate.subsampling import SubsamplingName
from foveal.encoding import Encoded, EncodeOptions, encode_content_blind, encode_photo
from foveal.encoding.size_search import LEAST_QUALITY
from foveal.errors import MissingExtraError, TargetError
from foveal.explain.anatomy import BlockAnatomy, spots_of_block, take_apart
from foveal.explain.chosen_block import ChosenBlock, choose_block
from foveal.explain.file_scans import ReadScan, read_scans
from foveal.explain.network_view import NetworkView, view_of_network
from foveal.inspection import Inspection, inspect
from foveal.jpeg import Frame, decode, read_coefficients
from foveal.metrics import SSIM_MIN_SIDE
from foveal.metrics.ssimulacra import MIN_SIDE as SSIMULACRA2_MIN_SIDE
from foveal.photo import Photo, to_eight_bits
from foveal.photo.writing import png_bytes
from foveal.saliency import NETWORK_METHODS, SaliencyResult, find_saliency

SALIENT_SHARE = 0.2
MAX_SSIM_PIXELS = 4_000_000  # it takes four seconds for each million, and several hundred bytes for each
_MAX_PROFILE_BYTES = 20_000


@dataclass(frozen=True, eq=False)
class JudgedFile:
    """A JPEG of the photo, what a decoder makes of it, and what is in it."""

    data: bytes
    quality: float
    pixels: NDArray[np.uint8]
    inspection: Inspection

    @classmethod
    def of(cls, data: bytes, quality: float) -> JudgedFile:
        """Decode and inspect a file."""
        return cls(data, quality, decode(data), inspect(data))


@dataclass(frozen=True)
class Scores:
    """How near a file is to the photo.

    Parameters
    ----------
    psnr
        In decibels; `salient_psnr` weighs errors by the saliency map, None without one (or one that is dark).
    ssim
        None where the photo is too small or too large for it, or scikit-image, which computes it, is not installed.
    ssimulacra2
        None where the photo is too small.
    """

    psnr: float
    salient_psnr: float | None
    ssim: float | None
    ssimulacra2: float | None


@dataclass(frozen=True, eq=False)
class Facts:
    """What happened to a photo.

    Parameters
    ----------
    photo
        What was encoded: upright.
    options
        How it was encoded.
    encoded
        The encode.
    file
        Its file, read back.
    blind
        The content-blind encode of about the same bytes; None where the encode is content-blind itself.
    saliency
        Saliency map of the photo; None where none was used.
    network
        What the network saw; None where it was not asked.
    block
        The block that is looked at closely.
    chosen_by_hand
        Whether that one was asked for.
    anatomy
        Of that block, in each component.
    scans
        Of the file.
    png_bytes
        Size of the photo as a PNG, 8 bits per sample.
    """

    photo: Photo
    options: EncodeOptions
    encoded: Encoded
    file: JudgedFile
    blind: JudgedFile | None
    saliency: SaliencyResult | None
    network: NetworkView | None
    block: ChosenBlock
    chosen_by_hand: bool
    anatomy: tuple[BlockAnatomy, ...]
    scans: tuple[ReadScan, ...]
    png_bytes: int

    @property
    def copy_profile(self) -> bytes | None:
        """Colour profile for copies of the photo on the page; without those that would make it large."""
        profile = self.photo.fitting_profile
        is_color = self.photo.pixels.ndim == 3  # copies are RGB, and a grey profile does not fit them
        return profile if profile and is_color and len(profile) <= _MAX_PROFILE_BYTES else None

    @property
    def salient_blocks(self) -> NDArray[np.bool_]:
        """Which blocks weigh most, about SALIENT_SHARE of them; none where all weigh alike."""
        weights = self.encoded.weights
        return np.asarray(weights > np.quantile(weights, 1 - SALIENT_SHARE))

    @property
    def original(self) -> NDArray[np.uint8]:
        """EightBitPixels of the photo, of 8 bits."""
        return to_eight_bits(self.photo.pixels)

    @property
    def frame(self) -> Frame:
        """Of the file."""
        return self.file.inspection.frame

    @property
    def component_names(self) -> tuple[str, ...]:
        """Y, Cb, Cr."""
        return self.file.inspection.component_names

    def scores(self, file: JudgedFile) -> Scores:
        """Judge a file."""
        saliency = None if self.saliency is None else self.saliency.resized(self.photo.displayed_size)
        shortest, pixels = min(self.photo.displayed_size), self.photo.height * self.photo.width
        original = self.original
        return Scores(
            psnr=metrics.psnr(original, file.pixels),
            salient_psnr=metrics.psnr(original, file.pixels, saliency)
            if saliency is not None and saliency.any()
            else None,
            ssim=_ssim(original, file.pixels) if shortest >= SSIM_MIN_SIDE and pixels <= MAX_SSIM_PIXELS else None,
            ssimulacra2=metrics.ssimulacra2(original, file.pixels) if shortest >= SSIMULACRA2_MIN_SIDE else None,
        )


def find_facts(photo: Photo, options: EncodeOptions, block: tuple[int, int] | None) -> Facts:
    """Encode a photo, upright and without metadata but its colour profile, and read the file back.

    Parameters
    ----------
    block
        (x, y) of the block to look at closely: column and row of 8x8-pixel blocks, from 0; None for the most salient.

    Raises
    ------
    ParameterError
        There is no such block.
    LimitError, ModelError
        As `foveal.encode`.
    """
    options = replace(options, metadata="none", restart_interval=0)
    encoded = encode_photo(photo, options)
    upright = encoded.photo
    file = JudgedFile.of(encoded.data, encoded.quality)
    chosen = choose_block(block, encoded.weights, file.inspection.bits_map())
    stored = read_coefficients(encoded.data)
    spots = spots_of_block(stored, chosen.row, chosen.column)
    saliency = find_saliency(upright, options.saliency)
    return Facts(
        photo=upright,
        options=options,
        encoded=encoded,
        file=file,
        blind=None if saliency is None else _encode_twin(encoded, options),
        saliency=saliency,
        network=view_of_network(upright) if saliency is not None and saliency.method in NETWORK_METHODS else None,
        block=chosen,
        chosen_by_hand=block is not None,
        anatomy=tuple(take_apart(upright, stored, spot, encoded.sharpening) for spot in spots),
        scans=tuple(read_scans(encoded.data, spots, chosen.neighbourhood)),
        png_bytes=len(png_bytes(to_eight_bits(upright.pixels))),
    )


def _encode_twin(encoded: Encoded, options: EncodeOptions) -> JudgedFile:
    """Encode without a map, at the quality whose file is as large; at quality 1 where none is so small."""
    if encoded.subsampling != "grey":
        options = replace(options, subsampling=cast(SubsamplingName, encoded.subsampling))
    try:
        found = encode_content_blind(encoded.photo, options, len(encoded.data))
    except TargetError:
        lowest = replace(
            options, saliency=None, quality=LEAST_QUALITY, target_size=None, target_score=None, verify=False
        )
        found = encode_photo(encoded.photo, lowest)
    return JudgedFile.of(found.data, found.quality)


def _ssim(original: NDArray[np.uint8], decoded: NDArray[np.uint8]) -> float | None:
    try:
        return metrics.ssim(original, decoded)
    except MissingExtraError:
        return None
