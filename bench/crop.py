"""Measure the share of fixations inside crops of half the width and half the height.

python -m bench.crop FOLDER... [--maps DIR] [--zoom 2] [--save build/crop.json]

FOLDER holds images/ and fixations.npz, see `bench.gaze.map_worth`. DIR/<set>/gaze holds maps by networks that had not
seen the photos, as `python -m foveal.training maps` writes them; without it, the maps are those of the shipped network,
which has seen them. The constants of `foveal.crop.placement` were chosen on the photos of even index, so those of odd
index judge them.

Rows are
  centre: the middle of the photo,
  libvips: its smartcrop by attention and by entropy (pyvips),
  smartcrop: the package of that name, if it is installed,
  foveal: `foveal.best_crop`,
  most of the map: the window with the largest share of the same map, whatever it divides,
  half: the window with most of the fixations of every second observer, judged by those of the others.

The last column is the share of photos in which the border of the window divides the main object of the map: 5 to 95 %
of the object's area are inside.
"""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.progress import track
from rich.table import Table

import foveal
from bench.arguments import new_parser
from bench.gaze.maps import MapSource, load_map_and_density
from foveal.crop import CropRequest, best_crop
from foveal.crop.placement import Positions, Scene
from foveal.photo import Photo
from foveal.saliency import Box
from foveal.training.gaze_data import GazePhoto, fixation_density, gaze_photos, observer_halves

try:
    from smartcrop import SmartCrop
except ImportError:
    SmartCrop = None

METHODS = (
    *("centre", "libvips attention", "libvips entropy", "smartcrop"),
    *("foveal", "most of the map", "half of the observers"),
)


def main() -> None:
    """Measure all photos, print a table for each set, and save the shares."""
    arguments = parse_arguments()
    saved = {}
    for folder in arguments.folders:
        photos = [photo for photo in gaze_photos(folder) if photo.fixations is not None]
        shares = [measure(photo, arguments.maps, arguments.zoom) for photo in track(photos, folder.name)]
        title = f"{folder.name}, {len(photos)} photos"
        table = Table("fixations inside", "all", "even", "odd", "main object divided", title=title)
        for name in (name for name in METHODS if name in shares[0]):
            values, divided = np.array([each[name] for each in shares]).T
            parts = (values, values[::2], values[1::2], divided)
            table.add_row(name, *(f"{part.mean():.1%}" for part in parts))
        Console().print(table)
        saved[folder.name] = {photo.path.stem: each for photo, each in zip(photos, shares, strict=True)}
    if arguments.save:
        arguments.save.write_text(json.dumps(saved))


def measure(photo: GazePhoto, maps: Path | None, zoom: float) -> dict[str, tuple[float, bool]]:
    """Return the share of the fixations inside the crop of each method, and whether it divides the main object."""
    opened = foveal.open(photo.path)
    source = MapSource("gaze", None if maps is None else maps / photo.dataset / "gaze")
    found, _ = load_map_and_density(source, photo, opened)
    height, width = CropRequest(zoom=zoom).window(*opened.displayed_size)
    fixations = photo.fixations
    assert fixations is not None  # noqa: S101 (callers pass photos with fixations only)
    known, judging = observer_halves(fixations)
    boxes = {
        "centre": best_crop(opened, zoom=zoom, saliency=None),
        "libvips attention": crop_by_libvips(photo.path, height, width, "attention"),
        "libvips entropy": crop_by_libvips(photo.path, height, width, "entropy"),
        **({} if SmartCrop is None else {"smartcrop": crop_by_smartcrop(photo.path, height, width)}),
        "foveal": best_crop(opened, zoom=zoom, saliency=np.asarray(found)),
        "most of the map": largest_share(opened, found, height, width),
    }
    density = fixation_density(known, *opened.displayed_size)
    half = largest_share(opened, density / density.max(), height, width)
    shares = {name: share_inside(box, fixations, opened) for name, box in boxes.items()}
    shares["half of the observers"] = share_inside(half, judging, opened)
    scene, boxes["half of the observers"] = Scene(np.asarray(found)), half
    return {name: (share, divides_main_object(boxes[name], scene, opened)) for name, share in shares.items()}


def divides_main_object(box: Box, scene: Scene, photo: Photo) -> bool:
    """Return whether 5 to 95 % of the area of the main object of a map are inside a box."""
    height, width = photo.displayed_size
    rows, columns = Positions(height, box.height, np.array([box.y])), Positions(width, box.width, np.array([box.x]))
    return bool(0.05 < scene.share_of_main_object(rows, columns)[0, 0] < 0.95)


def share_inside(box: Box, fixations: NDArray[np.float32], photo: Photo) -> float:
    """Return the share of fixations (x, y as fractions of the sides, ...) inside a box."""
    height, width = photo.displayed_size
    x, y = fixations[:, 0] * width, fixations[:, 1] * height
    inside = (x >= box.x) & (x < box.x + box.width) & (y >= box.y) & (y < box.y + box.height)
    return float(inside.mean())


def largest_share(photo: Photo, found: NDArray[Any], height: int, width: int) -> Box:
    """Return the window of a size that keeps most of a map."""
    rows, columns = (Positions.every(*each) for each in zip(photo.displayed_size, (height, width), strict=True))
    shares = Scene(found).share_inside(rows, columns)
    row, column = np.unravel_index(int(shares.argmax()), shares.shape)
    return Box(int(columns.starts[column]), int(rows.starts[row]), width, height)


def crop_by_libvips(path: Path, height: int, width: int, interesting: str) -> Box:
    """Return the window that libvips chooses."""
    cropped = pyvips.Image.new_from_file(str(path)).smartcrop(width, height, interesting=interesting)
    return Box(-cropped.xoffset, -cropped.yoffset, width, height)


def crop_by_smartcrop(path: Path, height: int, width: int) -> Box:
    """Return the window that the package smartcrop chooses, at the scale of the wanted size alone."""
    with Image.open(path) as image:
        scale = 1 / min(image.width / width, image.height / height)
        chooser: Callable[..., Any] = SmartCrop().crop
        top = chooser(image.convert("RGB"), width, height, prescale=False, min_scale=scale, max_scale=scale)["top_crop"]
    return Box(top["x"], top["y"], width, height)


def parse_arguments() -> Namespace:
    parser = new_parser(__doc__)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--maps", type=Path, metavar="DIR", help="folder of maps, DIR/<set>/gaze/<photo>.png")
    parser.add_argument("--zoom", type=float, default=2.0, help="how many times narrower and lower the crops are")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the shares of all photos as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
