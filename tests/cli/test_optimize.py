"""`foveal optimize`: outputs, manners with files, and failures at every step of replacing a file."""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import COMMAND, PIXELS, Run, one_line, write_jpeg
from jpeg_files import pillow_file
from multi_picture_files import GAIN_MAP, item, with_segments, xmp
from PIL import Image

import foveal
from foveal.optimization import OptimizeOptions, optimize_file

LOSSLESS = ("--lossless", "--min-saving", "0")
OLD_NS = 1_000_000_000_123_456_789


def expected(data: bytes, **options: object) -> bytes:
    return optimize_file(data, OptimizeOptions(lossless=True, min_saving=0, **options)).data


def test_a_lossless_file_is_written(run: Run) -> None:
    data = write_jpeg("in.jpg")
    outcome = run("optimize", "in.jpg", "-o", "out.jpg", *LOSSLESS)
    written = Path("out.jpg").read_bytes()
    assert written == expected(data)
    change = f"{len(data):,} to {len(written):,} bytes ({len(written) / len(data) - 1:+.1%})"
    assert (outcome.code, outcome.out, outcome.err) == (0, f"out.jpg: lossless, {change}\n", "")
    assert Path("in.jpg").read_bytes() == data


def test_a_kept_file_is_copied_with_o_and_not_touched_in_place(run: Run) -> None:
    data = expected(write_jpeg("plain.jpg"))
    Path("in.jpg").write_bytes(data)
    os.utime("in.jpg", ns=(OLD_NS, OLD_NS))
    before = Path("in.jpg").stat()
    outcome = run("optimize", "in.jpg", "-o", "out.jpg", *LOSSLESS)
    assert (outcome.code, outcome.out) == (0, f"out.jpg: kept, {len(data):,} bytes\n")
    assert Path("out.jpg").read_bytes() == data
    assert run("optimize", "in.jpg", "--in-place", *LOSSLESS).out == f"in.jpg: kept, {len(data):,} bytes\n"
    after = Path("in.jpg").stat()
    assert (after.st_ino, after.st_mtime_ns, after.st_ctime_ns) == (before.st_ino, OLD_NS, before.st_ctime_ns)


def test_the_report_as_json(run: Run) -> None:
    data = write_jpeg("in.jpg")
    report = json.loads(run("optimize", "in.jpg", "-o", "out.jpg", "--json", *LOSSLESS).out)
    size = len(Path("out.jpg").read_bytes())
    assert report == {
        "input": "in.jpg",
        "output": "out.jpg",
        "status": "lossless",
        "size_bytes_before": len(data),
        "size_bytes": size,
        "quality": None,
        "warnings": [],
    }


def test_standard_input_and_output(run: Run) -> None:
    data = write_jpeg("in.jpg")
    finished = subprocess.run([*COMMAND, "optimize", "-", *LOSSLESS], input=data, capture_output=True, check=True)
    assert finished.stdout == expected(data)
    assert finished.stderr.startswith(b"standard output: lossless, ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], ["-o", "--in-place"]),
        (["--in-place", "-o", "out.jpg"], ["--in-place and -o"]),
        (["-o", "in.jpg"], ["in.jpg is an input"]),
        (["-o", "out.png"], ["would be written as JPEG"]),
        (["-o", "out.jpg", "--lossless", "-q", "80"], ["--lossless and --quality"]),
        (["-o", "out.jpg", "--lossless", "--reencode"], ["--lossless and --reencode"]),
        (["-o", "out.jpg", "-q", "80", "--target-size", "1KB"], ["--quality and --target-size"]),
        (["-o", "out.jpg", "--min-saving", "much"], ["--min-saving"]),
        (["-o", "out.jpg", "--min-saving", "101%"], ["--min-saving"]),
        (["-o", "out.jpg", "--min-saving", "0.02"], ["--min-saving", "'0.02' needs a percent sign"]),
        (["-o", "out.jpg", "--min-saving", "2"], ["--min-saving", "'2' needs a percent sign"]),
        (["-o", "out.jpg", "--lossless", "--saliency", "none"], ["--saliency has no effect with --lossless"]),
        (["-o", "out.jpg", "--lossless", "--strength", "0.5"], ["--strength has no effect with --lossless"]),
        (["-o", "out.jpg", "--lossless", "--effort", "balanced"], ["--effort has no effect with --lossless"]),
        (["-o", "out.jpg", "--keep-c2pa", "--metadata", "none"], ["--keep-c2pa contradicts --metadata none"]),
        (["-o", "out.jpg", "--keep-c2pa", "--metadata", "safe"], ["--keep-c2pa contradicts --metadata safe"]),
    ],
)
def test_wrong_usage(arguments: list[str], words: list[str], run: Run) -> None:
    data = write_jpeg("in.jpg")
    one_line(run("optimize", "in.jpg", *arguments), 2, *words)
    assert Path("in.jpg").read_bytes() == data
    assert not Path("out.jpg").exists()


