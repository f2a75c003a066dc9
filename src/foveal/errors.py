"""Everything that foveal raises on purpose.

::

    FovealError
    ├── ParameterError      an argument that makes no sense (also a ValueError)
    ├── FormatError         the input is not what it claims to be, or is broken
    ├── UnsupportedError    the input is legal, but of a kind that foveal does not handle
    ├── LimitError          a limit of the JPEG format, or of safe input sizes, is exceeded
    ├── TargetError         no file is of the size or the score that was asked for
    ├── ModelError          a saliency model is missing or broken
    └── MissingExtraError   an optional dependency is not installed

    FormatWarning           (a UserWarning) the input is not as it should be, but could be read
"""


class FovealError(Exception):
    """Root of all errors that foveal raises on purpose; the message is one line."""


class ParameterError(FovealError, ValueError):
    """An argument is of the wrong kind or out of range."""


class FormatError(FovealError):
    """The input is not a picture, or a broken one."""


class UnsupportedError(FovealError):
    """The input is legal but of a kind that foveal does not handle."""


class LimitError(FovealError):
    """A limit of the JPEG format, or of what is safe to read, is exceeded."""


class TargetError(FovealError):
    """No file is of the size or the score that was asked for; the message says what can be had."""


class ModelError(FovealError):
    """A saliency model is missing or broken."""


class MissingExtraError(FovealError):
    """An optional dependency is not installed; the message names the extra that has it."""


class FormatWarning(UserWarning):
    """The input is not as it should be, but could be read."""
