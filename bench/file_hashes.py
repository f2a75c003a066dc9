"""Check that a change of the code leaves every file byte for byte the same.

The script makes a fixed set of files from photographs in scikit-image and scikit-learn, by many combinations of options
and by every command, and writes the SHA-256 of each as a line of text::

    python -m bench.file_hashes before.txt                     # before the change
    python -m bench.file_hashes after.txt --against before.txt # after it: lists the files that differ

It uses only the public API and the command line, so that the same script runs before and after modules move. It needs
scikit-learn.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import itertools
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image, ImageCms
from sklearn.datasets import load_sample_images

import foveal
from bench.arguments import new_parser
from foveal.cli.main import cli

_QUALITIES = (0, 5, 30, 55.5, 80, 90, 95, 98, 100)
_EFFORTS = ("fast", "balanced", "best")
_SINGLE_OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"saliency": None},
    {"target_score": 70},
    {"target_score": 75, "verify": True},
    {"target_size": 9_000},
    {"target_size": 9_000, "effort": "fast"},
    *({"quality": 70, "saliency": method} for method in ("gaze", "msroi", "cam", "spectral", "center")),
    *({"quality": 70, "strength": strength} for strength in (0, 0.2, 1)),
    *({"quality": quality, "allocation": "quality-map"} for quality in (20, 60, 90)),
    {"target_score": 70, "allocation": "quality-map"},
    {"quality": 60, "allocation": "quality-map", "effort": "best", "saliency": None},
    *({"quality": quality, "subsampling": name} for quality in (40, 85) for name in ("4:4:4", "4:2:2", "4:4:0", 420)),
    *({"quality": 75, "progressive": False, "effort": effort} for effort in _EFFORTS),
    *({"quality": 75, "restart_interval": interval} for interval in (1, 7, 65_535)),
    {"quality": 75, "progressive": False, "restart_interval": 3},
    *({"quality": 75, "metadata": policy} for policy in ("keep", "safe", "none")),
    {"quality": 75, "xmp": b"<x/>", "exif": b"MM\0*\0\0\0\x08\0\0\0\0\0\0"},
)


def photographs() -> dict[str, NDArray[Any]]:
    """Return pixels by name: colour and grey, 8 and 16 bits, odd sizes, text, a drawing, and tiny pictures."""
    china, flower = load_sample_images().images
    data: Any = skimage.data
    ramp = np.arange(160 * 144 * 3, dtype=np.uint16).reshape(160, 144, 3) % 251
    return {
        "astronaut": data.astronaut()[20:276, 100:420],
        "coffee": data.coffee()[60:289, 70:301],
        "chelsea": data.chelsea()[50:250, 90:347],
        "rocket": data.rocket()[:203, 200:441],
        "china": china[100:273, 200:458],
        "flower": flower[::3, ::3],
        "camera": data.camera()[100:231, 150:409],
        "page": data.page()[:120, :250],
        "grey of 16 bits": data.camera()[60:220, 200:363].astype(np.uint16) * 257,
        "colour of 16 bits": data.coffee()[100:260, 100:244].astype(np.uint16) * 256 + ramp,
        "3 x 5": data.coffee()[200:205, 300:303],
        "1 x 1": data.coffee()[200:201, 300:301],
        "9 x 17": data.astronaut()[100:117, 200:209],
    }


def option_sets() -> Iterator[dict[str, Any]]:
    """Yield options of `foveal.encode`: all qualities, efforts and maps combined, then other options one by one."""
    for quality, effort, saliency in itertools.product(_QUALITIES, _EFFORTS, ("auto", None)):
        yield {"quality": quality, "effort": effort, "saliency": saliency}
    yield from _SINGLE_OPTIONS


def make_files_by_api(name: str, pixels: NDArray[Any]) -> Iterator[tuple[str, bytes]]:
    """Yield files, pixels and maps of a photograph made by the public API, each with a description."""
    photo = foveal.Photo(pixels, icc_profile=_profile(), exif=_exif(), comment=b"a comment", dots_per_inch=(300, 300))
    for options in option_sets():
        try:
            data = foveal.encode(photo if "metadata" in options else pixels, threads=2, **options)
        except foveal.FovealError as error:
            data = str(error).encode()
        yield f"{name}: encode {options}", data
        if options.get("effort") == "balanced":
            yield f"{name}: decode {options}", foveal.decode(data).tobytes()
            yield f"{name}: inspect {options}", json.dumps(foveal.inspect(data).to_dict()).encode()
    for method in ("gaze", "msroi", "cam", "spectral", "center"):
        yield f"{name}: map {method}", foveal.saliency_map(pixels, method).tobytes()
    for mode, variance in itertools.product(("rows", "blocks"), (90, 99.9)):
        pca_options: dict[str, Any] = {"mode": mode, "variance": variance}
        yield f"{name}: pca {mode} {variance}", _npz_content(foveal.pca.encode(pixels, **pca_options))


def make_files_by_commands(name: str, pixels: NDArray[Any]) -> Iterator[tuple[str, bytes]]:
    """Yield files and printed text of a photograph made by the command line, each with a description."""
    if pixels.ndim == 3 and pixels.dtype == np.uint16:
        return  # Pillow cannot write such a PNG
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Image.fromarray(pixels).save("photo.png", exif=_exif(), icc_profile=_profile())
        for arguments in (
            "encode photo.png -o out.jpg -q 70 --json",
            "encode photo.png -o out.jpg --saliency center --metadata safe --threads 1",
            "decode out.jpg -o out.png",
            "decode out.jpg -o out.tif",
            "optimize out.jpg -o smaller.jpg --lossless --min-saving 0 --json",
            "optimize out.jpg -o smaller.jpg -q 40 --threads 1",
            "inspect out.jpg --bits-map out.png",
            "inspect out.jpg --json",
            "saliency photo.png -o out.png --compare compare.png --json",
            "saliency photo.png -o out.png --overlay --method msroi",
            "crop photo.png -o out.jpg --aspect 1:1 -q 50 --json",
            "crop out.jpg -o smaller.jpg --zoom 2 --lossless --json",
            "compare photo.png -o out.png -q 50 --json",
            "pca encode photo.png -o out.npz",
            "pca decode out.npz -o out.png",
        ):
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                try:
                    cli.main(arguments.split(), standalone_mode=False)
                except foveal.FovealError as error:
                    print(error)
            yield f"{name}: foveal {arguments}, printed", printed.getvalue().encode()
            for file in sorted(Path().glob("*")):
                if file.name in arguments.split()[2:]:
                    data = file.read_bytes()
                    yield f"{name}: foveal {arguments}, {file}", _npz_content(data) if file.suffix == ".npz" else data


def _npz_content(data: bytes) -> bytes:
    """Return the arrays of an .npz file; the archive itself also holds the time of day."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return b"".join(name.encode() + arrays[name].tobytes() for name in sorted(arrays.files))


