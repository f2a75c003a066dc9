"""A format of Pillow, FOVEAL, whose files are JPEGs that foveal encodes.

>>> import foveal.pillow_plugin
>>> foveal.pillow_plugin.register()
>>> image.save("photo.jpg", format="FOVEAL", quality=80)   # doctest: +SKIP

The format JPEG stays Pillow's own, and so do the endings of file names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import IO, Any

from PIL import Image, JpegImagePlugin

from foveal.checks import describe
from foveal.encoding import EncodeOptions, encode_photo
from foveal.errors import ParameterError
from foveal.photo import Photo, exif, icc
from foveal.photo.density import whole_density
from foveal.photo.photo import photo_of_image

FORMAT = "FOVEAL"

# Keywords of Pillow's JPEG format, by what becomes of them. They mean the same here.
_METADATA = ("icc_profile", "exif", "xmp", "comment", "dpi")
_WITHOUT_EFFECT = ("optimize",)  # Huffman tables are always optimized
_SUBSAMPLINGS = {-1: "auto", 0: "4:4:4", 1: "4:2:2", 2: "4:2:0", "4:1:1": "4:2:0"}  # "4:1:1" as in Pillow
_REFUSED = {
    "qtables": "quantization tables are made for each photo; give a quality",
    "keep_rgb": "colours are stored as YCbCr",
    "smooth": "smooth the image before, by PIL.ImageFilter",
    "streamtype": "files are written whole",
    "extra": "give the metadata as icc_profile, exif, xmp or comment",
    "restart_marker_rows": "give restart_interval, a number of MCUs",
}
_OPTIONS = frozenset(field.name for field in fields(EncodeOptions))


def register() -> None:
    """Register the format FOVEAL with Pillow; to do so again changes nothing.

    `image.save(file, format="FOVEAL", ...)` then takes the keywords of Pillow's JPEG format (quality, subsampling,
    progressive, optimize, icc_profile, exif, xmp, comment, dpi, restart_marker_blocks) and of `foveal.encode`
    (target_size, target_score, saliency, strength, effort, metadata, background, ...). Colour profile, EXIF data, XMP
    data, comment and resolution of the image are kept; one given as None or as b"" is left out. Keywords that are
    missing have the defaults of `foveal.encode`: without a quality, it is chosen for the photo, and files are
    progressive. Keywords and values that cannot be honoured raise ParameterError, a ValueError.
    """
    Image.register_save(FORMAT, _save)
    Image.register_save_all(FORMAT, _refuse_many)
    Image.register_mime(FORMAT, "image/jpeg")


def _save(image: Image.Image, file: IO[bytes], filename: str | bytes) -> None:
    """Write an image; the function that Pillow calls, which puts the keywords of `save` into `encoderinfo`."""
    given: dict[str, Any] = dict(image.encoderinfo)
    background = given.pop("background", None)
    changes = {name: given.pop(name) for name in _METADATA if name in given}
    options = _read_options(image, given)
    photo = _apply(changes, photo_of_image(image, background=background))
    file.write(encode_photo(photo, options).data)


def _refuse_many(image: Image.Image, file: IO[bytes], filename: str | bytes) -> None:
    raise ParameterError("save_all: a JPEG holds one picture")


def _read_options(image: Image.Image, given: Mapping[str, Any]) -> EncodeOptions:
    """Return the options that keywords of `save` stand for."""
    options = dict(given)
    for name in _WITHOUT_EFFECT:
        options.pop(name, None)
    for name, advice in _REFUSED.items():
        if options.pop(name, None):
            raise ParameterError(f"{name} cannot be honoured: {advice}")
    if "progression" in options:  # an older name, which Pillow still takes
        options.setdefault("progressive", options.pop("progression"))
    if "progressive" in options:
        options["progressive"] = bool(options["progressive"])  # Pillow takes 0 and 1, too
    if "restart_marker_blocks" in options:
        options.setdefault("restart_interval", options.pop("restart_marker_blocks"))
    if options.get("quality") == -1:  # Pillow's default, as of subsampling
        del options["quality"]
    if isinstance(options.get("quality"), str):
        raise ParameterError(f"quality must be a number from 0 to 100, not {describe(options['quality'])}")
    if "subsampling" in options:
        options["subsampling"] = _read_subsampling(image, options["subsampling"])
    unknown = sorted(set(options) - _OPTIONS)
    if unknown:
        raise ParameterError(f"format FOVEAL has no keyword {', '.join(unknown)}")
    return EncodeOptions(**options)


def _read_subsampling(image: Image.Image, value: Any) -> Any:
    """Return the option that a value of Pillow stands for, or the value itself, which is checked with the options."""
    if value == "keep":
        if image.format != "JPEG":
            raise ParameterError("subsampling 'keep' needs an image that was opened from a JPEG")
        value = JpegImagePlugin.get_sampling(image)
    return _SUBSAMPLINGS.get(value, value) if isinstance(value, int | str) else value


def _apply(changes: Mapping[str, Any], photo: Photo) -> Photo:
    """Return a photo with other metadata, and with EXIF data that gives the size of these pixels."""
    values: dict[str, Any] = {name: value or None for name, value in changes.items()}
    if "dpi" in values:
        values["dots_per_inch"] = _read_resolution(values.pop("dpi"))
    if isinstance(values.get("exif"), Image.Exif):
        values["exif"] = values["exif"].tobytes()
    if isinstance(values.get("comment"), str):
        values["comment"] = values["comment"].encode()
    problem = icc.misfit(values["icc_profile"], photo.pixels) if isinstance(values.get("icc_profile"), bytes) else None
    if problem:
        raise ParameterError(f"icc_profile: {problem}")
    changed = replace(photo, **values)
    size = (changed.height, changed.width)
    return replace(changed, exif=exif.replace_size(changed.exif, size)) if changed.exif else changed


def _read_resolution(dpi: Any) -> tuple[int, int] | None:
    """Return a resolution as whole numbers; None for none, which is (0, 0) in Pillow."""
    if dpi is None or tuple(dpi) == (0, 0):
        return None
    found = whole_density(dpi)
    if found is None:
        raise ParameterError(f"dpi must be two numbers from 2 to 65,535, not {describe(dpi)}")
    return found
