"""The facts that the page of `foveal explain` shows, found by encoding a photo and reading its file back."""

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
from foveal.explain.anatomy import BlockAnatomy, find_positions, trace_block
from foveal.explain.chosen_block import ChosenBlock, choose_block
from foveal.explain.file_scans import ScanStep, read_scans
from foveal.explain.network_view import NetworkView, run_network
from foveal.inspection import Inspection, inspect
from foveal.jpeg import Frame, decode, read_coefficients
from foveal.metrics import SSIM_MIN_SIDE, SSIMULACRA2_MIN_SIDE
from foveal.photo import Photo, to_eight_bits
from foveal.photo.writing import png_bytes
from foveal.saliency import NETWORK_METHODS, SaliencyResult, find_saliency

MAX_SSIM_PIXELS = 4_000_000  # SSIM takes four seconds per million pixels, and several hundred bytes per pixel
_SALIENT_SHARE = 0.2  # share of the blocks that count as salient
_MAX_PROFILE_BYTES = 20_000  # largest colour profile that is embedded in each picture of the page


@dataclass(frozen=True, eq=False)
class EncodedFile:
    """A JPEG of the photo, decoded and inspected.

    Parameters
    ----------
    data
        Bytes of the file.
    quality
        Quality at which the file was encoded, 0 to 100.
    pixels
        Decoded pixels, (H, W) grey or (H, W, 3) RGB.
    inspection
        Report on the contents of the file.
    """

    data: bytes
    quality: float
    pixels: NDArray[np.uint8]
    inspection: Inspection

    @classmethod
    def read(cls, data: bytes, quality: float) -> EncodedFile:
        """Decode and inspect a JPEG file that was encoded at a quality."""
        return cls(data, quality, decode(data), inspect(data))


@dataclass(frozen=True)
class Scores:
    """Scores of a file against the photo; higher is better.

    Parameters
    ----------
    psnr
        PSNR in decibels, infinite for a lossless file.
    salient_psnr
        PSNR with errors weighted by the saliency map; None without a map, or if the map is 0 everywhere.
    ssim
        SSIM; None if the photo is too small or too large for it, or if scikit-image is not installed.
    ssimulacra2
        SSIMULACRA 2; None if the photo is too small for it.
    """

    psnr: float
    salient_psnr: float | None
    ssim: float | None
    ssimulacra2: float | None


@dataclass(frozen=True, eq=False)
class Facts:
    """Facts about the encoding of a photo.

    Parameters
    ----------
    photo
        Photo that was encoded, upright.
    options
        Options of the encode.
    encoded
        Result of the encode.
    file
        Encoded file, read back.
    blind
        File of about the same size that was encoded without a map (content-blind); None if `encoded` has no map either.
    saliency
        Saliency map of the photo; None if none was used.
    network
        Input and output of the saliency network; None if it was not used.
    block
        Block that the page shows in detail.
    block_is_requested
        True if the caller requested the block, False if it was chosen automatically.
    anatomy
        The block in each component at every stage of the encode.
    scans
        Scans of the file.
    png_size_bytes
        Size of the photo as a PNG with 8 bits per sample.
    """

    photo: Photo
    options: EncodeOptions
    encoded: Encoded
    file: EncodedFile
    blind: EncodedFile | None
    saliency: SaliencyResult | None
    network: NetworkView | None
    block: ChosenBlock
    block_is_requested: bool
    anatomy: tuple[BlockAnatomy, ...]
    scans: tuple[ScanStep, ...]
    png_size_bytes: int

    @property
    def page_profile(self) -> bytes | None:
        """Colour profile for the pictures on the page; None if the photo has none, is grey, or the profile is large."""
        profile = self.photo.fitting_profile
        is_color = self.photo.pixels.ndim == 3  # the pictures are RGB, which a grey profile does not fit
        return profile if profile and is_color and len(profile) <= _MAX_PROFILE_BYTES else None

    @property
    def salient_blocks(self) -> NDArray[np.bool_]:
        """Mask of the blocks with the highest weights, about a fifth of all; all False if all weights are equal."""
        weights = self.encoded.weights
        highest = weights.max()
        if np.quantile(weights, 1 - _SALIENT_SHARE) < highest:
            return np.asarray(weights > np.quantile(weights, 1 - _SALIENT_SHARE))
        return np.asarray((weights == highest) & (weights.min() < highest))

    @property
    def original(self) -> NDArray[np.uint8]:
        """Pixels of the photo in 8 bits."""
        return to_eight_bits(self.photo.pixels)

    @property
    def frame(self) -> Frame:
        """Frame of the file."""
        return self.file.inspection.frame

    @property
    def component_names(self) -> tuple[str, ...]:
        """Names of the components of the file: Y, or Y, Cb and Cr."""
        return self.file.inspection.component_names

    def scores(self, file: EncodedFile) -> Scores:
        """Score a file against the photo."""
        saliency = None if self.saliency is None else self.saliency.resized(self.photo.displayed_size)
        short_side, pixel_count = min(self.photo.displayed_size), self.photo.height * self.photo.width
        original = self.original
        has_weights = saliency is not None and saliency.any()
        return Scores(
            psnr=metrics.psnr(original, file.pixels),
            salient_psnr=metrics.psnr(original, file.pixels, saliency) if has_weights else None,
            ssim=_ssim(original, file.pixels)
            if short_side >= SSIM_MIN_SIDE and pixel_count <= MAX_SSIM_PIXELS
            else None,
            ssimulacra2=metrics.ssimulacra2(original, file.pixels) if short_side >= SSIMULACRA2_MIN_SIDE else None,
        )


