"""Behaviour that all commands share: wrong usage, writing of files, error messages."""

from __future__ import annotations

import errno
import os
import re
import runpy
import stat
import subprocess
import sys
from pathlib import Path

import click
import pytest
from command_line import COMMAND, Run, one_line, write_jpeg

import foveal
from foveal.cli import files, main, messages


def test_the_input_is_never_overwritten(run: Run) -> None:
    before = Path("photo.png").read_bytes()
    Path("link.jpg").symlink_to("photo.png")
    for name in ("photo.png", "./photo.png", "link.jpg"):
        one_line(run("encode", "photo.png", "-o", name), 2, "is an input" if name == "link.jpg" else "JPEG")
        one_line(run("saliency", "photo.png", "-o", name), 2, "PNG" if name == "link.jpg" else "is an input")
    assert Path("photo.png").read_bytes() == before


@pytest.mark.parametrize("command", ["encode", "saliency"])
def test_broken_inputs(run: Run, command: str) -> None:
    Path("text.jpg").write_text("hello")
    Path("empty.png").touch()
    Path("cut.png").write_bytes(Path("photo.png").read_bytes()[:700])
    for name, words in {
        "missing.png": ("no such file",),
        "text.jpg": ("not a picture",),
        "empty.png": ("the file is empty",),
        "cut.png": ("broken picture",),
        ".": ("is a folder",),
    }.items():
        one_line(run(command, name, "-o", "out"), 1, name, *words)
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("command", "way_out"),
    [
        (("encode", "-o", "out.jpg"), "--lenient"),
        (("decode", "-o", "out.png"), "--lenient"),
        (("crop", "--aspect", "1:1", "-o", "out.jpg"), "--lenient"),
        (("crop", "--aspect", "1:1", "-o", "out.jpg", "--lossless"), "--lenient, without --lossless,"),
        (("optimize", "-o", "out.jpg"), "'foveal encode --lenient'"),
        (("saliency", "-o", "out.png"), "'foveal encode --lenient'"),
        (("explain", "-o", "out.html"), "'foveal encode --lenient'"),
        (("compare", "--json"), "'foveal encode --lenient'"),
        (("pca", "encode", "-o", "out.npz"), "'foveal encode --lenient'"),
    ],
)
def test_errors_of_a_broken_jpeg_name_a_way_out_that_works(run: Run, command: tuple[str, ...], way_out: str) -> None:
    data = write_jpeg("whole.jpg")
    Path("in.jpg").write_bytes(data[:-200])
    one_line(run(*command, "in.jpg"), 1, f"; the file is broken or incomplete; {way_out} can read what is there\n")
    lenient = ("encode", "-o", "out.jpg") if "encode" in way_out else tuple(x for x in command if x != "--lossless")
    assert run(*lenient, "--lenient", "in.jpg").code == 0
    Path("in.jpg").write_bytes(data[: data.index(b"\xff\xda")])
    outcome = run(*command, "in.jpg")
    one_line(outcome, 1, "in.jpg: byte ")
    assert "lenient" not in outcome.err
    assert run(*lenient, "--lenient", "in.jpg").code == 1


@pytest.mark.parametrize("command", ["optimize", "decode"])
@pytest.mark.parametrize(
    ("content", "words"),
    [(b"hello", "not a picture of a known format"), (b"%PDF-1.7", "PDF files are not opened"), (b"", "is empty")],
)
def test_a_file_that_is_no_picture_is_called_so(run: Run, command: str, content: bytes, words: str) -> None:
    Path("in.jpg").write_bytes(content)
    outcome = run(command, "in.jpg", "-o", "out.jpg" if command == "optimize" else "out.png")
    one_line(outcome, 1, f"in.jpg: {words}" if content else words)
    assert "SOI" not in outcome.err


