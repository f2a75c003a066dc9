"""What a ledger says, as lines of text, as a dictionary for JSON, and as an HTML page with drawings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from foveal.batch.jobs import Outcome
from foveal.batch.ledger import Ledger
from foveal.batch.results import Results
from foveal.batch.totals import Totals, format_bytes, format_change
from foveal.checks import escape
from foveal.drawing.html import Content, Markup, details, document, element, figure, paragraph, section, table

MAX_LISTED = 200  # failures that are listed
_BINS = 10  # of the histogram of savings, each of 10 %

_STYLE = """body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse } td, th { padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top }
.scroll { overflow-x: auto } figure { margin: 1rem 0 } svg { max-width: 100%; height: auto }
rect { fill: #3b7dd8 } text { font: 12px system-ui, sans-serif; fill: currentColor; text-anchor: middle }"""


@dataclass
class LedgerSummary:
    """Sums over a ledger.

    Parameters
    ----------
    totals
        Sums over all outcomes.
    failures
        The first `MAX_LISTED` outcomes that failed.
    savings
        Numbers of files by the share of their bytes that was saved, in tenths; -1 for files that grew.
    seconds
        Sum of the seconds that workers spent.
    runs
        Runs of the batch, see `Ledger.runs`.
    """

    totals: Totals = field(default_factory=Totals)
    failures: list[Outcome] = field(default_factory=list)
    savings: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0
    runs: list[dict[str, Any]] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Add an outcome to the sums and lists of the report."""
        self.totals.add(outcome)
        self.seconds += outcome.seconds
        if outcome.status == "failed" and len(self.failures) < MAX_LISTED:
            self.failures.append(outcome)
        elif outcome.status in ("written", "kept") and outcome.size_bytes_before:
            saved = outcome.size_bytes_before - outcome.size_bytes_after
            self.savings[-1 if saved < 0 else min(saved * _BINS // outcome.size_bytes_before, _BINS - 1)] += 1


def summarize(ledger: Ledger) -> LedgerSummary:
    """Sum up a ledger; its outcomes are read one by one."""
    summary = LedgerSummary(runs=ledger.runs())
    for source, outcomes in groupby(ledger.outcomes(), key=lambda outcome: outcome.source):
        for outcome in outcomes:
            summary.add(outcome)
        summary.totals.close_source(source)
    return summary


def summarize_results(results: Results) -> LedgerSummary:
    """Sum up the results of a batch by manifest; a source counts once in each shard, as in the batch itself."""
    summary = LedgerSummary()
    for outcomes in results.outcomes_by_shard():
        for outcome in outcomes:
            summary.add(outcome)
        for outcome in outcomes:
            summary.totals.close_source(outcome.source)
    return summary


def describe_statuses(totals: Totals) -> str:
    """Return the numbers of targets by status, such as "10 files from 5 photos: 8 written, 1 kept, 1 failed".

    The number of photos is left out where each has one file.
    """
    counts = ", ".join(f"{totals.statuses[name]:,} {name}" for name in _status_names(totals))
    photos = f" from {totals.sources:,} photo{'s' * (totals.sources != 1)}" * (totals.sources != totals.targets)
    return f"{totals.targets:,} file{'s' * (totals.targets != 1)}{photos}: {counts or 'nothing to do'}"


def describe_skipped(totals: Totals, most: int | None = None) -> Iterator[str]:
    """Yield lines with the reasons for skipping, the most frequent first, and one for those beyond the first `most`."""
    listed = totals.skipped.most_common(most)
    for reason, count in listed:
        yield f"  {count:>9,} skipped: {reason}"
    others = totals.skipped.total() - sum(count for _, count in listed)
    if others:
        yield f"  {others:>9,} skipped for other reasons"


def format_summary(summary: LedgerSummary) -> Iterator[str]:
    """Yield the lines of the report of a ledger."""
    totals = summary.totals
    yield describe_statuses(totals)
    yield f"{format_change(totals.size_bytes_before, totals.size_bytes_after)}, {summary.seconds:,.1f} s of work"
    for rung, count in totals.rungs.most_common():
        yield f"  {count:>9,} {rung}"
    if totals.larger:
        yield f"  {totals.larger:>9,} larger than the source"
    yield from describe_skipped(totals)
    for failure in summary.failures:
        yield f"  failed: {escape(failure.source)}: {failure.reason}"
    yield from _more_failures(totals, summary.failures)
    for run in summary.runs:
        yield f"run {run['run']}: {run['state']}, {run['started']} to {run['ended'] or '(not ended)'}"


def summary_as_dict(summary: LedgerSummary) -> dict[str, Any]:
    """Return the report of a ledger for JSON."""
    return {
        **summary.totals.as_dict(),
        "seconds": round(summary.seconds, 3),
        "skipped_reasons": dict(summary.totals.skipped),
        "failures": [{"source": each.source, "reason": each.reason} for each in summary.failures],
        "runs": [{name: run[name] for name in ("run", "started", "ended", "state")} for run in summary.runs],
    }


def make_page(summary: LedgerSummary) -> str:
    """Draw the report of a ledger as an HTML page that loads nothing from the network."""
    totals = summary.totals
    rows = [[rung, f"{count:,}"] for rung, count in totals.rungs.most_common()]
    runs = [[str(run["run"]), run["state"], run["started"], run["ended"] or ""] for run in summary.runs]
    return document(
        "foveal batch",
        element("h1", "foveal batch"),
        paragraph(describe_statuses(totals)),
        paragraph(
            f"{format_change(totals.size_bytes_before, totals.size_bytes_after)}; "
            f"{format_bytes(totals.saved_bytes)} saved; {summary.seconds:,.1f} s of work"
        ),
        section("savings", "Savings", figure("Files by the share of their bytes that was saved.", _histogram(summary))),
        section("rungs", "How the files were made", table(["rung", "files"], rows, id="rung-list")),
        section("failures", "Failed and skipped", *_problems(summary)),
        section("runs", "Runs", table(["run", "state", "started", "ended"], runs, id="run-list")),
        style=_STYLE,
    )


def _status_names(totals: Totals) -> list[str]:
    return [name for name in ("written", "kept", "skipped", "failed") if totals.statuses[name]]


def _more_failures(totals: Totals, listed: list[Outcome]) -> Iterator[str]:
    if totals.statuses["failed"] > len(listed):
        yield f"  and {totals.statuses['failed'] - len(listed):,} more failed"


def _problems(summary: LedgerSummary) -> Iterator[Content]:
    skipped = summary.totals.skipped
    if not summary.failures and not skipped:
        yield paragraph("None.")
    if summary.failures:
        rows = [[escape(each.source), each.reason] for each in summary.failures]
        yield table(["failed", "reason"], rows, id="failure-list")
        yield from map(paragraph, _more_failures(summary.totals, summary.failures))
    if skipped:
        rows = [[reason, f"{count:,}"] for reason, count in skipped.most_common()]
        yield details("Skipped", table(["reason", "files"], rows, id="skipped-list"))


def _histogram(summary: LedgerSummary) -> Markup:
    """Draw the numbers of files by saved share as bars, from left to right: grew, 0 to 10 %, ..., 90 to 100 %."""
    most, width, height = max(summary.savings.values(), default=1), 64, 160
    bars: list[Markup] = []
    for place, tenth in enumerate(range(-1, _BINS)):
        count = summary.savings[tenth]
        tall = round(count / most * height, 1)
        label = "grew" if tenth < 0 else f"{10 * tenth}-{10 * tenth + 10} %"
        left = place * width
        bars.append(element("rect", x=left + 4, y=20 + height - tall, width=width - 8, height=tall))
        if count:
            bars.append(element("text", f"{count:,}", x=left + width / 2, y=16 + height - tall))
        bars.append(element("text", label, x=left + width / 2, y=height + 36))
    box = f"0 0 {width * (_BINS + 1)} {height + 44}"
    return element("svg", *bars, viewBox=box, width=width * (_BINS + 1), role="img", aria_label="Histogram of savings")
