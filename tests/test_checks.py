"""Checks of option values: the values that are accepted, and the messages for all others."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from foveal.checks import check_choice, check_integer, check_number, check_size, describe
from foveal.errors import ParameterError


@pytest.mark.parametrize("value", [0, 1, 0.5, np.float32(1), np.int64(0), Fraction(1, 3)])
def test_numbers_in_range_are_accepted(value: Any) -> None:
    check_number("strength", value, 0, 1)


@pytest.mark.parametrize("value", [-1e-9, 1.1, float("nan"), float("inf"), True, "1", None, 1j, [1]])
def test_other_numbers_and_types_are_refused(value: Any) -> None:
    with pytest.raises(ParameterError, match=r"^strength must be a number from 0 to 1, not "):
        check_number("strength", value, 0, 1)


@pytest.mark.parametrize("value", [1, 1024, np.int16(7), np.uint8(255)])
def test_integers_in_range_are_accepted(value: Any) -> None:
    check_integer("threads", value, 1, 1024)


@pytest.mark.parametrize("value", [0, 1025, -1, 1.0, np.float64(2), True, "2", None])
def test_other_integers_and_types_are_refused(value: Any) -> None:
    with pytest.raises(ParameterError, match=r"^threads must be an integer from 1 to 1,024, not "):
        check_integer("threads", value, 1, 1024)


def test_choices_are_accepted_and_all_else_is_refused() -> None:
    choices = ("fast", "best")
    for choice in choices:
        check_choice("effort", choice, choices)
    wrong_values: list[Any] = ["slow", "", "Fast", None, 1, ["fast"], np.array(["fast", "best"])]
    for wrong in wrong_values:
        with pytest.raises(ParameterError, match=r"(?s)^effort .* is not one of fast, best$"):
            check_choice("effort", wrong, choices)


@pytest.mark.parametrize(
    "value", [10**400, -(10**400), 10**5000, Fraction(10**400, 3)], ids=["1e400", "-1e400", "1e5000", "1e400/3"]
)
def test_numbers_beyond_floats_are_refused_in_one_short_line(value: Any) -> None:
    for check in (check_number, check_integer):
        with pytest.raises(ParameterError, match=r"^quality must be [^\n]{1,140}$"):
            check("quality", value, 0, 100)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, 1),
        (250_000, 250_000),
        (np.int64(7), 7),
        ("250000", 250_000),
        ("7B", 7),
        ("100KB", 100_000),
        ("100 kb", 100_000),
        ("100k", 100_000),
        ("1.5MB", 1_500_000),
        ("1KiB", 1024),
        ("2MiB", 2 * 1024**2),
        (" 1.9 ", 1),
        ("1000000B", 1_000_000),
    ],
)
def test_sizes(value: int | str, expected: int) -> None:
    assert check_size("size", value, 10**9) == expected


@pytest.mark.parametrize(
    "value",
    [
        0,
        -1,
        1.5,
        True,
        None,
        b"1KB",
        10**9 + 1,
        "",
        "KB",
        "-1KB",
        "0",
        "0.9",
        "1GB",
        "1e3",
        "1,000",
        "9" * 5000,
        "\u0663KB",
    ],
)
def test_what_is_no_size_is_refused(value: Any) -> None:
    with pytest.raises(ParameterError, match=r"^size must be "):
        check_size("size", value, 10**9)


def test_a_description_is_one_short_line() -> None:
    assert describe("a") == "'a'"
    for value in (np.zeros((50, 50)), "x" * 500, 10**5000, ["a\nb"] * 99):
        assert len(describe(value)) <= 80
        assert "\n" not in describe(value)
