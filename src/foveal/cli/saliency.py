"""`foveal saliency`: where people look, as a picture and in numbers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from foveal.cli import files
from foveal.cli.shared_options import output_option, source_argument
from foveal.drawing import maps
from foveal.drawing.method_sheet import COMPARED_METHODS, method_sheet
from foveal.photo import Photo
from foveal.saliency import METHODS, NETWORK_METHODS, SaliencyResult, default_model, look_by_methods, resolve_method


@click.command(short_help="Show where people look in a photo.")
@source_argument
@output_option("MAP", "PNG to write; - is standard output. Needed unless --compare or --json is given.")
@click.option(
    "--method", type=click.Choice(["auto", *METHODS]), default="auto", show_default=True, help="How to find it."
)
@click.option(
    "--top-k",
    type=click.IntRange(1),
    metavar="K",
    help="At most so many classes are in the map of msroi; all that are probable enough otherwise.",
)
@click.option("--overlay", "as_overlay", is_flag=True, help="Draw the map over the photo, for looking at.")
@click.option(
    "--compare",
    metavar="OUT",
    type=click.Path(readable=False, allow_dash=True),
    help="PNG to write: the photo beside its maps by spectral, cam, msroi and gaze.",
)
@click.option("--background", metavar="COLOUR", help="Colour behind transparent pixels: white, '#rrggbb', ...")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON: confidence, classes with scores and boxes.")
def saliency(
    source: str, background: str | None, method: str, top_k: int | None, as_json: bool, **choices: Any
) -> None:
    """Show where people look in the photo IN, as a grey PNG of its size: white where they look most.

    With --json, in numbers; with --compare, by several methods side by side. Maps are in the displayed orientation;
    `foveal encode --saliency MAP` takes them, retouched or not. The report goes to standard output, or to standard
    error where a picture goes to standard output.
    """
    targets = _Targets(**choices)
    targets.check(source, as_json)
    photo = files.read_photo(source, background)
    compared = COMPARED_METHODS if targets.compare is not None else ()
    with files.naming(source):
        looks = look_by_methods(photo, [method, *compared], top_k=top_k)
    looked = looks[resolve_method(method)]
    if targets.output is not None:
        found = looked.resized(photo.displayed_size)
        picture = maps.draw_over_photo(photo, found) if targets.as_overlay else maps.map_to_grey(found)
        files.write_bytes(targets.output, maps.png_bytes(picture))
    if targets.compare is not None:
        sheet = method_sheet(photo, [looks[name] for name in compared])
        files.write_bytes(targets.compare, maps.png_bytes(sheet))
    report = _as_json(photo, looked, source, targets) if as_json else _as_text(photo, looked, targets)
    files.report(report, files.STANDARD if files.STANDARD in (targets.output, targets.compare) else "")


@dataclass(frozen=True)
class _Targets:
    """What is to be written: a map, drawn over the photo or not, and a comparison."""

    output: str | None
    as_overlay: bool
    compare: str | None

    def check(self, source: str, as_json: bool) -> None:
        """Stop before anything is read where there is nothing to do, or pictures would be lost."""
        if self.output is None and self.compare is None and not as_json:
            raise click.UsageError("nothing to write: give -o, --compare or --json")
        if self.as_overlay and self.output is None:
            raise click.UsageError("--overlay is for the map of -o")
        pictures = [target for target in (self.output, self.compare) if target is not None]
        for target in pictures:
            files.check_target(target, "PNG", inputs=[source])
        if len({Path(target) for target in pictures}) < len(pictures):
            raise click.UsageError("-o and --compare name the same file")


def _as_text(photo: Photo, looked: SaliencyResult, targets: _Targets) -> str:
    height, width = photo.displayed_size
    lines = []
    if targets.output is not None:
        name = files.display_name(targets.output, files.STANDARD_OUTPUT)
        lines.append(f"{name}: {width} x {height}, {looked.method}, confidence {looked.confidence:.2f}")
    if targets.compare is not None:
        name = files.display_name(targets.compare, files.STANDARD_OUTPUT)
        lines.append(f"{name}: photo, {', '.join(COMPARED_METHODS)}")
    return "\n".join(lines)


def _as_json(photo: Photo, looked: SaliencyResult, source: str, targets: _Targets) -> str:
    import json  # only where it is asked for: starting up counts

    height, width = photo.displayed_size
    report: dict[str, Any] = {
        "input": source,
        "output": targets.output,
        "compare": targets.compare,
        "width": width,
        "height": height,
        "method": looked.method,
        "confidence": round(looked.confidence, 4),
    }
    if looked.method in NETWORK_METHODS:
        model = default_model()
        classes = [{**asdict(seen), "score": round(seen.score, 4)} for seen in looked.classes]
        report |= {"model": model.path.name, "threshold": model.threshold, "classes": classes}
    return json.dumps(report)
