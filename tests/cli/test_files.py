"""The command line as a process of its own: standard input, standard output, and pipes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
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


needs_descriptors = pytest.mark.skipif(not Path("/dev/fd").exists(), reason="needs /dev/fd")


def in_shell(command: str, folder: Path, shell: str = "sh") -> subprocess.CompletedProcess[bytes]:
    """Run a command of a shell in a folder; `$0 -m foveal` in it is the command line."""
    return subprocess.run([shell, "-c", command, sys.executable], cwd=folder, capture_output=True, check=False)


@needs_descriptors
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
@pytest.mark.parametrize("redirection", ["", "| cat", "> redirected; cat redirected"])
def test_names_of_standard_output(name: str, redirection: str, photo_png: bytes, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(photo_png)
    done = in_shell(f'"$0" -m foveal encode photo.png -o {name} --json {redirection}', tmp_path)
    assert done.returncode == 0
    assert pillow_pixels(done.stdout).shape == PIXELS.shape
    assert json.loads(done.stderr)["size_bytes"] == len(done.stdout)


@needs_descriptors
def test_standard_output_is_written_to_where_it_stands(photo_png: bytes, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(photo_png)
    done = in_shell('{ echo before; "$0" -m foveal encode photo.png -o /dev/stdout; echo after; } > all', tmp_path)
    assert done.returncode == 0
    written = (tmp_path / "all").read_bytes()
    assert written.startswith(b"before\n\xff\xd8")
    assert written.endswith(b"\xff\xd9after\n")


@needs_descriptors
@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_process_substitution(photo_png: bytes, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(photo_png)
    done = in_shell('"$0" -m foveal encode <(cat photo.png) -o >(cat > out.jpg; touch done)', tmp_path, "bash")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"/dev/fd/")
    while not (tmp_path / "done").exists():
        time.sleep(0.01)
    assert pillow_pixels((tmp_path / "out.jpg").read_bytes()).shape == PIXELS.shape
    done = in_shell('"$0" -m foveal decode <(cat out.jpg) -o out.png', tmp_path, "bash")
    assert done.returncode == 0


@needs_descriptors
def test_a_descriptor_that_is_not_open(photo_png: bytes, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(photo_png)
    done = in_shell('"$0" -m foveal encode photo.png -o /dev/fd/77', tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"foveal: /dev/fd/77: Bad file descriptor\n"


def test_an_input_that_is_a_pipe_needs_the_name_of_an_output(photo_png: bytes, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    done = in_shell('"$0" -m foveal encode pipe', tmp_path)
    assert done.returncode == 2
    assert b"pipe is not a file; name the output with -o" in done.stderr


def test_a_named_pipe_as_input_and_output(photo_png: bytes, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(photo_png)
    for name in ("in", "out"):
        os.mkfifo(tmp_path / name)
    done = in_shell('cat photo.png > in & cat out > out.jpg & "$0" -m foveal encode in -o out && wait', tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert pillow_pixels((tmp_path / "out.jpg").read_bytes()).shape == PIXELS.shape
    assert (tmp_path / "out").is_fifo()


def test_an_output_with_a_hard_link_is_replaced_with_a_warning(photo_png: bytes, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(photo_png)
    (tmp_path / "a.jpg").write_bytes(b"old")
    (tmp_path / "b.jpg").hardlink_to(tmp_path / "a.jpg")
    (tmp_path / "c.jpg").symlink_to("a.jpg")
    done = in_shell('"$0" -m foveal encode photo.png -o c.jpg', tmp_path)
    assert done.returncode == 0
    assert done.stderr == b"foveal: warning: c.jpg had another name (a hard link), which still names the old file\n"
    assert (tmp_path / "b.jpg").read_bytes() == b"old"
    assert pillow_pixels((tmp_path / "a.jpg").read_bytes()).shape == PIXELS.shape
    assert in_shell('"$0" -m foveal encode photo.png -o c.jpg', tmp_path).stderr == b""
