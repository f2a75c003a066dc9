"""Looking at a photo: a method sees a small, upright copy of the whole photo, and gives a saliency map.

Maps are in the displayed orientation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.errors import ParameterError
from foveal.photo import Photo, as_photo, to_eight_bits
from foveal.photo.background import Color
from foveal.photo.small_copy import small_copy
from foveal.saliency.baselines import BASELINES
from foveal.saliency.classes import SeenClass, box_of_peak, check_top_k, kept_classes
from foveal.saliency.model import WORKING_SIDE, Model, NetworkOutput, default_model
from foveal.saliency.readings import SPENDING_POWERS, Reading, read, visibility

MethodName = Literal["gaze", "msroi", "cam", "spectral", "center"]
MethodChoice = Literal["auto"] | MethodName
Saliency = MethodChoice | NDArray[Any] | None  # a method, a map as `check_saliency` describes it, or none at all

METHODS = get_args(MethodName)
AUTO_METHOD: MethodName = "gaze"
REPORTED_CLASSES = 5  # at most, of those that MS-ROI keeps


@dataclass(frozen=True, eq=False)
class SaliencyResult:
    """The saliency map of a photo, and what its method says about it.

    Attributes
    ----------
    method
        Name of the method that made the map; "map" for a map that was given.
    map
        (h, w) floats in [0, 1] of any size, which cover the whole photo as displayed. The peak of a method's map is 1;
        where it finds no evidence at all, the map is 0 everywhere.
    confidence
        0 (nothing stands out: the map says nothing about this photo) to 1. Encoding multiplies its strength by it.
        1 for maps that were given, and for methods without a network, which cannot judge themselves.
    spending_power
        Power of the map by which bits are spent: the map that predicts best where people look is too peaked for that.
    classes
        Classes that MS-ROI kept, the most probable first, at most REPORTED_CLASSES or `top_k` of them; empty for
        methods without a network.
    """

    method: str
    map: NDArray[np.floating | np.bool_]
    confidence: float = 1.0
    spending_power: float = 1.0
    classes: tuple[SeenClass, ...] = ()

    @property
    def spending_map(self) -> NDArray[np.floating | np.bool_]:
        """Map by which bits are spent: `map` to the power of `spending_power`."""
        return self.map if self.spending_power == 1 else self.map**self.spending_power

    def resized(self, size: tuple[int, int]) -> NDArray[np.float32]:
        """Return the map interpolated to (H, W) pixels, float32."""
        height, width = size
        values = np.ascontiguousarray(self.map, dtype=np.float32)
        resized = Image.fromarray(values).resize((width, height), Image.Resampling.BILINEAR)
        return np.clip(np.asarray(resized, dtype=np.float32), 0, 1)


def resolve_method(name: str) -> MethodName:
    """Check the name of a method and replace "auto" by the method that it stands for.

    Raises
    ------
    ParameterError
        No method has that name.
    """
    if name == "auto":
        return AUTO_METHOD
    if name not in METHODS:
        raise ParameterError(f"no saliency method {name!r}; there are auto, {', '.join(METHODS)}")
    return cast(MethodName, name)


def check_saliency(saliency: Saliency) -> None:
    """Raise ParameterError unless `saliency` is the name of a method, an array or None.

    The array is a map: (h, w) floats in [0, 1] or bools, of any size, that covers the whole photo as displayed. Its
    values are checked where they are used (`allocate.weights`).
    """
    if isinstance(saliency, str):
        resolve_method(saliency)
    elif saliency is not None and not isinstance(saliency, np.ndarray):
        raise ParameterError(f"saliency must be the name of a method, an array or None, not {type(saliency).__name__}")


def find_saliency(photo: Photo, saliency: Saliency) -> SaliencyResult | None:
    """Return the map that was asked for: by a method, as it was given, or None where all of the photo matters alike."""
    if saliency is None:
        return None
    return look(photo, saliency) if isinstance(saliency, str) else SaliencyResult("map", saliency)


def look(photo: Photo, method: str = "auto", *, top_k: int | None = None, model: Model | None = None) -> SaliencyResult:
    """Find the saliency map of a photo by one method; parameters and errors are those of `saliency_map`."""
    return look_by_methods(photo, [method], top_k=top_k, model=model)[resolve_method(method)]


def look_by_methods(
    photo: Photo, methods: Iterable[str], *, top_k: int | None = None, model: Model | None = None
) -> dict[str, SaliencyResult]:
    """Find the saliency maps of a photo by several methods, running the network at most once; by name of the method."""
    check_top_k(top_k)
    names = dict.fromkeys(resolve_method(name) for name in methods)
    found: dict[str, SaliencyResult] = {name: _look_without_network(photo, name) for name in names if name in BASELINES}
    if len(found) < len(names):
        network = default_model() if model is None else model
        small = small_copy(photo, WORKING_SIDE)
        output = network.see(small)
        kept = kept_classes(output.class_probabilities, network.threshold, top_k)
        reported = kept[: REPORTED_CLASSES if top_k is None else top_k]
        classes = _seen_classes(output, reported, network.class_names, photo.displayed_size)
        readings = {name: read(name, output, kept) for name in names if name not in BASELINES}
        found |= {
            name: _result_of_reading(name, reading, visibility(small), classes) for name, reading in readings.items()
        }
    return found


def _look_without_network(photo: Photo, name: str) -> SaliencyResult:
    baseline = BASELINES[name]
    return SaliencyResult(name, baseline.map(small_copy(photo, baseline.working_side)))


def _result_of_reading(name: str, reading: Reading, visible: float, classes: tuple[SeenClass, ...]) -> SaliencyResult:
    peak = reading.map.max()
    if peak == 0:
        return SaliencyResult(name, reading.map, confidence=0.0, classes=classes)
    return SaliencyResult(name, reading.map / peak, reading.confidence * visible, SPENDING_POWERS[name], classes)


def _seen_classes(
    output: NetworkOutput, reported: NDArray[np.intp], names: tuple[str, ...], size: tuple[int, int]
) -> tuple[SeenClass, ...]:
    """Return the classes to report, without those whose map is 0 everywhere: they add nothing and have no box."""
    return tuple(
        SeenClass(
            names[index],
            float(output.class_probabilities[index]),
            box_of_peak(output.class_maps[index], output.seen, size),
        )
        for index in reported
        if output.class_maps[index].any()
    )


def saliency_map(
    image: Photo | Image.Image | NDArray[Any],
    method: MethodChoice = "auto",
    *,
    background: Color | None = None,
    top_k: int | None = None,
    model: Model | None = None,
) -> NDArray[np.float32]:
    """Find where people look in a photo.

    Parameters
    ----------
    image
        A Photo, a Pillow image, or an array: (H, W, 3) RGB, (H, W) or (H, W, 1) grey, uint8 or uint16; with a channel
        more for alpha where `background` is given.
    method
        "gaze" (a network that learned where people fixate; "auto" means this), "msroi" (the objects that the network
        knows [1]_), "cam" (the most probable one of them [2]_), "spectral" (spectral residual [3]_ times a centre
        prior) or "center" (the prior alone).
    background
        Colour behind transparent pixels: a name, "#rrggbb" or (r, g, b) in 0..255.
    top_k
        At most so many classes are in MS-ROI's map; None for all that are probable enough.
    model
        The network; None for the shipped one.

    Returns
    -------
    ndarray
        (H, W) float32 in [0, 1], 1 where people look most (where the network sees none of its objects at all, the maps
        of "msroi" and "cam" are 0). It compares the parts of this photo with each other: how much stands out at all is
        the confidence, which `foveal.encode` takes into account and `foveal saliency --json` prints. H and W are the
        displayed size: where the EXIF orientation turns the photo, so is the map.

    Raises
    ------
    ParameterError
        No such method, not an image, or `top_k` out of range.
    UnsupportedError
        An alpha channel without `background`, or a Pillow image of another colour model.
    ModelError
        The network's file is missing or broken, or onnxruntime is not installed.

    References
    ----------
    .. [1] A. Prakash et al., "Semantic Perceptual Image Compression using Deep Convolution Networks", DCC 2017.
    .. [2] B. Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016.
    .. [3] X. Hou, L. Zhang, "Saliency Detection: A Spectral Residual Approach", CVPR 2007.
    """
    photo = as_photo(image, background=background)
    return look(photo, method, top_k=top_k, model=model).resized(photo.displayed_size)


def map_of_picture(photo: Photo) -> NDArray[np.float32]:
    """Read a picture as a saliency map, 1 where it is white: (h, w) float32 in [0, 1] as displayed."""
    pixels = photo.upright().pixels
    if pixels.ndim == 3:
        pixels = np.asarray(Image.fromarray(to_eight_bits(pixels)).convert("L"))
    return np.asarray(pixels / np.float32(np.iinfo(pixels.dtype).max), dtype=np.float32)
