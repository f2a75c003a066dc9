"""The command `foveal crop`, which crops a photo to what people look at."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import click
from click.core import ParameterSource

from foveal import jpeg
from foveal import photo as photo_room
from foveal.cli import files
from foveal.cli.crop_output import WrittenCrop, report_as_json, report_as_text
from foveal.cli.encoding_options import build_options, encoding_options
from foveal.cli.messages import STANDARD_STREAM, add_name_to_errors, print_report, print_warnings
from foveal.cli.shared_options import NumberRange, json_option, output_option, refuse_together, source_argument
from foveal.crop import Crop, CropFile, CropRequest, crop_file, encode_crop, find_crops
from foveal.crop.cutting import stored_window
from foveal.crop.request import MAX_ZOOM, parse_aspect, parse_size
from foveal.encoding import EncodeOptions
from foveal.errors import FormatWarning, ParameterError, UnsupportedError
from foveal.optimization import metadata as policies
from foveal.photo import Photo, icc
from foveal.photo.lenient import name_way_out
from foveal.photo.metadata_policy import MetadataPolicy
from foveal.saliency import find_saliency, prepare_to_look
from foveal.threads import available_threads

_ASPECT_FIELD = "{aspect}"
_WINDOW_OPTIONS = ("aspect", "aspects", "size", "zoom", "output_size")
# Options of encoding that have no effect with --lossless.
_NEED_PIXELS = (
    *("quality", "target_size", "target_score", "verify", "strength", "allocation", "subsampling"),
    "background",
)


class _Aspect(click.ParamType):  # type: ignore[type-arg]
    """Aspect, width to height: 16:9 or 1.5."""

    name = "aspect"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the aspect as it was written, or fail; overrides `click.ParamType.convert`."""
        try:
            parse_aspect(value)
        except ParameterError as error:
            self.fail(str(error), param, ctx)
        return str(value).strip()


class _Aspects(click.ParamType):  # type: ignore[type-arg]
    """Aspects with commas between them, each once."""

    name = "aspects"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Return the aspects as they were written, or fail; overrides `click.ParamType.convert`."""
        aspects = tuple(_Aspect().convert(each, param, ctx) for each in str(value).split(","))
        if len(set(map(_name_of_aspect, aspects))) < len(aspects):
            self.fail(f"{value!r} has an aspect twice", param, ctx)
        return aspects


class _PixelSize(click.ParamType):  # type: ignore[type-arg]
    """Size in pixels: 400x300."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Return width and height, or fail; overrides `click.ParamType.convert`."""
        try:
            return parse_size("a size", value)
        except ParameterError as error:
            self.fail(str(error), param, ctx)


@click.command()
@source_argument("PHOTO")
@output_option(
    "OUT",
    "JPEG to write; '-' is standard output. With --aspects: a folder that exists, or a name with {aspect} in it, such "
    "as photo-{aspect}.jpg. Needed unless --json is given.",
)
@click.option("--aspect", type=_Aspect(), metavar="W:H", help="Largest crop of an aspect, such as 16:9 or 1.5.")
@click.option(
    "--aspects", type=_Aspects(), metavar="W:H,...", help="Crops of several aspects by one look: 1:1,16:9,9:16."
)
@click.option("--size", type=_PixelSize(), metavar="WxH", help="A window of exactly this size: 400x300.")
@click.option(
    "--zoom",
    type=NumberRange(1, MAX_ZOOM),
    default=1.0,
    show_default=True,
    help="How many times narrower and lower the crop is than the largest one. Without --aspect, it has the aspect of "
    "the photo.",
)
@click.option(
    "--output-size",
    type=_PixelSize(),
    metavar="WxH",
    help="Scale the crop to exactly this size; what does not have its aspect is cropped further.",
)
@click.option(
    "--lossless",
    is_flag=True,
    help="Crop a JPEG without decoding it: the crop begins at a block border, and its coefficients stay as they are.",
)
@encoding_options
@click.option(
    "--metadata",
    type=click.Choice(get_args(MetadataPolicy)),
    default=EncodeOptions.metadata,
    show_default=True,
    help="keep: all metadata, with the new size and without thumbnails; safe: only colour profile, resolution, "
    "orientation, artist and copyright; none: only the colour profile.",
)
@click.option("--lenient", is_flag=True, help="Crop as much as can be read of a broken picture.")
@json_option
def crop(
    source: str,
    output: str | None,
    background: str | None,
    lenient: bool,
    lossless: bool,
    as_json: bool,
    **choices: Any,
) -> None:
    """Crop a photo to what people look at.

    The crop keeps most of the saliency map, with headroom, and divides no face or other object that people look at if
    it can be avoided. It is written as a JPEG, as by `foveal encode`, or with --lossless by copying coefficients. The
    report gives the window in pixels of the photo as displayed, the share of the map that it keeps, and the position
    for CSS; without -o, --json only reports. The report is printed on standard output, or on standard error if the JPEG
    is written to standard output.
    """
    windows = _Windows(**{name: choices.pop(name) for name in _WINDOW_OPTIONS})
    windows.check(lossless=lossless, lenient=lenient)
    if output is None and not as_json:
        raise click.UsageError("name the output with -o, or give --json")
    targets = _targets(source, output, windows.aspects)
    for target in filter(None, targets):
        files.check_target(target, "JPEG", inputs=[source, choices["saliency"]])
    options = build_options(**choices)
    prepare_to_look(options.saliency)
    opened = _open_jpeg(source, options.metadata) if lossless else _open(source, background, lenient=lenient)
    with add_name_to_errors(source):
        saliency, written = _make_crops(opened, windows.requests, targets, options)
    print_warnings(source, list(dict.fromkeys(note for each in written if each.file for note in each.file.notes)))
    for each in written:
        if each.target is not None and each.file is not None:
            files.write_bytes(each.target, each.file.data)
    size = opened.photo.displayed_size
    report = report_as_json(written, source, size, saliency) if as_json else report_as_text(written, size)
    print_report(report, *targets)


