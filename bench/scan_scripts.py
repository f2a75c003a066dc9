"""Compare scan scripts and searches for them: size of the files, and time of the search.

python -m bench.scan_scripts --images DIR ... [--qualities 30 55 75 85 92]

The levels are those of `foveal.encode` without saliency, at each quality. Sizes are relative to those of the fixed
script of effort "fast". "All rows" is a search whose sizes are not estimated from a sample.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

import foveal
from bench import photos
from bench.arguments import add_image_folders, new_parser
from foveal import jpeg
from foveal.jpeg import EightBitPixels

QUALITIES = (30, 55, 75, 85, 92)
_EVERY_ROW = 1 << 16  # more MCU rows than a picture can have
SEARCHES: Mapping[str, jpeg.ScriptSearch] = {
    "quick": jpeg.QUICK_SEARCH,
    "quick, all rows": replace(jpeg.QUICK_SEARCH, smallest_sample=_EVERY_ROW),
    "thorough": jpeg.THOROUGH_SEARCH,
    "thorough, all rows": replace(jpeg.THOROUGH_SEARCH, smallest_sample=_EVERY_ROW),
}


class Outcome(NamedTuple):
    """Outcome of a search: sizes relative to the fixed script, and seconds of CPU time for all files together."""

    ratios: list[float]
    seconds: float


def measure(files: Sequence[jpeg.Coefficients]) -> dict[str, Outcome]:
    """Return the outcome of every search on some files."""
    fixed = [_size_of(each, jpeg.spectral_selection_script(len(each.blocks))) for each in files]
    found = {}
    for name, search in SEARCHES.items():
        start = time.process_time()
        scripts = [search.find(each, 0, 1) for each in files]
        seconds = time.process_time() - start
        sizes = [_size_of(each, script) for each, script in zip(files, scripts, strict=True)]
        found[name] = Outcome([size / of_fixed for size, of_fixed in zip(sizes, fixed, strict=True)], seconds)
    return found


def quantize(pixels: EightBitPixels, quality: int) -> jpeg.Coefficients:
    """Return the levels of a photo at a quality."""
    return jpeg.read_coefficients(foveal.encode(pixels, quality=quality, saliency=None))


def _size_of(coefficients: jpeg.Coefficients, script: jpeg.Script) -> int:
    return len(jpeg.write_coefficients(coefficients, scripts=[script]))


def main() -> None:
    """Print the table."""
    parser = new_parser(__doc__)
    add_image_folders(parser)
    parser.add_argument("--qualities", type=int, nargs="+", default=QUALITIES)
    arguments = parser.parse_args()
    loaded = photos.load(arguments.images).values()
    files = [quantize(pixels, quality) for pixels in loaded for quality in arguments.qualities]
    megapixels = sum(each.frame.height * each.frame.width for each in files) / 1e6
    found = measure(files)
    table = Table(title=f"{len(loaded)} photographs at qualities {', '.join(map(str, arguments.qualities))}")
    for column in ("search", "bytes", "more than by all rows", "at most", "ms/MP"):
        table.add_column(column, justify="right" if table.columns else "left")
    for name, outcome in found.items():
        excess = np.array(outcome.ratios) / np.array(found[f"{name.split(',')[0]}, all rows"].ratios) - 1
        table.add_row(
            name,
            f"{np.mean(outcome.ratios) - 1:+.2%}",
            f"{excess.mean():+.2%}",
            f"{excess.max():+.2%}",
            f"{1000 * outcome.seconds / megapixels:.1f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
