"""Names of the targets: the tree of the sources is kept, and a template makes the names of files."""

from __future__ import annotations

import os
import string
from dataclasses import dataclass
from pathlib import Path

from foveal.batch.discovery import is_jpeg
from foveal.batch.jobs import Target
from foveal.checks import describe
from foveal.errors import ParameterError

WIDTHS_TEMPLATE = "{stem}-{width}.jpg"
_FIELDS = ("stem", "ending", "width")


@dataclass(frozen=True)
class Naming:
    """Rule that makes targets of a source.

    Parameters
    ----------
    folder
        Folder of the tree of the targets.
    widths
        Widths of the targets in pixels; empty for one target of the size of the source.
    template
        Name of a target, in which {stem} stands for the name of the source without its ending, {ending} for the ending
        (".jpg" for a picture that is converted), and {width} for the width. It may begin with folders. None for
        `WIDTHS_TEMPLATE` if there are widths, else for the name of the source.
    convert
        Whether pictures of other kinds than JPEG are converted. If not, their {stem} is the whole name of the source:
        "a.png" is skipped and must not have the same target as "a.jpg".

    Raises
    ------
    ParameterError
        The template has other fields, makes a name without the ending of a JPEG or outside the folder, or has not the
        width that it needs.
    """

    folder: str
    widths: tuple[int, ...] = ()
    template: str | None = None
    convert: bool = True

    def __post_init__(self) -> None:
        problem = self._find_problem()
        if problem:
            raise ParameterError(f"the template {describe(self._template)} {problem}")

    def targets_of(self, relative: str) -> tuple[Target, ...]:
        """Return the targets of a source, given its path in the tree."""
        source = Path(relative)
        ending = source.suffix if is_jpeg(relative) else ".jpg"
        stem = source.stem if self.convert or is_jpeg(relative) else source.name
        folder = Path(self.folder, source.parent)
        return tuple(Target(str(folder / self._fill(stem, ending, width)), width) for width in self.widths or (None,))

    @property
    def _template(self) -> str:
        return self.template or (WIDTHS_TEMPLATE if self.widths else "{stem}{ending}")

    def _find_problem(self) -> str:
        """Return what is wrong with the template; "" if nothing is."""
        try:
            names = [name for _, name, _, _ in string.Formatter().parse(self._template) if name is not None]
            if not set(names) <= set(_FIELDS):
                return f"may have only the fields {', '.join(f'{{{name}}}' for name in _FIELDS)}"
            example = Path(self._fill("x", ".jpg", 1))
        except ValueError as error:
            return f"is wrong: {error}"
        if "stem" not in names:
            return "needs {stem}"
        if "width" in names and not self.widths:
            return "has {width}, but there are no widths"
        if "width" not in names and len(self.widths) > 1:
            return "needs {width}"
        if not is_jpeg(example.name):
            return "must end with .jpg or {ending}"
        return "leads out of the folder" if example.is_absolute() or os.pardir in example.parts else ""

    def _fill(self, stem: str, ending: str, width: int | None) -> str:
        return self._template.format(stem=stem, ending=ending, width=width)
