"""An installation without onnxruntime: everything works but the network, whose absence is one clear line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from skimage.io import imsave

# The commands in a process that cannot import onnxruntime, nor packages of the extras.
RUN = """
import sys
for name in {names!r}:
    sys.modules[name] = None
from foveal.cli.main import main
sys.argv = ["foveal", *{arguments!r}]
main()
"""
ABSENT = ["onnxruntime", "skimage", "scipy", "matplotlib", "pyvips", "onnx", "rich", "torch"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, coffee) -> Path:
    folder = tmp_path_factory.mktemp("plain")
    imsave(folder / "photo.png", coffee[100:228, 200:360])
    imsave(folder / "map.png", coffee[100:228, 200:360, 0])
    finished = run(folder, "encode photo.png -o photo.jpg --saliency none -q 90")
    assert finished.returncode == 0, finished.stderr
    return folder


def run(folder: Path, arguments: str) -> subprocess.CompletedProcess[str]:
    code = RUN.format(names=ABSENT, arguments=arguments.split())
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "arguments",
    [
        "encode photo.png -o 1.jpg --saliency none",
        "encode photo.png -o 2.jpg --saliency spectral",
        "encode photo.png -o 3.jpg --saliency center --effort best",
        "encode photo.png -o 4.jpg --saliency map.png --target-size 4KB",
        "decode photo.jpg -o 5.png",
        "inspect photo.jpg",
        "optimize photo.jpg -o 6.jpg --lossless",
        "optimize photo.jpg -o 7.jpg --saliency none -q 60",
        "saliency photo.png -o 8.png --method spectral",
        "explain photo.png -o 9.html --saliency none",
        "pca encode photo.png -o 10.npz",
    ],
)
def test_everything_but_the_network_works(folder: Path, arguments: str) -> None:
    finished = run(folder, arguments)
    assert finished.returncode == 0, finished.stderr


@pytest.mark.parametrize(
    "arguments",
    ["encode photo.png -o no.jpg", "optimize photo.jpg -o no.jpg -q 60", "saliency photo.png -o no.png"],
)
def test_looking_is_an_error_that_names_onnxruntime(folder: Path, arguments: str) -> None:
    finished = run(folder, arguments)
    assert finished.returncode == 1
    (line,) = finished.stderr.splitlines()
    assert line.startswith("foveal: photo.") and "onnxruntime, which runs the model, cannot be imported" in line
    assert not any(folder.glob("no.*"))


def test_the_error_of_a_program_is_a_model_error() -> None:
    code = "import sys; sys.modules['onnxruntime'] = None; import numpy, foveal\n"
    code += "try: foveal.saliency_map(numpy.zeros((32, 32, 3), 'uint8'))\n"
    code += "except foveal.errors.ModelError as error: assert 'onnxruntime' in str(error)\n"
    code += "else: raise AssertionError('no error')"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
