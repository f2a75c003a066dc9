"""Errors and warnings that foveal raises.

::

    FovealError
    ├── ParameterError      an argument has the wrong type or is out of range (also a ValueError)
    ├── FormatError         the input is not of a known format, or is broken
    ├── UnsupportedError    the input is valid, but has a property that foveal does not support
    │   └── TransparencyError   the picture has transparent pixels, and no background was given
    ├── LimitError          a limit of the JPEG format, or of safe input sizes, is exceeded
    ├── TargetError         no file has the requested size or score
    ├── ModelError          a saliency model is missing or broken, or cannot be run
    ├── VerificationError   a file that was optimized without loss does not hold the same picture
    └── MissingExtraError   an optional dependency is not installed

    FormatWarning           the input violates its format, or cannot be kept in full (also a UserWarning)
"""

from __future__ import annotations

import functools
import signal
from types import CodeType
from typing import Any


class FovealError(Exception):
    """Base class of all errors that foveal raises; the message is one line."""


class ParameterError(FovealError, ValueError):
    """An argument has the wrong type or is out of range."""


class FormatError(FovealError):
    """The input is not of a known format, or is broken."""


class UnsupportedError(FovealError):
    """The input is valid, but has a property that foveal does not support, such as another colour model."""


class TransparencyError(UnsupportedError):
    """The picture has transparent pixels, JPEG has no transparency, and no background was given."""


class LimitError(FovealError):
    """A limit of the JPEG format, or of safe input sizes, is exceeded."""


class TargetError(FovealError):
    """No file has the requested size or score; the message says what is possible."""


class ModelError(FovealError):
    """A saliency model is missing or broken, or cannot be run."""


class VerificationError(FovealError):
    """A file that was optimized without loss does not hold the same coefficients; nothing is written."""


class MissingExtraError(FovealError):
    """An optional dependency is not installed; the message names the extra of foveal that installs it."""


class FormatWarning(UserWarning):
    """The input violates its format, or holds something that is not read or kept, but could be read."""


def raised_by_signal_handler(error: BaseException) -> bool:
    """Return whether a handler that the program has set by `signal.signal` raised an exception, in whatever code.

    Such an exception says nothing about the code in which it was raised, and is not converted to a FovealError.
    """
    codes = {_code_of(signal.getsignal(number)) for number in signal.valid_signals()} - {None}
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code in codes:
            return True
        trace = trace.tb_next
    return False


def _code_of(function: Any) -> CodeType | None:
    """Return the code of a Python function, method, partial function or callable object; None for anything else."""
    while isinstance(function, functools.partial):
        function = function.func
    if not callable(function):
        return None
    return getattr(function, "__code__", None) or getattr(type(function).__call__, "__code__", None)
