"""Options that several commands share."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from foveal.cli import files
from foveal.encoding.size_search import MAX_SIZE_BYTES
from foveal.jpeg import MAX_PIXELS
from foveal.saliency import METHODS, MethodChoice, Saliency, map_of_picture

Command = TypeVar("Command", bound=Callable[..., Any])

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:([km])(i?)b?|b)?", re.IGNORECASE)


class _Size(click.ParamType):  # type: ignore[type-arg]
    """Bytes: 250000, 100KB (of 1,000), 1.5MiB (of 1,024)."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """See `click.ParamType`."""
        parts = _SIZE.fullmatch(str(value).strip())
        if parts is None:
            self.fail(f"{value!r} is not a size such as 250000, 100KB or 1.5MB", param, ctx)
        number, unit, binary = parts.groups()
        bytes_of_unit = (1024 if binary else 1000) ** (" km".index(unit.lower()) if unit else 0)
        size_bytes = float(number) * bytes_of_unit
        if not 1 <= size_bytes <= MAX_SIZE_BYTES:
            self.fail(f"a size is at least 1 byte and at most {MAX_SIZE_BYTES:,}", param, ctx)
        return int(size_bytes)


SIZE = _Size()


class NumberRange(click.FloatRange):
    """A number in a range, which "nan" is not."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """See `click.ParamType`."""
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail(f"{value!r} is not a number", param, ctx)
        return number


def refuse_together(given: Mapping[str, object]) -> None:
    """Raise click.UsageError where more than one of these options has a value."""
    names = [name for name, value in given.items() if value is not None]
    if len(names) > 1:
        raise click.UsageError(f"{' and '.join(names)} cannot be given together")


source_argument = click.argument("source", metavar="IN", type=click.Path(readable=False, allow_dash=True))


def output_option(metavar: str, explanation: str) -> Callable[[Command], Command]:
    """-o, whose explanation is what its help says."""
    kind = click.Path(readable=False, allow_dash=True)
    return click.option("-o", "--output", metavar=metavar, type=kind, help=explanation)


saliency_option = click.option(
    "--saliency",
    metavar="auto|none|METHOD|MAP",
    default="auto",
    show_default=True,
    help=f"Where people look: a method ({', '.join(METHODS)}) or a grey picture of any size, white "
    "where it matters, as the photo is displayed.",
)


def read_saliency(value: str) -> Saliency:
    """What `--saliency` names: a method, None, or a map read from a file.

    Raises
    ------
    click.UsageError, FovealError, OSError
        It names nothing, or the file cannot be read.
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


max_pixels_option = click.option(
    "--max-pixels",
    type=click.IntRange(1),
    metavar="N",
    default=MAX_PIXELS,
    show_default=True,
    help="Refuse larger pictures.",
)
