"""Messages of the commands: names of inputs and outputs, warnings, and the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from foveal.checks import escape
from foveal.errors import FovealError
from foveal.files import descriptor_of

STANDARD_STREAM = "-"  # as the path of an input or output: standard input or standard output
_MAX_WARNINGS = 8  # of one input


def input_name(path: str) -> str:
    """Return the name of an input for messages: one line, unprintable characters escaped."""
    return _display_name(path, "standard input")


def output_name(path: str) -> str:
    """Return the name of an output for messages: one line, unprintable characters escaped."""
    return _display_name(path, "standard output")


def _display_name(path: str, stream: str) -> str:
    if path == STANDARD_STREAM:
        return stream
    return escape(click.format_filename(path))


def is_standard_output(path: str | None) -> bool:
    """Return whether the path of an output is "-" or a name of standard output, such as /dev/stdout."""
    return path is not None and (path == STANDARD_STREAM or descriptor_of(path) == 1)


@contextmanager
def add_name_to_errors(path: str) -> Iterator[None]:
    """Prefix the message of a FovealError with the name of the input that caused it."""
    try:
        yield
    except FovealError as error:
        raise type(error)(f"{input_name(path)}: {error}") from error


@contextmanager
def set_filename_of_errors(name: str) -> Iterator[None]:
    """Set the `filename` of an OSError; broken pipes pass unchanged."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, name) from error


def print_warning(text: str) -> None:
    """Print a warning on standard error."""
    click.echo(f"foveal: warning: {text}", err=True)


def print_warnings(path: str, problems: Sequence[str]) -> None:
    """Print a warning for each problem of an input, at most _MAX_WARNINGS of them, then how many more there are."""
    name = input_name(path)
    for problem in problems[:_MAX_WARNINGS]:
        print_warning(f"{name}: {problem}")
    if len(problems) > _MAX_WARNINGS:
        print_warning(f"{name}: and {len(problems) - _MAX_WARNINGS:,} more")


def print_report(text: str, *targets: str | None) -> None:
    """Print what a command did: on standard output, or on standard error if a result was written to standard output.

    Parameters
    ----------
    text
        The report, of one or more lines.
    targets
        Paths of the outputs that the command wrote; None for outputs that it did not write.
    """
    with set_filename_of_errors(output_name(STANDARD_STREAM)):
        click.echo(text, err=any(map(is_standard_output, targets)))
