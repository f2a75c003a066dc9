"""The `foveal` command: its subcommands, error messages and exit codes."""

from __future__ import annotations

import errno
import os
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import click

from foveal.cli.lazy_group import LazyGroup
from foveal.cli.messages import input_name
from foveal.errors import FovealError, ParameterError
from foveal.interruption import exit_on_signals

FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130


# Commands with their short help. The command is the function of this name in the module `foveal.cli.<name>`.
_COMMANDS = {
    "encode": "Encode a photo as a JPEG that spends its bits where people look.",
    "decode": "Decode a JPEG to a PNG or TIFF.",
    "optimize": "Make an existing JPEG smaller; lossy unless --lossless.",
    "batch": "Optimize, convert or resize whole folders of photos; resumable.",
    "inspect": "Show the contents of a JPEG: segments, tables, scans, metadata, bits.",
    "saliency": "Show where people look in a photo.",
    "crop": "Crop a photo to what people look at.",
    "compare": "Compare encoders at equal file size: crops, sizes, scores.",
    "explain": "Show every stage of encoding a photo as an HTML page.",
    "serve": "Open a local web page: see and paint where bits go.",
    "pca": "Compress photos by principal components, as .npz files.",
}


def _print_version(context: click.Context, parameter: click.Parameter, given: bool) -> None:
    """Print the version of the package and exit; `importlib.metadata` would take as long to import as click."""
    if given and not context.resilient_parsing:
        click.echo(f"foveal, version {import_module('foveal').__version__}")
        context.exit()


@click.group(
    cls=LazyGroup,
    short_helps=_COMMANDS,
    with_blas_threads=("pca",),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
@click.option("--debug", is_flag=True, help="Print the full traceback when a command fails.")
@click.pass_context
def cli(context: click.Context, debug: bool) -> None:
    """JPEGs that spend their bits where people look."""
    if debug:
        context.with_resource(_print_tracebacks())


@contextmanager
def _print_tracebacks() -> Iterator[None]:
    """Print the traceback of an error that ends a command, before `main` prints its message."""
    try:
        yield
    except click.exceptions.Exit:  # --help ends with it
        raise
    except Exception:
        traceback.print_exc()
        raise


def main() -> None:
    """Run the command line. A failure prints one line on standard error; the exit code is then 1 or 2.

    SIGINT, SIGTERM and SIGHUP end the process at any moment with one line and the exit codes 130, 143 and 129.
    """
    with exit_on_signals():
        code = run()
    sys.exit(code)


def run(arguments: list[str] | None = None) -> int:
    """Run one command, print the line of a failure, and return the exit code.

    Parameters
    ----------
    arguments
        Arguments of `foveal`; None for those of the process.
    """
    warnings.simplefilter("ignore")  # Pillow's, about broken metadata and large pictures; foveal raises errors
    try:
        code = cli.main(arguments, prog_name="foveal", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return WRONG_USAGE
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "foveal"
        return _fail(f"{error.format_message().rstrip('.')} (see '{command} --help')", WRONG_USAGE)
    except (click.Abort, KeyboardInterrupt):
        return _fail("interrupted", INTERRUPTED)
    except ParameterError as error:
        return _fail(str(error), WRONG_USAGE)
    except FovealError as error:
        return _fail(str(error), FAILED)
    except OSError as error:
        return _fail(_describe(error), FAILED)
    except ImportError as error:  # a package that is missing or broken, or a name in FOVEAL_KERNELS that is unknown
        return _fail(str(error), FAILED)
    except MemoryError:
        return _fail("out of memory", FAILED)
    except Exception as error:  # a bug in foveal; also reported in one line, so that logs stay readable
        return _fail(f"internal error: {type(error).__name__}: {error} (see foveal --debug)", FAILED)


def _describe(error: OSError) -> str:
    reason = error.strerror or str(error)
    if reason == os.strerror(errno.ENOENT):
        reason = "no such file or folder"
    elif reason == os.strerror(errno.EISDIR):
        reason = "is a folder, not a file"
    return f"{input_name(os.fsdecode(error.filename))}: {reason}" if error.filename else reason


def _fail(message: str, code: int) -> int:
    click.echo(f"foveal: {' '.join(message.split())}", err=True)
    return code
