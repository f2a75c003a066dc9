"""Compare one encoder with each of its peers by all metrics, as a table in Markdown with a row for each metric.

python -m bench.rd.overview [--images DIR ...] [--encoder foveal-blind] [--settings 8]

The peers are jpegli and MozJPEG. MozJPEG is measured with its own quantization table, 3, and with that of Annex K; by
each metric, the one counts against which the encoder looks worse. Figures are BD-rates in percent, as in `bench.rd`:
the mean over photographs, the confidence interval of the mean, the median, on how many photographs the encoder needs
fewer bytes, and the means below 0.5, from 0.5 to 1.5 and above 1.5 bits per pixel.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import track

from bench.arguments import add_image_folders, new_parser
from bench.rd import encoders, scores
from bench.rd.__main__ import load_large_photos
from bench.rd.bd_rate import CONFIDENCE
from bench.rd.compare import BANDS, CACHE_FOLDER, Comparison, count_pixels
from bench.rd.measure import measure_curves

PEERS = {"jpegli": ("jpegli",), "MozJPEG": ("mozjpeg", "mozjpeg-annex-k")}
COLUMNS = ("mean", f"{CONFIDENCE} %", "median", "wins", *BANDS)


def make_rows(comparison: Comparison, encoder: str, metrics: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return a row for each metric: its name, and COLUMNS for each of PEERS."""
    return [
        (metric, *(cell for anchors in PEERS.values() for cell in _compare(comparison, anchors, encoder, metric)))
        for metric in metrics
    ]


def _compare(comparison: Comparison, anchors: tuple[str, ...], encoder: str, metric: str) -> tuple[str, ...]:
    """Return the columns against the anchor that is best by the mean."""
    against = [replace(comparison, anchor=anchor) for anchor in anchors]
    worst = max(against, key=lambda each: each.summary(encoder, metric).mean)
    found = worst.summary(encoder, metric)
    low, high = found.mean_interval
    bands = (f"{worst.summary(encoder, metric, band).mean:+.1f}" for band in BANDS)
    wins = f"{found.wins} of {found.photos}"
    cells = f"{found.mean:+.1f}", f"{low:+.1f}..{high:+.1f}", f"{found.median:+.1f}", wins, *bands
    return tuple(cell.replace("+nan", "-") for cell in cells)


def to_markdown(rows: list[tuple[str, ...]]) -> str:
    """Return the rows as two tables, one for each peer."""
    tables = []
    for index, peer in enumerate(PEERS):
        first = 1 + index * len(COLUMNS)
        lines = [(f"against {peer}", *COLUMNS), ("---", *["---:"] * len(COLUMNS))]
        lines += [(row[0], *row[first : first + len(COLUMNS)]) for row in rows]
        tables.append("\n".join(f"| {' | '.join(line)} |" for line in lines))
    return "\n\n".join(tables)


def main() -> None:
    """Measure the curves, and print the tables."""
    parser = new_parser(__doc__)
    add_image_folders(parser)
    parser.add_argument("--encoder", choices=encoders.NAMES, default="foveal-blind")
    parser.add_argument("--settings", type=int, default=encoders.SETTINGS, help="files per photo and encoder")
    parser.add_argument("--output", type=Path, default=CACHE_FOLDER.parent)
    arguments = parser.parse_args()
    names = [arguments.encoder, *(name for anchors in PEERS.values() for name in anchors)]
    chosen = [encoders.find_encoder(name, arguments.settings) for name in names]
    pictures, folder = load_large_photos(arguments.images), arguments.output / CACHE_FOLDER.name
    photos = track(pictures.items(), "photos", console=Console(stderr=True), transient=True)
    curves = {name: measure_curves(pixels, chosen, folder) for name, pixels in photos}
    comparison = Comparison("jpegli", curves, count_pixels(pictures))
    print(to_markdown(make_rows(comparison, arguments.encoder, scores.find_installed())))


if __name__ == "__main__":
    main()
