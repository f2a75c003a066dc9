"""Looking at a photo: a method sees a small upright version of all of it, and gives a map of it.

Maps are in the displayed orientation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.errors import ParameterError
from foveal.photo import Photo, as_photo, eight_bits
from foveal.photo.background import Color
from foveal.photo.small_copy import working_image
from foveal.saliency.baselines import BASELINES
from foveal.saliency.classes import SeenClass, box_of_peak, check_top_k, kept_classes
from foveal.saliency.model import WORKING_SIDE, Model, NetworkOutput, default_model
from foveal.saliency.readings import NETWORK_METHODS, SPENDING_POWERS, Reading, read, visibility

METHODS = (*NETWORK_METHODS, *BASELINES)
AUTO_METHOD = "gaze"
REPORTED_CLASSES = 5  # of those that MS-ROI keeps


@dataclass(frozen=True, eq=False)
class Looked:
    """What looking at a photo gave.

    Attributes
    ----------
    method
        Name of the method, "auto" resolved.
    map
        (h, w) float32 in [0, 1] at the method's own resolution; it covers the whole photo as displayed. Its peak is 1,
        but where there is no evidence at all it is 0 everywhere.
    confidence
        0 (nothing stands out: the map says nothing about this photo) to 1. Encoding multiplies its strength by it.
        Methods without a network do not judge themselves: 1.
    spending_power
        Bits are spent by the map to this power: what predicts best where people look is too peaked for it.
    classes
        What MS-ROI kept, the most probable first, REPORTED_CLASSES of them or `top_k`; empty for methods without a
        network.
    """

    method: str
    map: NDArray[np.float32]
    confidence: float = 1.0
    spending_power: float = 1.0
    classes: tuple[SeenClass, ...] = ()

    @property
    def spending_map(self) -> NDArray[np.float32]:
        """The map by which bits are spent: `map` to the `spending_power`."""
        return self.map if self.spending_power == 1 else self.map**self.spending_power

    def resized(self, size: tuple[int, int]) -> NDArray[np.float32]:
        """Map of (H, W) pixels."""
        height, width = size
        resized = Image.fromarray(np.ascontiguousarray(self.map)).resize((width, height), Image.Resampling.BILINEAR)
        return np.clip(np.asarray(resized, dtype=np.float32), 0, 1)


def method_named(name: str) -> str:
    """Resolve "auto" and check the name of a method.

    Raises
    ------
    ParameterError
        No method of that name.
    """
    if name == "auto":
        return AUTO_METHOD
    if name not in METHODS:
        raise ParameterError(f"no saliency method {name!r}; there are auto, {', '.join(METHODS)}")
    return name


def look(photo: Photo, method: str = "auto", *, top_k: int | None = None, model: Model | None = None) -> Looked:
    """Look at a photo by one method; parameters and errors are those of `saliency_map`."""
    return look_by_each(photo, [method], top_k=top_k, model=model)[method_named(method)]


def look_by_each(
    photo: Photo, methods: Iterable[str], *, top_k: int | None = None, model: Model | None = None
) -> dict[str, Looked]:
    """Look at a photo by several methods, running the network at most once; by the resolved name of the method."""
    check_top_k(top_k)
    names = dict.fromkeys(method_named(name) for name in methods)
    found = {name: _look_without_network(photo, name) for name in names if name in BASELINES}
    if len(found) < len(names):
        network = default_model() if model is None else model
        small = working_image(photo, WORKING_SIDE)
        output = network.see(small)
        kept = kept_classes(output.class_probabilities, network.threshold, top_k)
        reported = kept[: REPORTED_CLASSES if top_k is None else top_k]
        classes = _seen_classes(output, reported, network.class_names, photo.displayed_size)
        readings = {name: read(name, output, kept) for name in names if name not in BASELINES}
        found |= {name: _looked(name, reading, visibility(small), classes) for name, reading in readings.items()}
    return found


def _look_without_network(photo: Photo, name: str) -> Looked:
    baseline = BASELINES[name]
    return Looked(name, baseline.map(working_image(photo, baseline.working_side)))


def _looked(name: str, reading: Reading, visible: float, classes: tuple[SeenClass, ...]) -> Looked:
    peak = reading.map.max()
    if peak == 0:
        return Looked(name, reading.map, confidence=0.0, classes=classes)
    return Looked(name, reading.map / peak, reading.confidence * visible, SPENDING_POWERS[name], classes)


def _seen_classes(
    output: NetworkOutput, reported: NDArray[np.intp], names: tuple[str, ...], size: tuple[int, int]
) -> tuple[SeenClass, ...]:
    """Classes to report, but for those whose map is dark everywhere: they add nothing and have no place."""
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
    method: str = "auto",
    *,
    background: Color | None = None,
    top_k: int | None = None,
    model: Model | None = None,
) -> NDArray[np.float32]:
    """Where people look in a photo.

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
        pixels = np.asarray(Image.fromarray(eight_bits(pixels)).convert("L"))
    return np.asarray(pixels / np.float32(np.iinfo(pixels.dtype).max), dtype=np.float32)
