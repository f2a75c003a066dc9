"""Checks of option values: numbers, integers and choices."""

from __future__ import annotations

from numbers import Integral, Real

from foveal.errors import ParameterError

MAX_THREADS = 1024


def check_number(name: str, value: float, least: float, most: float) -> None:
    """Raise ParameterError unless `value` is a real number in [least, most]."""
    if isinstance(value, bool) or not isinstance(value, Real) or not least <= float(value) <= most:
        raise ParameterError(f"{name} must be a number from {least} to {most}, not {value!r}")


def check_integer(name: str, value: int, least: int, most: int) -> None:
    """Raise ParameterError unless `value` is an integer in [least, most]."""
    if isinstance(value, bool) or not isinstance(value, Integral) or not least <= int(value) <= most:
        raise ParameterError(f"{name} must be an integer from {least} to {most:,}, not {value!r}")


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise ParameterError unless `value` is one of the choices."""
    if not isinstance(value, str) or value not in choices:
        raise ParameterError(f"{name} {value!r} is not one of {', '.join(choices)}")