@dataclass(frozen=True)
class _Windows:
    """The options that say which windows are wanted."""

    aspect: str | None
    aspects: tuple[str, ...] | None
    size: tuple[int, int] | None
    zoom: float
    output_size: tuple[int, int] | None

    @property
    def requests(self) -> list[CropRequest]:
        """What is asked of each crop."""
        aspects: Sequence[str | None] = [self.aspect] if self.aspects is None else self.aspects
        return [CropRequest(aspect, self.size, self.zoom, self.output_size) for aspect in aspects]

    def check(self, *, lossless: bool, lenient: bool) -> None:
        """Raise click.UsageError if options of the command that is run contradict each other, or have no effect."""
        refuse_together({"--aspect": self.aspect, "--aspects": self.aspects, "--size": self.size})
        if self.size is not None and self.zoom != 1:
            raise click.UsageError("--size and --zoom cannot be given together")
        if self == _Windows(None, None, None, 1.0, None):
            raise click.UsageError("nothing to crop: give --aspect, --aspects, --size, --output-size or --zoom")
        if not lossless:
            return
        if self.output_size is not None or lenient:
            other = "--lenient" if lenient else "--output-size"
            raise click.UsageError(f"--lossless and {other} cannot be given together")
        context = click.get_current_context()
        for option in _NEED_PIXELS:
            if context.get_parameter_source(option) is ParameterSource.COMMANDLINE:
                raise click.UsageError(f"--{option.replace('_', '-')} has no effect with --lossless")


@dataclass(frozen=True, eq=False)
class _Opened:
    """A photo, and its coefficients if it is to be cropped without loss."""

    photo: Photo
    coefficients: jpeg.Coefficients | None = None


def _name_of_aspect(aspect: str) -> str:
    """Return an aspect as a part of a file's name: 16x9."""
    return aspect.replace(" ", "").replace(":", "x").replace("/", "x")


def _targets(source: str, output: str | None, aspects: Sequence[str] | None) -> list[str | None]:
    """Return the path of each output, None if nothing is written."""
    if output is None or aspects is None:
        return [output] * (1 if aspects is None else len(aspects))
    if Path(output).is_dir():
        if source == STANDARD_STREAM:
            raise click.UsageError("standard input has no name for files in a folder; give -o a name with {aspect}")
        output = os.path.join(output, f"{Path(source).stem}-{_ASPECT_FIELD}.jpg")  # noqa: PTH118 (keeps the folder)
    if _ASPECT_FIELD not in Path(output).name:
        raise click.UsageError("with --aspects, -o is a folder that exists, or has {aspect} in its name")
    folder, name = os.path.split(output)
    return [os.path.join(folder, name.replace(_ASPECT_FIELD, _name_of_aspect(each))) for each in aspects]  # noqa: PTH118


def _open(source: str, background: str | None, *, lenient: bool) -> _Opened:
    photo = files.read_photo(source, background, lenient=lenient)
    notes = []
    if photo.frame_count > 1 and photo.file_format != "JPEG":  # the notes say what follows the picture of a JPEG
        notes.append("the file holds further pictures; only the first is cropped")
    problem = icc.misfit(photo.icc_profile, photo.pixels)
    if problem:
        notes.append(f"{problem}; it is left out")
    print_warnings(source, notes)
    return _Opened(photo)


def _open_jpeg(source: str, policy: MetadataPolicy) -> _Opened:
    """Read the coefficients of a JPEG with the metadata that a policy keeps, and its pixels, to look at."""
    data = files.read_bytes(source)
    with add_name_to_errors(source):
        if not data.startswith(files.SOI):
            raise UnsupportedError("--lossless crops JPEG files only")
        with name_way_out(data, "--lenient, without --lossless,"):
            contents = jpeg.read_contents(data)
        if not contents.is_complete:
            raise UnsupportedError("the file does not send every coefficient in full; crop it without --lossless")
        notes = list(contents.notes)
        coefficients = policies.apply_policy(contents.coefficients, policy, notes)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FormatWarning)  # the same notes, and what the crop says of its file
            opened = photo_room.open(io.BytesIO(data))
    print_warnings(source, notes)
    return _Opened(opened, coefficients)


def _make_crops(
    opened: _Opened, requests: Sequence[CropRequest], targets: Sequence[str | None], options: EncodeOptions
) -> tuple[str, list[WrittenCrop]]:
    """Find the crops, and encode those that are written; also return the name of the saliency method."""
    for request in requests:
        request.window(*opened.photo.displayed_size)  # checked before the photo is looked at
    saliency = find_saliency(opened.photo, options.saliency)
    frame = None if opened.coefficients is None else opened.coefficients.frame
    crops = find_crops(opened.photo, saliency, requests, frame)
    written = [
        WrittenCrop(request, found, target, None if target is None else _make_file(opened, found, request, options))
        for request, found, target in zip(requests, crops, targets, strict=True)
    ]
    return "none" if saliency is None else saliency.method, written


def _make_file(opened: _Opened, found: Crop, request: CropRequest, options: EncodeOptions) -> CropFile:
    if opened.coefficients is None:
        return encode_crop(opened.photo, found.box, options, request.scaled_to)
    data, notes = crop_file(
        opened.coefficients,
        stored_window(opened.photo, found.box),
        effort=options.effort,
        progressive=options.progressive,
        threads=options.threads or available_threads(),
    )
    return CropFile(data, None, tuple(notes))
