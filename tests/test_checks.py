"""Checks of option values: the values that are accepted, and the messages for all others."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from foveal.checks import check_choice, check_integer, check_number
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
