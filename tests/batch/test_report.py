"""Sums of outcomes, their wording, and the histogram of savings."""

from __future__ import annotations

import re

import pytest

from foveal.batch import Outcome
from foveal.batch.report import MAX_LISTED, LedgerSummary, describe_statuses, format_summary, make_page
from foveal.batch.totals import format_bytes, format_change


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 KB"), (-2500, "-2.5 KB"), (1.5e6, "1.5 MB"), (5e15, "5,000.0 TB")],
)
def test_sizes(size_bytes: float, text: str) -> None:
    assert format_bytes(size_bytes) == text


def test_changes() -> None:
    assert format_change(2000, 1500) == "2.0 KB to 1.5 KB (-25.0%)"
    assert format_change(0, 0) == "0 bytes to 0 bytes"


def outcome(number: int, status: str, before: int = 0, after: int = 0, **fields: object) -> Outcome:
    return Outcome(
        "", f"{number}.jpg", f"{number}-", status, size_bytes_before=before, size_bytes_after=after, **fields
    )


def test_savings_are_counted_in_tenths() -> None:
    summary = LedgerSummary()
    for number, after in enumerate([101, 100, 91, 90, 55, 1, 0]):
        summary.add(outcome(number, "written", 100, after))
    assert summary.savings == {-1: 1, 0: 2, 1: 1, 4: 1, 9: 2}
    labels = re.findall(r"<text[^>]*>([^<]+)</text>", make_page(summary))
    assert labels[:4] == ["1", "grew", "2", "0-10 %"]


def test_many_failures_are_counted_and_not_all_listed() -> None:
    summary = LedgerSummary()
    for number in range(MAX_LISTED + 5):
        summary.add(outcome(number, "failed", reason="broken"))
    lines = list(format_summary(summary))
    assert lines[0] == f"{MAX_LISTED + 5} files: {MAX_LISTED + 5} failed"
    assert len([line for line in lines if "failed: " in line and ".jpg" in line]) == MAX_LISTED
    assert "  and 5 more failed" in lines
    assert "and 5 more failed" in make_page(summary)


def test_an_empty_ledger() -> None:
    summary = LedgerSummary()
    assert describe_statuses(summary.totals) == "0 files: nothing to do"
    assert "None." in make_page(summary)
