"""Command-line arguments that several benchmarks share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def new_parser(docstring: str | None, **options: Any) -> argparse.ArgumentParser:
    """Return a parser that shows a script's docstring as its help."""
    return argparse.ArgumentParser(
        description=docstring, formatter_class=argparse.RawDescriptionHelpFormatter, **options
    )


def add_image_folders(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    """Add the option `--images`: folders of PNG photographs, an empty list if it is left out."""
    parser.add_argument(
        "--images", type=Path, nargs="+", default=[], required=required, help="folders of PNG photographs"
    )
