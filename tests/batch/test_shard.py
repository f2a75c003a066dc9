"""The work of one process: what is made of each kind of source, exactly once, and what is left alone."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from batch_jobs import CONVERTING, PIXELS, PLAIN, job_of, jpeg_bytes, names_in, png_bytes
from PIL import Image, ImageOps

from foveal.batch import BatchSettings, FileState, Job, LocalStorage, Outcome, Target, process_shard
from foveal.encoding import EncodeOptions
from foveal.errors import ParameterError
from foveal.optimization import OptimizeOptions, optimize_file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def do(job: Job, settings: BatchSettings = PLAIN, storage: LocalStorage | None = None) -> list[Outcome]:
    return list(process_shard([job], settings, storage or LocalStorage()))


def test_a_jpeg_is_optimized_into_a_new_folder(folder: Path) -> None:
    data = jpeg_bytes()
    source, target = folder / "a b.jpg", folder / "out" / "deep" / "ä.jpg"
    source.write_bytes(data)
    (outcome,) = do(job_of(source, target))
    expected = optimize_file(data, PLAIN.optimize)
    assert target.read_bytes() == expected.data
    assert (outcome.status, outcome.rung) == ("written", expected.rung)
    assert (outcome.size_bytes_before, outcome.size_bytes_after) == (len(data), len(expected.data))
    assert (outcome.width, outcome.height, outcome.megapixels) == (56, 40, 56 * 40 / 1e6)
    assert outcome.target_version == str(target.stat().st_mtime_ns)
    assert source.read_bytes() == data
    assert names_in(target.parent) == ["ä.jpg"]


def test_a_kept_jpeg_is_copied_and_in_place_not_touched(folder: Path) -> None:
    data = optimize_file(jpeg_bytes(), PLAIN.optimize).data
    source, target = folder / "a.jpg", folder / "out.jpg"
    source.write_bytes(data)
    before = source.stat()
    (copied,) = do(job_of(source, target))
    (left,) = do(job_of(source, source, in_place=True))
    assert (copied.status, left.status) == ("kept", "kept")
    assert target.read_bytes() == data
    after = source.stat()
    assert (after.st_ino, after.st_ctime_ns) == (before.st_ino, before.st_ctime_ns)


def test_in_place_keeps_mode_and_times(folder: Path) -> None:
    source = folder / "a.jpg"
    source.write_bytes(jpeg_bytes())
    source.chmod(0o640)
    os.utime(source, ns=(10**18, 10**18 + 7))
    (outcome,) = do(job_of(source, source, in_place=True))
    status = source.stat()
    assert outcome.status == "written"
    assert (status.st_mode & 0o777, status.st_mtime_ns) == (0o640, 10**18 + 7)
    assert status.st_size == outcome.size_bytes_after < outcome.size_bytes_before


def test_other_pictures_are_skipped_unless_they_are_converted(folder: Path) -> None:
    source, target = folder / "a.png", folder / "out.jpg"
    source.write_bytes(png_bytes())
    (skipped,) = do(job_of(source, target))
    assert (skipped.status, target.exists()) == ("skipped", False)
    assert "--convert" in skipped.reason
    (written,) = do(job_of(source, target), CONVERTING)
    assert (written.status, written.rung, written.quality) == ("written", "encoded", 70)
    with Image.open(target) as image:
        assert image.size == (56, 40)


def test_transparent_pixels_need_a_background(folder: Path) -> None:
    source, target = folder / "a.png", folder / "out.jpg"
    source.write_bytes(png_bytes(np.dstack([PIXELS, np.full((40, 56), 9, np.uint8)])))
    (failed,) = do(job_of(source, target), CONVERTING)
    assert (failed.status, target.exists()) == ("failed", False)
    assert "--background" in failed.reason
    (written,) = do(job_of(source, target), replace(CONVERTING, background="white"))
    assert written.status == "written"
    with Image.open(target) as image:
        assert np.asarray(image).mean() > 230


@pytest.mark.parametrize("orientation", [1, 6])
def test_widths_are_reduced_and_never_enlarged(orientation: int, folder: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, "JPEG", quality=95, exif=exif)
    source = folder / "a.jpg"
    source.write_bytes(file.getvalue())
    displayed = 56 if orientation == 1 else 40
    widths = (16, 30, 60, 90)
    job = replace(
        job_of(source, folder), targets=tuple(Target(str(folder / f"a-{width}.jpg"), width) for width in widths)
    )
    outcomes = do(job)
    assert [each.status for each in outcomes] == ["written", "written", "written", "skipped"]
    assert [each.rung for each in outcomes[:2]] == ["encoded", "encoded"]
    assert outcomes[3].reason == f"the photo is only {displayed} pixels wide"
    for outcome, width in zip(outcomes[:3], (16, 30, displayed), strict=True):
        with Image.open(outcome.target) as image:
            assert image.getexif().get(0x0112, 1) == orientation
            shown = ImageOps.exif_transpose(image)
            assert (outcome.width, outcome.height) == shown.size
            assert shown.size[0] == width


def test_one_look_serves_all_widths(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from foveal.batch import pictures

    looks = []
    original = pictures.find_saliency

    def count(photo, saliency):
        looks.append(saliency)
        return original(photo, saliency)

    monkeypatch.setattr(pictures, "find_saliency", count)
    source = folder / "a.jpg"
    source.write_bytes(jpeg_bytes())
    job = replace(job_of(source, folder), targets=tuple(Target(str(folder / f"{w}.jpg"), w) for w in (16, 24, 56)))
    settings = BatchSettings(OptimizeOptions(saliency="center"), EncodeOptions(saliency="center", quality=70))
    assert [each.status for each in do(job, settings)][:2] == ["written", "written"]
    assert looks == ["center"]


def test_a_broken_file_aborts_nothing(folder: Path) -> None:
    bad, good = folder / "bad.jpg", folder / "good.jpg"
    bad.write_bytes(jpeg_bytes()[:200])
    good.write_bytes(jpeg_bytes())
    jobs = [job_of(bad, folder / "out" / "bad.jpg"), job_of(good, folder / "out" / "good.jpg")]
    failed, written = process_shard(iter(jobs), PLAIN, LocalStorage())
    assert (failed.status, written.status) == ("failed", "written")
    assert failed.reason
    assert "\n" not in failed.reason
    assert names_in(folder / "out") == ["good.jpg"]


def test_a_missing_file_fails(folder: Path) -> None:
    (outcome,) = do(Job(FileState(str(folder / "none.jpg"), 5, "7"), (Target(str(folder / "out.jpg")),)))
    assert (outcome.status, outcome.reason) == ("failed", os.strerror(errno.ENOENT))


def test_another_file_is_not_overwritten_unless_allowed(folder: Path) -> None:
    source, target = folder / "a.jpg", folder / "out.jpg"
    source.write_bytes(jpeg_bytes())
    target.write_bytes(b"mine")
    (failed,) = do(job_of(source, target))
    assert (failed.status, target.read_bytes()) == ("failed", b"mine")
    assert "another file" in failed.reason
    (written,) = do(job_of(source, target, overwrite=True))
    assert written.status == "written"


def test_a_job_that_is_done_again_finds_its_target(folder: Path) -> None:
    source, target = folder / "a.jpg", folder / "out.jpg"
    source.write_bytes(jpeg_bytes())
    (first,) = do(job_of(source, target))
    inode = target.stat().st_ino
    (second,) = do(job_of(source, target))
    assert replace(second, seconds=first.seconds) == first
    assert target.stat().st_ino == inode


class Spy(LocalStorage):
    """Storage that runs a function at a step."""

    def __init__(self, **steps) -> None:
        super().__init__()
        self.steps = steps

    def _run(self, name: str) -> None:
        if name in self.steps:
            self.steps[name]()

    def read(self, key: str) -> bytes:
        data = super().read(key)
        self._run("read")
        return data

    def replace(self, key: str, data: bytes, *, keep_times: bool = False) -> FileState:
        self._run("replace")
        return super().replace(key, data, keep_times=keep_times)

    def write_new(self, key: str, data: bytes) -> FileState:
        self._run("write_new")
        return super().write_new(key, data)


def test_a_source_that_changes_meanwhile_is_left_alone(folder: Path) -> None:
    source = folder / "a.jpg"
    source.write_bytes(jpeg_bytes())
    changed = jpeg_bytes(60)
    (outcome,) = do(job_of(source, source, in_place=True), storage=Spy(read=lambda: source.write_bytes(changed)))
    assert outcome.status == "failed"
    assert "changed while it was read" in outcome.reason
    assert source.read_bytes() == changed


@pytest.mark.parametrize(("number", "stops"), [(errno.ENOSPC, True), (errno.EROFS, True), (errno.EACCES, False)])
def test_a_full_disk_stops_the_batch(number: int, stops: bool, folder: Path) -> None:
    def fail() -> None:
        raise OSError(number, os.strerror(number))

    source = folder / "a.jpg"
    source.write_bytes(jpeg_bytes())
    (outcome,) = do(job_of(source, folder / "out.jpg"), storage=Spy(write_new=fail))
    assert (outcome.status, outcome.stops_batch) == ("failed", stops)
    assert outcome.reason == f"cannot be written: {os.strerror(number)}"
    assert (outcome.size_bytes_after, outcome.output_sha256) == (0, "")


class Log:
    """Record that notes what it is told, and whether the target existed then."""

    def __init__(self, target: Path) -> None:
        self.target, self.calls = target, []

    def intent(self, outcome: Outcome) -> None:
        self.calls.append(("intent", self.target.exists(), outcome.output_sha256))

    def finished(self, outcome: Outcome) -> None:
        self.calls.append(("finished", self.target.exists(), outcome.output_sha256))


def test_the_intent_is_recorded_before_the_target_is_written(folder: Path) -> None:
    source, target = folder / "a.jpg", folder / "out.jpg"
    source.write_bytes(jpeg_bytes())
    log = Log(target)
    (outcome,) = process_shard([job_of(source, target)], PLAIN, LocalStorage(), log)
    assert log.calls == [("intent", False, outcome.output_sha256), ("finished", True, outcome.output_sha256)]


def test_the_job_id_depends_on_everything_that_changes_the_file() -> None:
    job = Job(FileState("a.jpg", 5, "7"), (Target("b.jpg"),))
    others = [
        replace(job, source=FileState("a.jpg", 6, "7")),
        replace(job, source=FileState("a.jpg", 5, "8")),
        replace(job, source=FileState("c.jpg", 5, "7")),
        replace(job, targets=(Target("b.jpg", 9),)),
    ]
    settings = [
        CONVERTING,
        replace(PLAIN, optimize=replace(PLAIN.optimize, min_saving=0.1)),
        replace(PLAIN, encode=replace(PLAIN.encode, effort="fast")),
        replace(PLAIN, background="white"),
    ]
    identities = {job.job_id(PLAIN), *(each.job_id(PLAIN) for each in others), *map(job.job_id, settings)}
    assert len(identities) == 1 + len(others) + len(settings)
    assert replace(job, overwrite=True).job_id(PLAIN) == job.job_id(PLAIN)
    threaded = replace(PLAIN, encode=replace(PLAIN.encode, threads=5), optimize=replace(PLAIN.optimize, threads=2))
    limited = replace(PLAIN, optimize=replace(PLAIN.optimize, max_pixels=9))
    assert threaded.fingerprint() == limited.fingerprint() == PLAIN.fingerprint()


def test_one_map_for_all_photos_is_refused() -> None:
    with pytest.raises(ParameterError, match="array"):
        BatchSettings(OptimizeOptions(saliency=np.zeros((3, 3))))


def test_jobs_come_from_a_generator_one_at_a_time(folder: Path) -> None:
    taken = []

    def jobs() -> Iterator[Job]:
        for number in range(3):
            taken.append(number)
            source = folder / f"{number}.jpg"
            source.write_bytes(jpeg_bytes())
            yield job_of(source, folder / f"out-{number}.jpg")

    shard = process_shard(jobs(), PLAIN, LocalStorage())
    next(shard)
    assert taken == [0]
    assert len(list(shard)) == 2
