"""Settings of one encode as the page sends them, and the commands that make the same file."""

from __future__ import annotations

import base64
import binascii
import math
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveal.checks import check_integer, describe
from foveal.encoding import EncodeOptions
from foveal.errors import ParameterError

BACKGROUND = "white"  # colour behind transparent pixels
MAX_MAP_SIDE = 2048
_LONGEST_STEM = 80  # file systems allow 255 bytes, in which a letter can take three
_OPTIONS = (
    "quality",
    "target_size",
    "target_score",
    "saliency",
    "strength",
    "effort",
    "subsampling",
    "metadata",
)


@dataclass(frozen=True, eq=False)
class Settings:
    """Settings of one encode.

    Parameters
    ----------
    options
        Arguments of `foveal.encode` by name, without those that have their default value; "saliency" is a name or None.
    grey
        Edited map, (h, w) uint8, which replaces `options["saliency"]`; None if the map is not edited.
    """

    options: Mapping[str, Any]
    grey: NDArray[np.uint8] | None = None

    def encode_options(self, threads: int) -> EncodeOptions:
        """Return the options of the encode, with a number of threads; raise ParameterError if one is wrong."""
        changes = dict(self.options)
        if self.grey is not None:
            changes["saliency"] = self.grey / np.float32(255)  # as `saliency.map_of_picture` reads the map's PNG
        return EncodeOptions(**changes, threads=threads)


def read_settings(data: object) -> Settings:
    """Read settings from decoded JSON: an object with some of _OPTIONS and "map", see `_read_map`.

    Raises
    ------
    ParameterError
        A name is unknown, or a value has the wrong type or is out of range.
    """
    if not isinstance(data, dict):
        raise ParameterError("settings must be an object")
    unknown = sorted(set(data) - {*_OPTIONS, "map"})
    if unknown:
        raise ParameterError(f"unknown setting {describe(unknown[0])}")
    given = {name: None if value == "none" and name == "saliency" else value for name, value in data.items()}
    defaults = EncodeOptions()
    options = {name: given[name] for name in _OPTIONS if name in given and given[name] != getattr(defaults, name)}
    if not isinstance(given.get("saliency"), str | None):
        raise ParameterError("saliency must be the name of a method")
    grey = None if data.get("map") is None else _read_map(data["map"])
    if grey is not None:
        options.pop("saliency", None)
    settings = Settings(options, grey)
    settings.encode_options(threads=1)  # checks the values
    return settings


def _read_map(data: object) -> NDArray[np.uint8]:
    """Read an edited map: {"width": W, "height": H, "grey": H rows of W bytes in Base64}."""
    if not isinstance(data, dict) or set(data) != {"width", "height", "grey"} or not isinstance(data["grey"], str):
        raise ParameterError("map must have width, height and grey")
    check_integer("width of the map", data["width"], 1, MAX_MAP_SIDE)
    check_integer("height of the map", data["height"], 1, MAX_MAP_SIDE)
    try:
        values = base64.b64decode(data["grey"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise ParameterError("the values of the map are not Base64") from error
    if len(values) != data["width"] * data["height"]:
        raise ParameterError("the map does not have width x height values")
    return np.frombuffer(values, np.uint8).reshape(data["height"], data["width"])


@dataclass(frozen=True)
class Recipe:
    """Names of the files, and two ways to make the same JPEG.

    Parameters
    ----------
    jpeg_name, map_name
        Names under which the JPEG and the edited map are saved.
    command
        Command line of `foveal encode`.
    python
        Python program of one line.
    """

    jpeg_name: str
    map_name: str
    command: str
    python: str


def write_recipe(name: str, settings: Settings, *, is_transparent: bool) -> Recipe:
    """Write the command line and the Python line that encode a file as the server did, byte for byte.

    Parameters
    ----------
    name
        Name of the photo's file.
    settings
        Settings of the encode.
    is_transparent
        Whether the photo has transparent pixels, behind which BACKGROUND was put.
    """
    stem = _saved_stem(name)
    jpeg_name, map_name = f"{stem}-foveal.jpg", f"{stem}-map.png"
    words = ["foveal", "encode", _as_argument(name), "-o", _as_argument(jpeg_name)]
    arguments = []
    for option, value in settings.options.items():
        value = _exact(value)
        words += [f"--{option.replace('_', '-')}", "none" if value is None else str(value)]
        arguments.append(f", {option}={value!r}")
    imports, background = "foveal, pathlib", ""
    if settings.grey is not None:
        words += ["--saliency", _as_argument(map_name)]
        imports += ", numpy, PIL.Image"
        arguments.append(f", saliency=numpy.asarray(PIL.Image.open({map_name!r}), 'float32') / 255")
    if is_transparent:
        words += ["--background", BACKGROUND]
        background = f", background={BACKGROUND!r}"
    encode = f"foveal.encode(foveal.open({name!r}{background}){''.join(arguments)})"
    python = f"import {imports}; pathlib.Path({jpeg_name!r}).write_bytes({encode})"
    return Recipe(jpeg_name, map_name, shlex.join(words), python)


def _saved_stem(name: str) -> str:
    """Return the name of a photo without its ending, as browsers save it on any system."""
    return re.sub(r'[<>:"/\\|?*]', "_", PurePath(name).stem).lstrip(".")[:_LONGEST_STEM] or "photo"


def _as_argument(name: str) -> str:
    """Return the name of a file as an argument that is not taken for an option or for standard input."""
    return f"./{name}" if name.startswith("-") else name


def _exact(value: Any) -> Any:
    """Return a number without a needless fraction: 80 for 80.0."""
    return int(value) if isinstance(value, float) and math.isfinite(value) and value.is_integer() else value
