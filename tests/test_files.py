"""Atomic replacement of files: content, permissions, links, devices, and failures half-way."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from foveal.files import write_whole

OLD, NEW = b"old content", bytes(range(256)) * 1000


@contextmanager
def umask(mask: int) -> Iterator[None]:
    previous = os.umask(mask)
    try:
        yield
    finally:
        os.umask(previous)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """An existing file, alone in its folder."""
    path = tmp_path / "out.jpg"
    path.write_bytes(OLD)
    return path


@pytest.mark.parametrize("data", [b"", b"x", NEW], ids=len)
def test_a_new_file_holds_all_of_the_data(data: bytes, tmp_path: Path) -> None:
    write_whole(tmp_path / "out.jpg", data)
    assert (tmp_path / "out.jpg").read_bytes() == data
    assert list(tmp_path.iterdir()) == [tmp_path / "out.jpg"]


def test_an_existing_file_is_replaced_and_open_files_keep_the_old_content(target: Path) -> None:
    with target.open("rb") as reader:
        write_whole(str(target), NEW)
        assert reader.read() == OLD
    assert target.read_bytes() == NEW
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("mode", [0o600, 0o664, 0o755], ids=oct)
def test_an_existing_file_keeps_its_mode(mode: int, target: Path) -> None:
    target.chmod(mode)
    with umask(0o077):
        write_whole(target, NEW)
    assert mode_of(target) == mode


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600), (0, 0o666)])
def test_the_mode_of_a_new_file_follows_the_umask(mask: int, mode: int, tmp_path: Path) -> None:
    with umask(mask):
        write_whole(tmp_path / "out.jpg", NEW)
    assert mode_of(tmp_path / "out.jpg") == mode


def test_a_symbolic_link_stays_a_link_and_its_target_is_replaced(target: Path) -> None:
    folder = target.parent / "links"
    folder.mkdir()
    link = folder / "link.jpg"
    link.symlink_to(Path("..") / target.name)
    write_whole(link, NEW)
    assert link.is_symlink()
    assert not target.is_symlink()
    assert target.read_bytes() == NEW
    assert list(folder.iterdir()) == [link]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to protected files")
def test_a_write_protected_file_is_refused(target: Path) -> None:
    target.chmod(0o444)
    with pytest.raises(PermissionError, match="write-protected"):
        write_whole(target, NEW)
    assert target.read_bytes() == OLD
    assert list(target.parent.iterdir()) == [target]


def test_a_file_to_which_the_system_denies_access_is_refused(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same as the test above, for root too."""
    monkeypatch.setattr(os, "access", lambda path, mode: not (Path(path) == target and mode == os.W_OK))
    with pytest.raises(PermissionError, match="write-protected"):
        write_whole(target, NEW)
    assert target.read_bytes() == OLD
    assert list(target.parent.iterdir()) == [target]


def test_a_pipe_is_written_to_directly(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole(pipe, b"a few bytes")
        assert os.read(reader, 100) == b"a few bytes"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


@pytest.mark.skipif(not Path(os.devnull).is_char_device(), reason="needs a device file")
def test_a_device_is_written_to_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a device must not be replaced")

    monkeypatch.setattr(Path, "replace", refuse)
    write_whole(os.devnull, NEW)
    assert Path(os.devnull).is_char_device()


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("exists", [True, False], ids=["replaced", "new"])
def test_a_failure_half_way_leaves_everything_as_it_was(
    exists: bool, error: BaseException, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not exists:
        target.unlink()

    def fail(_: int) -> None:
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(type(error)):
        write_whole(target, NEW)
    assert [path.read_bytes() for path in target.parent.iterdir()] == [OLD] * exists


def test_the_file_is_flushed_before_it_is_renamed_and_its_folder_afterwards(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed = []

    def record(descriptor: int) -> None:
        status = os.fstat(descriptor)
        flushed.append((stat.S_ISDIR(status.st_mode), status.st_ino, target.read_bytes()))

    monkeypatch.setattr(os, "fsync", record)
    write_whole(target, NEW)
    assert flushed == [(False, target.stat().st_ino, OLD), (True, target.parent.stat().st_ino, NEW)]


def test_a_folder_that_cannot_be_opened_is_no_error(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real_open, refused = os.open, []

    def open_files_only(path: Path, flags: int, mode: int = 0o777) -> int:
        if Path(path).is_dir():
            refused.append(path)
            raise PermissionError
        return real_open(path, flags, mode)

    monkeypatch.setattr(os, "open", open_files_only)
    write_whole(target, NEW)
    assert refused == [target.parent]
    assert target.read_bytes() == NEW


def test_a_folder_that_cannot_be_flushed_is_no_error(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real_fsync = os.fsync

    def flush_files_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError
        real_fsync(descriptor)

    monkeypatch.setattr(os, "fsync", flush_files_only)
    write_whole(target, NEW)
    assert target.read_bytes() == NEW


def test_a_missing_folder_is_named_as_the_cause(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="cannot write to its folder: it takes no new files"):
        write_whole(tmp_path / "missing" / "out.jpg", NEW)
    assert list(tmp_path.iterdir()) == []
