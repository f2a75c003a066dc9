"""Compare visible errors where people looked, at equal file sizes, by CVVDP and Butteraugli.

    python -m bench.gaze.errors_there FOLDER [--maps gaze=DIR fixations] [--strengths S ...]
        [--effort best] [--count 15]

FOLDER holds photographs with fixations. MozJPEG and jpegli encode each of them in at most 0.5 and 1 bits per pixel, and
foveal makes a file that is not larger than either's. The table shows by how many percent the errors of foveal's files
differ; negative is better. CVVDP's map of differences is averaged with the density of fixations as weights. Of
Butteraugli, the 3-norm counts on the box that holds most fixations. "whole" is the difference of CVVDP in JOD (10 is
the original, positive is better) on the whole photo. The extra `judges` and the program butteraugli_main are needed.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import foveal
from bench.arguments import new_parser
from bench.gaze.bd_rates import ANCHORS, GazeScorer
from bench.gaze.maps import MapSource, choose_evenly, load_map_and_density, parse_map_source
from bench.rd.other_judges import ButteraugliReference, map_of_cvvdp
from foveal.allocate.effort import EFFORTS, EffortName
from foveal.comparison.peers import decode_for_viewing
from foveal.encoding.options import EncodeOptions
from foveal.encoding.size_search import find_largest_file
from foveal.jpeg import EightBitPixels
from foveal.training.gaze_data import GazePhoto, fixation_density, gaze_photos

BITS_PER_PIXEL = (0.5, 1.0)
COUNT = 15


class Errors(NamedTuple):
    """Errors of a file: of CVVDP's map and of Butteraugli where people looked, and CVVDP's quality of the whole."""

    cvvdp_there: float
    butteraugli_there: float
    jod: float


class ErrorMeter:
    """Measures the errors of the files of one photo with recorded fixations."""

    def __init__(self, photo: GazePhoto) -> None:
        scorer = GazeScorer(photo)
        assert photo.fixations is not None  # noqa: S101 (checked by the scorer)
        self.pixels, self._box = scorer.pixels, scorer.box
        density = fixation_density(photo.fixations, *self.pixels.shape[:2])
        self._weights: NDArray[np.float64] = density / density.sum(dtype=np.float64)
        self._part = ButteraugliReference(np.ascontiguousarray(self.pixels[self._box]))

    def measure(self, data: bytes) -> Errors:
        """Return the errors of a file."""
        shown: EightBitPixels = decode_for_viewing(data)
        differences, jod = map_of_cvvdp(self.pixels, shown)
        butteraugli = 10 ** (-self._part.score(np.ascontiguousarray(shown[self._box])) / 20)
        return Errors(float((differences * self._weights).sum()), butteraugli, jod)


def compare_photo(
    photo: GazePhoto, sources: list[MapSource], strengths: list[float], effort: EffortName
) -> dict[tuple[str, float, str], tuple[float, float, float]]:
    """Return the differences of errors by encoder, bits per pixel and variant of foveal: two ratios, and JOD."""
    meter, opened = ErrorMeter(photo), foveal.open(photo.path)
    found = {}
    for peer, rate in product(ANCHORS, BITS_PER_PIXEL):
        fitted = find_largest_file(
            _with_integer_quality(peer.encode, meter.pixels), int(rate * meter.pixels.size / 3 / 8), quality_step=1
        )
        if fitted is None:
            continue
        theirs = meter.measure(fitted.data)
        for source, strength in product(sources, strengths):
            saliency, _ = load_map_and_density(source, photo, opened)
            ours = meter.measure(
                foveal.encode(
                    meter.pixels,
                    target_size=len(fitted.data),
                    saliency=np.asarray(saliency, np.float32),
                    strength=strength,
                    subsampling="4:2:0",
                    effort=effort,
                )
            )
            found[peer.name, rate, f"{source.name}, strength {strength:g}"] = (
                ours.cvvdp_there / theirs.cvvdp_there,
                ours.butteraugli_there / theirs.butteraugli_there,
                ours.jod - theirs.jod,
            )
    return found


def _with_integer_quality(
    encode: Callable[[EightBitPixels, float], bytes], pixels: EightBitPixels
) -> Callable[[float], bytes]:
    return lambda quality: encode(pixels, round(quality))


def main() -> None:
    """Compare the photographs and print the table."""
    parser = new_parser(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--maps", type=parse_map_source, nargs="+", default=[parse_map_source("gaze")])
    parser.add_argument("--strengths", type=float, nargs="+", default=[EncodeOptions.strength])
    parser.add_argument("--effort", choices=EFFORTS, default="balanced")
    parser.add_argument("--count", type=int, default=COUNT, help="number of photos, spread evenly over the folder")
    arguments = parser.parse_args()
    chosen = choose_evenly(gaze_photos(arguments.folder), arguments.count)
    compared = [compare_photo(photo, arguments.maps, arguments.strengths, arguments.effort) for photo in chosen]
    print("| against | bits per pixel | foveal | CVVDP there | Butteraugli there | better by both | whole, JOD |")
    print("|---|--:|---|--:|--:|--:|--:|")
    for peer, rate, variant in dict.fromkeys(key for found in compared for key in found):
        rows = np.array([found[peer, rate, variant] for found in compared if (peer, rate, variant) in found])
        cvvdp, butteraugli = 100 * (np.exp(np.log(rows[:, :2]).mean(axis=0)) - 1)
        better = int((rows[:, :2] < 1).all(axis=1).sum())
        print(
            f"| {peer} | {rate:g} | {variant} | {cvvdp:+.1f} % | {butteraugli:+.1f} % | {better} of {len(rows)} "
            f"| {rows[:, 2].mean():+.3f} |"
        )


if __name__ == "__main__":
    main()
