"""Record of the problems of a file: faults, which stop a strict reading, and oddities, which never do.

A fault leaves doubt about the picture (missing or damaged data, impossible codes, scans out of order). An oddity does
not (bytes between segments, stray restart markers).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from foveal.errors import FormatError, FormatWarning

_MAX_WARNINGS = 8


def malformed_error(offset: int, message: str) -> FormatError:
    """Return a FormatError whose message begins with the offset in the file where something else was expected."""
    return FormatError(f"byte {offset:,}: {message}")


class Diagnosis:
    """Collector of the faults and oddities of one file.

    Parameters
    ----------
    strict
        True to raise the error of a fault, False to record its message and read on.

    Attributes
    ----------
    messages
        Messages of all faults and oddities so far, in the order in which they were found.
    fault_count
        Number of faults among the messages.
    """

    def __init__(self, *, strict: bool) -> None:
        self.strict = strict
        self.messages: list[str] = []
        self.fault_count = 0

    def report_fault(self, error: FormatError) -> None:
        """Raise the error if reading is strict, else record its message."""
        if self.strict:
            raise error
        self.fault_count += 1
        self.report_oddity(str(error))

    def report_oddity(self, message: str) -> None:
        """Record something irregular that leaves no doubt about the picture."""
        self.messages.append(message)


def issue_warnings(messages: Sequence[str]) -> None:
    """Issue messages as FormatWarnings that point to the caller of the public function that calls this one.

    Only the first eight are issued one by one; a last warning counts the rest.
    """
    shown, rest = messages[:_MAX_WARNINGS], len(messages) - _MAX_WARNINGS
    for message in shown:
        warnings.warn(message, FormatWarning, stacklevel=3)
    if rest > 0:
        warnings.warn(f"... and {rest:,} more", FormatWarning, stacklevel=3)