def _profile() -> bytes:
    """Return the header of an sRGB profile without its date of creation."""
    header = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()[:128])
    header[24:36] = bytes(12)
    return bytes(header)


def _exif() -> bytes:
    tags = Image.Exif()
    tags[0x0112] = 6  # orientation
    tags[0x013B] = "A. Photographer"
    tags[0x0110] = "a camera"
    return tags.tobytes()


def main() -> None:
    """Hash every file, write the list, and compare it with an earlier one."""
    parser = new_parser(__doc__)
    parser.add_argument("output", type=Path, help="text file to write: a hash and a description in each line")
    parser.add_argument("--against", type=Path, help="earlier output to compare with")
    parser.add_argument("--photographs", nargs="+", metavar="NAME", help="photographs to use; default: all")
    arguments = parser.parse_args()
    hashes = {}
    for name in arguments.photographs or photographs():
        pixels = photographs()[name]
        print(f"{name}, {' x '.join(map(str, pixels.shape))}", file=sys.stderr)
        for what, data in itertools.chain(make_files_by_api(name, pixels), make_files_by_commands(name, pixels)):
            hashes[what] = hashlib.sha256(data).hexdigest()
    arguments.output.write_text("".join(f"{digest}  {what}\n" for what, digest in hashes.items()))
    print(f"{len(hashes):,} hashes")
    if arguments.against:
        lines = arguments.against.read_text().splitlines()
        before = {what: digest for digest, what in (line.split("  ", 1) for line in lines)}
        different = [what for what in hashes if before.get(what) != hashes[what]]
        print(f"{len(different):,} differ from {arguments.against}", *different, sep="\n")
        sys.exit(bool(different))


if __name__ == "__main__":
    main()
