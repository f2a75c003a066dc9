"""The command line `python -m foveal.training`: train, evaluate, write maps, export."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from foveal.errors import FovealError, ModelError, ParameterError
from foveal.saliency import METHODS
from foveal.training import checkpoint
from foveal.training.checkpoint import Checkpoint
from foveal.training.evaluation import Row, evaluate, network_looks, network_methods, packaged_method, write_map
from foveal.training.gaze_data import FOLDS, GazePhoto, gaze_example, gaze_photos, is_gaze_set
from foveal.training.loop import CHECKPOINT, Run, TrainingData, checkpoint_from_weights, new_checkpoint, train
from foveal.training.network import NetworkShape
from foveal.training.photos import load_photos
from foveal.training.schedule import SCHEDULES, HeadPhase, Schedule

SETTINGS = "run.json"
GAZE_LONG_SIDE, GAZE_SHORT_SIDE = 240, 176

_FOLDER = click.Path(path_type=Path, file_okay=False)
_EXISTING = click.Path(path_type=Path, exists=True)


class _Group(click.Group):
    """Command group that prints foveal's errors as one line."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except FovealError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Group, help="Train, evaluate and export the networks that find where people look.")
def main() -> None:
    """Run the command line."""


@main.command("train")
@click.option(
    "--data", type=_EXISTING, multiple=True, required=True, help="Zip or folder of labelled photos or fixations."
)
@click.option("--out", type=_FOLDER, required=True, help="Folder for checkpoint, log and curves.")
@click.option("--schedule", "schedule_name", type=click.Choice(sorted(SCHEDULES)), default="full", show_default=True)
@click.option("--only", "phases", multiple=True, help="Run only the phase of this name; may be given several times.")
@click.option("--weights", type=_EXISTING, help="Start from the averaged weights of this checkpoint.")
@click.option("--fold", type=click.IntRange(0, FOLDS - 1), help="Hold back this fold of the fixations, and score it.")
@click.option("--resume", is_flag=True, help="Continue from the checkpoint in --out.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--threads", type=click.IntRange(1), help="Number of threads. Default: chosen by PyTorch.")
@click.option("--cache", type=_FOLDER, help="Folder for decoded photos and features. Default: --out/cache.")
def train_command(**options: Any) -> None:
    """Train on labelled photos and on photos with fixations."""
    click.echo(run_training(TrainOptions(**options)))


@dataclass(frozen=True)
class TrainOptions:
    """Options of the command `train`; its help describes them."""

    data: tuple[Path, ...]
    out: Path
    schedule_name: str
    phases: tuple[str, ...]
    weights: Path | None
    fold: int | None
    resume: bool
    seed: int
    threads: int | None
    cache: Path | None

    @property
    def schedule(self) -> Schedule:
        """The whole schedule, or only the chosen phases."""
        whole = SCHEDULES[self.schedule_name]
        return whole.only(list(self.phases)) if self.phases else whole

    def settings(self) -> str:
        """Return the settings that determine the result of a run, as JSON."""
        weights = str(self.weights) if self.weights else None
        content = {"schedule": asdict(self.schedule), "seed": self.seed, "fold": self.fold, "weights": weights}
        return json.dumps(content, indent=2)


def run_training(options: TrainOptions) -> Path:
    """Train from the start or resume a run, and return the path of the checkpoint.

    Raises
    ------
    ParameterError
        `out` holds another run, or there are too few photos.
    ModelError, FormatError
        The checkpoint is broken, or a photo is.
    """
    if options.threads:
        torch.set_num_threads(options.threads)
    _refuse_another_run(options)
    data = read_data(list(options.data), options.cache or options.out / "cache", options.fold)
    _check_enough(data, options.schedule)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / SETTINGS).write_text(options.settings())
    path, names = options.out / CHECKPOINT, data.train.class_names
    if path.exists():
        start = checkpoint.load(path)
    elif options.weights:
        start = checkpoint_from_weights(checkpoint.load(options.weights), names)
    else:
        start = new_checkpoint(names, NetworkShape(len(names)), options.seed)
    if start.class_names != names:
        raise ModelError(f"{path} holds a network for other classes")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    train(data, Run(options.out, options.schedule, options.seed, device), start)
    return path


def _check_enough(data: TrainingData, schedule: Schedule) -> None:
    """Refuse too little data before hours of training."""
    if len(data.train) == 0 or len(data.validation) == 0:
        raise ParameterError("too few photos: some to learn from and some to validate with are needed")
    if any(isinstance(phase, HeadPhase) for phase in schedule.phases) and not data.learned.any():
        raise ParameterError("no photos with fixations or masks to learn from")


def _refuse_another_run(options: TrainOptions) -> None:
    """Refuse to resume a run with other settings, or to overwrite one."""
    path = options.out / SETTINGS
    if path.exists() and not options.resume:
        raise ParameterError(f"{options.out} already holds a run: continue with --resume, or choose another folder")
    if path.exists() and path.read_text() != options.settings():
        raise ParameterError(f"{path} is from a run with other settings")