def test_a_folder_is_for_foveal_batch(run: Run) -> None:
    for arguments in (("encode", "."), ("encode", ".", "-o", "out.jpg"), ("optimize", ".", "-o", "out.jpg")):
        one_line(run(*arguments), 1, "foveal: .: is a folder; 'foveal batch' works on folders\n")
    one_line(run("decode", "."), 1, "foveal: .: is a folder, not a file\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("encode",), ("PHOTO",)),
        (("encode", "photo.png", "-q", "300"), ("300", "100")),
        (("encode", "photo.png", "-q", "-1"), ("-1",)),
        (("encode", "photo.png", "-q", "high"), ("--quality", "'high' is not a valid number")),
        (("encode", "photo.png", "-q", "nan"), ("--quality", "'nan' is not a number")),
        (("pca", "encode", "photo.png", "--variance", "nan"), ("--variance", "'nan' is not a number")),
        (("explain", "photo.png", "--verify"), ("--verify needs --target-score",)),
        (("explain", "photo.png", "--quality", "5", "--target-size", "5KB"), ("--quality and --target-size",)),
        (("encode", "photo.png", "--strength", "1.1"), ("1.1",)),
        (("encode", "photo.png", "--effort", "heroic"), ("heroic", "balanced")),
        (("encode", "photo.png", "--subsampling", "4:1:0"), ("4:1:0", "4:2:0")),
        (("encode", "photo.png", "--threads", "0"), ("0",)),
        (("encode", "photo.png", "--threads", "1025"), ("1025", "1024")),
        (("encode", "photo.png", "--metadata", "some"), ("some", "safe")),
        (("encode", "photo.png", "--saliency", "missing.png"), ("missing.png", "spectral")),
        (("encode", "photo.png", "--no-such-option"), ("--no-such-option",)),
        (("encode", "photo.png", "-o", ""), ("empty",)),
        (("encode", ""), ("empty",)),
        (("encode", "photo.png", "--saliency", ""), ("--saliency",)),
        (("encode", "photo.png", "-o", "out.png"), ("out.png", "JPEG")),
        (("saliency", "photo.png", "-o", "out.jpg"), ("out.jpg", "PNG")),
        (("encode", "photo.png", "second.png"), ("second.png",)),
        (("saliency", "photo.png"), ("-o", "--compare", "--json")),
        (("saliency", "photo.png", "--overlay"), ("-o", "--compare", "--json")),
        (("saliency", "photo.png", "--compare", "out.jpg"), ("out.jpg", "PNG")),
        (("saliency", "photo.png", "--compare", "photo.png"), ("photo.png is an input",)),
        (("saliency", "photo.png", "--compare", ""), ("empty",)),
        (("saliency", "photo.png", "-o", "x.png", "--compare", "x.png"), ("same file",)),
        (("saliency", "photo.png", "-o", "x.png", "--compare", "./x.png"), ("same file",)),
        (("saliency", "photo.png", "-o", "-", "--compare", "-"), ("same file",)),
        (("saliency", "photo.png", "--json", "--top-k", "0"), ("0",)),
        (("saliency", "photo.png", "-o", "x.png", "--method", "magic"), ("magic", "spectral")),
        (("sing",), ("sing",)),
    ],
)
def test_wrong_usage(run: Run, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    one_line(run(*arguments), 2, "--help", *words)
    assert sorted(path.name for path in Path().iterdir()) == ["photo.png"]


def test_outputs_that_cannot_be_written(run: Run) -> None:
    one_line(run("encode", "photo.png", "-o", "nowhere/out.jpg"), 1, "nowhere/out.jpg: its folder does not exist")
    one_line(
        run("encode", "photo.png", "-o", "photo.png/out.jpg"),
        1,
        "photo.png/out.jpg: its parent is a file, not a folder",
    )
    Path("folder").mkdir()
    for name in (".", "..", "folder", "folder/", "folder/.", "./folder/../folder"):
        one_line(run("encode", "photo.png", "-o", name), 1, f"foveal: {name}: is a folder; name a file in it")
        one_line(run("saliency", "photo.png", "--compare", name), 1, f"foveal: {name}: is a folder; name a file in it")
    Path("folder").rmdir()
    for name in ("new/", "new/.", "w.jpg/", "w.jpg/.", "photo.png/", "new/.."):
        one_line(run("encode", "photo.png", "-o", name), 1, f"foveal: {name}: names a folder, which does not exist")
    one_line(run("encode", "broken.png", "-o", "nowhere/out.jpg"), 1, "nowhere/out.jpg: its folder")  # checked first
    if Path("/proc/self").exists():
        one_line(run("encode", "photo.png", "-o", "/proc/out.jpg"), 1, "/proc/out.jpg: cannot write to its folder: it")
    if Path("/dev/full").exists():
        one_line(run("encode", "photo.png", "-o", "/dev/full"), 1, "/dev/full", "space")
    assert sorted(path.name for path in Path().iterdir()) == ["photo.png"]


@pytest.mark.parametrize("reason", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_a_folder_that_takes_no_files_is_named_as_the_reason(
    run: Run, monkeypatch: pytest.MonkeyPatch, reason: int
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr(files.os, "open", refuse)
    outcome = run("encode", "photo.png", "-o", "out.jpg", "--saliency", "none")
    one_line(outcome, 1, f"out.jpg: cannot write to its folder: {os.strerror(reason)}")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_write_permission(run: Run, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o555)
    one_line(
        run("encode", "photo.png", "-o", "locked/out.jpg"), 1, "locked/out.jpg: cannot write to its folder: Permission"
    )


def test_a_write_protected_target_is_left_alone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("master.jpg").write_bytes(b"old")
    monkeypatch.setattr(files.os, "access", lambda path, mode: Path(path).name != "master.jpg")  # root may write all
    one_line(run("encode", "photo.png", "-o", "master.jpg"), 1, "master.jpg", "write-protected")
    assert Path("master.jpg").read_bytes() == b"old"


def test_a_report_that_cannot_be_printed_names_standard_output(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(text: str, err: bool) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(messages.click, "echo", full)
        with pytest.raises(OSError, match="standard output"):
            messages.print_report("done", "out.jpg")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("out.jpg").write_bytes(b"old")

    def full_disk(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full_disk)
    one_line(run("encode", "photo.png", "-o", "out.jpg"), 1, "out.jpg", "No space left")
    assert Path("out.jpg").read_bytes() == b"old"
    assert sorted(path.name for path in Path().iterdir()) == ["out.jpg", "photo.png"]


def test_modes_and_links_of_outputs(run: Run) -> None:
    for mask, mode in ((0o027, 0o640), (0o002, 0o664)):
        Path("new.jpg").unlink(missing_ok=True)
        previous = os.umask(mask)
        try:
            run("encode", "photo.png", "-o", "new.jpg")
        finally:
            os.umask(previous)
        assert stat.S_IMODE(Path("new.jpg").stat().st_mode) == mode
    Path("old.jpg").write_bytes(b"old")
    Path("old.jpg").chmod(0o604)
    Path("link.jpg").symlink_to("old.jpg")
    run("encode", "photo.png", "-o", "link.jpg")
    assert Path("link.jpg").is_symlink()
    assert stat.S_IMODE(Path("old.jpg").stat().st_mode) == 0o604
    assert Path("old.jpg").read_bytes() == Path("new.jpg").read_bytes()


def test_names_with_spaces_and_other_letters(run: Run) -> None:
    name = "ein großes 写真.png"
    Path("photo.png").rename(name)
    outcome = run("encode", name)
    assert outcome.code == 0
    assert outcome.out.startswith("ein großes 写真.jpg: ")
    one_line(run("encode", "weg ü.png"), 1, "weg ü.png")


@pytest.mark.parametrize("content", [b"", b"nonsense", None], ids=["empty", "nonsense", "missing"])
def test_a_broken_network_is_named_in_one_line(
    run: Run, content: bytes | None, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("model") / "network.onnx"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setattr("foveal.saliency.model.SHIPPED_MODEL", path)
    monkeypatch.setattr("foveal.saliency.model._shipped_model", foveal.SaliencyModel)
    one_line(run("saliency", "photo.png", "--json"), 1, str(path))
    one_line(run("encode", "photo.png"), 1, str(path))
    assert run("encode", "photo.png", "--saliency", "spectral").code == 0


def test_version_and_help() -> None:
    done = subprocess.run([*COMMAND, "--version"], capture_output=True, check=True, text=True)
    assert done.stdout == f"foveal, version {foveal.__version__}\n"
    done = subprocess.run([*COMMAND], capture_output=True, check=False, text=True)
    assert done.returncode == 2
    assert "Commands:" in done.stderr


def test_the_reference_is_the_help_of_every_command() -> None:
    """If this fails, run python docs/generate_cli.py."""
    folder = Path(__file__).parents[2] / "docs"
    assert runpy.run_path(str(folder / "generate_cli.py"))["reference"]() == (folder / "cli.md").read_text()


def test_a_bug_is_reported_in_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("foveal.cli.encode.encode_photo", fail)
    outcome = run("encode", "photo.png")
    message = "internal error: ZeroDivisionError: division by zero (see foveal --debug)"
    assert (outcome.code, outcome.out, outcome.err) == (1, "", f"foveal: {message}\n")


def test_debug_prints_the_traceback_and_then_the_line(run: Run) -> None:
    outcome = run("--debug", "encode", "none.png")
    assert outcome.code == 1
    assert outcome.out == ""
    lines = outcome.err.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-2:] == [
        "FileNotFoundError: [Errno 2] No such file or directory: 'none.png'",
        "foveal: none.png: no such file or folder",
    ]


def test_debug_changes_nothing_where_nothing_fails(run: Run) -> None:
    outcome = run("--debug", "encode", "--help")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("Usage: foveal encode")


def test_decode_and_inspect_refuse_wrong_inputs_and_outputs(run: Run) -> None:
    write_jpeg("in.jpg")
    one_line(run("decode", "photo.png", "-o", "out.png"), 1, "photo.png: byte 0: expected SOI")
    one_line(run("inspect", "photo.png"), 1, "photo.png: byte 0: expected SOI", "no JPEG")
    one_line(run("decode", "in.jpg", "-o", "in.jpg"), 2, "PNG")
    one_line(run("inspect", "in.jpg", "--bits-map", "in.jpg"), 2, "PNG")
    one_line(run("inspect", "none.jpg"), 1, "none.jpg: no such file")
    one_line(run("decode", "none.jpg", "-o", "out.png"), 1, "none.jpg: no such file")
    Path("in.png").write_bytes(b"mine")
    one_line(run("decode", "in.jpg"), 2, "in.png exists", "-o")
    one_line(run("decode", "in.jpg", "-o", "out.png", "--max-pixels", "2239"), 1, "in.jpg", "the limit is 2,239")
    assert Path("in.png").read_bytes() == b"mine"
    Path("link.png").symlink_to("in.jpg")
    one_line(run("decode", "in.jpg", "-o", "link.png"), 2, "is an input")


def test_control_characters_in_names_do_not_reach_the_terminal(run: Run) -> None:
    write_jpeg("a\x1b[31m\n.jpg")
    outcome = run("decode", "a\x1b[31m\n.jpg", "-o", "b\x1b.png")
    assert outcome.out == "b\\x1b.png: 56 x 40, YCbCr\n"
    one_line(run("inspect", "c\x1b.jpg"), 1, "c\\x1b.jpg: no such file")


def test_the_list_of_commands_is_complete_and_each_is_found_by_its_name() -> None:
    modules = {path.stem: path.read_text() for path in Path(main.__file__).parent.glob("*.py") if path.stem != "main"}
    commands = {
        name
        for name, source in modules.items()
        if re.search(rf"\n@click\.(command|group)\b(.|\n)*def {name}\(", source)
    }
    context = click.Context(main.cli)
    assert main.cli.list_commands(context) == sorted(commands)
    for name in commands:
        command = main.cli.get_command(context, name)
        assert command is not None
        assert command.name == name
    assert main.cli.get_command(context, "main") is None


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["-h"], [], ["encde"]], ids=" ".join)
def test_numpy_is_not_imported_for_the_version_and_the_help(arguments: list[str]) -> None:
    program = (
        "import atexit, sys; from foveal.cli.main import main;"
        "atexit.register(lambda: print([name for name in ('numpy', 'PIL', 'onnxruntime') if name in sys.modules]));"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)
    assert done.stdout.endswith("[]\n")


def test_what_a_command_does_not_need_is_not_imported(tmp_path: Path, run: Run) -> None:
    program = (
        "import atexit, sys; from foveal.cli.main import main;"
        "late = ('onnxruntime', 'PIL.TiffImagePlugin', 'xml.parsers.expat', 'hashlib', 'importlib.metadata');"
        "atexit.register(lambda: print([name for name in late if name in sys.modules]));"
        "main()"
    )
    command = [sys.executable, "-c", program, "encode", "photo.png", "-q", "75", "--saliency", "none"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")


@pytest.mark.parametrize(
    ("words", "position", "expected"),
    [
        ("foveal enc", 1, ["encode"]),
        ("foveal e", 1, ["encode", "explain"]),
        ("foveal pca ", 2, ["decode", "encode", "figure"]),
        ("foveal encode --sub", 2, ["--subsampling"]),
        ("foveal encode --subsampling 4:2", 3, ["4:2:2", "4:2:0"]),
    ],
)
def test_shell_completion(words: str, position: int, expected: list[str]) -> None:
    environment = {**os.environ, "_FOVEAL_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(position)}
    done = subprocess.run(COMMAND, capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.removeprefix("plain,") for line in done.stdout.splitlines()] == expected


@pytest.mark.parametrize(("command", "threads"), [("pca", None), ("inspect", "1"), ("encode", "1")])
def test_only_pca_lets_openblas_start_threads(
    command: str, threads: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "")  # so that it is restored
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    assert main.cli.get_command(click.Context(main.cli), command) is not None
    assert os.environ.get("OPENBLAS_NUM_THREADS") == threads
