"""The `foveal` command: its subcommands, error messages and exit codes."""

from __future__ import annotations

import errno
import os
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import click

from foveal.cli.batch import batch
from foveal.cli.compare import compare
from foveal.cli.decode import decode
from foveal.cli.encode import encode
from foveal.cli.explain import explain
from foveal.cli.inspect import inspect
from foveal.cli.messages import input_name
from foveal.cli.optimize import optimize
from foveal.cli.pca import pca
from foveal.cli.saliency import saliency
from foveal.errors import FovealError, ParameterError
from foveal.interruption import exit_on_signals

FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="foveal", prog_name="foveal")
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


cli.add_command(encode)
cli.add_command(decode)
cli.add_command(optimize)
cli.add_command(batch)
cli.add_command(inspect)
cli.add_command(saliency)
cli.add_command(compare)
cli.add_command(explain)
cli.add_command(pca)


def main() -> None:
    """Run the command line. A failure prints one line on standard error; the exit code is then 1 or 2.

    SIGINT, SIGTERM and SIGHUP end the process at any moment with one line and the exit codes 130, 143 and 129.
    """
    with exit_on_signals():
        code = _run()
    sys.exit(code)


def _run() -> int:
    warnings.simplefilter("ignore")  # Pillow's, about broken metadata and large pictures; foveal raises errors
    try:
        code = cli.main(prog_name="foveal", standalone_mode=False)
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
    except MemoryError:
        return _fail("out of memory", FAILED)
    except Exception as error:  # a bug in foveal; also reported in one line, so that logs stay readable
        return _fail(f"internal error: {type(error).__name__}: {error} (see foveal --debug)", FAILED)


def _describe(error: OSError) -> str:
    reason = error.strerror or str(error)
    if reason == os.strerror(errno.ENOENT):
        reason = "no such file or folder"
    return f"{input_name(os.fsdecode(error.filename))}: {reason}" if error.filename else reason


def _fail(message: str, code: int) -> int:
    click.echo(f"foveal: {' '.join(message.split())}", err=True)
    return code