def read_data(sources: list[Path], cache: Path, fold: int | None) -> TrainingData:
    """Read labelled photos and fixations; a folder may hold several zips or sets."""
    inside = [each for source in sources for each in _parts(source)]
    sets = [part for part in inside if is_gaze_set(part)]
    photos = load_photos([part for part in inside if part not in sets], cache)
    known = [photo for folder in sets for photo in gaze_photos(folder)]
    return TrainingData(
        photos["train"],
        photos["val"],
        [gaze_example(photo, GAZE_LONG_SIDE, GAZE_SHORT_SIDE) for photo in known],
        [photo for photo in known if photo.fold == fold],
        cache,
    )


def _parts(source: Path) -> list[Path]:
    """Return the zips and sets of fixations in a folder, or the source itself if it is one or a tree of photos."""
    if source.is_file() or is_gaze_set(source):
        return [source]
    inside = sorted(path for path in source.iterdir() if path.suffix == ".zip" or path.is_dir())
    parts = [path for path in inside if path.suffix == ".zip" or is_gaze_set(path)]
    if parts and len(parts) < len(inside):
        raise ParameterError(f"{source} holds zips or sets beside other folders: name each of them")
    return parts or [source]


_CHECKPOINTS = click.option(
    "--checkpoint", "paths", multiple=True, type=_EXISTING, help="One network, or one for each fold in order."
)
_THREADS = click.option("--threads", type=click.IntRange(1), help="Number of threads. Default: chosen by PyTorch.")


@main.command("evaluate")
@click.argument("data", nargs=-1, required=True, type=_EXISTING)
@_CHECKPOINTS
@_THREADS
def evaluate_command(data: tuple[Path, ...], paths: tuple[Path, ...], threads: int | None) -> None:
    """Score saliency maps on sets of fixations and masks."""
    methods = {name: packaged_method(name) for name in METHODS}
    if paths:
        methods |= network_methods(_checkpoints(paths, threads))
    rows = evaluate(_photos(data), methods)
    for dataset in dict.fromkeys(row.dataset for row in rows):
        Console().print(_table(dataset, [row for row in rows if row.dataset == dataset]))


@main.command("maps")
@click.argument("data", nargs=-1, required=True, type=_EXISTING)
@_CHECKPOINTS
@_THREADS
@click.option("-o", "out", type=_FOLDER, required=True, help="Folder for OUT/<set>/<method>/<photo>.png.")
def maps_command(data: tuple[Path, ...], paths: tuple[Path, ...], threads: int | None, out: Path) -> None:
    """Write the maps by which bits are spent, as 16-bit pictures; with folds, by the network that did not see them."""
    if not paths:
        raise ParameterError("give --checkpoint")
    for name, look_by in network_looks(_checkpoints(paths, threads)).items():
        for photo in _photos(data):
            write_map(
                np.asarray(look_by(photo).spending_map, np.float32),
                out / photo.dataset / name / f"{photo.path.stem}.png",
            )


def _photos(data: tuple[Path, ...]) -> list[GazePhoto]:
    sets = [part for source in data for part in _parts(source) if is_gaze_set(part)]
    if not sets:
        raise ParameterError("no sets of fixations or masks there")
    return [photo for folder in sets for photo in gaze_photos(folder)]


def _checkpoints(paths: tuple[Path, ...], threads: int | None) -> list[Checkpoint]:
    if threads:
        torch.set_num_threads(threads)
    if len(paths) not in (0, 1, FOLDS):
        raise ParameterError(f"give one checkpoint, or {FOLDS}: one for each fold")
    folds = [checkpoint.load(path) for path in paths]
    if len(folds) == FOLDS:
        _check_unseen(paths, folds)
    return folds


def _check_unseen(paths: tuple[Path, ...], folds: list[Checkpoint]) -> None:
    """Refuse checkpoints that would be scored on photos they were trained on."""
    for fold, (path, state) in enumerate(zip(paths, folds, strict=True)):
        if fold in state.learned_folds:
            learned = ", ".join(map(str, sorted(state.learned_folds)))
            raise ParameterError(
                f"{path} is given for fold {fold} but learned from folds {learned}: "
                "give the checkpoints in the order of the folds that they left out"
            )


def _table(dataset: str, rows: list[Row]) -> Table:
    table = Table("map", *rows[0].scores, title=dataset)
    for row in rows:
        table.add_row(row.method, *(f"{value:.3f}" for value in row.scores.values()))
    return table


@main.command("export")
@click.argument("checkpoint_path", metavar="CHECKPOINT", type=_EXISTING)
@click.option("-o", "out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The ONNX file.")
def export_command(checkpoint_path: Path, out: Path) -> None:
    """Write the averaged network of a checkpoint as ONNX."""
    from foveal.training.export import export  # the exporter takes seconds to import

    export(checkpoint.load(checkpoint_path), out)
    click.echo(f"{out}: {out.stat().st_size:,} bytes")


if __name__ == "__main__":
    sys.exit(main())
