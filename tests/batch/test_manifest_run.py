"""Batches by manifest without a cluster: exactly once, whatever is cut off, repeated, changed or in the way."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from foveal.batch import BatchSettings, Job, Outcome, UrlStorage, guarded, manifest_shard
from foveal.batch.manifest import read_shards
from foveal.batch.manifest_run import (
    ManifestPlan,
    check_distributed,
    plan_manifest,
    process_locally,
    total_of,
)
from foveal.batch.manifest_shard import ShardReport, process_manifest_shard
from foveal.batch.report import summarize_results
from foveal.batch.results import Results
from foveal.batch.shard import process_shard
from foveal.batch.storage import Storage
from foveal.errors import ParameterError, UnsupportedError

pytest.importorskip("pyarrow")
pytest.importorskip("fsspec")

from manifest_batches import (
    LOSSLESS,
    WITHOUT_METADATA,
    check_finished,
    names,
    photo,
    plan_photos,
    write_manifest,
    write_photos,
)

COUNT = 12


@pytest.fixture
def output(tmp_path: Path) -> str:
    return str(tmp_path / "out")


def run(plan: ManifestPlan, jobs: int = 1) -> ShardReport:
    return total_of(process_locally(plan.manifest, plan.batch, plan.last_parts, jobs))


def test_a_batch_is_done_and_then_has_nothing_to_do(tmp_path: Path, output: str) -> None:
    plan = plan_photos(tmp_path, output, COUNT)
    total = run(plan)
    rows = check_finished(plan, COUNT)
    assert (total.done_before, sum(total.statuses.values()), total.reasons) == (0, COUNT, ())
    assert total.size_bytes_before == sum(len(photo(index)) for index in range(COUNT))
    assert total.size_bytes_after == sum(row["size_bytes_after"] for row in rows)
    times = {path: path.stat().st_mtime_ns for path in Path(output).rglob("*") if path.is_file()}
    again = plan_photos(tmp_path, output, COUNT)
    assert not again.settings_changed
    total = run(again)
    assert (total.done_before, total.seconds) == (COUNT, 0)
    assert {path: path.stat().st_mtime_ns for path in Path(output).rglob("*") if path.is_file()} == times


def test_processes_of_this_machine_do_the_same(tmp_path: Path, output: str) -> None:
    plan = plan_photos(tmp_path, output, COUNT)
    run(plan, jobs=2)
    check_finished(plan, COUNT)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_batch_that_is_stopped_begins_no_more_shards(jobs: int, tmp_path: Path, output: str) -> None:
    plan = plan_photos(tmp_path, output, 40)
    reports = process_locally(plan.manifest, plan.batch, plan.last_parts, jobs, lambda: bool(seen))
    seen: list[ShardReport] = []
    for report in reports:
        seen.append(report)  # noqa: PERF402 (the list stops the batch while it grows)
    assert 1 <= len(seen) < plan.shard_count
    again = plan_photos(tmp_path, output, 40)
    assert set(again.last_parts) == {report.shard for report in seen}
    run(again)
    check_finished(again, 40)


@pytest.mark.parametrize("next_settings", [LOSSLESS, WITHOUT_METADATA], ids=["same", "changed"])
@pytest.mark.parametrize("cut_off_at", range(9))
def test_a_worker_that_is_lost_anywhere_is_made_up_for(
    cut_off_at: int, next_settings: BatchSettings, tmp_path: Path, output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Lost(BaseException):
        pass

    writes = 0
    plan = plan_photos(tmp_path, output, 6)  # two shards of four and two photos
    for method in ("write_new", "replace"):
        original = getattr(UrlStorage, method)

        def write(self: UrlStorage, key: str, data: bytes, original=original, **options: bool) -> object:
            nonlocal writes
            if writes == cut_off_at:
                raise Lost
            writes += 1
            return original(self, key, data, **options)

        monkeypatch.setattr(UrlStorage, method, write)
    with pytest.raises(Lost):
        run(plan)
    monkeypatch.undo()
    again = plan_photos(tmp_path, output, 6, next_settings)
    assert again.settings_changed == (next_settings is not LOSSLESS)
    total = run(again)
    check_finished(again, 6)
    assert total.reasons == ()


def test_two_workers_may_do_the_same_shard(tmp_path: Path, output: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_photos(tmp_path, output, 4)
    ((number, rows),) = shards_of(plan)

    def meanwhile(jobs: Iterable[Job], settings: BatchSettings, storage: Storage) -> Iterator[Outcome]:
        monkeypatch.undo()
        yield from process_shard(jobs, settings, storage)
        process_manifest_shard(number, rows, None, plan.batch, UrlStorage())  # the other one is faster to the end

    monkeypatch.setattr(manifest_shard, "process_shard", meanwhile)
    report = process_manifest_shard(number, rows, None, plan.batch, UrlStorage())
    assert report.statuses == {"written": 4}
    check_finished(replace_parts(plan), 4)


def test_a_part_that_was_replaced_is_removed_later(
    tmp_path: Path, output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(plan_photos(tmp_path, output, 4))
    monkeypatch.setattr(UrlStorage, "remove", lambda self, key: None)  # the worker dies before it removes the part
    run(plan_photos(tmp_path, output, 4, WITHOUT_METADATA))
    monkeypatch.undo()
    results = Path(output) / "_foveal"
    assert len(list(results.glob("*.parquet"))) == 2
    plan = plan_photos(tmp_path, output, 4, WITHOUT_METADATA)
    assert [path.name for path in results.glob("*.parquet")] == ["shard-00000000.01.parquet"]
    assert run(plan).done_before == 4
    for note in results.glob("*.try*"):  # it would have removed this, too
        note.unlink()
    check_finished(plan, 4)


def test_a_source_that_has_changed_is_done_again(tmp_path: Path, output: str) -> None:
    run(plan_photos(tmp_path, output, COUNT))
    changed = photo(100)
    (tmp_path / "photos" / "0005.jpg").write_bytes(changed)
    plan = plan_photos(tmp_path, output, COUNT)
    total = run(plan)
    assert total.done_before == COUNT - 1
    (tmp_path / "photos" / "0005.jpg").write_bytes(photo(5))
    plan = plan_photos(tmp_path, output, COUNT)
    run(plan)
    check_finished(plan, COUNT)


def test_versions_in_the_manifest_spare_the_question(
    tmp_path: Path, output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = write_photos(str(tmp_path / "photos"), 4)
    columns = {"source": sources, "target": names(4), "size": [1] * 4, "version": list("abcd")}
    manifest = write_manifest(tmp_path / "m.parquet", columns)
    run(plan_manifest(manifest, output, LOSSLESS))
    plan = plan_manifest(manifest, output, LOSSLESS)
    monkeypatch.setattr(UrlStorage, "state", lambda self, key: pytest.fail(f"asked for {key}"))
    assert run(plan).done_before == 4


def test_other_files_in_the_way_are_kept_unless_they_may_be_replaced(tmp_path: Path, output: str) -> None:
    Path(output).mkdir()
    (Path(output) / "0002.jpg").write_bytes(b"somebody else's")
    for settings in (LOSSLESS, LOSSLESS, WITHOUT_METADATA):
        total = run(plan_photos(tmp_path, output, COUNT, settings))
        assert total.statuses["failed"] == 1
        ((source, reason),) = total.reasons
        assert source.endswith("0002.jpg")
        assert "another file of this name" in reason
    assert (Path(output) / "0002.jpg").read_bytes() == b"somebody else's"
    manifest = str(tmp_path / "photos.parquet")
    plan = plan_manifest(manifest, output, WITHOUT_METADATA, overwrite=True)
    run(plan)
    check_finished(plan, COUNT)


def test_a_broken_photo_is_tried_again_and_aborts_nothing(tmp_path: Path, output: str) -> None:
    plan = plan_photos(tmp_path, output, COUNT)
    (tmp_path / "photos" / "0003.jpg").write_bytes(photo(3)[:200])
    (tmp_path / "photos" / "0007.jpg").unlink()
    for done_before in (0, COUNT - 2):
        total = run(plan_photos(tmp_path, output, COUNT))
        assert (total.statuses["failed"], total.done_before) == (2, done_before)
    rows = {row["target"]: row for table in Results(plan.batch.results).tables() for row in table.to_pylist()}
    assert len(rows) == COUNT
    assert rows[f"{output}/0003.jpg"]["status"] == rows[f"{output}/0007.jpg"]["status"] == "failed"
    for index in (3, 7):
        (tmp_path / "photos" / f"{index:04}.jpg").write_bytes(photo(index))
    plan = plan_photos(tmp_path, output, COUNT)
    run(plan)
    check_finished(plan, COUNT)


def test_files_in_the_way_of_a_source_that_comes_later_are_kept(tmp_path: Path, output: str) -> None:
    plan = plan_photos(tmp_path, output, 4)
    source = tmp_path / "photos" / "0001.jpg"
    source.unlink()
    Path(output, "0001.jpg").write_bytes(b"somebody else's")
    assert run(plan).statuses == {"written": 3, "failed": 1}
    source.write_bytes(photo(1))
    total = run(plan_photos(tmp_path, output, 4))
    assert "another file of this name" in total.reasons[0][1]
    assert Path(output, "0001.jpg").read_bytes() == b"somebody else's"


def test_rows_of_one_source_are_one_job(tmp_path: Path, output: str) -> None:
    (source,) = write_photos(str(tmp_path / "photos"), 1)
    columns = {"source": [source] * 2, "target": ["large.jpg", "small.jpg"], "width": [None, 28]}
    plan = plan_manifest(write_manifest(tmp_path / "m.parquet", columns), output, LOSSLESS)
    assert run(plan).statuses == {"written": 2}
    (table,) = Results(plan.batch.results).tables()
    assert table.column("width").to_pylist() == [56, 28]
    assert len(set(table.column("job_id").to_pylist())) == 1


def test_a_source_counts_once_also_where_its_rows_are_apart(tmp_path: Path, output: str) -> None:
    sources = write_photos(str(tmp_path / "photos"), 2)
    columns = {
        "source": sources * 2,
        "target": ["a.jpg", "b.jpg", "small-a.jpg", "small-b.jpg"],
        "width": [None, None, 28, 28],
    }
    plan = plan_manifest(write_manifest(tmp_path / "m.parquet", columns), output, LOSSLESS)
    total, size_bytes = run(plan), sum(Path(source).stat().st_size for source in sources)
    summed = summarize_results(Results(plan.batch.results)).totals
    assert (summed.targets, summed.sources) == (4, 2)
    assert summed.size_bytes_before == total.size_bytes_before == size_bytes


def test_rows_that_make_no_sense_fail(tmp_path: Path, output: str) -> None:
    (source,) = write_photos(str(tmp_path / "photos"), 1)
    plan = plan_manifest(
        write_manifest(tmp_path / "m.parquet", {"source": [source, None], "target": [source, "b.jpg"]}),
        output,
        LOSSLESS,
    )
    total = run(plan)
    assert total.statuses == {"failed": 2}
    assert [reason for _, reason in total.reasons] == [
        "the target is the source; a manifest cannot be done in place",
        "the manifest names no source",
    ]


def test_a_full_disk_ends_the_batch_at_once(tmp_path: Path, output: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(self: UrlStorage, key: str, data: bytes) -> None:
        if key.endswith("0001.jpg"):
            raise OSError(errno.ENOSPC, "No space left on device")
        original(self, key, data)

    original = UrlStorage.write_new
    plan = plan_photos(tmp_path, output, 4)
    monkeypatch.setattr(UrlStorage, "write_new", fill)
    total = run(plan)
    assert "No space left" in total.stopped_by
    assert Results(plan.batch.results).last_parts() == {}
    assert not (Path(output) / "0002.jpg").exists()
    monkeypatch.undo()
    run(plan)
    check_finished(plan, 4)


def test_a_photo_that_kills_its_process_fails_alone(
    tmp_path: Path, output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_photos(tmp_path, output, 4)
    ((number, rows),) = shards_of(plan)

    class Killed(BaseException):
        pass

    def die(*_: object) -> Iterator[Outcome]:
        raise Killed

    monkeypatch.setattr(manifest_shard, "process_shard", die)
    for _ in range(manifest_shard._TRIES_UNGUARDED):
        with pytest.raises(Killed):
            process_manifest_shard(number, rows, None, plan.batch, UrlStorage())
    monkeypatch.setattr(guarded, "_process_one", _die_of_the_second)
    report = process_manifest_shard(number, rows, None, plan.batch, UrlStorage())
    assert report.statuses == {"written": 3, "failed": 1}
    assert "the process that worked on it died" in report.reasons[0][1]
    monkeypatch.undo()
    again = plan_photos(tmp_path, output, 4)
    run(again)
    check_finished(again, 4)


def _die_of_the_second(job: Job, settings: BatchSettings, storage: Storage) -> list[Outcome]:
    if job.source.key.endswith("0001.jpg"):
        os.kill(os.getpid(), signal.SIGKILL)
    return list(process_shard([job], settings, storage))


def test_the_results_of_another_manifest_are_left_alone(tmp_path: Path, output: str) -> None:
    run(plan_photos(tmp_path, output, 4))
    other = write_manifest(tmp_path / "other.parquet", {"source": ["a.jpg"]})
    with pytest.raises(ParameterError, match="these are the results of another manifest"):
        plan_manifest(other, output, LOSSLESS)


def test_two_rows_with_one_target_are_an_error_before_any_work(tmp_path: Path, output: str) -> None:
    manifest = write_manifest(tmp_path / "m.parquet", {"source": ["a.jpg", "b.jpg"], "target": ["c.jpg", "c.jpg"]})
    with pytest.raises(ParameterError, match=r"two rows have the target .*/out/c\.jpg"):
        plan_manifest(manifest, output, LOSSLESS)
    assert not Path(output).exists()


def test_a_source_of_another_row_is_never_overwritten(tmp_path: Path, output: str) -> None:
    first, second = write_photos(str(tmp_path / "photos"), 2)
    columns = {"source": [first, second, None], "target": ["a.jpg", first, "b.jpg"]}
    manifest = write_manifest(tmp_path / "m.parquet", columns)
    with pytest.raises(ParameterError, match=rf"{first} is a source, and would be overwritten"):
        plan_manifest(manifest, output, LOSSLESS, overwrite=True)
    assert not Path(output).exists()
    run(plan_manifest(manifest, output, LOSSLESS))
    assert Path(first).read_bytes() == photo(0)


def test_a_row_whose_target_is_its_own_source_fails_alone(tmp_path: Path, output: str) -> None:
    first, second = write_photos(str(tmp_path / "photos"), 2)
    manifest = write_manifest(tmp_path / "m.parquet", {"source": [first, second], "target": [first, "b.jpg"]})
    total = run(plan_manifest(manifest, output, LOSSLESS, overwrite=True))
    assert total.statuses == {"failed": 1, "written": 1}
    assert Path(first).read_bytes() == photo(0)


def test_storage_that_ignores_conditions_is_refused(
    tmp_path: Path, output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UrlStorage, "write_new", UrlStorage.replace)
    with pytest.raises(UnsupportedError, match="ignores conditional writes"):
        plan_photos(tmp_path, output, 4)


def test_memory_of_one_process_is_no_place_for_workers(tmp_path: Path) -> None:
    plan = plan_photos(tmp_path, "memory://out-of-one-process", 4)
    with pytest.raises(ParameterError, match="memory:// is of one process"):
        check_distributed(plan)
    run(plan)
    check_finished(plan, 4)


def shards_of(plan: ManifestPlan) -> list[tuple[int, list]]:
    size = plan.batch.rows_per_shard
    return [shard for group in plan.manifest.row_groups(size) for shard in read_shards(group, size, plan.batch.output)]


def replace_parts(plan: ManifestPlan) -> ManifestPlan:
    """Return a plan with the parts that there are now."""
    return replace(plan, last_parts=Results(plan.batch.results).last_parts())
