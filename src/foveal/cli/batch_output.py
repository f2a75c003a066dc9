"""What `foveal batch` prints: progress, a line of JSON for each file, failures, sums and reports."""

from __future__ import annotations

import errno
import json
import math
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import click

from foveal.batch.discovery import LeftAlone
from foveal.batch.dry_run import Prediction
from foveal.batch.jobs import Outcome
from foveal.batch.ledger import DEFAULT_NAME, Ledger
from foveal.batch.manifest_run import RESULTS_NAME
from foveal.batch.plan import Plan
from foveal.batch.report import (
    MAX_LISTED,
    describe_skipped,
    describe_statuses,
    format_summary,
    make_page,
    summarize,
    summarize_results,
    summary_as_dict,
)
from foveal.batch.results import DESCRIPTION_NAME, Results
from foveal.batch.run import Batch
from foveal.batch.srcset import describe_photos, manifest_as_html, manifest_as_json
from foveal.batch.totals import format_bytes, format_change
from foveal.cli import files
from foveal.cli.messages import input_name, output_name, print_report, print_warning

_MAX_FAILURES = 20  # that are printed; the ledger has all
_MAX_REASONS = 3  # for skipping, that are printed; the ledger has all


class BatchOutput:
    """What a batch prints while it runs and at its end.

    Parameters
    ----------
    work
        The batch.
    left_alone
        Numbers of files that are not touched.
    quiet
        Whether only errors are printed.
    as_json
        Whether a line of JSON is printed for each file instead of progress and sums.
    """

    def __init__(self, work: Batch, left_alone: LeftAlone, *, quiet: bool, as_json: bool) -> None:
        self._work = work
        self._left_alone = left_alone
        self._quiet = quiet
        self._as_json = as_json
        self._failures: dict[tuple[str, str], None] = {}

    def settings_before(self, settings: dict[str, Any] | None) -> None:
        """Say that files are done again, given the settings of the last run; None if they are the same."""
        if settings is None or self._quiet:
            return
        now = _flatten(self._work.settings.as_dict())
        before = _flatten(settings)
        names = sorted({name for name in now | before if now.get(name) != before.get(name)})
        print_warning(f"settings have changed since the last run ({', '.join(names)}); files are done again")

    @contextmanager
    def progress(self) -> Iterator[Callable[[Outcome], None]]:
        """Context with the function that takes an outcome, and draws a progress bar if standard error is a terminal."""
        total = self._work.plan.target_count
        hidden = self._quiet or self._as_json or not sys.stderr.isatty()
        bar: Any = click.progressbar(
            length=total, file=sys.stderr, hidden=hidden, show_pos=True, item_show_func=lambda _: self._describe()
        )
        with bar:

            def advance(outcome: Outcome) -> None:
                self._note(outcome)
                bar.update(self._work.done - bar.pos, outcome)

            yield advance

    def summary(self, ledger_path: str, *, is_interrupted: bool) -> None:
        """Print the failures and the sums, and how to continue."""
        totals, work = self._work.totals, self._work
        if work.stopped_by is not None:
            reason = f"{output_name(work.stopped_by.target)}: {work.stopped_by.reason}"
            _complain(f"{reason}; the batch has stopped, and all sources are whole. {self._how_to_continue()}")
        else:
            for source, reason in self._failures:
                _complain(f"{input_name(source)}: {reason}")
            if len(self._failures) == _MAX_FAILURES:
                count = totals.statuses["failed"]
                which = "them" if count <= MAX_LISTED else f"the first {MAX_LISTED:,}, and the ledger has all"
                _complain(f"{count:,} failed; 'foveal batch --report {shlex.quote(ledger_path)}' lists {which}")
        if self._as_json:
            print_report(json.dumps({"summary": {**totals.as_dict(), **self._counts()}}))
        elif not self._quiet:
            print_report("\n".join(self._format_summary(ledger_path)))
        if is_interrupted:
            _complain(f"interrupted; {self._how_to_continue()}")

    def _note(self, outcome: Outcome) -> None:
        if outcome.status == "failed" and len(self._failures) < _MAX_FAILURES:
            self._failures[outcome.source, outcome.reason] = None  # once for all sizes of a photo
        if self._as_json:
            print_report(json.dumps({**outcome.as_dict(), "megapixels": outcome.megapixels}))

    def _describe(self) -> str:
        """Return the text beside the progress bar."""
        totals = self._work.totals
        speed = totals.megapixels / max(totals.seconds, 0.001)
        failed = f", {totals.statuses['failed']:,} failed" if totals.statuses["failed"] else ""
        return f"{speed:.1f} MP/s, {format_bytes(totals.saved_bytes)} saved{failed}"

    def _counts(self) -> dict[str, int]:
        resumed, left = self._work.resumed, self._left_alone
        return {
            "finished_before": resumed.finished,
            "settings_changed": resumed.settings_changed,
            "source_changed": resumed.source_changed,
            "other_files": left.other_files,
            "links": left.links,
        }

    def _format_summary(self, ledger_path: str) -> Iterator[str]:
        totals, counts = self._work.totals, self._counts()
        yield describe_statuses(totals)
        yield from describe_skipped(totals, _MAX_REASONS)
        if totals.megapixels:
            speed = f"{totals.megapixels / max(totals.seconds, 0.001):.1f} MP/s, {totals.seconds:,.1f} s"
            yield f"{format_change(totals.size_bytes_before, totals.size_bytes_after)}, {speed}"
        words = {
            "finished_before": "finished before",
            "settings_changed": "done again because of other settings",
            "source_changed": "done again because the source has changed",
            "other_files": "left alone: no pictures by their names",
            "links": "left alone: symbolic links",
        }
        notes = [f"{counts[name]:,} {text}" for name, text in words.items() if counts[name]]
        if totals.larger:
            notes.insert(0, f"{totals.larger:,} larger than the source")
        if notes:
            yield "; ".join(notes)
        yield f"ledger: {output_name(ledger_path)}"

    def _how_to_continue(self) -> str:
        total = self._work.plan.target_count
        return f"{total - self._work.done:,} of {total:,} files are left; to continue, run the same command again"


