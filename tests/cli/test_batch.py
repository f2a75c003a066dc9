"""`foveal batch`: trees, widths, in place, resuming, interruption, full disks, reports and dry runs."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from batch_jobs import jpeg_bytes, names_in, png_bytes
from command_line import COMMAND, Run, one_line
from pictures import noisy_gradient
from PIL import Image, ImageOps

from foveal.batch import BatchSettings, Outcome
from foveal.batch.discovery import LeftAlone
from foveal.batch.ledger import DEFAULT_NAME, Ledger
from foveal.batch.plan import Plan
from foveal.batch.report import describe_skipped
from foveal.batch.run import Batch
from foveal.batch.totals import format_change
from foveal.cli.batch_output import BatchOutput
from foveal.optimization import OptimizeOptions, optimize_file

FAST = ("--saliency", "none", "--jobs", "1")


def tree(count: int = 2) -> Path:
    """Write a folder `in` of JPEGs, a PNG and a text into the current folder."""
    folder = Path("in")
    (folder / "a b").mkdir(parents=True)
    for number in range(count):
        (folder / "a b" / f"ü {number}.jpg").write_bytes(jpeg_bytes(95 - number))
    (folder / "p.png").write_bytes(png_bytes())
    (folder / "notes.txt").write_text("x")
    return folder


def expected(path: Path) -> bytes:
    return optimize_file(path.read_bytes(), OptimizeOptions(saliency=None)).data


def names_below(folder: str) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file())


def lines_of(out: str) -> list[dict]:
    return [json.loads(line) for line in out.splitlines()]


def test_a_folder_is_optimized_into_another_and_the_tree_is_kept(run: Run) -> None:
    tree()
    outcome = run("batch", "in", "-o", "out", *FAST)
    assert names_below("out") == [DEFAULT_NAME, "a b/ü 0.jpg", "a b/ü 1.jpg"]
    for name in ("a b/ü 0.jpg", "a b/ü 1.jpg"):
        assert Path("out", name).read_bytes() == expected(Path("in", name))
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("3 files: 2 written, 1 skipped\n")
    assert "1 left alone: no pictures by their names" in outcome.out
    again = run("batch", "in", "-o", "out", *FAST)
    assert again.out.startswith("0 files: nothing to do\n3 finished before")


def test_in_place_replaces_files_once(run: Run) -> None:
    folder = tree()
    wanted = {path: expected(path) for path in folder.rglob("*.jpg")}
    assert run("batch", "in", "--in-place", *FAST).code == 0
    before = {path: path.stat() for path in folder.rglob("*")}
    assert {path: path.read_bytes() for path in wanted} == wanted
    assert (folder / DEFAULT_NAME).exists()
    outcome = run("batch", "in", "--in-place", *FAST)
    assert "3 finished before" in outcome.out
    assert {path: path.stat().st_ino for path in wanted} == {path: before[path].st_ino for path in wanted}
    os.utime(next(iter(wanted)))  # the same bytes with another time
    assert "3 finished before" in run("batch", "in", "--in-place", *FAST).out


def test_pictures_are_converted_and_resized_and_listed(run: Run) -> None:
    tree(1)
    outcome = run(
        "batch", "in", "-o", "out", "--convert", "--widths", "16,32,90", "--srcset", "list.json", "-q", "60", *FAST
    )
    assert (outcome.code, outcome.err) == (0, "")
    stems = ("a b/ü 0", "p")
    assert names_below("out")[1:] == [f"{stem}-{width}.jpg" for stem in stems for width in (16, 32, 90)]
    photos = json.loads(Path("list.json").read_text())["photos"]
    for photo, stem in zip(photos, stems, strict=True):
        assert [size["file"] for size in photo["sizes"]] == [f"{stem}-{width}.jpg" for width in (16, 32, 90)]
        for size in photo["sizes"]:
            with Image.open(Path("out", size["file"])) as image:
                assert image.size == (size["width"], size["height"])
            assert Path("out", size["file"]).stat().st_size == size["size_bytes"]
        assert [size["width"] for size in photo["sizes"]] == [16, 32, 56]
    assert (
        photos[0]["srcset"] == "a%20b/%C3%BC%200-16.jpg 16w, a%20b/%C3%BC%200-32.jpg 32w, a%20b/%C3%BC%200-90.jpg 56w"
    )
    again = run(
        "batch", "in", "-o", "out", "--convert", "--widths", "16,32,90", "--srcset", "list.html", "-q", "60", *FAST
    )
    assert "6 finished before" in again.out
    sources = []

    class Images(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            sources.extend(value for name, value in attributes if tag == "img" and name == "srcset")

    Images().feed(Path("list.html").read_text())
    assert sources == [photo["srcset"] for photo in photos]


@pytest.mark.parametrize("metadata", ["keep", "none"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_listed_sizes_are_those_of_the_displayed_pictures(orientation: int, metadata: str, run: Run) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Path("in").mkdir()
    Image.fromarray(noisy_gradient(40, 56)).save("in/a.jpg", quality=95, exif=exif)
    arguments = ("--widths", "20,90", "--metadata", metadata, "--srcset", "list.json", "-q", "60")
    assert run("batch", "in", "-o", "out", *arguments, *FAST).code == 0
    (photo,) = json.loads(Path("list.json").read_text())["photos"]
    for size in photo["sizes"]:
        with Image.open(Path("out", size["file"])) as image:
            assert ImageOps.exif_transpose(image).size == (size["width"], size["height"])
    full = (56, 40) if orientation < 5 else (40, 56)
    assert photo["srcset"] == f"a-20.jpg 20w, a-90.jpg {full[0]}w"
    assert f'width="{full[0]}" height="{full[1]}"' in photo["html"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), ["--files-from"]),
        (("in",), ["-o", "--in-place"]),
        (("in", "-o", "out", "--in-place"), ["-o", "--in-place"]),
        (("in", "--in-place", "--convert"), ["--convert"]),
        (("in", "--in-place", "--widths", "5"), ["--widths"]),
        (("in", "-o", "in"), ["--in-place"]),
        (("in", "-o", "-"), ["-o"]),
        (("", "-o", "out"), ["empty"]),
        (("in", "-o", "out", "--widths", "0"), ["widths"]),
        (("in", "-o", "out", "--widths", "5,x"), ["widths"]),
        (("in", "-o", "out", "--template", "{stem}.png"), ["template"]),
        (("in", "-o", "out", "--srcset", "x.txt"), ["--srcset"]),
        (("in", "-o", "out", "--lossless", "-q", "5"), ["--lossless", "--quality"]),
        (("in", "-o", "out", "-q", "5", "--target-size", "9"), ["--quality", "--target-size"]),
        (("in", "--report", "x"), ["--report", "SRC"]),
        (("--report", "x", "--dry-run"), ["--report", "--dry-run"]),
        (("--report", "x", "-j", "2"), ["--report", "--jobs"]),
        (("in", "-o", "out", "--dry-run", "--srcset", "x.json"), ["--srcset", "--dry-run"]),
        (("in", "-o", "out", "--dry-run", "--quiet"), ["--quiet", "--dry-run"]),
        (("in", "-o", "out", "--background", "rainbow"), ["rainbow", "colour"]),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], words: list[str], run: Run) -> None:
    tree(1)
    one_line(run("batch", *arguments), 2, *words)
    assert names_in(Path()) == ["in", "photo.png"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("none", "-o", "out"), ["none", "no such file"]),
        (("in/*.gif", "-o", "out"), ["in/*.gif", "matches no files"]),
        (("in", "photo.png", "in/p.png", "-o", "out", "--convert", "--template", "x{stem}.jpg"), []),
        (("in", "-o", "photo.png"), ["photo.png", "not a folder"]),
        (("--report", "none"), ["none", "no such file"]),
        (("--report", "photo.png"), ["photo.png", "not a ledger"]),
    ],
)
def test_what_cannot_be_done_fails_before_any_work(arguments: tuple[str, ...], words: list[str], run: Run) -> None:
    tree(1)
    if not words:  # two files of one name: one is in a folder that is searched
        shutil.copy("photo.png", "in/photo.webp")
        words = ["photo.webp", "photo.png", "would both be written to", "nothing was done"]
    one_line(run("batch", *arguments), 1, *words)
    assert names_in(Path()) == ["in", "photo.png"]


def test_the_reason_for_skipping_is_said(run: Run) -> None:
    outcome = run("batch", "photo.png", "-o", "out")
    assert outcome.out.startswith("1 file: 1 skipped\n          1 skipped: no JPEG; --convert encodes other pictures\n")
    outcome = run("batch", "photo.png", "--in-place")
    assert "  1 skipped: no JPEG; in place, a file keeps its format\n" in outcome.out
    with closing(Plan()) as plan:
        work = Batch(plan, BatchSettings(), 1)
        for number, reason in enumerate("aaabbccde"):
            work.totals.add(Outcome("", f"{number}.png", f"{number}.jpg", "skipped", reason=reason))
    lines = list(describe_skipped(work.totals, 3))
    assert [line.split(maxsplit=1)[0] for line in lines] == ["3", "2", "2", "2"]
    assert lines[-1].endswith("2 skipped for other reasons")


def test_a_source_counts_once_however_many_sizes_it_has(run: Run) -> None:
    before = sum(path.stat().st_size for path in tree(3).rglob("*.jpg"))
    outcome = run("batch", "in", "-o", "out", "--widths", "8,16,900", "--json-lines", "-j", "3", *FAST)
    *files, last = lines_of(outcome.out)
    made = [each for each in files if each["status"] in ("written", "kept")]
    assert len(made) == 9
    after = sum(each["size_bytes_after"] for each in made)
    sums = last["summary"]
    assert (sums["sources"], sums["size_bytes_before"], sums["size_bytes_after"]) == (4, before, after)
    text = run("batch", "--report", "out").out
    assert text.startswith("12 files from 4 photos: 9 written, 3 skipped\n")
    assert format_change(before, after) in text


def test_files_that_grow_are_counted(run: Run) -> None:
    page = np.full((200, 300), 255, np.uint8)
    page[50:60, 20:280] = 0
    Image.fromarray(page).save("page.png", optimize=True)
    outcome = run("batch", "page.png", "photo.png", "-o", "out", "--convert", *FAST)
    assert Path("out/page.jpg").stat().st_size > Path("page.png").stat().st_size
    assert "\n1 larger than the source\n" in outcome.out
    assert "  1 larger than the source\n" in run("batch", "--report", "out").out
    assert json.loads(run("batch", "--report", "out", "--json-lines").out)["larger"] == 1


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no folder that takes no files")
def test_a_folder_that_takes_no_ledger_is_named(run: Run) -> None:
    one_line(run("batch", "photo.png", "-o", "/proc/out"), 1, "foveal: /proc/out: cannot write to its folder: ")
    one_line(run("batch", "photo.png", "-o", "/proc/self"), 1, "foveal: /proc/self: cannot write to this folder: ")


def test_a_file_in_the_place_of_the_ledgers_folder_is_named(run: Run) -> None:
    Path("file").write_bytes(b"")
    one_line(run("batch", "photo.png", "-o", "out", "--ledger", "file/x.sqlite"), 1, "foveal: file: is not a folder")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_write_permission_is_named(run: Run) -> None:
    Path("locked").mkdir(mode=0o555)
    one_line(run("batch", "photo.png", "-o", "locked/out"), 1, "locked/out: cannot write to its folder: Permission")
    one_line(run("batch", "photo.png", "-o", "locked"), 1, "locked: cannot write to this folder: Permission")


@pytest.mark.parametrize("options", [(), ("--widths", "20"), ("--template", "x{stem}.jpg")])
def test_a_picture_that_is_skipped_does_not_collide_with_a_jpeg_of_its_name(options: tuple[str, ...], run: Run) -> None:
    folder = tree(1)
    (folder / "p.jpg").write_bytes(jpeg_bytes())
    outcome = run("batch", "in", "-o", "out", *options, *FAST)
    assert outcome.code == 0
    assert outcome.out.startswith("3 files: 2 written, 1 skipped\n")
    one_line(run("batch", "in", "-o", "again", "--convert", *options, *FAST), 1, "p.jpg", "p.png", "would both be")


def test_one_bad_file_aborts_nothing_and_the_exit_code_says_so(run: Run) -> None:
    folder = tree()
    (folder / "broken.jpg").write_bytes(jpeg_bytes()[:300])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "really.jpg").write_bytes(png_bytes())
    outcome = run("batch", "in", "-o", "out", *FAST)
    assert outcome.code == 1
    assert outcome.out.startswith("6 files: 2 written, 2 skipped, 2 failed\n")
    assert [line.split(": ")[1].rpartition("/")[2] for line in outcome.err.splitlines()] == ["broken.jpg", "empty.jpg"]
    assert run("batch", "in", "-o", "out", *FAST).out.startswith("2 files: 2 failed\n4 finished before")


@pytest.mark.parametrize(("count", "words"), [(19, None), (200, "lists them"), (201, "lists the first 200, and")])
def test_many_failures_are_listed_by_the_report(
    count: int, words: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(Plan()) as plan:
        work = Batch(plan, BatchSettings(), 1)
        show = BatchOutput(work, LeftAlone(), quiet=True, as_json=False)
        with show.progress() as advance:
            for number in range(count):
                outcome = Outcome("", f"{number}.jpg", f"out/{number}.jpg", "failed", reason="broken")
                work.totals.add(outcome)
                advance(outcome)
        show.summary("ledger", is_interrupted=False)
    *_, last = capsys.readouterr().err.splitlines()
    assert last.startswith("foveal: 18.jpg" if words is None else f"foveal: {count} failed; ")
    assert words is None or words in last


def test_files_of_others_are_not_overwritten(run: Run) -> None:
    tree(1)
    Path("out/a b").mkdir(parents=True)
    target = Path("out/a b/ü 0.jpg")
    target.write_bytes(b"mine")
    outcome = run("batch", "in", "-o", "out", *FAST)
    assert outcome.code == 1
    assert "--overwrite" in outcome.err
    assert target.read_bytes() == b"mine"
    assert run("batch", "in", "-o", "out", "--overwrite", *FAST).code == 0
    assert target.read_bytes() == expected(Path("in/a b/ü 0.jpg"))


def test_a_lost_ledger_costs_time_and_nothing_else(run: Run) -> None:
    tree()
    run("batch", "in", "-o", "out", *FAST)
    Path("out", DEFAULT_NAME).unlink()
    outcome = run("batch", "in", "-o", "out", *FAST)
    assert (outcome.code, outcome.out.splitlines()[0]) == (0, "3 files: 2 written, 1 skipped")


def test_changes_of_settings_and_sources_are_noticed(run: Run) -> None:
    folder = tree()
    run("batch", "in", "-o", "out", *FAST)
    outcome = run("batch", "in", "-o", "out", "--lossless", *FAST)
    assert "settings have changed since the last run (optimize.lossless)" in outcome.err
    assert "3 done again because of other settings" in outcome.out
    changed = jpeg_bytes(50, noisy_gradient(30, 30))
    (folder / "a b" / "ü 0.jpg").write_bytes(changed)
    outcome = run("batch", "in", "-o", "out", "--lossless", *FAST)
    assert "1 file: 1 written" in outcome.out
    assert "2 finished before; 1 done again because the source has changed" in outcome.out
    with Image.open("out/a b/ü 0.jpg") as image:
        assert image.size == (30, 30)
    Path("out/a b/ü 1.jpg").unlink()
    assert "1 file: 1 written" in run("batch", "in", "-o", "out", "--lossless", *FAST).out


def test_another_limit_of_pixels_does_no_file_again(run: Run) -> None:
    tree()
    assert run("batch", "in", "-o", "out", "--max-pixels", "2000", *FAST).code == 1
    assert run("batch", "in", "-o", "out", *FAST).code == 0
    for limit in ("2000", "170000000"):
        outcome = run("batch", "in", "-o", "out", "--max-pixels", limit, *FAST)
        assert (outcome.code, outcome.err) == (0, "")
        assert "3 finished before" in outcome.out


def test_a_file_is_replaced_though_it_failed_in_between(run: Run) -> None:
    source = tree() / "a b" / "ü 0.jpg"
    run("batch", "in", "-o", "out", *FAST)
    source.write_bytes(b"broken")
    assert run("batch", "in", "-o", "out", *FAST).code == 1
    source.write_bytes(jpeg_bytes(70))
    assert run("batch", "in", "-o", "out", *FAST).code == 0
    assert Path("out/a b/ü 0.jpg").read_bytes() == expected(source)


def test_targets_in_the_source_are_not_sources(run: Run) -> None:
    tree()
    for count in (3, 0):
        outcome = run("batch", "in", "-o", "in/small", *FAST)
        assert (outcome.code, outcome.out.split()[0]) == (0, str(count))
    assert "in/small/small" not in map(str, Path("in").rglob("*"))


def test_lists_of_files(run: Run) -> None:
    tree()
    Path("list").write_text("in/a b/ü 0.jpg\n\nin/p.png\r\n")
    assert run("batch", "--files-from", "list", "-o", "out", *FAST).code == 0
    assert names_below("out") == [DEFAULT_NAME, "in/a b/ü 0.jpg"]
    listed = "in/a b/ü 0.jpg\0in/a b/ü 1.jpg\0".encode()
    command = [*COMMAND, "batch", "--files-from", "-", "--in-place", *FAST]
    finished = subprocess.run(command, input=listed, capture_output=True, check=True)
    assert finished.stdout.startswith(b"2 files: 2 written")
    assert Path("in/a b", DEFAULT_NAME).exists()


def test_an_empty_list_is_no_error(run: Run) -> None:
    Path("list").write_text("\n")
    assert run("batch", "--files-from", "list", "--in-place").out.startswith("0 files: nothing to do\n")


def test_lines_of_json(run: Run) -> None:
    tree(1)
    *files, summary = lines_of(run("batch", "in", "-o", "out", "--json-lines", *FAST).out)
    by_status = {each["status"]: each for each in files}
    assert sorted(by_status) == ["skipped", "written"]
    assert by_status["written"]["target"] == str(Path("out/a b/ü 0.jpg").absolute())
    assert by_status["written"]["size_bytes_after"] == Path("out/a b/ü 0.jpg").stat().st_size
    assert (summary["summary"]["written"], summary["summary"]["other_files"]) == (1, 1)


def test_quiet_prints_nothing_but_errors(run: Run) -> None:
    folder = tree(1)
    assert run("batch", "in", "-o", "out", "--quiet", *FAST).out == ""
    (folder / "empty.jpg").write_bytes(b"")
    one_line(run("batch", "in", "-o", "out", "--quiet", *FAST), 1, "empty.jpg")


def test_a_dry_run_writes_nothing_and_knows_all_if_the_sample_is_all(run: Run) -> None:
    folder = tree()
    saved = sum(path.stat().st_size - len(expected(path)) for path in folder.rglob("*.jpg"))
    before = names_below(".")
    prediction = json.loads(run("batch", "in", "--in-place", "--dry-run", "--json-lines", *FAST).out)
    assert names_below(".") == before
    assert prediction["saved_bytes"] == prediction["low_bytes"] == prediction["high_bytes"] == saved
    assert (prediction["sampled"], prediction["files"]) == (3, 3)
    text = run("batch", "in", "-o", "out", "--dry-run", "--sample", "2", *FAST).out
    assert "with 95 % confidence), from 2 of 3 files" in text
    assert names_below(".") == before


def test_the_report_of_a_ledger(run: Run) -> None:
    folder = tree()
    (folder / "<b>.jpg").write_bytes(b"")
    run("batch", "in", "-o", "out", *FAST)
    ledger = f"out/{DEFAULT_NAME}"
    text = run("batch", "--report", ledger).out
    assert run("batch", "--report", "out").out == text
    one_line(run("batch", "--report", "in"), 1, "in: holds neither a ledger", DEFAULT_NAME)
    one_line(run("batch", "--report", "missing"), 1, "missing: no such file or folder")
    assert text.startswith("4 files: 2 written, 1 skipped, 1 failed\n")
    assert "run 1: finished" in text
    assert run("batch", "--report", ledger, "-o", "page.html").out == text
    page = Path("page.html").read_text()
    assert "<svg" in page
    assert "&lt;b&gt;.jpg" in page
    report = json.loads(run("batch", "--report", ledger, "--json-lines").out)
    assert (report["written"], report["failed"], len(report["failures"])) == (2, 1, 1)


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [*COMMAND, "batch", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def many(count: int = 40) -> None:
    Path("in").mkdir()
    for number in range(count):
        Path("in", f"{number:02}.jpg").write_bytes(jpeg_bytes(60 + number % 30, noisy_gradient(200, 240 + number)))


def wait_for_file(folder: str, process: subprocess.Popen[str]) -> None:
    while process.poll() is None and not list(Path(folder).glob("*.jpg")):
        time.sleep(0.01)


def test_ctrl_c_finishes_what_is_in_flight_and_the_same_command_continues(run: Run) -> None:
    many()
    with start("in", "-o", "out", *FAST) as process:
        wait_for_file("out", process)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers, too
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "finishing the files in flight" in err
    assert "40 files are left; to continue, run the same command again" in err
    assert "Traceback" not in err
    done = len(list(Path("out").glob("*.jpg")))
    assert 0 < done < 40
    assert out.startswith(f"{done} file")
    with closing(Ledger(f"out/{DEFAULT_NAME}")) as ledger:
        assert len(list(ledger.outcomes())) == done
    outcome = run("batch", "in", "-o", "out", *FAST)
    assert outcome.out.startswith(f"{40 - done} file")
    assert f"{done} finished before" in outcome.out
    assert names_in(Path("out"))[1:] == names_in(Path("in"))


def test_a_disk_that_is_full_gives_one_error_and_leaves_the_sources(run: Run) -> None:
    many(6)
    before = {path: path.read_bytes() for path in Path("in").iterdir()}
    with small_disk() as disk:
        outcome = run("batch", "in", "-o", f"{disk}/out", *FAST)
        one_error(outcome.err, "No space left on device")
        assert outcome.code == 1
        for path in Path(disk, "out").glob("*.jpg"):
            with Image.open(path) as image:
                image.load()
        assert list(Path(disk, "out").glob("*.tmp")) == []
    assert {path: path.read_bytes() for path in Path("in").iterdir()} == before


def test_a_disk_that_is_full_in_place(run: Run) -> None:
    many(3)
    with small_disk(kilobytes=400) as disk:
        sources = {path.name: path.read_bytes() for path in Path("in").iterdir()}
        for name, data in sources.items():
            Path(disk, name).write_bytes(data)
        results = {name: expected(Path("in", name)) for name in sources}
        fill(Path(disk, "filling"))
        outcome = run("batch", disk, "--in-place", "--ledger", "ledger.sqlite", *FAST)
        one_error(outcome.err, "No space left on device")
        assert outcome.code == 1
        for name, data in sources.items():
            assert Path(disk, name).read_bytes() in (data, results[name])


def fill(path: Path) -> None:
    """Write a file until the disk is full."""
    with path.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(bytes(4096))


def one_error(err: str, text: str) -> None:
    """Check that there is one line on standard error, which contains a text."""
    assert err.count("\n") == 1
    assert text in err


def small_disk(kilobytes: int = 120) -> Mounted:
    """Mount a file system in memory of a few kilobytes, at a folder `disk`."""
    Path("disk").mkdir()
    size = f"size={kilobytes}k"
    finished = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", "disk"], capture_output=True, check=False)
    if finished.returncode:
        pytest.skip("file systems cannot be mounted here")
    return Mounted()


class Mounted:
    """A file system that is mounted at the folder `disk` in the current folder."""

    def __enter__(self) -> str:
        return "disk"

    def __exit__(self, *_: object) -> None:
        subprocess.run(["umount", "disk"], check=True)


def test_a_target_that_takes_no_files_gives_one_error(run: Run) -> None:
    many(2)
    with small_disk(kilobytes=1000):
        Path("disk/out").mkdir()
        remounted = subprocess.run(["mount", "-o", "remount,ro", "disk"], capture_output=True, check=False)
        if remounted.returncode:
            pytest.skip("file systems cannot be mounted read-only here")
        one_line(run("batch", "in", "-o", "disk/out", *FAST), 1, "Read-only file system")
    assert len(names_in(Path("in"))) == 2


def test_a_ledger_that_cannot_grow_is_one_error(run: Run) -> None:
    """Without rights to mount: the size of files is limited, which a full disk resembles."""
    many(2)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000)); "
    limit += "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    command = [sys.executable, "-c", limit + COMMAND[2], "batch", "in", "-o", "out", *FAST]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 1
    assert finished.stderr.count("\n") == 1
    assert finished.stderr.startswith("foveal: ")
    assert list(Path("out").glob("*.jpg")) == []
