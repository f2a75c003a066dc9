"""The command `foveal saliency`, which shows the saliency map of a photo as a picture and in numbers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import click

from foveal.cli import files
from foveal.cli.messages import add_name_to_errors, output_name, print_report
from foveal.cli.shared_options import FILE_PATH, background_option, json_option, output_option, source_argument
from foveal.drawing import maps
from foveal.drawing.method_sheet import COMPARED_METHODS, draw_method_sheet
from foveal.photo import Photo
from foveal.photo.writing import png_bytes
from foveal.saliency import (
    METHODS,
    NETWORK_METHODS,
    MethodChoice,
    SaliencyResult,
    default_model,
    look_by_methods,
    prepare_to_look,
    resolve_method,
)


@click.command()
@source_argument("PHOTO")
@output_option("MAP", "PNG of the map to write; '-' is standard output. Needed unless --compare or --json is given.")
@click.option(
    "--method",
    type=click.Choice(["auto", *METHODS]),
    default="auto",
    show_default=True,
    help=f"Method that makes the map; auto is {resolve_method('auto')}.",
)
@click.option(
    "--top-k",
    type=click.IntRange(1),
    metavar="K",
    help="Largest number of classes in the map of msroi. Default: all classes that are probable enough.",
)
@click.option("--overlay", "as_overlay", is_flag=True, help="Draw the map over the photo instead of as a grey picture.")
@click.option(
    "--compare",
    metavar="OUT",
    type=FILE_PATH,
    help=f"PNG to write with the photo and its maps by {', '.join(COMPARED_METHODS[:-1])} and {COMPARED_METHODS[-1]} "
    "side by side; '-' is standard output.",
)
@background_option
@json_option
def saliency(
    source: str, background: str | None, method: str, top_k: int | None, as_json: bool, **choices: Any
) -> None:
    """Show where people look in a photo: as a grey PNG of its size, white where they look most.

    Maps are in the displayed orientation. `foveal encode --saliency MAP` accepts them, even after editing. The
    prominence in the report, "confidence" in JSON, is 0 to 1: how well the map is expected to predict where
    people look. For methods that use the network, the JSON report also has the classes with scores and boxes. The
    report is printed on standard output, or on standard error if a picture is written to standard output.
    """
    targets = _Targets(**choices)
    targets.check(source, as_json)
    prepare_to_look(cast(MethodChoice, method))
    photo = files.read_photo(source, background)
    with add_name_to_errors(source):
        results = look_by_methods(photo, [method, *targets.compared_methods], top_k=top_k)
    result = results[resolve_method(method)]
    if targets.output is not None:
        saliency_map = result.resized(photo.displayed_size)
        picture = maps.draw_over_photo(photo, saliency_map) if targets.as_overlay else maps.map_to_grey(saliency_map)
        files.write_bytes(targets.output, png_bytes(picture))
    if targets.compare is not None:
        sheet = draw_method_sheet(photo, [results[name] for name in targets.compared_methods])
        files.write_bytes(targets.compare, png_bytes(sheet))
    report = _report_as_json(photo, result, source, targets) if as_json else _report_as_text(photo, result, targets)
    print_report(report, targets.output, targets.compare)


@dataclass(frozen=True)
class _Targets:
    """The pictures to write.

    Parameters
    ----------
    output
        Path of the map, or None.
    as_overlay
        Whether to draw the map over the photo.
    compare
        Path of the sheet that shows several methods, or None.
    """

    output: str | None
    as_overlay: bool
    compare: str | None

    @property
    def compared_methods(self) -> tuple[str, ...]:
        """Methods on the sheet; none without a sheet."""
        return COMPARED_METHODS if self.compare is not None else ()

    def check(self, source: str, as_json: bool) -> None:
        """Raise an error, before anything is read, if there is nothing to do or a file would be lost."""
        if self.output is None and self.compare is None and not as_json:
            raise click.UsageError("nothing to write: give -o, --compare or --json")
        if self.as_overlay and self.output is None:
            raise click.UsageError("--overlay needs -o, the picture to draw")
        pictures = [target for target in (self.output, self.compare) if target is not None]
        for target in pictures:
            files.check_target(target, "PNG", inputs=[source])
        if len({Path(target) for target in pictures}) < len(pictures):
            raise click.UsageError("-o and --compare name the same file")


def _report_as_text(photo: Photo, result: SaliencyResult, targets: _Targets) -> str:
    height, width = photo.displayed_size
    lines = []
    if targets.output is not None:
        size = f"{width} x {height}"
        judged = result.method in NETWORK_METHODS  # the others cannot judge themselves
        prominence = f", prominence {result.confidence:.2f}" if judged else ""
        lines.append(f"{output_name(targets.output)}: {size}, {result.method}{prominence}")
    if targets.compare is not None:
        lines.append(f"{output_name(targets.compare)}: photo, {', '.join(targets.compared_methods)}")
    return "\n".join(lines)


def _report_as_json(photo: Photo, result: SaliencyResult, source: str, targets: _Targets) -> str:
    height, width = photo.displayed_size
    report: dict[str, Any] = {
        "input": source,
        "output": targets.output,
        "compare": targets.compare,
        "width": width,
        "height": height,
        "method": result.method,
        "confidence": round(result.confidence, 4),
        "expected_nss": None if result.expected_nss is None else round(result.expected_nss, 2),
    }
    if result.method in NETWORK_METHODS:
        model = default_model()
        classes = [{**asdict(seen), "score": round(seen.score, 4)} for seen in result.classes]
        report |= {"model": model.path.name, "threshold": model.threshold, "classes": classes}
    return json.dumps(report)