def test_shares_are_in_per_cent(run: Run) -> None:
    Path("in.jpg").write_bytes(expected(write_jpeg("plain.jpg")))
    for share in ("0", "0.0", "0%", "0.02%", "2%", " 2 %", "100%"):
        assert run("optimize", "in.jpg", "-o", "out.jpg", "--lossless", "--min-saving", share).code == 0


def test_content_credentials_may_be_kept_with_all_metadata(run: Run) -> None:
    write_jpeg("in.jpg")
    assert run("optimize", "in.jpg", "-o", "out.jpg", "--keep-c2pa", "--metadata", "keep", *LOSSLESS).code == 0


def test_in_place_needs_a_file(run: Run) -> None:
    one_line(run("optimize", "-", "--in-place"), 2, "--in-place needs a file, which standard input is not (")
    one_line(
        run("optimize", ".", "--in-place"),
        2,
        "--in-place needs a file, which . is not; 'foveal batch' works on folders (",
    )


def test_an_input_without_a_name(run: Run) -> None:
    for arguments in (["-o", "out.jpg"], ["--in-place"]):
        one_line(run("optimize", "", *arguments), 2, "the name of the input is empty")


@pytest.mark.parametrize("picture_format", ["PNG", "WEBP", "TIFF"])
def test_other_pictures_are_for_foveal_encode(picture_format: str, run: Run) -> None:
    Image.fromarray(PIXELS).save("picture", picture_format)
    advice = "this is no JPEG; 'foveal encode' converts other pictures\n"
    one_line(run("optimize", "picture", "-o", "out.jpg"), 1, "picture: ", advice)
    assert run("encode", "picture", "-o", "out.jpg").code == 0


def test_an_empty_file_is_no_picture(run: Run) -> None:
    Path("in.jpg").touch()
    one_line(run("optimize", "in.jpg", "--in-place"), 1, "the file is empty\n")


def test_a_truncated_file_is_for_lenient_encoding(run: Run) -> None:
    Path("in.jpg").write_bytes(write_jpeg("whole.jpg")[:-200])
    advice = "the file is broken or incomplete; 'foveal encode --lenient' can read what is there\n"
    one_line(run("optimize", "in.jpg", "--in-place"), 1, "in.jpg: ", advice)
    assert run("encode", "in.jpg", "-o", "out.jpg", "--lenient").code == 0


def test_a_broken_file_is_left_alone(run: Run) -> None:
    data = write_jpeg("in.jpg")[:-100]
    Path("in.jpg").write_bytes(data)
    one_line(run("optimize", "in.jpg", "--in-place"), 1, "in.jpg: ")
    assert Path("in.jpg").read_bytes() == data
    one_line(run("optimize", "in.jpg", "-o", "out.jpg"), 1, "in.jpg: ")
    assert not Path("out.jpg").exists()
    one_line(run("optimize", "photo.png", "-o", "out.jpg"), 1, "photo.png: ", "no JPEG")
    one_line(run("optimize", "missing.jpg", "--in-place"), 1, "missing.jpg: no such file")


def test_what_is_left_out_is_said(run: Run) -> None:
    data = with_segments(write_jpeg("in.jpg"), xmp(item("Primary", 0), item("GainMap", len(GAIN_MAP)))) + GAIN_MAP
    Path("in.jpg").write_bytes(data)
    outcome = run("optimize", "in.jpg", "--in-place", "--metadata", "safe", *LOSSLESS)
    assert outcome.code == 0
    assert outcome.err == (
        f"foveal: warning: in.jpg: {len(GAIN_MAP):,} bytes after the picture are left out: an HDR gain map\n"
    )


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755])
def test_mode_and_times_are_kept_in_place(mode: int, run: Run) -> None:
    data = write_jpeg("in.jpg")
    path = Path("in.jpg")
    path.chmod(mode)
    os.utime(path, ns=(OLD_NS, OLD_NS))
    assert run("optimize", "in.jpg", "--in-place", *LOSSLESS).code == 0
    assert path.read_bytes() == expected(data)
    assert (stat.S_IMODE(path.stat().st_mode), path.stat().st_mtime_ns) == (mode, OLD_NS)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files to others")
def test_the_owner_is_kept_in_place(run: Run) -> None:
    write_jpeg("in.jpg")
    os.chown("in.jpg", 1234, 4321)
    assert run("optimize", "in.jpg", "--in-place", *LOSSLESS).code == 0
    assert (Path("in.jpg").stat().st_uid, Path("in.jpg").stat().st_gid) == (1234, 4321)


