"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from foveal.jpeg import MAX_PIXELS

Command = TypeVar("Command", bound=Callable[..., Any])

source_argument = click.argument("source", metavar="IN", type=click.Path(readable=False, allow_dash=True))


def output_option(metavar: str, explanation: str) -> Callable[[Command], Command]:
    """-o, whose explanation is what its help says."""
    kind = click.Path(readable=False, allow_dash=True)
    return click.option("-o", "--output", metavar=metavar, type=kind, help=explanation)


max_pixels_option = click.option(
    "--max-pixels",
    type=click.IntRange(1),
    metavar="N",
    default=MAX_PIXELS,
    show_default=True,
    help="Refuse larger pictures.",
)
