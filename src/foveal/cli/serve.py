"""The command `foveal serve`, which opens a local web page on which photos are encoded, steered and compared."""

from __future__ import annotations

from pathlib import Path

import click

from foveal.checks import escape
from foveal.cli.messages import print_warning
from foveal.cli.shared_options import FILE_PATH
from foveal.errors import MissingExtraError
from foveal.files import PHOTO_ENDINGS

_PORT = click.IntRange(0, 65535)


@click.command
@click.argument("photos", metavar="[PHOTO]...", nargs=-1, type=FILE_PATH)
@click.option("--port", type=_PORT, metavar="N", default=8000, show_default=True, help="Port; 0 for any free one.")
@click.option(
    "--host",
    metavar="HOST",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen at. Other than this machine alone, the page needs the random token in the printed address; "
    "photos then cross the network unencrypted.",
)
@click.option(
    "--blind",
    metavar="FOLDER",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Open the blind test of two encoders with the photos of a folder.",
)
def serve(photos: tuple[str, ...], port: int, host: str, blind: Path | None) -> None:
    """Open a local web page on which photos are encoded, steered by a brush, and compared.

    Photos are dropped on the page, or named here. They stay in memory, and are gone when the command ends (Ctrl-C).
    Needs the packages starlette and uvicorn (pip install 'foveal[serve]').
    """
    try:
        from foveal.web.app import AppOptions  # imported late: only this command needs Starlette and uvicorn
        from foveal.web.server import Address
        from foveal.web.server import serve as run_server
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("foveal"):
            raise
        raise MissingExtraError("foveal serve needs starlette and uvicorn (pip install 'foveal[serve]')") from error
    paths = [Path(name) for name in photos]
    for path in paths:
        if not path.is_file():
            raise click.UsageError(f"{escape(click.format_filename(path))}: no such file")
    if blind is not None:
        paths += _photos_in(blind)
    options = AppOptions(photos=paths, blind=blind is not None, warn=_warn)
    run_server(Address(host, port), options, _announce)


def _photos_in(folder: Path) -> list[Path]:
    """Return the files of a folder that have the ending of a picture, by name."""
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in PHOTO_ENDINGS and path.is_file())
    if not found:
        raise click.UsageError(f"--blind {escape(click.format_filename(folder))}: no photos in the folder")
    return found


def _announce(address: str) -> None:
    click.echo(f"{address} (Ctrl-C ends the server)")


def _warn(name: str, problem: str) -> None:
    print_warning(f"{escape(click.format_filename(name))}: {problem}")