def print_prediction(prediction: Prediction, outcomes: list[Outcome], *, as_json: bool) -> None:
    """Print what a dry run predicts."""
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    for failure in islice(failed, _MAX_FAILURES):
        print_warning(f"{input_name(failure.source)}: {failure.reason}")
    if as_json:
        names = ("saved_bytes", "low_bytes", "high_bytes", "total_bytes", "sampled", "files")
        values = {name: getattr(prediction, name) for name in names}
        finite = {name: round(value) if math.isfinite(value) else None for name, value in values.items()}
        print_report(json.dumps({**finite, "failed_in_sample": len(failed)}))
        return
    total = max(prediction.total_bytes, 1)
    low, high = (f"{value / total:.1%}" if math.isfinite(value) else "?" for value in _ends(prediction))
    print_report(
        f"would save {format_bytes(prediction.saved_bytes)} of {format_bytes(prediction.total_bytes)} "
        f"({prediction.saved_bytes / total:.1%}; {low} to {high} with 95 % confidence), "
        f"from {prediction.sampled:,} of {prediction.files:,} files"
    )


def print_report_of(path: str, page: str | None, *, as_json: bool) -> None:
    """Print what a ledger says, and draw it as an HTML page if the path of one is given.

    The path may also be that of a folder with a ledger or with the results of a manifest, or the URL of such results.
    """
    path = _find_ledger(path)
    is_manifest = "://" in path or Path(path).is_dir()
    if page is not None:
        files.check_target(page, "HTML", inputs=[] if is_manifest else [path])
    if is_manifest:
        summary = summarize_results(Results(path))
    else:
        with closing(Ledger(path, must_exist=True)) as ledger:
            summary = summarize(ledger)
    if page is not None:
        files.write_bytes(page, make_page(summary).encode())
    text = json.dumps(summary_as_dict(summary)) if as_json else "\n".join(format_summary(summary))
    print_report(text, page)


def _find_ledger(path: str) -> str:
    """Return the path of the ledger, or the folder of the results, that a path names or that is in this folder.

    Raises
    ------
    FileNotFoundError
        There is none.
    """
    if "://" in path or Path(path).is_file():
        return path
    if not Path(path).is_dir():
        raise FileNotFoundError(errno.ENOENT, "no such file or folder", path)
    if Path(path, DEFAULT_NAME).is_file():
        return str(Path(path, DEFAULT_NAME))
    for folder in (Path(path), Path(path, RESULTS_NAME)):
        if (folder / DESCRIPTION_NAME).is_file():
            return str(folder)
    problem = f"holds neither a ledger ({DEFAULT_NAME}) nor the results of a manifest ({DESCRIPTION_NAME})"
    raise FileNotFoundError(errno.ENOENT, problem, path)


def write_srcset(path: str, ledger: Ledger, plan: Plan, folder: str) -> None:
    """Write the list of the sizes of each photo of a plan, as JSON or as HTML by the ending of its name."""
    write = manifest_as_html if Path(path).suffix == ".html" else manifest_as_json
    planned = (outcome for outcome in ledger.outcomes() if outcome.target in plan)
    files.write_bytes(path, write(describe_photos(planned, folder)).encode())


def _ends(prediction: Prediction) -> tuple[float, float]:
    return prediction.low_bytes, prediction.high_bytes


def _complain(text: str) -> None:
    click.echo(f"foveal: {' '.join(text.split())}", err=True)


def _flatten(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested dictionaries as one, with names such as "optimize.quality"."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= _flatten(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat
