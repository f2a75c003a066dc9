"""Encoders side by side on one photo, at equal bytes: what `foveal compare` shows."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.allocate.subsampling import SubsamplingName
from foveal.checks import check_integer
from foveal.comparison.peers import PEERS, Peer, decode_for_viewing
from foveal.comparison.regions import Region, choose_regions
from foveal.comparison.scores import SSIM_NEEDS, Judge, Scores, has_ssim
from foveal.encoding import EncodeOptions, encode_content_blind, encode_photo
from foveal.encoding.size_search import MAX_SIZE_BYTES, Fitted, find_largest_file
from foveal.errors import LimitError, ParameterError, TargetError
from foveal.jpeg import LIBJPEG_MAX_SIDE, EightBitPixels
from foveal.photo import Photo, as_photo, to_eight_bits
from foveal.photo.background import Color
from foveal.saliency import Saliency, SaliencyResult, find_saliency

OURS, OURS_BLIND = "foveal", "foveal, content-blind"
DEFAULT_QUALITY = 80.0
_SUBSAMPLING: SubsamplingName = "4:2:0"


@dataclass(frozen=True, eq=False)
class Entry:
    """A file that an encoder made of the photo.

    Attributes
    ----------
    name
        Of the encoder.
    quality
        That made the file, on the encoder's own scale: the same number means something else to each.
    data
        The JPEG file.
    scores
        Of what it decodes to (by libjpeg-turbo).
    crops
        For each region of the comparison, what it decodes to: (h, w, 3) uint8.
    """

    name: str
    quality: float
    data: bytes
    scores: Scores
    crops: tuple[EightBitPixels, ...]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Files of about equal bytes, none larger than that of foveal.

    Attributes
    ----------
    pixels
        (H, W, 3) uint8: the photo as displayed.
    icc_profile
        What its colours mean, or None, as for grey photos.
    saliency
        (H, W) float32 in [0, 1]: the map by which foveal spent bits, and salient scores are weighted.
    regions
        Parts of the photo to look at: "salient", and "background" where there is room for it.
    entries
        Foveal's file, then the others.
    left_out
        Encoders and scores that are missing: a line each, which says why and what to install.
    """

    pixels: EightBitPixels
    icc_profile: bytes | None
    saliency: NDArray[np.float32]
    regions: tuple[Region, ...]
    entries: tuple[Entry, ...]
    left_out: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything but pixels and files, as JSON has it; infinite scores are None."""
        height, width = self.saliency.shape
        return {
            "width": width,
            "height": height,
            "regions": [asdict(region) for region in self.regions],
            "encoders": [
                {"name": entry.name, "quality": entry.quality, "size_bytes": len(entry.data)} | _finite(entry.scores)
                for entry in self.entries
            ],
            "left_out": list(self.left_out),
        }


def _finite(scores: Scores) -> dict[str, float | None]:
    return {
        name: round(value, 4) if value is not None and math.isfinite(value) else None
        for name, value in asdict(scores).items()
    }


def compare(
    image: Photo | Image.Image | NDArray[Any],
    *,
    quality: float | None = None,
    size_bytes: int | None = None,
    saliency: Saliency = EncodeOptions.saliency,
    strength: float = EncodeOptions.strength,
    background: Color | None = None,
) -> Comparison:
    """Encode a photo by foveal, by foveal without a map, and by other encoders, at equal bytes.

    Foveal's file sets the size. Each of the others is the largest that its encoder makes in no more than that: foveal
    without a map as by `target_size` of `foveal.encode`, libjpeg-turbo by tenths of a quality, MozJPEG and jpegli by
    whole ones, as they take no other. All are 4:2:0 and without metadata, of the photo as displayed, in 8 bits, and
    progressive, but ours where one scan is smaller. Which of the others are there depends on what is installed (extra
    `compare`).

    Parameters
    ----------
    image
        As `foveal.encode` takes it.
    quality
        Of foveal's file, 0 to 100; None means 80.
    size_bytes
        What foveal's file may have at most, instead of `quality`.
    saliency
        "auto", the name of a method, or a map: an (h, w) array of floats in [0, 1] or bools, as displayed.
    strength
        0 to 1, as `foveal.encode` takes it.
    background
        Colour behind transparent pixels: a name, "#rrggbb" or (r, g, b) in 0..255.

    Returns
    -------
    Comparison
        Files, scores and crops; `foveal.comparison.draw_sheet` makes a picture of them, `write_page` an HTML page.

    Raises
    ------
    ParameterError
        An argument is out of range or of the wrong kind.
    TargetError
        Even at quality 1 the file is larger than `size_bytes`.
    UnsupportedError, ModelError
        As `foveal.encode`.
    LimitError
        A side is longer than 65,500 pixels, which is libjpeg's limit.
    """
    if quality is not None and size_bytes is not None:
        raise ParameterError("give quality or size_bytes, not both")
    if size_bytes is not None:
        check_integer("size_bytes", size_bytes, 1, MAX_SIZE_BYTES)
    if quality is None and size_bytes is None:
        quality = DEFAULT_QUALITY
    options = EncodeOptions(  # checks them
        quality=quality, target_size=size_bytes, saliency=saliency, strength=strength, subsampling=_SUBSAMPLING
    )
    photo = as_photo(image, background=background)
    result = find_saliency(photo, saliency)
    if result is None:
        raise ParameterError("saliency must be the name of a method or a map; the content-blind encode is there anyway")
    pixels = _as_compared(photo)
    options = replace(options, saliency=result.spending_map, strength=float(strength) * result.confidence)
    ours = _encode(pixels, options)
    files, left_out = _encode_by_others(pixels, options, ours)
    rgb = np.asarray(Image.fromarray(pixels).convert("RGB"))
    weights = _pixel_weights(result, photo.displayed_size)
    regions = choose_regions(rgb, weights)
    judge = Judge(rgb, weights, regions[0])
    entries = tuple(_judge_file(name, fitted, judge, regions) for name, fitted in ({OURS: ours} | files).items())
    profile = photo.fitting_profile if pixels.ndim == 3 else None  # what is shown is RGB
    return Comparison(rgb, profile, weights, regions, entries, tuple(left_out))


def _as_compared(photo: Photo) -> EightBitPixels:
    """Return the photo as displayed, in 8 bits: (H, W, 3) or (H, W)."""
    if max(photo.height, photo.width) > LIBJPEG_MAX_SIDE:
        raise LimitError(f"a side is longer than {LIBJPEG_MAX_SIDE:,} pixels, which is libjpeg's limit")
    return to_eight_bits(photo.upright().pixels)


def _encode(pixels: EightBitPixels, options: EncodeOptions) -> Fitted:
    encoded = encode_photo(Photo(pixels), options)
    return Fitted(encoded.data, encoded.quality)


def _encode_by_others(
    pixels: EightBitPixels, options: EncodeOptions, ours: Fitted
) -> tuple[dict[str, Fitted], list[str]]:
    """Return the files of the other encoders by name, and a line for each that is left out, which says why."""
    files, left_out = {}, [] if has_ssim() else [f"SSIM is left out: it needs {SSIM_NEEDS}"]
    found = {OURS_BLIND: _encode_content_blind(pixels, options, len(ours.data))}
    for peer in PEERS:
        if peer.is_installed():
            found[peer.name] = _encode_by_peer(peer, pixels, len(ours.data), ours.quality)
        else:
            left_out.append(f"{peer.name} is left out: it needs {peer.needs}")
    for name, fitted in found.items():
        if fitted:
            files[name] = fitted
        else:
            left_out.append(f"{name} is left out: its smallest file is larger than {len(ours.data):,} bytes")
    return files, left_out


def _encode_content_blind(pixels: EightBitPixels, options: EncodeOptions, size_bytes: int) -> Fitted | None:
    try:
        encoded = encode_content_blind(Photo(pixels), options, size_bytes)
    except TargetError:
        return None
    return Fitted(encoded.data, encoded.quality)


def _encode_by_peer(peer: Peer, pixels: EightBitPixels, size_bytes: int, near: float) -> Fitted | None:
    return find_largest_file(partial(peer.encode, pixels), size_bytes, quality_step=peer.quality_step, near=near)


def _pixel_weights(saliency: SaliencyResult, size: tuple[int, int]) -> NDArray[np.float32]:
    """Return how much each pixel counts where people look; 1 for all where the map is 0 everywhere."""
    spent = SaliencyResult(saliency.method, saliency.spending_map).resized(size)
    return spent if spent.any() else np.ones(size, dtype=np.float32)


def _judge_file(name: str, fitted: Fitted, judge: Judge, regions: tuple[Region, ...]) -> Entry:
    pixels = decode_for_viewing(fitted.data)
    crops = tuple(pixels[region.slices].copy() for region in regions)
    return Entry(name, fitted.quality, fitted.data, judge.scores(pixels), crops)
