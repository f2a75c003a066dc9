"""The command `foveal compare`, which shows encoders side by side at equal file size."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from foveal.cli import files
from foveal.cli.messages import add_name_to_errors, input_name, print_report, print_warnings
from foveal.cli.shared_options import (
    SIZE,
    SIZE_EXAMPLES,
    NumberRange,
    background_option,
    json_option,
    output_option,
    read_saliency,
    refuse_together,
    saliency_option,
    source_argument,
    strength_option,
)
from foveal.comparison import Comparison, draw_sheet, write_page
from foveal.comparison import compare as compare_encoders
from foveal.comparison.compare import DEFAULT_QUALITY
from foveal.comparison.table import format_table
from foveal.files import PICTURE_ENDINGS
from foveal.photo.writing import png_bytes


@click.command()
@source_argument("PHOTO")
@output_option(
    "OUT",
    "PNG to write, or HTML page if the name ends in .html; '-' is standard output (PNG). Needed unless --json is "
    "given.",
)
@click.option(
    "-q",
    "--quality",
    type=NumberRange(0, 100),
    metavar="Q",
    help=f"Quality of foveal's file, whose size is the limit for the others. Default: {DEFAULT_QUALITY:g}, unlike "
    "`foveal encode`, which chooses a quality for each photo.",
)
@click.option(
    "--size",
    "size_bytes",
    type=SIZE,
    metavar="SIZE",
    help=f"Largest size of foveal's file, instead of --quality: {SIZE_EXAMPLES}.",
)
@saliency_option
@strength_option
@background_option
@json_option
def compare(
    source: str, output: str | None, saliency: str, background: str | None, as_json: bool, **choices: Any
) -> None:
    """Encode a photo with foveal, with foveal without a saliency map, and with other encoders, at equal size.

    The other encoders are libjpeg-turbo and, if they are installed (pip install 'foveal[compare]'), MozJPEG and jpegli.
    Each writes its largest file that is not larger than foveal's. All files are 4:2:0, including foveal's, even where
    `foveal encode` would choose 4:4:4. The report is printed on standard output, or on standard error if the picture is
    written to standard output.
    """
    if output is None and not as_json:
        raise click.UsageError("nothing to write: give -o or --json")
    refuse_together({"--quality": choices["quality"], "--size": choices["size_bytes"]})
    if saliency == "none":
        raise click.UsageError(
            "--saliency none: the content-blind encode is always compared, too; name a method or a map"
        )
    kind = "HTML" if output and Path(output).suffix.lower() in PICTURE_ENDINGS["HTML"] else "PNG"
    if output is not None:
        files.check_target(output, kind, inputs=[source, saliency])
    photo = files.read_photo(source, background)
    chosen_saliency = read_saliency(saliency)
    with add_name_to_errors(source), _progress(hidden=as_json) as show_step:
        comparison = compare_encoders(photo, saliency=chosen_saliency, on_step=show_step, **choices)
    print_warnings(source, comparison.left_out)
    if output is not None:
        files.write_bytes(output, _draw(comparison, kind, input_name(Path(source).name)))
    if as_json:
        report = json.dumps({"input": source, "output": output} | comparison.to_dict())
    else:
        report = "\n".join(format_table(comparison))
    print_report(report, output)


@contextmanager
def _progress(*, hidden: bool) -> Iterator[Callable[[str, float], None]]:
    """Context with the function that takes a step, and draws a progress bar if standard error is a terminal."""
    bar: Any = click.progressbar(
        length=100,
        file=sys.stderr,
        hidden=hidden or not sys.stderr.isatty(),
        show_eta=False,
        item_show_func=lambda name: name or "",
    )
    with bar:

        def show_step(name: str, share: float) -> None:
            bar.update(round(100 * share) - bar.pos, name)
            bar.render_progress()  # the first step does not move the bar

        yield show_step
        bar.update(100 - bar.pos, "")


def _draw(comparison: Comparison, kind: str, name: str) -> bytes:
    """Return the comparison as an HTML page or as a PNG file."""
    if kind == "HTML":
        return write_page(comparison, name).encode()
    return png_bytes(draw_sheet(comparison), comparison.icc_profile)
