"""Arguments and options that several commands share."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

import click

from foveal.allocate.effort import EFFORTS
from foveal.allocate.weights import LEAST_WEIGHT
from foveal.checks import MAX_THREADS, check_size
from foveal.cli import files
from foveal.encoding import EncodeOptions
from foveal.encoding.size_search import MAX_SIZE_BYTES
from foveal.errors import ParameterError
from foveal.jpeg import MAX_PIXELS
from foveal.photo.metadata_policy import MetadataPolicy
from foveal.saliency import METHODS, MethodChoice, Saliency, map_of_picture, resolve_method

Command = TypeVar("Command", bound=Callable[..., Any])


class _Size(click.ParamType):  # type: ignore[type-arg]
    """Size of a file in bytes: 250000, 100KB (1 KB = 1,000 bytes) or 1.5MiB (1 KiB = 1,024 bytes)."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of bytes, or fail; overrides `click.ParamType.convert`."""
        try:
            return check_size("a size", value, MAX_SIZE_BYTES)
        except ParameterError as error:
            self.fail(str(error), param, ctx)


SIZE = _Size()
SIZE_EXAMPLES = "250000, 100KB, 1.5MB"
FILE_PATH = click.Path(readable=False, allow_dash=True)


class NumberRange(click.FloatRange):
    """A number in a range; unlike `click.FloatRange`, it refuses "nan"."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number, or fail; overrides `click.ParamType.convert`."""
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail(f"{value!r} is not a number", param, ctx)
        return number


class Percentage(click.ParamType):  # type: ignore[type-arg]
    """Share in per cent, such as 2%. Only 0 needs no sign: 0.02 is 2 % in Python, and could be meant so here."""

    name = "percentage"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the share, 0 to 1, or fail; overrides `click.ParamType.convert`."""
        text = str(value).strip()
        number = NumberRange(0, 100).convert(text.removesuffix("%"), param, ctx)
        if number and not text.endswith("%"):
            self.fail(f"{text!r} needs a percent sign, as in 2% (a share of 0.02)", param, ctx)
        return number / 100


def refuse_together(given: Mapping[str, object]) -> None:
    """Raise click.UsageError if more than one of these options has a value.

    Parameters
    ----------
    given
        Values of the options by name, such as "--quality"; None for an option that was not given.
    """
    names = [name for name, value in given.items() if value is not None]
    if len(names) > 1:
        raise click.UsageError(f"{' and '.join(names)} cannot be given together")


def source_argument(metavar: str) -> Callable[[Command], Command]:
    """Return the argument for the input file; `metavar` names it in the help."""
    return click.argument("source", metavar=metavar, type=FILE_PATH)


def output_option(metavar: str, description: str, *, required: bool = False) -> Callable[[Command], Command]:
    """Return the option -o for the output file; `description` is its help text."""
    return click.option("-o", "--output", metavar=metavar, type=FILE_PATH, required=required, help=description)


def describe_default_target(ending: str) -> str:
    """Return the sentences of the help of -o that describe `files.default_target`."""
    return f"Default: the name of the input with the ending {ending}; it is an error if that file exists."


saliency_option = click.option(
    "--saliency",
    metavar="auto|none|METHOD|MAP",
    default="auto",
    show_default=True,
    help=f"Where people look. auto: {resolve_method('auto')}; none: all parts are treated alike; METHOD: "
    f"{', '.join(METHODS[:-1])} or {METHODS[-1]}; MAP: the file of a grey picture of any size that covers the photo as "
    "displayed, white where people look.",
)

strength_option = click.option(
    "--strength",
    type=NumberRange(0, 1),
    metavar="S",
    default=EncodeOptions.strength,
    show_default=True,
    help="How much less quality the other parts get. At 0 all parts are treated alike; at 1 an error where nobody "
    f"looks counts {LEAST_WEIGHT:g} times as much as one where people look.",
)


def quality_option(default: str) -> Callable[[Command], Command]:
    """Return the option -q; `default` says in its help which quality is used without it."""
    return click.option(
        "-q",
        "--quality",
        type=NumberRange(0, 100),
        metavar="Q",
        help=f"Quality of the parts where people look, on libjpeg's scale. Default: {default}.",
    )


def target_size_option(description: str) -> Callable[[Command], Command]:
    """Return the option --target-size; `description` is its help text."""
    return click.option("--target-size", type=SIZE, metavar="SIZE", help=description)


def target_score_option(description: str) -> Callable[[Command], Command]:
    """Return the option --target-score; `description` is its help text."""
    return click.option("--target-score", type=NumberRange(0, 100), metavar="S", help=description)


def min_saving_option(default: float, description: str) -> Callable[[Command], Command]:
    """Return the option --min-saving with the default value as a share; `description` is its help text."""
    return click.option(
        "--min-saving",
        type=Percentage(),
        metavar="P%",
        default=f"{default:.0%}",
        show_default=True,
        help=description,
    )


def effort_option(description: str) -> Callable[[Command], Command]:
    """Return the option --effort; `description` is its help text."""
    return click.option(
        "--effort",
        type=click.Choice(tuple(EFFORTS)),
        default=EncodeOptions.effort,
        show_default=True,
        help=description,
    )


def metadata_option(description: str) -> Callable[[Command], Command]:
    """Return the option --metadata; `description` says in its help what each policy keeps."""
    return click.option(
        "--metadata",
        type=click.Choice(get_args(MetadataPolicy)),
        default=EncodeOptions.metadata,
        show_default=True,
        help=description,
    )


threads_option = click.option(
    "--threads", type=click.IntRange(1, MAX_THREADS), metavar="N", help="Number of threads. Default: all cores."
)

background_option = click.option(
    "--background",
    metavar="COLOUR",
    help="Colour to put behind transparent pixels: a name such as white, or '#rrggbb'.",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")

max_pixels_option = click.option(
    "--max-pixels",
    type=click.IntRange(1),
    metavar="N",
    default=MAX_PIXELS,
    show_default=True,
    help="Refuse pictures of more than N pixels.",
)


def read_saliency(value: str) -> Saliency:
    """Return what the value of --saliency names: a method, None, or the map of a picture file.

    Raises
    ------
    click.UsageError
        The value is neither a name nor a file.
    FovealError, OSError
        The file cannot be read.
    """
    if value == "none":
        return None
    if value == "auto" or value in METHODS:
        return cast(MethodChoice, value)
    if not value or not Path(value).exists():
        raise click.UsageError(
            f"--saliency {click.format_filename(value)!r}: neither a file nor auto, none, {', '.join(METHODS)}"
        )
    return map_of_picture(files.read_photo(value, "black"))