def test_times_are_options(run: Run) -> None:
    write_jpeg("in.jpg")
    os.utime("in.jpg", ns=(OLD_NS, OLD_NS))
    run("optimize", "in.jpg", "-o", "new.jpg", *LOSSLESS)
    run("optimize", "in.jpg", "-o", "same.jpg", "--preserve-times", *LOSSLESS)
    run("optimize", "in.jpg", "--in-place", "--no-preserve-times", *LOSSLESS)
    times = [Path(name).stat().st_mtime_ns == OLD_NS for name in ("new.jpg", "same.jpg", "in.jpg")]
    assert times == [False, True, False]


def test_a_symbolic_link_stays_and_its_file_is_replaced(run: Run) -> None:
    data = write_jpeg("in.jpg")
    Path("link.jpg").symlink_to("in.jpg")
    assert run("optimize", "link.jpg", "--in-place", *LOSSLESS).code == 0
    assert Path("link.jpg").is_symlink()
    assert Path("in.jpg").read_bytes() == expected(data)


def test_other_names_of_the_file_are_named(run: Run) -> None:
    data = write_jpeg("in.jpg")
    os.link("in.jpg", "other.jpg")
    outcome = run("optimize", "in.jpg", "--in-place", *LOSSLESS)
    assert outcome.err == "foveal: warning: in.jpg had another name (a hard link), which still names the old file\n"
    assert Path("other.jpg").read_bytes() == data


def test_a_file_that_somebody_else_changes_meanwhile_is_left_alone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write_jpeg("in.jpg")

    def change_file(data: bytes, options: OptimizeOptions) -> object:
        Path("in.jpg").write_bytes(b"newer")
        return optimize_file(data, options)

    monkeypatch.setattr("foveal.cli.optimize.optimize_file", change_file)
    outcome = run("optimize", "in.jpg", "--in-place", *LOSSLESS)
    one_line(outcome, 1, "foveal: in.jpg: was changed while it was read; it is left alone\n")
    assert Path("in.jpg").read_bytes() == b"newer"


ERRORS = {"disk full": errno.ENOSPC, "read-only": errno.EROFS, "quota": errno.EDQUOT, "broken disk": errno.EIO}


@pytest.mark.parametrize("problem", ERRORS)
@pytest.mark.parametrize("step", ["open", "write", "fsync", "utime", "chmod", "replace"])
def test_an_error_at_any_step_of_replacing_the_file_leaves_the_old_one(
    step: str, problem: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_jpeg("in.jpg")
    before = Path("in.jpg").stat()
    failed = []

    def fail(*_: object, **__: object) -> None:
        failed.append(step)
        raise OSError(ERRORS[problem], os.strerror(ERRORS[problem]))

    class FullFile:
        """A file that takes no bytes."""

        def __init__(self, descriptor: int, _: str) -> None:
            os.close(descriptor)

        def __enter__(self) -> FullFile:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        write = fail

    real_open = os.open
    with monkeypatch.context() as patch:
        if step == "open":
            patch.setattr(os, "open", lambda path, *more: fail() if ".foveal-" in str(path) else real_open(path, *more))
        elif step == "write":
            patch.setattr(os, "fdopen", FullFile)
        else:
            patch.setattr(Path if step in ("chmod", "replace") else os, step, fail)
        outcome = run("optimize", "in.jpg", "--in-place", *LOSSLESS)
    assert failed == [step]
    one_line(outcome, 1, "in.jpg: ")
    after = Path("in.jpg").stat()
    assert Path("in.jpg").read_bytes() == data
    assert (after.st_ino, after.st_mtime_ns, after.st_mode) == (before.st_ino, before.st_mtime_ns, before.st_mode)
    assert not list(Path.cwd().glob(".foveal-*"))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda each: each.name)
@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.replace"])
def test_a_signal_between_the_temporary_file_and_its_renaming(
    step: str, number: signal.Signals, tmp_path: Path
) -> None:
    path = tmp_path / "in.jpg"
    data = pillow_file(Image.fromarray(PIXELS))
    path.write_bytes(data)
    program = (
        "import os, pathlib, sys, foveal.cli.main as command\n"
        f"{step} = lambda *_: os.kill(os.getpid(), {int(number)})\n"
        f"sys.argv = ['foveal', 'optimize', {str(path)!r}, '--in-place', '--lossless', '--min-saving', '0']\n"
        "command.main()\n"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert finished.returncode != 0
    assert path.read_bytes() == data
    left = [each for each in tmp_path.iterdir() if each != path]
    assert len(left) == (number == signal.SIGKILL)
    # The next run removes what was left, and does the work.
    subprocess.run([*COMMAND, "optimize", str(path), "--in-place", *LOSSLESS], capture_output=True, check=True)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == expected(data)
    assert foveal.decode(path.read_bytes()).shape == (40, 56, 3)
