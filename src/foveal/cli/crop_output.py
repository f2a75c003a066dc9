"""Reports of `foveal crop`: lines of text, and JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foveal.cli.messages import output_name
from foveal.crop import Crop, CropFile, CropRequest


@dataclass(frozen=True, eq=False)
class WrittenCrop:
    """A crop and its file.

    Parameters
    ----------
    request
        Request for the crop.
    crop
        Window that was found.
    target
        Path of the file, "-" for standard output; None if nothing is written.
    file
        The file; None if nothing is written.
    """

    request: CropRequest
    crop: Crop
    target: str | None
    file: CropFile | None


def report_as_text(written: Sequence[WrittenCrop], size: tuple[int, int]) -> str:
    """Return a line about each file; `size` is the displayed height and width of the photo."""
    height, width = size
    lines = []
    for each in written:
        box, (x, y) = each.crop.box, each.crop.object_position
        if each.file is None or each.target is None:
            continue
        kind = "lossless" if each.file.quality is None else f"quality {each.file.quality:g}"
        lines.append(
            f"{output_name(each.target)}: {len(each.file.data):,} bytes, {kind}; {box.width} x {box.height} pixels at "
            f"({box.x}, {box.y}) of {width} x {height}, {each.crop.kept:.0%} of the map, object-position "
            f"{x:.1f}% {y:.1f}%"
        )
    return "\n".join(lines)


def report_as_json(written: Sequence[WrittenCrop], source: str, size: tuple[int, int], saliency: str) -> str:
    """Return the report of `--json`.

    Parameters
    ----------
    written
        The crops.
    source
        Path of the photo, or "-".
    size
        Displayed height and width of the photo.
    saliency
        Name of the saliency method.
    """
    height, width = size
    crops = [_crop_as_json(each) for each in written]
    return json.dumps({"input": source, "width": width, "height": height, "saliency": saliency, "crops": crops})


def _crop_as_json(written: WrittenCrop) -> Mapping[str, Any]:
    found, file, request = written.crop, written.file, written.request
    output_size = (found.box.width, found.box.height) if request.scaled_to is None else request.scaled_to
    return {
        "output": written.target,
        "aspect": request.aspect,
        "x": found.box.x,
        "y": found.box.y,
        "width": found.box.width,
        "height": found.box.height,
        "zoom": round(found.zoom, 4),
        "kept": round(found.kept, 4),
        "focal_point": dict(zip("xy", (round(each, 4) for each in found.focal_point), strict=True)),
        "object_position": " ".join(f"{each:.2f}%" for each in found.object_position),
        "output_size": dict(zip(("width", "height"), output_size, strict=True)),
        "size_bytes": None if file is None else len(file.data),
        "quality": None if file is None else file.quality,
    }
