"""Comparison of encoders: a photo is encoded by each of them at equal bytes, and the files are scored."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.allocate.subsampling import SubsamplingName
from foveal.checks import check_size
from foveal.comparison.peers import PEERS, Peer, decode_for_viewing
from foveal.comparison.regions import Region, choose_regions
from foveal.comparison.scores import SSIM_REQUIREMENT, ScoreReference, Scores, has_ssim
from foveal.encoding import EncodeOptions, encode_content_blind, encode_photo
from foveal.encoding.size_search import MAX_SIZE_BYTES, Fitted, find_largest_file
from foveal.errors import LimitError, ParameterError, TargetError
from foveal.files import Source
from foveal.jpeg import LIBJPEG_MAX_SIDE, EightBitPixels
from foveal.photo import Photo, as_photo, to_eight_bits
from foveal.photo.background import Color
from foveal.saliency import Saliency, SaliencyResult, find_saliency

FOVEAL, FOVEAL_BLIND = "foveal", "foveal, content-blind"
DEFAULT_QUALITY = 80.0
_SUBSAMPLING: SubsamplingName = "4:2:0"


@dataclass(frozen=True, eq=False)
class Entry:
    """A file that an encoder made from the photo, with its scores.

    Attributes
    ----------
    name
        Name of the encoder.
    quality
        Quality of the file, on the scale of the encoder; scales differ between encoders.
    data
        The JPEG file.
    scores
        Scores of the file as libjpeg-turbo decodes it.
    crops
        Decoded pixels of each region of the comparison: (h, w, 3) uint8.
    """

    name: str
    quality: float
    data: bytes
    scores: Scores
    crops: tuple[EightBitPixels, ...]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Files of one photo by several encoders, of about the same size and none larger than foveal's.

    Attributes
    ----------
    pixels
        The photo as displayed, (H, W, 3) uint8.
    icc_profile
        Colour profile of the pixels; None without one, and for grey photos.
    saliency
        Saliency map by which foveal allocated bits and by which salient scores are weighted, (H, W) float32 in [0, 1].
    regions
        Regions to look at: "salient" and, if there is room for it, "background".
    entries
        Foveal's file, then those of the other encoders.
    left_out
        Reasons why encoders and scores are missing, and what to install: one sentence each, without a full stop.
    """

    pixels: EightBitPixels
    icc_profile: bytes | None
    saliency: NDArray[np.float32]
    regions: tuple[Region, ...]
    entries: tuple[Entry, ...]
    left_out: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything except pixels and files as a dictionary for JSON; infinite scores become None."""
        height, width = self.saliency.shape
        return {
            "width": width,
            "height": height,
            "regions": [asdict(region) for region in self.regions],
            "encoders": [
                {"name": entry.name, "quality": entry.quality, "size_bytes": len(entry.data)}
                | _round_scores(entry.scores)
                for entry in self.entries
            ],
            "left_out": list(self.left_out),
        }


def _round_scores(scores: Scores) -> dict[str, float | None]:
    return {
        name: round(value, 4) if value is not None and math.isfinite(value) else None
        for name, value in asdict(scores).items()
    }


def compare(
    image: Photo | Image.Image | NDArray[Any] | Source,
    *,
    quality: float | None = None,
    size_bytes: int | str | None = None,
    saliency: Saliency = EncodeOptions.saliency,
    strength: float = EncodeOptions.strength,
    background: Color | None = None,
    on_step: Callable[[str, float], None] | None = None,
) -> Comparison:
    """Encode a photo with foveal, with foveal without a saliency map, and with other encoders, at equal bytes.

    The size of foveal's file is the limit for the others. Each other file is the largest that its encoder makes within
    this limit. Qualities are searched in steps of 0.1 for libjpeg-turbo and of 1 for MozJPEG and jpegli, which accept
    only whole qualities. Foveal without a map is encoded with `target_size` of `foveal.encode`.

    All files are 4:2:0, also foveal's where `foveal.encode` would choose 4:4:4. They have no metadata, and show the
    photo as displayed, in 8 bits. They are progressive, except that foveal's are sequential where that is smaller.
    Encoders that are not installed (extra `compare`) are left out.

    Parameters
    ----------
    image
        The photo, of a type that `foveal.encode` accepts.
    quality
        Quality of foveal's file, 0 to 100. None means 80, unlike in `foveal.encode`, which chooses a quality for each
        photo: a fixed one makes comparisons of several photos comparable.
    size_bytes
        Largest size of foveal's file, instead of `quality`: a number of bytes or a text such as "100KB".
    saliency
        "auto", the name of a method, or a map: an (h, w) array of floats in [0, 1] or bools, as displayed.
    strength
        Strength of the saliency map, 0 to 1: how much less quality the less salient parts get, see `foveal.encode`.
    background
        Colour to put behind transparent pixels: a name, "#rrggbb" or (r, g, b) in 0..255.
    on_step
        Function that shows the progress. It is called before each step with the name of the step and the share of the
        steps that are done, 0 to 1.

    Returns
    -------
    Comparison
        Files, scores and crops. `foveal.comparison.draw_sheet` draws them as a picture, `write_page` writes them as an
        HTML page.

    Raises
    ------
    ParameterError
        An argument is out of range or of the wrong type.
    TargetError
        Even at quality 1, foveal's file is larger than `size_bytes`.
    UnsupportedError, ModelError
        The image or the saliency network cannot be used, see `foveal.encode`.
    LimitError
        A side is longer than 65,500 pixels, the limit of libjpeg.
    """
    if quality is not None and size_bytes is not None:
        raise ParameterError("give quality or size_bytes, not both")
    if size_bytes is not None:
        size_bytes = check_size("size_bytes", size_bytes, MAX_SIZE_BYTES)
    if quality is None and size_bytes is None:
        quality = DEFAULT_QUALITY
    options = EncodeOptions(  # raises ParameterError
        quality=quality, target_size=size_bytes, saliency=saliency, strength=strength, subsampling=_SUBSAMPLING
    )
    photo = as_photo(image, background=background)
    result = find_saliency(photo, saliency)
    if result is None:
        raise ParameterError(
            "saliency must be the name of a method or a map; the content-blind encode is always compared, too"
        )
    pixels = _prepare_pixels(photo)
    options = replace(options, saliency=result.spending_map, strength=float(strength) * result.strength_factor)
    steps = _Steps(on_step, 2 * (2 + sum(peer.is_installed() for peer in PEERS)))
    foveal_file = _encode_by_foveal(pixels, options, steps)
    other_files, left_out = _encode_by_others(pixels, options, foveal_file, steps)
    rgb = np.asarray(Image.fromarray(pixels).convert("RGB"))
    weights = _pixel_weights(result, photo.displayed_size)
    regions = choose_regions(rgb, weights)
    reference = ScoreReference(rgb, weights, regions[0])
    files = {FOVEAL: foveal_file} | other_files
    entries = tuple(_make_entry(name, fitted, reference, regions, steps) for name, fitted in files.items())
    profile = photo.fitting_profile if pixels.ndim == 3 else None  # a grey profile does not fit RGB
    return Comparison(rgb, profile, weights, regions, entries, tuple(left_out))


@dataclass
class _Steps:
    """Counter of the steps of a comparison: the files that are encoded, and then their scores."""

    on_step: Callable[[str, float], None] | None
    total: int
    begun: int = 0

    def begin(self, name: str) -> None:
        """Say which step begins."""
        if self.on_step is not None:
            self.on_step(name, self.begun / self.total)
        self.begun += 1


def _prepare_pixels(photo: Photo) -> EightBitPixels:
    """Return the photo as displayed, in 8 bits, (H, W, 3) or (H, W); raise LimitError if libjpeg cannot encode it."""
    if max(photo.height, photo.width) > LIBJPEG_MAX_SIDE:
        raise LimitError(f"a side is longer than {LIBJPEG_MAX_SIDE:,} pixels, which is libjpeg's limit")
    return to_eight_bits(photo.upright().pixels)


def _encode_by_foveal(pixels: EightBitPixels, options: EncodeOptions, steps: _Steps) -> Fitted:
    steps.begin(f"encoding by {FOVEAL}")
    encoded = encode_photo(Photo(pixels), options)
    return Fitted(encoded.data, encoded.quality)


def _encode_by_others(
    pixels: EightBitPixels, options: EncodeOptions, foveal_file: Fitted, steps: _Steps
) -> tuple[dict[str, Fitted], list[str]]:
    """Return the files of the other encoders by name, and a sentence about each that is left out."""
    left_out = [] if has_ssim() else [f"SSIM is left out: it needs {SSIM_REQUIREMENT}"]
    size_bytes = len(foveal_file.data)
    steps.begin(f"encoding by {FOVEAL_BLIND}")
    found = {FOVEAL_BLIND: _encode_content_blind(pixels, options, size_bytes)}
    for peer in PEERS:
        if peer.is_installed():
            steps.begin(f"encoding by {peer.name}")
            found[peer.name] = _encode_by_peer(peer, pixels, size_bytes, foveal_file.quality)
        else:
            left_out.append(f"{peer.name} is left out: it needs {peer.requirement}")
    files = {}
    for name, fitted in found.items():
        if fitted:
            files[name] = fitted
        else:
            left_out.append(f"{name} is left out: its smallest file is larger than {size_bytes:,} bytes")
    return files, left_out


def _encode_content_blind(pixels: EightBitPixels, options: EncodeOptions, size_bytes: int) -> Fitted | None:
    try:
        encoded = encode_content_blind(Photo(pixels), options, size_bytes)
    except TargetError:
        return None
    return Fitted(encoded.data, encoded.quality)


def _encode_by_peer(peer: Peer, pixels: EightBitPixels, size_bytes: int, near: float) -> Fitted | None:
    """Encode with another encoder in at most `size_bytes` bytes; the search for the quality starts at `near`."""
    return find_largest_file(partial(peer.encode, pixels), size_bytes, quality_step=peer.quality_step, near=near)


def _pixel_weights(saliency: SaliencyResult, size: tuple[int, int]) -> NDArray[np.float32]:
    """Return the weight of each pixel in salient scores: the map, or 1 everywhere if the map is 0 everywhere."""
    weights = SaliencyResult(saliency.method, saliency.spending_map).resized(size)
    return weights if weights.any() else np.ones(size, dtype=np.float32)


def _make_entry(
    name: str, fitted: Fitted, reference: ScoreReference, regions: tuple[Region, ...], steps: _Steps
) -> Entry:
    steps.begin(f"scores of {name}")
    pixels = decode_for_viewing(fitted.data)
    crops = tuple(pixels[region.slices].copy() for region in regions)
    return Entry(name, fitted.quality, fitted.data, reference.score(pixels), crops)
