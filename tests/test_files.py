"""Atomic replacement of files: content, permissions, links, devices, and failures half-way."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from foveal import files
from foveal.files import create_whole, descriptor_of, other_names, write_whole

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


def temporary(folder: Path, machine: str | None = None, process: int | None = None, age_hours: float = 0) -> Path:
    """Make a file that is named like a temporary file; without a process, as versions before this one named it."""
    owner = "" if process is None else f"{files._machine() if machine is None else machine}-{process}-"
    path = folder / f".foveal-{owner}{os.urandom(6).hex()}.tmp"
    path.write_bytes(b"half")
    written = time.time() - 3600 * age_hours
    os.utime(path, (written, written))
    return path


@pytest.fixture
def ended_process() -> int:
    """Number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_temporary_files_of_ended_processes_are_removed(tmp_path: Path, ended_process: int) -> None:
    gone = [
        temporary(tmp_path, process=ended_process),
        temporary(tmp_path, process=2**40),
        temporary(tmp_path, age_hours=25),
        temporary(tmp_path, "01234567", os.getpid(), age_hours=25),
        temporary(tmp_path, process=os.getpid(), age_hours=25),
    ]
    kept = [
        temporary(tmp_path, process=os.getpid()),
        temporary(tmp_path, process=1),
        temporary(tmp_path, "01234567", ended_process),  # of another machine, or of another container
        temporary(tmp_path),
        tmp_path / ".foveal-settings",
        tmp_path / ".foveal-notes.tmp",
        tmp_path / "foveal.tmp",
    ]
    for path in kept[-3:]:
        path.write_bytes(b"mine")
        os.utime(path, (0, 0))
    (tmp_path / f".foveal-{'0' * 12}.tmp").mkdir()
    write_whole(tmp_path / "out.jpg", NEW)
    assert not any(path.exists() for path in gone)
    assert all(path.exists() for path in kept)
    assert (tmp_path / f".foveal-{'0' * 12}.tmp").is_dir()


def test_a_process_that_nobody_has_waited_for_counts_as_ended(tmp_path: Path) -> None:
    if not Path("/proc/self/stat").exists():
        pytest.skip("needs /proc")
    process = subprocess.Popen([sys.executable, "-c", ""])
    while Path(f"/proc/{process.pid}/stat").read_text().split()[2] != "Z":
        time.sleep(0.01)
    left = temporary(tmp_path, process=process.pid)
    write_whole(tmp_path / "out.jpg", NEW)
    assert not left.exists()
    process.wait()


def test_a_temporary_file_has_the_name_of_its_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = []
    monkeypatch.setattr(os, "fsync", lambda _: names.extend(path.name for path in tmp_path.iterdir()))
    write_whole(tmp_path / "out.jpg", NEW)
    assert names[0].split("-")[2] == str(os.getpid())


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root may set owners")
def test_root_keeps_the_owner_of_an_existing_file(target: Path) -> None:
    os.chown(target, 1234, 5678)
    target.chmod(0o640)
    write_whole(target, NEW)
    status = target.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1234, 5678, 0o640)
    assert target.read_bytes() == NEW


def test_where_the_owner_cannot_be_set_the_group_is_kept(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def only_groups(descriptor: int, user: int, group: int) -> None:
        calls.append((user, group))
        if user != -1:
            raise PermissionError

    real_stat = os.stat
    monkeypatch.setattr(os, "fchown", only_groups)
    fields = list(real_stat(target))
    fields[4:6] = [1234, 5678]
    monkeypatch.setattr(
        os, "stat", lambda path, **options: os.stat_result(fields) if path == target else real_stat(path, **options)
    )
    write_whole(target, NEW)
    assert calls == [(1234, 5678), (-1, 5678)]
    assert target.read_bytes() == NEW


def test_other_names_of_a_file_keep_the_old_content_and_are_counted(target: Path) -> None:
    other = target.with_name("other.jpg")
    other.hardlink_to(target)
    assert (other_names(target), other_names(target.with_name("none"))) == (1, 0)
    write_whole(target, NEW)
    assert (target.read_bytes(), other.read_bytes()) == (NEW, OLD)
    assert other_names(target) == 0


@pytest.mark.parametrize("folder", ["/dev/fd", "/proc/self/fd", f"/proc/{os.getpid()}/fd"])
def test_an_open_descriptor_is_written_to_where_it_stands(folder: str, tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("wb") as file:
        file.write(b"before ")
        file.flush()
        write_whole(f"{folder}/{file.fileno()}", b"between")
        file.write(b" after")
    assert path.read_bytes() == b"before between after"
    assert list(tmp_path.iterdir()) == [path]


def test_paths_of_descriptors() -> None:
    assert [descriptor_of(path) for path in ("/dev/stdout", "/dev/stderr", "/dev/fd/63", "/proc/self/fd/5")] == [
        1,
        2,
        63,
        5,
    ]
    others = ("-", "out.jpg", "/dev/null", "/dev/fd/", "/dev/fd/x", "/proc/1/fd/5", Path("/dev/stdin"))
    assert [descriptor_of(path) for path in others] == [None] * len(others)


def test_a_file_is_created_only_if_there_is_none(tmp_path: Path) -> None:
    target = tmp_path / "new.jpg"
    create_whole(target, NEW)
    with pytest.raises(FileExistsError):
        create_whole(target, OLD)
    assert target.read_bytes() == NEW
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("there", ["file", "folder", "dangling link"])
def test_whatever_has_the_name_of_a_new_file_is_left(there: str, tmp_path: Path) -> None:
    target = tmp_path / "new.jpg"
    if there == "file":
        target.write_bytes(OLD)
    elif there == "folder":
        target.mkdir()
    else:
        target.symlink_to("nothing")
    before = target.lstat()
    with pytest.raises(FileExistsError):
        create_whole(target, NEW)
    assert target.lstat() == before
    assert list(tmp_path.iterdir()) == [target]


def test_files_are_created_where_there_are_no_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "no hard links")  # as FAT does

    monkeypatch.setattr(os, "link", refuse)
    create_whole(tmp_path / "new.jpg", NEW)
    with pytest.raises(FileExistsError):
        create_whole(tmp_path / "new.jpg", OLD)
    assert (tmp_path / "new.jpg").read_bytes() == NEW
    assert list(tmp_path.iterdir()) == [tmp_path / "new.jpg"]


def test_a_folder_that_is_missing_takes_no_new_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="folder"):
        create_whole(tmp_path / "none" / "new.jpg", NEW)
