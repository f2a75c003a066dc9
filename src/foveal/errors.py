"""Errors and warnings that foveal raises.

::

    FovealError
    ├── ParameterError      an argument has the wrong type or is out of range (also a ValueError)
    ├── FormatError         the input is not of a known format, or is broken
    ├── UnsupportedError    the input is valid, but has a property that foveal does not support
    ├── LimitError          a limit of the JPEG format, or of safe input sizes, is exceeded
    ├── TargetError         no file has the requested size or score
    ├── ModelError          a saliency model is missing or broken, or cannot be run
    └── MissingExtraError   an optional dependency is not installed

    FormatWarning           the input violates its format, or cannot be kept in full (also a UserWarning)
"""


class FovealError(Exception):
    """Base class of all errors that foveal raises; the message is one line."""


class ParameterError(FovealError, ValueError):
    """An argument has the wrong type or is out of range."""


class FormatError(FovealError):
    """The input is not of a known format, or is broken."""


class UnsupportedError(FovealError):
    """The input is valid, but has a property that foveal does not support, such as another colour model."""


class LimitError(FovealError):
    """A limit of the JPEG format, or of safe input sizes, is exceeded."""


class TargetError(FovealError):
    """No file has the requested size or score; the message says what is possible."""


class ModelError(FovealError):
    """A saliency model is missing or broken, or cannot be run."""


class MissingExtraError(FovealError):
    """An optional dependency is not installed; the message names the extra of foveal that installs it."""


class FormatWarning(UserWarning):
    """The input violates its format, or holds something that is not read or kept, but could be read."""
