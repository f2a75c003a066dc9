"""What is usual in photographs, beside what foveal.allocate takes for it.

python -m bench.tuning.usual_photos --images DIR ...

Tailoring, the weights of colours and masking go by how far a photo or a block is from what is usual. The mean of the
photos is printed: of each as the encoder sees it, extremes cut.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from bench import photos
from foveal import jpeg
from foveal.allocate.colour_sensitivity import colour_weights
from foveal.allocate.masking import USUAL_DETAIL, masking_weights, texture
from foveal.allocate.perception import MIDDLE_LEVEL, Masking, Perception, perception
from foveal.allocate.subsampling import HALVED
from foveal.allocate.tailoring import measure_character
from foveal.jpeg import EightBitPixels

_DETAIL_ALONE = Masking(knee=1, power=1, floor=1, detail=1)


def shipped(tuned: Perception) -> dict[str, float]:
    """What is taken for usual."""
    tailoring = {name: getattr(tuned, name) for name in ("usual_blue", "usual_share", "usual_grain")}
    colours = {f"{name}.usual": getattr(tuned, name).usual for name in ("luminance_colour", "cb_colour", "cr_colour")}
    return tailoring | colours | {"masking.USUAL_DETAIL": USUAL_DETAIL}


def found(pixels: EightBitPixels, tuned: Perception) -> dict[str, float]:
    """What it would have to be for a photo to be usual."""
    frame = jpeg.frame_of(pixels, HALVED)
    blocks = jpeg.transform(pixels, frame, 1, tuned.sharpening.at(MIDDLE_LEVEL))
    luminance, blue = (texture(blocks[index], frame.components[index]) for index in (0, 1))
    away = measure_character(luminance, blue.strength, tuned)
    shows = colour_weights(blocks, frame, _in_proportion(tuned))
    detail = np.log(masking_weights(luminance, _DETAIL_ALONE)).mean(dtype=np.float64)
    measured = (
        tuned.usual_blue + away.blue,
        tuned.usual_share + away.blue_share,
        tuned.usual_grain + away.grain,
        *(colour.usual * float(each.mean(dtype=np.float64)) for colour, each in zip(tuned.colours, shows, strict=True)),
        USUAL_DETAIL * float(np.exp(detail)),
    )
    return dict(zip(shipped(tuned), measured, strict=True))


def _in_proportion(tuned: Perception) -> Perception:
    """Numbers with which weights of colours are what errors show, over what is usual."""
    luminance, cb, cr = (replace(colour, power=1.0) for colour in tuned.colours)
    return replace(tuned, luminance_colour=luminance, cb_colour=cb, cr_colour=cr)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, nargs="+", required=True, help="folders of PNG photographs")
    arguments = parser.parse_args()
    tuned = perception()
    of_photos = [found(photos.middle(pixels), tuned) for pixels in photos.load(arguments.images).values()]
    print(f"{'':24} shipped    mean  spread")
    for name, value in shipped(tuned).items():
        values = [each[name] for each in of_photos]
        print(f"{name:24} {value:7.4f} {np.mean(values):7.4f} {np.std(values):7.4f}")


if __name__ == "__main__":
    main()
