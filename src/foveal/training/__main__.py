"""The command line `python -m foveal.training`: train, evaluate, write maps."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import cast

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from foveal.errors import FovealError, ParameterError
from foveal.saliency import NETWORK_METHODS, MethodName, SaliencyModel
from foveal.training import run
from foveal.training.evaluation import Evaluation, evaluate, look_by_folds, write_map
from foveal.training.export import left_out_fold
from foveal.training.gaze_data import FOLDS, GazePhoto, gaze_photos, is_gaze_set

REPORT = "report.json"

_FOLDER = click.Path(path_type=Path, file_okay=False)
_EXISTING = click.Path(path_type=Path, exists=True)


class _Group(click.Group):
    """Command group that prints foveal's errors as one line."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except FovealError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Group, help="Train and evaluate the networks that find where people look.")
def main() -> None:
    """Run the command line."""


@main.command("train")
@click.argument("data", nargs=-1, required=True, type=_EXISTING)
@click.option("-o", "--out", type=_FOLDER, required=True, help="Folder for features, networks and the report.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--threads", type=click.IntRange(1), help="Number of threads. Default: chosen by PyTorch.")
@click.option("--gaze-steps", type=click.IntRange(1), help="Number of steps of a gaze head.")
@click.option("--msroi-steps", type=click.IntRange(1), help="Number of steps of an MS-ROI head.")
def train_command(data: tuple[Path, ...], out: Path, seed: int, threads: int | None, **steps: int | None) -> None:
    """Train on zips of labelled photos and on sets of fixations and masks, and evaluate the folds."""
    run.use_threads(threads)
    sources = run.Sources.among(data)
    effort = replace(run.Effort(), **{name: value for name, value in steps.items() if value is not None})
    network = run.train(sources, out, seed, effort, click.echo)
    found = evaluate(sources.gaze_photos(), look_by_folds([SaliencyModel(run.fold_path(out, n)) for n in range(FOLDS)]))
    _print(found)
    content = {"seed": seed, "effort": asdict(effort), **asdict(found)}
    (out / REPORT).write_text(json.dumps(content, indent=1) + "\n")
    click.echo(network)


_MODELS = click.option(
    "--model", "paths", multiple=True, type=_EXISTING, help="One network, or one for each fold in order."
)


@main.command("evaluate")
@click.argument("data", nargs=-1, required=True, type=_EXISTING)
@_MODELS
def evaluate_command(data: tuple[Path, ...], paths: tuple[Path, ...]) -> None:
    """Score saliency maps on sets of fixations and masks; without --model, those of the shipped network."""
    _print(evaluate(_photos(data), look_by_folds(_models(paths))))


@main.command("maps")
@click.argument("data", nargs=-1, required=True, type=_EXISTING)
@_MODELS
@click.option("-o", "out", type=_FOLDER, required=True, help="Folder for OUT/<set>/<method>/<photo>.png.")
def maps_command(data: tuple[Path, ...], paths: tuple[Path, ...], out: Path) -> None:
    """Write the maps by which bits are spent, as 16-bit pictures; with folds, by the network that did not see them."""
    look = look_by_folds(_models(paths), cast(tuple[MethodName, ...], NETWORK_METHODS))
    for photo in _photos(data):
        for name, result in look(photo).items():
            path = out / photo.dataset / name / f"{photo.path.stem}.png"
            write_map(np.asarray(result.spending_map, np.float32), path)


def _photos(data: tuple[Path, ...]) -> list[GazePhoto]:
    folders = [part for source in data for part in (source, *sorted(source.iterdir())) if is_gaze_set(part)]
    if not folders:
        raise ParameterError("no sets of fixations or masks there")
    return [photo for folder in folders for photo in gaze_photos(folder)]


def _models(paths: tuple[Path, ...]) -> list[SaliencyModel | None]:
    """Load the networks; the shipped one if there are none. Refuse those that would be scored on what they learned."""
    if len(paths) not in (0, 1, FOLDS):
        raise ParameterError(f"give one network, or {FOLDS}: one for each fold")
    if len(paths) == FOLDS:
        for fold, path in enumerate(paths):
            if left_out_fold(path) != fold:
                raise ParameterError(
                    f"{path} is given for fold {fold} but learned from it: give the networks in the order of the folds "
                    "that they left out"
                )
    return [SaliencyModel(path) for path in paths] or [None]


def _print(found: Evaluation) -> None:
    console = Console()
    for dataset in dict.fromkeys(row.dataset for row in found.rows):
        rows = [row for row in found.rows if row.dataset == dataset]
        table = Table("map", *rows[0].scores, title=dataset)
        for row in rows:
            table.add_row(row.method, *(f"{value:.3f}" for value in row.scores.values()))
        console.print(table)
    if found.reliability:
        table = Table("photos", "expected NSS", "measured NSS", title="reliability of the expected NSS of gaze")
        for each in found.reliability:
            table.add_row(str(each.photos), f"{each.expected:.2f}", f"{each.measured:.2f}")
        console.print(table)


if __name__ == "__main__":
    sys.exit(main())
