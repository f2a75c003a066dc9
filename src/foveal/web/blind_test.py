"""Blind tests: pairs of files with shuffled sides, answers, and the share of preference with its interval."""

from __future__ import annotations

import csv
import io
import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from foveal.checks import check_choice, check_number
from foveal.errors import ParameterError
from foveal.web.errors import NotFoundError

Answer = Literal["left", "right", "same"]
MAX_TRIALS = 1000
_NORMAL_QUANTILE = 1.959963984540054  # of 97.5 %: intervals of 95 %
_random = secrets.SystemRandom()

COLUMNS = (
    "photo",
    "left",
    "right",
    "left_bytes",
    "right_bytes",
    "answer",
    "preferred",
    "seconds",
    "encoder",
    "share",
    "share_low",
    "share_high",
)


@dataclass(eq=False)
class Trial:
    """A pair of files to be judged.

    Parameters
    ----------
    photo_key, photo_name
        Photo of the pair.
    encoders
        Encoders of the left and the right file.
    files
        Left and right file; None while they are not held.
    sizes_bytes
        Sizes of the files.
    answer
        Side that was preferred, or "same"; None before the answer.
    seconds
        Time that the answer took, as the page measured it.
    """

    photo_key: str
    photo_name: str
    encoders: tuple[str, str]
    files: tuple[bytes, bytes] | None = None
    sizes_bytes: tuple[int, int] | None = None
    answer: Answer | None = None
    seconds: float = 0.0

    @property
    def preferred(self) -> str:
        """Encoder that was preferred; "" for neither."""
        return {"left": self.encoders[0], "right": self.encoders[1]}.get(self.answer or "", "")


@dataclass(frozen=True)
class Preference:
    """How often the first encoder was preferred.

    Parameters
    ----------
    preferred, decided, undecided
        Answers for the first encoder, for either, and "same".
    share, low, high
        Share of the first encoder in the decided answers, and its Wilson interval of 95 %; None without answers.
    """

    preferred: int
    decided: int
    undecided: int
    share: float | None
    low: float | None
    high: float | None


@dataclass(eq=False)
class BlindTest:
    """A blind test of two encoders on several photos.

    Parameters
    ----------
    encoders
        The two encoders; shares are those of the first.
    quality
        Quality of foveal's file, whose size both files have.
    trials
        The trials, in random order and with random sides.
    """

    encoders: tuple[str, str]
    quality: float
    trials: list[Trial]
    key: str = field(default_factory=lambda: secrets.token_urlsafe(12))

    def trial(self, number: int) -> Trial:
        """Return a trial by its number from 0, or raise NotFoundError."""
        if not 0 <= number < len(self.trials):
            raise NotFoundError("no such trial")
        return self.trials[number]

    def preference(self) -> Preference:
        """Return how often the first encoder was preferred so far."""
        return _preference(self.trials, self.encoders[0])

    def to_csv(self) -> str:
        """Return the answered trials as CSV; the last columns hold the share of the first encoder up to each line."""
        file = io.StringIO()
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        answered = [trial for trial in self.trials if trial.answer is not None]
        for count, trial in enumerate(answered, 1):
            so_far = _preference(answered[:count], self.encoders[0])
            shares = ("" if value is None else f"{value:.4f}" for value in (so_far.share, so_far.low, so_far.high))
            name = f"'{trial.photo_name}" if trial.photo_name.startswith(("=", "+", "-", "@")) else trial.photo_name
            sizes = trial.sizes_bytes or ("", "")
            row = (name, *trial.encoders, *sizes, trial.answer, trial.preferred, f"{trial.seconds:.1f}")
            writer.writerow((*row, self.encoders[0], *shares))
        return file.getvalue()


def make_test(photos: Sequence[tuple[str, str]], encoders: Sequence[Any], quality: Any, repeats: Any) -> BlindTest:
    """Make a test in which each photo, given by key and name, is shown `repeats` times.

    Raises
    ------
    ParameterError
        There is no photo, the encoders are the same, or a value is out of range.
    """
    if len(encoders) != 2 or not all(isinstance(name, str) for name in encoders) or encoders[0] == encoders[1]:
        raise ParameterError("a blind test needs two different encoders")
    check_number("quality", quality, 0, 100)
    check_number("repeats", repeats, 1, 100)
    if not photos:
        raise ParameterError("a blind test needs photos")
    if len(photos) * int(repeats) > MAX_TRIALS:
        raise ParameterError(f"a blind test has at most {MAX_TRIALS} trials")
    first, second = encoders
    trials = []
    for _ in range(int(repeats)):
        for key, name in _random.sample(photos, len(photos)):
            sides = (first, second) if _random.random() < 0.5 else (second, first)
            trials.append(Trial(key, name, sides))
    return BlindTest((first, second), float(quality), trials)


def record_answer(trial: Trial, answer: Any, seconds: Any) -> None:
    """Record the answer to a trial, once."""
    check_choice("answer", answer, get_args(Answer))
    check_number("seconds", seconds, 0, 1e6)
    if trial.sizes_bytes is None:
        raise ParameterError("this pair has not been shown")
    if trial.answer is not None:
        raise ParameterError("this pair has been answered")
    trial.answer, trial.seconds = answer, float(seconds)


def wilson_interval(successes: int, count: int) -> tuple[float, float]:
    """Return the Wilson score interval of 95 % for a proportion, for a count of at least 1.

    References
    ----------
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    """
    z, share = _NORMAL_QUANTILE, successes / count
    centre = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * math.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def _preference(trials: Sequence[Trial], first: str) -> Preference:
    decided = [trial.preferred for trial in trials if trial.preferred]
    preferred, undecided = decided.count(first), sum(trial.answer == "same" for trial in trials)
    if not decided:
        return Preference(0, 0, undecided, None, None, None)
    low, high = wilson_interval(preferred, len(decided))
    return Preference(preferred, len(decided), undecided, preferred / len(decided), low, high)
