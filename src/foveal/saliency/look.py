"""Saliency maps of photos: a method computes the map of a small, upright copy of the whole photo.

Maps are in the displayed orientation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.checks import describe
from foveal.errors import ParameterError
from foveal.files import Source
from foveal.photo import Photo, as_photo, to_eight_bits
from foveal.photo.background import Color
from foveal.photo.small_copy import copy_of_size, small_copy
from foveal.saliency.classes import SeenClass, box_of_peak, check_top_k, kept_classes
from foveal.saliency.classical import CLASSICAL_METHODS
from foveal.saliency.fit import input_size
from foveal.saliency.model import WORKING_SIDE, Model, NetworkOutput, default_model, load_in_background
from foveal.saliency.readings import SPENDING_POWERS, Reading, read_output, visibility

MethodName = Literal["gaze", "msroi", "cam", "spectral", "center"]
MethodChoice = Literal["auto"] | MethodName
Saliency = MethodChoice | NDArray[Any] | None  # a method, a map (see `check_saliency`), or no map

METHODS = get_args(MethodName)
AUTO_METHOD: MethodName = "gaze"
# Shortest side in pixels of a photo in which something can be prominent for the network. Smaller pictures have fewer
# than four whole rows of blocks: nothing in them is periphery, and what the network finds in their enlarged copy is
# chance.
_LEAST_SIDE = 32
REPORTED_CLASSES = 5  # largest number of the kept classes that are reported, unless `top_k` is given


@dataclass(frozen=True, eq=False)
class SaliencyResult:
    """The saliency map of a photo, with its confidence and the classes that were found.

    Attributes
    ----------
    method
        Name of the method that computed the map; "map" for a map that the caller gave.
    map
        (h, w) floats in [0, 1], or bools for a map that the caller gave, of any size; it covers the whole photo in its
        displayed orientation. A method's map has a peak of 1, or is 0 everywhere if the method found no evidence.
    confidence
        Prominence of what the map shows, 0 to 1. For "gaze" it is the expected NSS as a share of what half of the
        observers reach in predicting the other half; for "msroi" and "cam", the probability of the most probable class.
        It is 1 for maps that the caller gave, and for methods without a network, which do not estimate it.
    spending_power
        Exponent of the map for the allocation of bits. It is below 1 for "gaze", whose map is sharpened to predict
        fixations.
    classes
        Classes that MS-ROI kept, in descending order of probability, at most REPORTED_CLASSES or `top_k`; empty for
        methods without a network.
    spending_share
        Factor of the encoder's strength, 0 to 1; None for the confidence itself, see `strength_factor`.
    expected_nss
        NSS (normalised scanpath saliency) that the map is expected to reach on recorded fixations; None for other
        methods than "gaze". On photos that the network had not seen, it is right on average.
    """

    method: str
    map: NDArray[np.floating | np.bool_]
    confidence: float = 1.0
    spending_power: float = 1.0
    classes: tuple[SeenClass, ...] = ()
    spending_share: float | None = None
    expected_nss: float | None = None

    @property
    def strength_factor(self) -> float:
        """Factor by which the encoder multiplies its strength, 0 to 1."""
        return self.confidence if self.spending_share is None else self.spending_share

    @property
    def spending_map(self) -> NDArray[np.floating | np.bool_]:
        """Map by which bits are allocated: `map` to the power of `spending_power`, of the same shape."""
        return self.map if self.spending_power == 1 else self.map**self.spending_power

    def resized(self, size: tuple[int, int]) -> NDArray[np.float32]:
        """Return the map interpolated to a size (H, W) in pixels: float32 in [0, 1]."""
        height, width = size
        values = np.ascontiguousarray(self.map, dtype=np.float32)
        resized = Image.fromarray(values).resize((width, height), Image.Resampling.BILINEAR)
        return np.clip(np.asarray(resized, dtype=np.float32), 0, 1)


def resolve_method(name: str) -> MethodName:
    """Return the name of a saliency method, with "auto" replaced by the method that it stands for.

    Raises
    ------
    ParameterError
        No method has that name.
    """
    if isinstance(name, str) and name == "auto":
        return AUTO_METHOD
    if not isinstance(name, str) or name not in METHODS:
        raise _unknown_method(name)
    return cast(MethodName, name)


def _unknown_method(name: object) -> ParameterError:
    return ParameterError(f"no saliency method {describe(name)}; the methods are auto, {', '.join(METHODS)}")


def check_saliency(saliency: Saliency) -> None:
    """Raise ParameterError unless `saliency` is the name of a method, an array or None.

    The array is a saliency map: (h, w) floats in [0, 1] or bools, of any size, that covers the whole photo in its
    displayed orientation. Its shape and values are checked where they are used, by `allocate.weights.block_weights`.
    """
    if isinstance(saliency, str):
        if saliency not in ("auto", *METHODS):
            raise ParameterError(f"{_unknown_method(saliency)}; None, without quotes, stands for no saliency map")
    elif saliency is not None and not isinstance(saliency, np.ndarray):
        raise ParameterError(f"saliency must be the name of a method, an array or None, not {type(saliency).__name__}")


def find_saliency(photo: Photo, saliency: Saliency) -> SaliencyResult | None:
    """Compute the saliency map of a photo, or wrap the map that the caller gave; None if `saliency` is None."""
    if saliency is None:
        return None
    return look(photo, saliency) if isinstance(saliency, str) else SaliencyResult("map", saliency)


def prepare_to_look(saliency: Saliency) -> None:
    """Begin to load the network in the background, if it will be needed: meanwhile the photo can be decoded."""
    if isinstance(saliency, str) and resolve_method(saliency) not in CLASSICAL_METHODS:
        load_in_background()


def look(photo: Photo, method: str = "auto", *, top_k: int | None = None, model: Model | None = None) -> SaliencyResult:
    """Find the saliency map of a photo by one method; parameters and errors are those of `saliency_map`."""
    return look_by_methods(photo, [method], top_k=top_k, model=model)[resolve_method(method)]


def look_by_methods(
    photo: Photo, methods: Iterable[str], *, top_k: int | None = None, model: Model | None = None
) -> dict[str, SaliencyResult]:
    """Find the saliency maps of a photo by several methods, running the network at most once.

    Other parameters and errors are those of `saliency_map`.

    Returns
    -------
    dict
        Results by the names of the methods. "auto" is replaced by the method that it stands for.
    """
    check_top_k(top_k)
    names = dict.fromkeys(resolve_method(name) for name in methods)
    found: dict[str, SaliencyResult]
    found = {name: _run_classical(photo, name) for name in names if name in CLASSICAL_METHODS}
    if len(found) < len(names):
        network = default_model() if model is None else _check_model(model)
        small = network_input(photo, network)
        output = network.see(small)
        kept = kept_classes(output.class_probabilities, network.threshold, top_k)
        reported = kept[: REPORTED_CLASSES if top_k is None else top_k]
        classes = _locate_classes(output, reported, network.class_names, photo.displayed_size)
        readings = {name: read_output(name, output, kept) for name in names if name not in CLASSICAL_METHODS}
        contrast = visibility(small) if min(photo.displayed_size) >= _LEAST_SIDE else 0.0
        found |= {name: _normalize(name, reading, contrast, classes) for name, reading in readings.items()}
    return found


def network_input(photo: Photo, model: Model) -> NDArray[np.uint8]:
    """Return the small, upright copy of a photo that a network sees, (h, w, 3) uint8."""
    pixels: int | None = getattr(model, "input_pixels", None)
    if pixels is None:
        return small_copy(photo, WORKING_SIDE)
    return copy_of_size(photo, input_size(*photo.displayed_size, pixels))


def _check_model(model: Model) -> Model:
    """Return a model, or raise ParameterError if it does not have the interface `Model`."""
    if not all(hasattr(model, name) for name in ("see", "threshold", "class_names")):
        raise ParameterError(f"model must be a SaliencyModel, not {type(model).__name__}")
    return model


def _run_classical(photo: Photo, name: str) -> SaliencyResult:
    method = CLASSICAL_METHODS[name]
    return SaliencyResult(name, method.map(small_copy(photo, method.working_side)))


def _normalize(name: str, reading: Reading, contrast: float, classes: tuple[SeenClass, ...]) -> SaliencyResult:
    """Scale a map to a peak of 1, and multiply its confidence by the visibility of the picture's contrast, 0 to 1."""
    peak = reading.map.max()
    if peak == 0:
        return SaliencyResult(name, reading.map, confidence=0.0, classes=classes)
    return SaliencyResult(
        name,
        reading.map / peak,
        reading.confidence * contrast,
        SPENDING_POWERS[name],
        classes,
        None if reading.spending_share is None else reading.spending_share * contrast,
        reading.expected_nss,
    )


