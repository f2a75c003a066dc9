"""`foveal serve` as a command: its address, its end, and its refusals."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from command_line import COMMAND, PIXELS, Run, one_line
from PIL import Image
from web_server import Client

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the command at a free port; yield the process and the address that it prints."""
    environment = {**os.environ, "TMPDIR": str(folder), "HOME": str(folder), "PYTHONUNBUFFERED": "1"}
    command = [*COMMAND, "serve", "--port", "0", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().split(" ")[0]
        finally:
            process.kill()


def test_a_server_leaves_nothing_behind(tmp_path: Path) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "photo.png")
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    before = sorted(tmp_path.rglob("*"))
    with serving(tmp_path, "photo.png", "broken.jpg") as (process, address):
        assert address.startswith("http://127.0.0.1:")
        client = Client(address.rstrip("/"))
        state = client.get("/api/state").json
        while state["opening"]:
            state = client.get("/api/state").json
        (photo,) = state["photos"]
        assert photo["name"] == "photo.png"
        assert [refused["name"] for refused in state["refused"]] == ["broken.jpg"]
        assert not state["blind"]
        assert client.encode(photo["id"], {"quality": 50}).status == 200
        children = children_of(process.pid)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        assert process.returncode == 130
        assert errors.splitlines()[0].startswith("foveal: warning: broken.jpg: ")
        assert errors.splitlines()[1:] == ["foveal: interrupted"]
    assert sorted(tmp_path.rglob("*")) == before
    assert len(children) >= 2
    wait_for_end(children)


def children_of(process: int) -> list[int]:
    """Return the processes that a process has started (Linux)."""
    listing = Path(f"/proc/{process}/task/{process}/children")
    if not listing.exists():
        pytest.skip("needs /proc of Linux")
    return [int(child) for child in listing.read_text().split()]


def wait_for_end(processes: list[int]) -> None:
    deadline = time.monotonic() + 30
    while any(map(runs, processes)):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def runs(process: int) -> bool:
    """Return whether a process runs; one that has ended may be listed until its parent takes note."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def test_another_host_needs_the_token_and_a_folder_opens_the_blind_test(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    Image.fromarray(PIXELS).save(tmp_path / "photos" / "photo.png")
    (tmp_path / "photos" / "words.txt").write_text("no photo")
    arguments = ("--host", "0.0.0.0", "--blind", "photos")  # noqa: S104 (with a token, and for a moment)
    with serving(tmp_path, *arguments) as (process, address):
        place, token = address.split("/?token=")
        assert len(token) >= 32
        client = Client(place.replace("0.0.0.0", "127.0.0.1"))  # noqa: S104
        assert client.get("/").status == 403
        reply = client.get(f"/?token={token}")
        assert reply.status == 200
        cookie = reply.headers["set-cookie"].split(";")[0]
        state = client.request("GET", "/api/state", Cookie=cookie).json
        while state["opening"]:
            state = client.request("GET", "/api/state", Cookie=cookie).json
        assert (state["blind"], [photo["name"] for photo in state["photos"]]) == (True, ["photo.png"])
        children = children_of(process.pid)
        process.kill()
        wait_for_end(children)


def test_refusals(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one_line(run("serve", "missing.png"), 2, "missing.png: no such file")
    one_line(run("serve", "--port", "70000"), 2, "--port")
    (tmp_path / "empty").mkdir()
    one_line(run("serve", "--blind", "empty"), 2, "--blind empty: no photos in the folder")
    one_line(run("serve", "--blind", "nowhere"), 2, "nowhere")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        one_line(run("serve", "--port", port), 1, f"127.0.0.1:{port}: the port is in use; name another with --port")
    one_line(run("serve", "--host", "203.0.113.1"), 1, "203.0.113.1:8000: ")  # an address of no machine (RFC 5737)
    for module in [name for name in sys.modules if name.startswith(("foveal.web", "uvicorn"))]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    one_line(run("serve"), 1, "foveal serve needs starlette and uvicorn (pip install 'foveal[serve]')")
