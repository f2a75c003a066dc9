"""Checks of option values: numbers, integers, sizes and choices."""

from __future__ import annotations

import re
import sys
from numbers import Integral, Real

from foveal.errors import ParameterError

MAX_THREADS = 1024

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:([km])(i?)b?|b)?", re.IGNORECASE | re.ASCII)
_LONGEST_REPR = 80


def describe(value: object) -> str:
    """Return the `repr` of a wrong value for the message of an error: one line, shortened if it is long."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # an integer of more than 4,300 digits, a broken object
        text = f"<{type(value).__name__}>"
    return text if len(text) <= _LONGEST_REPR else text[: _LONGEST_REPR - 3] + "..."


def escape(text: str) -> str:
    """Return a text, such as the path of a file, as one line, with unprintable characters escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def describe_kind(value: object) -> str:
    """Return the type of a wrong value for the message of an error; of an array, the type of its values."""
    numpy = sys.modules.get("numpy")  # where it has not been imported, which takes time, nothing is an array
    return f"an array of {value.dtype}" if numpy and isinstance(value, numpy.ndarray) else type(value).__name__


def check_number(name: str, value: float, least: float, most: float) -> None:
    """Raise ParameterError unless `value` is a real number in [least, most]."""
    if isinstance(value, bool) or not isinstance(value, Real) or not least <= value <= most:
        raise ParameterError(f"{name} must be a number from {least} to {most}, not {describe(value)}")


def check_integer(name: str, value: int, least: int, most: int) -> None:
    """Raise ParameterError unless `value` is an integer in [least, most]."""
    if isinstance(value, bool) or not isinstance(value, Integral) or not least <= int(value) <= most:
        raise ParameterError(f"{name} must be an integer from {least} to {most:,}, not {describe(value)}")


def check_size(name: str, value: int | str, most: int) -> int:
    """Return a size in bytes, given as an integer or as a text such as "250000", "100KB", "1.5 MB" or "2MiB".

    1 KB is 1,000 bytes, 1 MB is 1,000,000; 1 KiB is 1,024 bytes, 1 MiB is 1,048,576. Fractions of a byte are cut off.

    Raises
    ------
    ParameterError
        The value is of another type, is no size, or is not in [1, most].
    """
    if not isinstance(value, str):
        check_integer(name, value, 1, most)
        return int(value)
    parts = _SIZE.fullmatch(value.strip())
    if parts is None:
        raise ParameterError(f"{name} must be a number of bytes, such as 250000, 100KB or 1.5MB, not {describe(value)}")
    number, unit, binary = parts.groups()
    size_bytes = float(number) * (1024 if binary else 1000) ** (" km".index(unit.lower()) if unit else 0)
    if not 1 <= size_bytes <= most:
        raise ParameterError(f"{name} must be at least 1 byte and at most {most:,}, not {describe(value)}")
    return int(size_bytes)


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise ParameterError unless `value` is one of the choices."""
    if not isinstance(value, str) or value not in choices:
        raise ParameterError(f"{name} {describe(value)} is not one of {', '.join(choices)}")
