"""The command line as a process of its own: standard input, standard output, and pipes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from command_line import COMMAND, PIXELS
from other_readers import pillow_pixels


def test_standard_input_to_standard_output(photo_png: bytes) -> None:
    done = subprocess.run([*COMMAND, "encode", "-", "--json"], input=photo_png, capture_output=True, check=True)
    assert pillow_pixels(done.stdout).shape == PIXELS.shape
    assert json.loads(done.stderr)["size_bytes"] == len(done.stdout)
    done = subprocess.run([*COMMAND, "saliency", "-", "-o", "-"], input=photo_png, capture_output=True, check=True)
    assert pillow_pixels(done.stdout).shape == PIXELS.shape[:2]


def test_nothing_on_standard_input() -> None:
    done = subprocess.run([*COMMAND, "encode", "-"], input=b"", capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"foveal: standard input: nothing to read\n"


def test_a_pipe_closed_early(photo_png: bytes) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*COMMAND, "encode", "-"], input=photo_png, stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert done.returncode == 1
    assert done.stderr == b""  # as with any filter: the program that closed the pipe knows


def test_a_process_without_standard_streams(photo_png: bytes, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(photo_png)
    for arguments, redirection, words in (
        ("encode - -o out.jpg", "<&-", "standard input: nothing to read"),
        ("encode photo.png -o -", ">&-", "standard output: is closed"),
    ):
        command = f'"$0" -c "from foveal.cli.main import main; main()" {arguments} {redirection}'
        done = subprocess.run(
            ["sh", "-c", command, sys.executable], cwd=tmp_path, capture_output=True, check=False, text=True
        )
        assert done.returncode == 1
        assert done.stderr == f"foveal: {words}\n"


def test_standard_input_from_a_file_is_an_input_too(photo_png: bytes, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(photo_png)
    with path.open("rb") as source:
        done = subprocess.run([*COMMAND, "encode", "-", "-o", path], stdin=source, capture_output=True, check=False)
    assert done.returncode == 2
    assert b"is an input" in done.stderr
    assert path.read_bytes() == photo_png
