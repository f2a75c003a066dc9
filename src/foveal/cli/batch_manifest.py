"""`foveal batch --manifest`: batches that a Parquet file lists, on this machine or on a Ray cluster."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import click
from click._termui_impl import ProgressBar

from foveal.batch.jobs import BatchSettings
from foveal.batch.manifest_run import (
    ManifestPlan,
    add_reports,
    check_distributed,
    plan_manifest,
    process_locally,
)
from foveal.batch.manifest_shard import ShardReport
from foveal.batch.ray_data import RayOptions, import_ray, process_on_ray
from foveal.batch.totals import format_bytes, format_change
from foveal.batch.url_storage import protocol_of
from foveal.cli.batch_signals import DrainOnSigint
from foveal.cli.messages import print_report, print_warning
from foveal.threads import available_threads

_FAILED, _INTERRUPTED = 1, 130  # exit codes
_NOT_WITH_MANIFEST = ("in_place", "files_from", "widths", "template", "srcset", "dry_run")
_STATUSES = ("written", "kept", "skipped", "failed")


def check_choices(sources: tuple[str, ...], output: str | None, choices: dict[str, Any]) -> None:
    """Raise a usage error for options that a manifest cannot be given with, and for those that need a manifest."""
    if choices["manifest"] is None:
        for option in ("address", "engine"):
            if choices[option] is not None:
                raise click.UsageError(f"--{option} needs --manifest")
        return
    if sources:
        raise click.UsageError("--manifest takes no further sources")
    for option in _NOT_WITH_MANIFEST:
        if choices[option]:
            raise click.UsageError(f"--{option.replace('_', '-')} cannot be given with --manifest")
    if not output:
        raise click.UsageError("--manifest needs -o, the folder or URL to write to")
    if choices["address"] is not None and choices["engine"] != "ray":
        raise click.UsageError("--address needs --engine ray")


def run_manifest(output: str, settings: BatchSettings, jobs: int | None, choices: dict[str, Any]) -> int:
    """Do a batch by manifest, print what came of it, and return the exit code."""
    if choices["engine"] == "ray":
        import_ray()  # before anything is written
    plan = plan_manifest(
        _absolute(choices["manifest"]),
        _absolute(output),
        settings,
        results=None if choices["ledger"] is None else _absolute(choices["ledger"]),
        overwrite=choices["overwrite"],
    )
    show = _Output(plan, quiet=choices["quiet"], as_json=choices["json_lines"])
    is_ray = choices["engine"] == "ray"
    with DrainOnSigint() as interruption:
        if is_ray:
            check_distributed(plan)
            options = RayOptions(choices["address"], jobs)
            reports = process_on_ray(plan.manifest, plan.batch, plan.last_parts, options)
        else:
            workers = 1 if protocol_of(output) == "memory" else jobs or available_threads()
            reports = process_locally(
                plan.manifest, plan.batch, plan.last_parts, workers, lambda: interruption.is_requested
            )
        with closing(reports), show.progress() as advance:
            for report in reports:
                advance(report)
                if report.stopped_by or (is_ray and interruption.is_requested):
                    break
        is_interrupted = interruption.is_requested
    show.summary()
    if is_interrupted:
        return _INTERRUPTED
    return _FAILED if show.total.statuses.get("failed") or show.left else 0


class _Output:
    """What a batch by manifest prints while it runs and at its end."""

    def __init__(self, plan: ManifestPlan, *, quiet: bool, as_json: bool) -> None:
        self.total = ShardReport(-1, 0)
        self._plan = plan
        self._quiet = quiet
        self._as_json = as_json
        self._started = time.monotonic()
        if plan.settings_changed and not quiet:
            print_warning("settings have changed since the last run; files are done again")

    @property
    def left(self) -> int:
        """Number of rows of the manifest that have no outcome."""
        return self._plan.manifest.row_count - sum(self.total.statuses.values())

    @contextmanager
    def progress(self) -> Iterator[Callable[[ShardReport], None]]:
        """Context with the function that takes a report, and draws a progress bar if standard error is a terminal."""
        hidden = self._quiet or self._as_json or not sys.stderr.isatty()
        bar: ProgressBar[int] = click.progressbar(
            length=self._plan.manifest.row_count,
            file=sys.stderr,
            hidden=hidden,
            show_pos=True,
            item_show_func=lambda _: self._speed(),
        )
        with bar:

            def advance(report: ShardReport) -> None:
                self.total = add_reports(self.total, report)
                if self._as_json:
                    print_report(json.dumps({"shard": report.shard, **_as_dict(report)}))
                bar.update(sum(report.statuses.values()))

            yield advance

    def summary(self) -> None:
        """Print the first failures, the sums and the place of the results, and how to continue."""
        total = self.total
        for source, reason in total.reasons:
            _complain(f"{source}: {reason}")
        failed = total.statuses.get("failed", 0)
        if failed > len(total.reasons):
            _complain(f"{failed:,} failed; the results in {self._plan.batch.results} list them")
        if self._as_json:
            print_report(json.dumps({"summary": {**_as_dict(total), "left": self.left}}))
        elif not self._quiet:
            print_report("\n".join(self._lines()))
        if self.left:
            reason = f"{total.stopped_by}; the batch has stopped. " if total.stopped_by else ""
            count = self._plan.manifest.row_count
            _complain(f"{reason}{self.left:,} of {count:,} files are left, and the same command continues")

    def _lines(self) -> Iterator[str]:
        total = self.total
        counts = ", ".join(f"{total.statuses[name]:,} {name}" for name in _STATUSES if total.statuses.get(name))
        yield f"{sum(total.statuses.values()):,} files: {counts or 'nothing to do'}"
        yield f"{format_change(total.size_bytes_before, total.size_bytes_after)}, {self._speed()}"
        if total.done_before:
            yield f"{total.done_before:,} finished before"
        yield f"results: {self._plan.batch.results}"

    def _speed(self) -> str:
        seconds = max(time.monotonic() - self._started, 0.001)
        saved = self.total.size_bytes_before - self.total.size_bytes_after
        return f"{self.total.megapixels / seconds:.1f} MP/s, {format_bytes(saved)} saved"


def _as_dict(report: ShardReport) -> dict[str, Any]:
    return {
        **{name: report.statuses.get(name, 0) for name in _STATUSES},
        "finished_before": report.done_before,
        "size_bytes_before": report.size_bytes_before,
        "size_bytes_after": report.size_bytes_after,
        "megapixels": round(report.megapixels, 3),
        "seconds": round(report.seconds, 3),
    }


def _absolute(key: str) -> str:
    """Return a path that is the same for workers in other folders; URLs are left as they are."""
    return os.path.abspath(key) if "://" not in key else key  # noqa: PTH100 (resolves no links)


def _complain(text: str) -> None:
    click.echo(f"foveal: {' '.join(text.split())}", err=True)
