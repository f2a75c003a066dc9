"""Compare the sizes of files with a saliency map and without one, at the same quality.

python -m bench.gaze.file_sizes [--images DIR ...] [--qualities 20 30 40 50 60 75 90] [--strength S]

For each quality, the table shows by how many percent the files with the map "gaze" are larger than those without a map:
the least, the median and the largest change over the photos, and how many files are larger.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

import foveal
from bench import photos
from bench.arguments import add_image_folders, new_parser
from foveal.encoding import EncodeOptions
from foveal.jpeg import EightBitPixels

QUALITIES = (20.0, 30.0, 40.0, 50.0, 60.0, 75.0, 90.0)


def measure_changes(pictures: Iterable[EightBitPixels], quality: float, strength: float) -> NDArray[np.float64]:
    """Return by how many percent the file of each picture is larger with its map than without one."""
    sizes_bytes = [
        [len(foveal.encode(each, quality=quality, saliency=saliency, strength=strength)) for saliency in ("gaze", None)]
        for each in pictures
    ]
    with_map, without = np.array(sizes_bytes, np.float64).T
    return np.asarray(100 * (with_map / without - 1))


def main() -> None:
    """Print the table."""
    parser = new_parser(__doc__)
    add_image_folders(parser)
    parser.add_argument("--qualities", type=float, nargs="+", default=QUALITIES)
    parser.add_argument("--strength", type=float, default=EncodeOptions.strength)
    arguments = parser.parse_args()
    pictures = list(photos.load(arguments.images).values())
    table = Table("quality", "least", "median", "largest", "larger", title=f"{len(pictures)} photos, bytes by a map")
    for quality in arguments.qualities:
        changes = measure_changes(pictures, quality, arguments.strength)
        shown = (f"{each:+.1f} %" for each in (changes.min(), np.median(changes), changes.max()))
        table.add_row(f"{quality:g}", *shown, f"{np.count_nonzero(changes > 0)} of {len(pictures)}")
    Console().print(table)


if __name__ == "__main__":
    main()