def _locate_classes(
    output: NetworkOutput, reported: NDArray[np.intp], names: tuple[str, ...], size: tuple[int, int]
) -> tuple[SeenClass, ...]:
    """Return the classes to report with their boxes, except classes whose map is 0 everywhere, which have no box."""
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
    image: Photo | Image.Image | NDArray[Any] | Source,
    method: MethodChoice = "auto",
    *,
    background: Color | None = None,
    top_k: int | None = None,
    model: Model | None = None,
) -> NDArray[np.float32]:
    """Find the saliency map of a photo, which predicts where people look.

    Parameters
    ----------
    image
        A Photo, a Pillow image, a picture file as `foveal.open` takes it, or an array of uint8 or uint16: (H, W, 3)
        RGB, (H, W) or (H, W, 1) grey, or one of these with an alpha channel, (H, W, 4) or (H, W, 2), if `background`
        is given.
    method
        Saliency method: "gaze" (fixation density, predicted by a network; also "auto"), "msroi" (objects of the classes
        that the network knows [1]_), "cam" (class activation map of the most probable class [2]_), "spectral" (spectral
        residual [3]_ times a centre prior) or "center" (the centre prior alone).
    background
        Colour behind transparent pixels: a name, "#rrggbb" or (r, g, b) in 0..255.
    top_k
        Largest number of classes in the map of "msroi", from 1; None for all whose probability exceeds its threshold.
    model
        Saliency network; None for the shipped one. "spectral" and "center" use none.

    Returns
    -------
    ndarray
        (H, W) float32 in [0, 1], where 1 is the part of the photo at which people look most. H and W are the size in
        the displayed orientation. The maps of "msroi" and "cam" are 0 everywhere if the network finds none of its
        classes. A map only compares parts of one photo. Its confidence tells how well it is expected to predict:
        `foveal.encode` takes it into account, and `foveal saliency --json` prints it.

    Raises
    ------
    ParameterError
        `method` is unknown, `image` is not an image, `background` is not a colour, or `top_k` is not a positive
        integer.
    UnsupportedError
        The image has an alpha channel and there is no `background`, or a Pillow image has a colour model other than
        grey and RGB.
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
    """Return the brightness of a picture as a saliency map in its displayed orientation: (h, w) float32, white is 1."""
    pixels = photo.upright().pixels
    if pixels.ndim == 3:
        pixels = np.asarray(Image.fromarray(to_eight_bits(pixels)).convert("L"))
    return np.asarray(pixels / np.float32(np.iinfo(pixels.dtype).max), dtype=np.float32)
