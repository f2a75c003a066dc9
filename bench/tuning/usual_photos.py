"""Measure the average statistics of photographs, beside the constants that foveal.allocate takes for average.

python -m bench.tuning.usual_photos --images DIR ...

Tailoring of tables, colour weights and masking depend on how far a photo or a block is from these averages. Each line
of the output shows a constant, and mean and standard deviation over the photos. Extreme values are clamped as in the
encoder.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bench import photos
from bench.arguments import add_image_folders, new_parser
from foveal import jpeg
from foveal.allocate.colour_sensitivity import colour_weights
from foveal.allocate.masking import USUAL_DETAIL, masking_weights, texture
from foveal.allocate.perception import MIDDLE_LEVEL, Masking, Perception, Trend, perception
from foveal.allocate.subsampling import HALVED
from foveal.allocate.tailoring import measure_blue_share
from foveal.jpeg import EightBitPixels

_DETAIL_ALONE = Masking(knee=1, power=Trend(1), floor=Trend(1), detail=1)


def list_constants(tuned: Perception) -> dict[str, float]:
    """Return the constants for an average photo, by name."""
    colours = {f"{name}.usual": getattr(tuned, name).usual for name in ("luminance_colour", "cb_colour", "cr_colour")}
    return {"usual_share": tuned.usual_share} | colours | {"masking.USUAL_DETAIL": USUAL_DETAIL}


def measure_photo(pixels: EightBitPixels, tuned: Perception) -> dict[str, float]:
    """Return the values of the constants for which a photo would be average, by name."""
    frame = jpeg.frame_of(pixels, HALVED)
    blocks = jpeg.transform(pixels, frame, 1, tuned.sharpening.at(MIDDLE_LEVEL))
    luminance, blue = (texture(blocks[index], frame.components[index]) for index in (0, 1))
    visibility = colour_weights(blocks, frame, _make_linear(tuned))
    detail = np.log(masking_weights(luminance, _DETAIL_ALONE, MIDDLE_LEVEL)).mean(dtype=np.float64)
    colours = zip(tuned.colours, visibility, strict=True)
    measured = (
        tuned.usual_share + measure_blue_share(luminance, blue, tuned),
        *(colour.usual * float(each.mean(dtype=np.float64)) for colour, each in colours),
        USUAL_DETAIL * float(np.exp(detail)),
    )
    return dict(zip(list_constants(tuned), measured, strict=True))


def _make_linear(tuned: Perception) -> Perception:
    """Return parameters whose colour weights are the visibility of errors relative to the average."""
    luminance, cb, cr = (replace(colour, power=1.0) for colour in tuned.colours)
    return replace(tuned, luminance_colour=luminance, cb_colour=cb, cr_colour=cr)


def main() -> None:
    """Measure the photos, and print the averages."""
    parser = new_parser(__doc__)
    add_image_folders(parser, required=True)
    arguments = parser.parse_args()
    tuned = perception()
    measured = [measure_photo(photos.crop_middle(pixels), tuned) for pixels in photos.load(arguments.images).values()]
    print(f"{'':24} shipped    mean  spread")
    for name, value in list_constants(tuned).items():
        values = [each[name] for each in measured]
        print(f"{name:24} {value:7.4f} {np.mean(values):7.4f} {np.std(values):7.4f}")


if __name__ == "__main__":
    main()
