"""Compare lossless optimization with jpegtran and MozJPEG: sizes, and speed on one core.

    python -m bench.optimize.lossless --files FOLDER...          # JPEG files as they are
    python -m bench.optimize.lossless --images FOLDER... -q 75 90 # PNG photographs, saved by other encoders

Sizes are without what follows the picture, which the other tools drop. Speeds are megabytes of input for each second of
processor time; those of jpegtran are with the start of its process. Coefficients are compared with those of the source.
jpegtran (libjpeg-turbo-progs) must be installed.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

import mozjpeg_lossless_optimization as mozjpeg

from bench.arguments import add_image_folders, new_parser
from bench.optimize.sources import add_files, read_sets
from foveal import jpeg
from foveal.errors import FovealError
from foveal.optimization import OptimizeOptions, optimize_file
from foveal.optimization.lossless import holds_same_levels

_OPTIONS = OptimizeOptions(lossless=True, min_saving=0, threads=1)
_JPEGTRAN = ("jpegtran", "-copy", "all", "-optimize", "-progressive")


def _seconds_of_children() -> float:
    """Return the processor time of all processes that this one has started and waited for."""
    times = os.times()
    return times.children_user + times.children_system


@dataclass
class Totals:
    """Bytes and seconds of processor time of all files of a set."""

    bytes_by_tool: Counter[str] = field(default_factory=Counter)
    seconds_by_tool: Counter[str] = field(default_factory=Counter)
    files: int = 0
    larger_than_jpegtran: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, name: str, data: bytes) -> None:
        """Optimize a file by all tools; files that foveal or jpegtran refuses are skipped."""
        seconds = {}
        start = time.process_time()
        try:
            result = optimize_file(data, _OPTIONS)
        except FovealError:
            return
        seconds["foveal"] = time.process_time() - start
        with tempfile.NamedTemporaryFile(suffix=".jpg") as file:
            file.write(data)
            file.flush()
            start = _seconds_of_children()
            theirs = subprocess.run([*_JPEGTRAN, file.name], capture_output=True, check=False).stdout
            seconds["jpegtran"] = _seconds_of_children() - start
        smallest = None
        start = time.process_time()
        with suppress(ValueError):
            smallest = mozjpeg.optimize(data, mozjpeg.COPY_MARKERS.ALL)
        seconds["MozJPEG"] = time.process_time() - start
        if not theirs or not smallest:
            return
        before, after = jpeg.read_contents(data).coefficients, jpeg.read_contents(result.data).coefficients
        size = len(result.data) - len(after.trailing)
        self.files += 1
        self.larger_than_jpegtran += size > len(theirs)
        self.seconds_by_tool.update(seconds)
        sizes = {"source": len(data) - len(before.trailing), "foveal": size}
        self.bytes_by_tool.update(sizes | {"jpegtran": len(theirs), "MozJPEG": len(smallest)})
        is_same = holds_same_levels(after, before) and after.tables == before.tables
        if not is_same or after.segments != before.segments:
            self.problems.append(f"{name}: not the same coefficients, tables or segments")

    def row(self, label: str) -> str:
        """Return the totals as a row of a table in Markdown."""
        sizes = self.bytes_by_tool
        source = sizes["source"] or 1
        changes = [f"{sizes[tool] / source - 1:+.2%}" for tool in ("foveal", "jpegtran", "MozJPEG")]
        speeds = [
            f"{source / 1e6 / max(self.seconds_by_tool[tool], 1e-9):.1f}" for tool in ("foveal", "jpegtran", "MozJPEG")
        ]
        cells = [label, f"{self.files}", f"{source:,}", *changes, f"{self.larger_than_jpegtran}", *speeds]
        return f"| {' | '.join(cells)} |"


def main() -> None:
    """Run the benchmark."""
    parser = new_parser(__doc__)
    add_image_folders(parser)
    add_files(parser, [75, 85, 95])
    arguments = parser.parse_args()
    totals: dict[str, Totals] = {}
    for label, name, data in read_sets(arguments.files, arguments.images, arguments.quality):
        totals.setdefault(label, Totals()).add(name, data)
    columns = ("set", "files", "bytes", "foveal", "jpegtran", "MozJPEG", "larger than jpegtran's")
    speeds = ("foveal, MB/s", "jpegtran, MB/s", "MozJPEG, MB/s")
    print(f"| {' | '.join(columns + speeds)} |\n{'|---' * len(columns + speeds)}|")
    for label, each in totals.items():
        print(each.row(label))
    print(*(problem for each in totals.values() for problem in each.problems), sep="\n")


if __name__ == "__main__":
    main()
