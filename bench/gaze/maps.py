"""Saliency maps of photographs with recorded fixations: computed, precomputed, or made from the fixations."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import foveal
from foveal.errors import ParameterError
from foveal.photo import Photo
from foveal.saliency import look, map_of_picture, resolve_method
from foveal.training.gaze_data import GazePhoto, fixation_density, observer_halves

Map = NDArray[np.floating]

FIXATIONS = "fixations"
HALF = "half"


@dataclass(frozen=True)
class MapSource:
    """Origin of the saliency map of each photo.

    Attributes
    ----------
    name
        `FIXATIONS` for the density of all fixations. `HALF` for the density of every second observer's fixations, to be
        scored on those of the others. The name of a saliency method. With `folder`, any label for its maps.
    folder
        Folder with a precomputed map for each photo: `<stem>.npy`, floats in [0, 1], or `<stem>.png`, grey with 8 or 16
        bits. None for all other sources.
    """

    name: str
    folder: Path | None = None


def parse_map_source(argument: str) -> MapSource:
    """Parse a value of `--maps`; raise ArgumentTypeError for an unknown method."""
    name, _, folder = argument.partition("=")
    if folder:
        return MapSource(name, Path(folder))
    if name in (FIXATIONS, HALF):
        return MapSource(name)
    try:
        return MapSource(resolve_method(name))
    except ParameterError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def load_map_and_density(source: MapSource, photo: GazePhoto, opened: Photo) -> tuple[Map, Map]:
    """Return the map of a photo, in [0, 1], and the density of the fixations that files are scored on."""
    assert photo.fixations is not None  # noqa: S101 (callers pass photos with fixations only)
    height, width = opened.displayed_size
    density = fixation_density(photo.fixations, height, width)
    if source.folder is not None:
        return _read_map(source.folder, photo.path.stem), density
    if source.name == FIXATIONS:
        return density / density.max(), density
    if source.name == HALF:
        halves = observer_halves(photo.fixations)
        scored, predicting = (fixation_density(half, height, width) for half in halves)
        return predicting / predicting.max(), scored
    return np.asarray(look(opened, source.name).spending_map, np.float32), density


def _read_map(folder: Path, stem: str) -> Map:
    array = folder / f"{stem}.npy"
    return np.load(array) if array.exists() else map_of_picture(foveal.open(folder / f"{stem}.png"))


def choose_evenly(photos: list[GazePhoto], count: int) -> list[GazePhoto]:
    """Choose at most `count` photos at even distances in the list."""
    count = min(count, len(photos))
    return [photos[index * len(photos) // count] for index in range(count)]
