"""Measure what a change of each number of a saliency map does to files, by the judges of `bench.tuning.map_numbers`.

    python -m bench.tuning.map_effects FOLDER --maps gaze=DIR [--strength S] [--count 6] [--step 0.1]

FOLDER holds photographs with fixations; those that `bench.gaze.bd_rates` reports on are left out. The rows of the table
are the numbers of `attention` and `foveation` in perception.json, except `attention.coarser`. Each shows how files
differ from those of the shipped numbers if this number is larger by the step: in bytes at equal scores, and in errors
at equal bytes, in percent (negative is better); and in thousandths of a JOD of the whole photo (positive is better).
The last column shows by how many percent steps across block borders where people did not look exceed MozJPEG's (0 if
they do not); compare it with the row "as shipped". The effects of small changes nearly add up, so that combinations can
be found which gain by all judges. The extra `judges` and the program butteraugli_main are needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from bench.arguments import new_parser
from bench.tuning.coordinate_search import move_parameter
from bench.tuning.map_numbers import TrialPhoto, add_photo_arguments, choose_photos, compare, list_map_numbers
from foveal.allocate.perception import Perception, perception

SHIPPED = "as shipped"


def measure_effects(photos: list[TrialPhoto], step: float) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield the name of each number, and the differences by each judge that raising it makes.

    The first row is SHIPPED, whose differences are 0 except "borders".
    """
    values = asdict(perception())
    peer, shipped = [photo.measure_peer() for photo in photos], [photo.measure(perception()) for photo in photos]
    yield SHIPPED, compare(shipped, shipped, peer)
    for path in list_map_numbers(values):
        tuned = Perception.from_dict(move_parameter(values, path, step))
        yield ".".join(path), compare([photo.measure(tuned) for photo in photos], shipped, peer)


def main() -> None:
    """Measure the effects and print the table."""
    parser = new_parser(__doc__)
    add_photo_arguments(parser)
    parser.add_argument("--step", type=float, default=0.1, help="by how much each number is raised")
    arguments = parser.parse_args()
    photos = choose_photos(arguments)
    effects = dict(measure_effects(photos, arguments.step))
    table = Table("number", *effects[SHIPPED], title=f"{len(photos)} photos: effects of {arguments.step:+g}")
    for name, differences in effects.items():
        table.add_row(name, *(f"{difference:+.1f}" for difference in differences.values()))
    Console().print(table)


if __name__ == "__main__":
    main()
