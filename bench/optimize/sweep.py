"""Optimize files as they are, and look for broken promises: larger files, changes by a second run, unsaid losses.

    python -m bench.optimize.sweep --files FOLDER... [--lossless] [--metadata keep]
    python -m bench.optimize.sweep --images FOLDER... -q 60 75 85 90 95   # PNG photographs, saved by other encoders

Files that cannot be read are counted by their error. A broken promise is printed, and the exit code is then 1.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator

from bench.arguments import add_image_folders, new_parser
from bench.optimize.sources import add_files, read_sets
from foveal import jpeg
from foveal.errors import FovealError
from foveal.jpeg import application_data
from foveal.optimization import Optimized, OptimizeOptions, optimize_file


def find_problems(data: bytes, result: Optimized, options: OptimizeOptions) -> Iterator[str]:
    """Yield the promises that a result breaks."""
    if len(result.data) > len(data):
        yield f"larger: {len(data):,} to {len(result.data):,} bytes"
    if result.rung == "kept" and result.data != data:
        yield "called kept, but changed"
    again = optimize_file(result.data, options)
    if (again.rung, again.data) != ("kept", result.data) and not options.from_pixels:
        yield f"a second run changes it: {again.rung}, {len(result.data):,} to {len(again.data):,} bytes"
    before, after = jpeg.read_contents(data).coefficients, jpeg.read_contents(result.data).coefficients
    lost = [segment for segment in before.segments if segment not in after.segments]
    if options.metadata == "keep" and not result.notes:
        for segment in lost:
            if application_data.segment_kind(segment) not in ("MPF", "XMP"):  # their offsets and lengths change
                yield f"unsaid loss of {application_data.segment_kind(segment)}"
        if bool(before.trailing) != bool(after.trailing):
            yield "unsaid loss of what follows the picture"


def main() -> None:
    """Run the sweep."""
    parser = new_parser(__doc__)
    add_image_folders(parser)
    add_files(parser, [60, 75, 85, 90, 95])
    parser.add_argument("--threads", type=int, default=1, help="threads of an optimization")
    parser.add_argument("--lossless", action="store_true", help="lossless optimization only")
    parser.add_argument("--metadata", choices=("keep", "safe", "none"), default="keep", help="metadata policy")
    arguments = parser.parse_args()
    options = OptimizeOptions(lossless=arguments.lossless, metadata=arguments.metadata, threads=arguments.threads)
    outcomes: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    broken = 0
    for label, name, data in read_sets(arguments.files, arguments.images, arguments.quality):
        try:
            result = optimize_file(data, options)
        except FovealError as error:
            outcomes[type(error).__name__] += 1
            continue
        outcomes[result.rung] += 1
        sizes.update({"before": len(data), "after": len(result.data)})
        for problem in find_problems(data, result, options):
            broken += 1
            print(f"{label}, {name}: {problem}", flush=True)
    print(", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())))
    print(f"{sizes['before']:,} to {sizes['after']:,} bytes; {broken} broken promises")
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
