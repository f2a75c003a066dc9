"""Show what `foveal optimize` does by default, or for a target score, to photographs that encoders have saved.

    python -m bench.optimize.defaults [--images FOLDER...] [--count 12] [--target-score 70]

Saliency is left out, as scores are of the whole photo: SSIMULACRA2 against the photograph, of the source, of the
result (mean and least), and of what `foveal encode` makes of the decoded source. The last column says how
many results a second run changes ("again").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

import foveal
from bench import photos
from bench.arguments import add_image_folders, new_parser
from bench.optimize.sources import WRITERS
from bench.rd.scores import METRICS, Reference
from foveal import jpeg
from foveal.comparison import peers
from foveal.jpeg import EightBitPixels
from foveal.optimization import OptimizeOptions, optimize_file

SOURCES = (
    *(("libjpeg-turbo", quality) for quality in (75, 85, 92, 95)),
    *(("MozJPEG", quality) for quality in (85, 95)),
    ("jpegli", 90),
    ("foveal", 92),
)


@dataclass(frozen=True)
class Trial:
    """One file before and after; sizes in bytes, scores against the photograph."""

    rung: str
    sizes: tuple[int, int, int]  # of the source, the result, and a new encode of the source
    scores: tuple[float, float, float]
    is_changed_again: bool


def save(pixels: EightBitPixels, writer: str, quality: int) -> bytes:
    """Save a photograph by one of the writers, or by foveal without saliency."""
    if writer == "foveal":
        return foveal.encode(pixels, quality=quality, saliency=None)
    return WRITERS[writer](pixels, quality)


def try_file(source: bytes, reference: Reference, options: OptimizeOptions) -> Trial:
    """Optimize a file twice, and encode its pixels anew."""
    result = optimize_file(source, options)
    again = optimize_file(result.data, options)
    encoded = foveal.encode(jpeg.decode(source), saliency=None, target_score=options.target_score)
    files = (source, result.data, encoded)
    first, second, third = (reference.score(peers.decode_for_viewing(data)) for data in files)
    sizes = (len(source), len(result.data), len(files[2]))
    return Trial(result.rung, sizes, (first, second, third), again.data != result.data)


def print_row(name: str, trials: Sequence[Trial]) -> None:
    """Print a row of the table in Markdown."""
    rungs = ", ".join(f"{count} {rung}" for rung, count in Counter(trial.rung for trial in trials).most_common())
    before, after, encoded = np.array([trial.sizes for trial in trials]).sum(axis=0)
    scores = np.array([trial.scores for trial in trials])
    old, new, of_encoded = scores.mean(axis=0)
    changed = sum(trial.is_changed_again for trial in trials)
    print(
        f"| {name} | {rungs} | {after / before - 1:+.1%} | {old:.1f} | {new:.1f} | {scores[:, 1].min():.1f} "
        f"| {encoded / before - 1:+.1%}, {of_encoded:.1f} | {changed} |",
        flush=True,
    )


def main() -> None:
    """Run the benchmark."""
    parser = new_parser(__doc__)
    add_image_folders(parser)
    parser.add_argument("--count", type=int, default=12, help="number of photographs, evenly chosen")
    parser.add_argument("--target-score", type=float, help="score to aim at, as of `foveal optimize`")
    arguments = parser.parse_args()
    options = OptimizeOptions(saliency=None, target_score=arguments.target_score)
    loaded = list(photos.load(arguments.images).values())
    count = min(arguments.count, len(loaded))
    chosen = [loaded[index * len(loaded) // count] for index in range(count)]
    references = [METRICS["SSIMULACRA2"](pixels) for pixels in chosen]
    print("| source | taken | bytes | score before | after | least after | `foveal encode`: bytes, score | again |")
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    for writer, quality in SOURCES:
        trials = [
            try_file(save(pixels, writer, quality), reference, options)
            for pixels, reference in zip(chosen, references, strict=True)
        ]
        print_row(f"{writer} {quality}", trials)


if __name__ == "__main__":
    main()
