"""The public API with arguments of all kinds: it raises what its documentation declares, and nothing else.

`FOVEAL_CALLS=100000 pytest tests/test_any_arguments.py` makes that many calls instead of a few hundred.
"""

from __future__ import annotations

import decimal
import fractions
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import foveal
from foveal import errors, metrics, pca
from foveal.saliency import Box

CALLS = int(os.environ.get("FOVEAL_CALLS", "300"))


class Broken:
    """An object whose conversions fail, while foveal is called."""

    is_broken = False

    def __repr__(self) -> str:
        if self.is_broken:
            raise RuntimeError
        return "Broken()"

    def __len__(self) -> int:
        raise RuntimeError

    def __float__(self) -> float:
        raise RuntimeError


def small_picture(kind: str) -> Image.Image:
    return Image.effect_noise((13, 11), 50).convert(kind)


def file_of(image: Image.Image, name: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


JPEG = file_of(small_picture("RGB"), "JPEG")
PNG = file_of(small_picture("RGB"), "PNG")
PROGRESSIVE = file_of(small_picture("L"), "JPEG", progressive=True)


def truncated_image() -> Image.Image:
    """Return an image whose file ends before its pixels; Pillow has read its header only."""
    return Image.open(io.BytesIO(PNG[: len(PNG) // 2]))


def closed_image() -> Image.Image:
    image = Image.open(io.BytesIO(PNG))
    image.close()
    return image


numbers = st.one_of(
    st.integers(-2, 105),
    st.floats(allow_nan=True),
    st.floats(-1, 110),
    st.sampled_from([10**400, -(10**400), 10**5000, True, False, 1j, np.float32(50), np.int64(70), np.nan]),
    st.sampled_from([decimal.Decimal(50), fractions.Fraction(101, 2), fractions.Fraction(10**400, 1), np.bool_(True)]),
)
texts = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["", "auto", "gaze", "center", "4:2:0", "420", "best", "keep", "none", "100KB", "1e3", "\0", "\ud800"]
    ),
)
others = st.one_of(
    st.none(),
    st.binary(max_size=20),
    st.lists(st.integers(-1, 300), max_size=4),
    st.tuples(st.integers(-1, 300), st.integers(-1, 300), st.integers(-1, 300)),
    st.dictionaries(st.integers(0, 3), st.integers(0, 3), max_size=2),
    st.builds(object),
    st.builds(Broken),
    st.just(Broken),
    st.just(len),
)
dtypes = st.sampled_from(
    ["u1", "u2", ">u2", "i1", "i4", "f2", "f4", "f8", "c8", "?", "O", "U3", "M8[s]", "V3", "f4,f4"]
)
shapes = st.one_of(
    st.tuples(st.integers(0, 12), st.integers(0, 12)),
    st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(0, 5)),
    st.lists(st.integers(0, 3), max_size=5).map(tuple),
)


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray:
    """Draw an array of any shape and type; half of them are pictures."""
    if draw(st.booleans()):
        shape = draw(st.sampled_from([(9, 9), (1, 1), (16, 9, 3), (9, 16, 1), (8, 8, 4), (5, 6, 2)]))
        array = (
            np.random.default_rng(draw(st.integers(0, 9)))
            .integers(0, 256, shape)
            .astype(draw(st.sampled_from(["u1", "u2"])))
        )
    else:
        array = np.zeros(draw(shapes), draw(dtypes))
        if array.dtype.kind == "f" and draw(st.booleans()):
            array += np.array(draw(st.sampled_from([0.5, 1, 2, np.nan, np.inf, -1]))).astype(array.dtype)
    if draw(st.booleans()) and array.ndim:
        array = array[::-1]
    array.setflags(write=draw(st.booleans()))
    return array


metadata = st.one_of(
    st.none(),
    st.binary(max_size=40),
    st.sampled_from(
        [b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0", bytes(70_000), b"<x:xmpmeta/>", "text", 5]
    ),
)
resolutions = st.one_of(st.none(), st.tuples(numbers, numbers), texts, st.lists(st.integers(0, 70_000), max_size=3))
segments = st.one_of(
    st.just(()),
    st.lists(st.tuples(st.integers(0, 300), st.binary(max_size=9)), max_size=2).map(tuple),
    st.sampled_from([((0xE1, b"a"),), [(0xED, b"b")], ((0xE1, "a"),), ((0xE2, bytes(70_000)),), 5, "segments", (1, 2)]),
)
anything = st.one_of(numbers, texts, others, arrays())


images = st.one_of(
    arrays(),
    st.sampled_from(["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", "I;16"]).map(
        lambda mode: Image.new(mode, (9, 7))
    ),
    st.builds(truncated_image),
    st.builds(closed_image),
    st.just(Image.new("RGB", (0, 5))),
    others,
)
colours = st.one_of(st.sampled_from([None, "white", "#12", "#abcdef", "no colour", (1, 2, 3), (1, 2)]), anything)
maps = st.one_of(st.sampled_from([None, "auto", "gaze", "msroi", "spectral", "center"]), arrays(), anything)
files = st.one_of(
    st.sampled_from([JPEG, PROGRESSIVE, JPEG[:-9], JPEG[:200], PNG, b""]),
    st.binary(max_size=30),
    st.tuples(st.integers(0, len(JPEG) - 1), st.integers(0, 255)).map(
        lambda change: JPEG[: change[0]] + bytes((change[1],)) + JPEG[change[0] + 1 :]
    ),
)
Call = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


@st.composite
def options(draw: st.DrawFn, **strategies: st.SearchStrategy[Any]) -> dict[str, Any]:
    """Draw at most three keyword arguments."""
    chosen = draw(st.lists(st.sampled_from(sorted(strategies)), max_size=3, unique=True))
    return {name: draw(strategies[name]) for name in chosen}


def use_photo(pixels: Any, **fields: Any) -> None:
    """Make a Photo and use everything that it has."""
    with foveal.Photo(pixels, **fields) as photo:
        data = foveal.encode(photo, quality=50, effort="fast", saliency=None, threads=1)
    assert photo.orientation in range(1, 9)
    assert foveal.decode(data).shape[:2] == (photo.height, photo.width)
    assert photo.upright().displayed_size == photo.displayed_size
    assert photo.fitting_profile in (None, photo.icc_profile)


plain = np.zeros((16, 12, 3), np.uint8)
threads = st.sampled_from([1, 2, 0, None, 2000]) | anything
pictures = st.just(plain) | images
encode_options = options(
    quality=numbers | anything,
    target_size=st.one_of(numbers, texts, st.sampled_from(["1KB", "700", "1 MiB", "9" * 5000, "\u0663KB"])),
    target_score=numbers | anything,
    verify=st.booleans() | anything,
    saliency=maps,
    strength=numbers | anything,
    allocation=texts | st.just("quality-map") | anything,
    subsampling=st.sampled_from(["auto", "4:4:4", 420, "440"]) | anything,
    progressive=st.booleans() | anything,
    effort=st.sampled_from(["fast", "balanced", "best"]) | anything,
    restart_interval=numbers | anything,
    threads=threads,
    metadata=texts | st.just("safe") | anything,
    background=colours,
    icc_profile=metadata,
    exif=metadata,
    xmp=metadata,
)
optimize_options = options(
    lossless=st.booleans() | anything,
    quality=numbers | anything,
    target_size=st.one_of(numbers, texts, st.sampled_from(["1KB", "700"])),
    target_score=numbers | anything,
    min_saving=numbers | anything,
    saliency=maps,
    strength=numbers | anything,
    effort=st.sampled_from(["fast", "balanced"]) | anything,
    threads=threads,
    metadata=texts | st.just("safe") | anything,
    keep_c2pa=st.booleans() | anything,
    reencode=st.booleans() | anything,
    resize=numbers | anything,
    max_pixels=numbers | anything,
)
look_options = options(
    method=st.sampled_from(["auto", "spectral", "center", "cam"]) | anything,
    background=colours,
    top_k=numbers | anything,
    model=anything,
)
crop_options = options(
    aspect=st.sampled_from(["16:9", "0:1", (1, 2), "9" * 5000 + ":1"]) | numbers | texts | anything,
    size=st.sampled_from(["9x9", "99x9", (3, 4), "\u0663x3"]) | texts | anything,
    zoom=numbers | anything,
    saliency=maps,
    background=colours,
)
compare_options = options(
    quality=numbers | anything,
    size_bytes=numbers | texts,
    saliency=maps,
    strength=numbers | anything,
    background=colours,
)
photo_fields = options(
    icc_profile=metadata,
    exif=metadata,
    xmp=metadata,
    comment=metadata,
    dots_per_inch=resolutions,
    extra_segments=segments,
    file_format=st.none() | anything,
    frame_count=numbers | anything,
)
sources = st.one_of(files.map(io.BytesIO), anything, st.just(io.StringIO("text")), st.just(Path("/nowhere")))
data = st.one_of(files, files.map(bytearray), files.map(memoryview), anything)
small_arrays = st.sampled_from([np.zeros((0, 9), "u1"), np.zeros((9, 9)), np.zeros((9, 9, 4), "u1")])


def keywords(function: Callable[..., Any], *arguments: st.SearchStrategy[Any], **named: Any) -> st.SearchStrategy[Call]:
    """Return a strategy for calls of a function; `given` is one for its keyword arguments."""
    return st.tuples(st.just(function), st.tuples(*arguments), named.get("given", st.just({})))


# Calls of each function, and the exceptions beside FovealError that it declares.
FUNCTIONS: dict[str, tuple[st.SearchStrategy[Call], tuple[type[Exception], ...]]] = {
    "encode": (keywords(foveal.encode, pictures, given=encode_options), (OSError,)),
    "open": (
        keywords(foveal.open, sources, given=options(background=colours, max_pixels=numbers | anything)),
        (OSError,),
    ),
    "decode": (
        keywords(foveal.decode, data, given=options(strict=st.booleans() | anything, max_pixels=numbers | anything)),
        (OSError,),
    ),
    "inspect": (keywords(foveal.inspect, data, given=options(max_pixels=numbers | anything)), (OSError,)),
    "optimize": (keywords(foveal.optimize, data, given=optimize_options), (OSError,)),
    "resize": (
        keywords(
            foveal.resize, pictures, st.integers(-1, 90) | anything, given=options(enlarge=st.booleans() | anything)
        ),
        (OSError,),
    ),
    "saliency_map": (keywords(foveal.saliency_map, pictures, given=look_options), (OSError,)),
    "crop_photo": (
        keywords(
            foveal.crop_photo,
            pictures,
            st.builds(Box, *[st.integers(-1, 14) | anything] * 4) | anything,
            given=options(output_size=st.sampled_from(["9x9", (3, 4)]) | texts | anything, background=colours),
        ),
        (OSError,),
    ),
    "best_crop": (keywords(foveal.best_crop, pictures, given=crop_options), (OSError,)),
    "Photo": (keywords(use_photo, arrays() | others, given=photo_fields), ()),
    "SaliencyModel": (keywords(foveal.SaliencyModel, given=options(path=anything, threads=numbers | anything)), ()),
    "compare": (keywords(foveal.compare, small_arrays | others, given=compare_options), (OSError,)),
    "ssimulacra2": (keywords(metrics.ssimulacra2, pictures, pictures, given=options(threads=threads)), ()),
    "psnr": (keywords(metrics.psnr, pictures, pictures, given=options(weights=anything)), ()),
    "ssim": (keywords(metrics.ssim, pictures, pictures, given=options(weights=anything)), ()),
    "pca.encode": (
        keywords(
            pca.encode,
            pictures,
            given=options(
                variance=numbers | anything,
                mode=st.sampled_from(["rows", "blocks"]) | anything,
                components=numbers | anything,
                background=colours,
            ),
        ),
        (OSError,),
    ),
    "pca.decode": (keywords(pca.decode, data, given=options(max_pixels=numbers | anything)), ()),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_only_declared_exceptions_are_raised(name: str) -> None:
    strategy, declared = FUNCTIONS[name]

    @settings(
        max_examples=max(1, CALLS // len(FUNCTIONS)),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def check(call: Call) -> None:
        function, arguments, named = call
        Broken.is_broken = True
        try:
            function(*arguments, **named)
        except errors.FovealError as error:
            assert "\n" not in str(error), error
            assert str(error)
        except declared:
            pass
        finally:
            Broken.is_broken = False

    check()
