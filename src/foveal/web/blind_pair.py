"""Pairs of files for a blind test: one photo by two encoders, in the same number of bytes."""

from __future__ import annotations

from functools import partial

import numpy as np

from foveal.checks import check_choice
from foveal.comparison.compare import FOVEAL, FOVEAL_BLIND
from foveal.comparison.peers import PEERS
from foveal.encoding import EncodeOptions, encode_content_blind, encode_photo
from foveal.encoding.size_search import find_largest_file
from foveal.errors import TargetError
from foveal.jpeg import EightBitPixels
from foveal.photo import Photo, to_eight_bits
from foveal.web.worker_tasks import PhotoFile, photo_of


def available_encoders() -> tuple[str, ...]:
    """Return the names of the encoders that are installed: foveal, foveal without a map, and others."""
    return (FOVEAL, FOVEAL_BLIND, *(peer.name for peer in PEERS if peer.is_installed()))


def encode_pair(source: PhotoFile, encoders: tuple[str, str], quality: float) -> tuple[bytes, bytes]:
    """Encode a photo by two encoders, each in at most the bytes of foveal's file at a quality.

    As in `foveal.compare`, all files are 4:2:0, show the photo as displayed, and have no metadata but foveal's colour
    profile, which the others get as well.

    Raises
    ------
    TargetError
        The smallest file of an encoder is larger.
    """
    photo = photo_of(source).upright()
    pixels = np.ascontiguousarray(to_eight_bits(photo.pixels))
    bare = Photo(pixels)
    options = EncodeOptions(quality=quality, subsampling="4:2:0", threads=1)
    foveal_file = encode_photo(bare, options).data
    first, second = (_encode(name, pixels, foveal_file, options) for name in encoders)
    return first, second


def _encode(name: str, pixels: EightBitPixels, foveal_file: bytes, options: EncodeOptions) -> bytes:
    if name == FOVEAL:
        return foveal_file
    if name == FOVEAL_BLIND:
        return encode_content_blind(Photo(pixels), options, len(foveal_file)).data
    check_choice("encoder", name, tuple(peer.name for peer in PEERS))
    peer = next(each for each in PEERS if each.name == name)
    fitted = find_largest_file(partial(peer.encode, pixels), len(foveal_file), quality_step=peer.quality_step)
    if fitted is None:
        raise TargetError(f"the smallest file of {name} is larger than {len(foveal_file):,} bytes")
    return fitted.data
