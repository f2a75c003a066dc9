"""Names of targets: trees, templates and widths."""

from __future__ import annotations

import pytest

from foveal.batch.jobs import Target
from foveal.batch.naming import Naming
from foveal.errors import ParameterError


@pytest.mark.parametrize(
    ("naming", "relative", "targets"),
    [
        (Naming("out"), "sub/a.JPG", ["out/sub/a.JPG"]),
        (Naming("out"), "a.b.png", ["out/a.b.jpg"]),
        (Naming("out", (5, 7)), "sub/a.JPG", ["out/sub/a-5.jpg", "out/sub/a-7.jpg"]),
        (Naming("out", (5,), "{width}/{stem}{ending}"), "sub/a.jpeg", ["out/sub/5/a.jpeg"]),
        (Naming("out", (5,), "{stem}.jpg"), "a.png", ["out/a.jpg"]),
        (Naming("out", (), "small-{stem}.jpeg"), "x/a.png", ["out/x/small-a.jpeg"]),
        (Naming("out", (), "{{{stem}}}.jpg"), "a.png", ["out/{a}.jpg"]),
        (Naming("out"), "{stem}.jpg", ["out/{stem}.jpg"]),
        (Naming("out", convert=False), "a.jpeg", ["out/a.jpeg"]),
        (Naming("out", convert=False), "a.png", ["out/a.png.jpg"]),
        (Naming("out", (5,), convert=False), "a.png", ["out/a.png-5.jpg"]),
    ],
)
def test_targets(naming: Naming, relative: str, targets: list[str]) -> None:
    widths = naming.widths or (None,)
    assert naming.targets_of(relative) == tuple(map(Target, targets, widths))


@pytest.mark.parametrize(
    ("widths", "template", "words"),
    [
        ((), "{stem}-{width}.jpg", "no widths"),
        ((5, 7), "{stem}.jpg", "needs {width}"),
        ((5, 7), "{width}.jpg", "needs {stem}"),
        ((), "{stem}.png", "must end with"),
        ((), "{stem}", "must end with"),
        ((), "../{stem}.jpg", "leads out"),
        ((), "/{stem}.jpg", "leads out"),
        ((), "{stem", "is wrong"),
        ((), "{stem!x}.jpg", "is wrong"),
        ((5,), "{stem}{width:q}.jpg", "is wrong"),
        ((), "{stem}{date}.jpg", "may have only"),
        ((), "{stem.__class__}.jpg", "may have only"),
        ((), "{}{stem}.jpg", "may have only"),
    ],
)
def test_wrong_templates_are_refused(widths: tuple[int, ...], template: str, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        Naming("out", widths, template)
