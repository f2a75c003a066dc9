"""What is wrong with a file: an error that stops the reading, or a note on what could be read in spite of it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from foveal.errors import FormatError, FormatWarning

_MAX_WARNINGS = 8


def malformed(offset: int, what: str) -> FormatError:
    """Return the error that says where in the file something else was expected."""
    return FormatError(f"byte {offset:,}: {what}")


class Diagnosis:
    """What is found wrong on the way through a file.

    Parameters
    ----------
    strict
        Whether a fault stops the reading.

    Attributes
    ----------
    notes
        What has been found.
    fault_count
        How many of the notes are faults.
    """

    def __init__(self, *, strict: bool) -> None:
        self.strict = strict
        self.notes: list[str] = []
        self.fault_count = 0

    def fault(self, error: FormatError) -> None:
        """Raise the error, or note it and let the reading go on with what there is."""
        if self.strict:
            raise error
        self.fault_count += 1
        self.oddity(str(error))

    def oddity(self, note: str) -> None:
        """Note something that is not as it should be but leaves no doubt about the picture."""
        self.notes.append(note)


def warn_of(notes: Sequence[str]) -> None:
    """Give notes as FormatWarnings to whoever called the public function that calls this."""
    shown, rest = notes[:_MAX_WARNINGS], len(notes) - _MAX_WARNINGS
    for note in shown:
        warnings.warn(note, FormatWarning, stacklevel=3)
    if rest > 0:
        warnings.warn(f"... and {rest:,} more", FormatWarning, stacklevel=3)