def find_facts(photo: Photo, options: EncodeOptions, block: tuple[int, int] | None) -> Facts:
    """Find the facts about a photo: encode it upright, with no metadata but its colour profile, and read the file back.

    Parameters
    ----------
    photo
        Photo to encode.
    options
        Options of the encode; `metadata` and `restart_interval` are replaced by "none" and 0.
    block
        (x, y) of the block to show in detail: its column and row among the 8x8-pixel blocks, from 0. None for the most
        salient block.

    Raises
    ------
    ParameterError
        The photo does not have the block.
    LimitError, TargetError, ModelError
        The errors of `foveal.encode`.
    """
    options = replace(options, metadata="none", restart_interval=0)
    encoded = encode_photo(photo, options)
    upright = encoded.photo
    file = EncodedFile.read(encoded.data, encoded.quality)
    chosen = choose_block(block, encoded.weights, file.inspection.bits_map())
    stored = read_coefficients(encoded.data)
    positions = find_positions(stored, chosen.row, chosen.column)
    saliency = find_saliency(upright, options.saliency)
    return Facts(
        photo=upright,
        options=options,
        encoded=encoded,
        file=file,
        blind=None if saliency is None else _encode_content_blind(encoded, options),
        saliency=saliency,
        network=run_network(upright) if saliency is not None and saliency.method in NETWORK_METHODS else None,
        block=chosen,
        block_is_requested=block is not None,
        anatomy=tuple(trace_block(upright, stored, position, encoded.sharpening) for position in positions),
        scans=tuple(read_scans(encoded.data, positions, chosen.neighbourhood)),
        png_size_bytes=len(png_bytes(to_eight_bits(upright.pixels))),
    )


def _encode_content_blind(encoded: Encoded, options: EncodeOptions) -> EncodedFile:
    """Encode a photo without a map, to at most the size of `encoded`, or at quality 1 if no file is that small."""
    if encoded.subsampling != "grey":
        options = replace(options, subsampling=cast(SubsamplingName, encoded.subsampling))
    try:
        found = encode_content_blind(encoded.photo, options, len(encoded.data))
    except TargetError:
        lowest = replace(
            options, saliency=None, quality=LEAST_QUALITY, target_size=None, target_score=None, verify=False
        )
        found = encode_photo(encoded.photo, lowest)
    return EncodedFile.read(found.data, found.quality)


def _ssim(original: NDArray[np.uint8], decoded: NDArray[np.uint8]) -> float | None:
    """Return the SSIM of a decoded picture, or None if scikit-image is not installed."""
    try:
        return metrics.ssim(original, decoded)
    except MissingExtraError:
        return None
