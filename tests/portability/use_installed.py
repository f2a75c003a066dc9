"""Use an installed foveal: `python use_installed.py` encodes, decodes, looks and prints what it did.

It runs on each wheel that is built, on machines where nothing but foveal and its dependencies is installed, and fails
where a result is wrong. Where onnxruntime has no wheel, looking must fail with an error that names onnxruntime.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import io
import platform
import sys
from pathlib import Path

import numpy as np
from PIL import Image

import foveal
import foveal._kernels as _kernels
from foveal.errors import ModelError


def picture() -> np.ndarray:
    """Return a picture (192, 256, 3) of smooth colour with a textured disc off its centre."""
    rows, columns = np.mgrid[:192, :256].astype(np.float64)
    smooth = np.stack([rows, columns, 255 - rows], axis=-1) / 256 * 160 + 40
    is_disc = (rows - 70) ** 2 + (columns - 180) ** 2 < 40**2
    texture = 60 * np.sin(rows * 1.3) * np.cos(columns * 0.9)
    return np.clip(smooth + (is_disc * texture)[..., None], 0, 255).astype(np.uint8)


def check_codec(pixels: np.ndarray) -> str:
    """Encode and decode with each build of the kernels; Pillow must read the same pixels."""
    files = set()
    for name in _kernels.instruction_sets():
        _kernels.use_instruction_set(name)
        data = foveal.encode(pixels, quality=85, saliency=None)
        decoded = foveal.decode(data)
        assert np.array_equal(decoded, np.asarray(Image.open(io.BytesIO(data)))), "decoded unlike Pillow"
        assert np.abs(decoded.astype(int) - pixels).mean() < 4, "decoded unlike the original"
        files.add(data)
    assert len(files) == 1, "the builds of the kernels write different files"
    assert foveal.inspect(files.pop()).to_dict()["width"] == pixels.shape[1], "inspected the wrong width"
    return f"kernels {', '.join(_kernels.instruction_sets())}"


def check_looking(pixels: np.ndarray) -> str:
    """Look with the network, or see that the error names the package that is missing."""
    try:
        saliency = foveal.saliency_map(pixels)
    except ModelError as error:
        assert importlib.util.find_spec("onnxruntime") is None, error
        assert "onnxruntime" in str(error), error
        return "no onnxruntime"
    assert saliency.shape == pixels.shape[:2], "the map has the wrong shape"
    assert saliency[50:90, 160:200].mean() > saliency[150:, :60].mean(), "the network looks away from the disc"
    assert foveal.decode(foveal.encode(pixels, quality=85)).shape == pixels.shape, "encoded with a map, wrong shape"
    return f"onnxruntime {importlib.metadata.version('onnxruntime')}"


def main() -> None:
    """Run all checks."""
    pixels = picture()
    looked = check_looking(pixels)
    used = check_codec(pixels)
    package = Path(foveal.__file__).parent
    assert (package / "py.typed").exists(), "the types are missing"
    names = {Path(str(file)).name for file in importlib.metadata.files("foveal") or ()}
    assert {"LICENSE", "network-license.txt"} <= names, "a licence is missing"
    system = f"Python {platform.python_version()}, {sys.platform} {platform.machine()}"
    print(f"foveal {foveal.__version__} in {package}: {system}, {used}, {looked}")


if __name__ == "__main__":
    main()
