"""Legal and illegal scan scripts."""

from __future__ import annotations

import pytest
from jpeg_files import SCRIPTS

from foveal import jpeg
from foveal.errors import ParameterError
from foveal.jpeg.frame import Frame
from foveal.jpeg.script import Scan, check_script


def frame_of(component_count: int) -> Frame:
    headers = tuple(jpeg.ComponentHeader(index, 1, 1, 0) for index in range(component_count))
    return Frame(8, 8, headers)


@pytest.mark.parametrize("make", SCRIPTS)
@pytest.mark.parametrize("components", [1, 3])
def test_our_scripts_are_legal(make: jpeg.ScriptMaker, components: int) -> None:
    check_script(make(components), frame_of(components))


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ((), "in full"),
        ((Scan((0,), 0, 0),), "in full"),
        ((Scan((0,), 1, 63), Scan((0,), 0, 0)), "DC scan"),
        ((Scan((0,), 0, 5), Scan((0,), 6, 63)), "spectral band"),
        ((Scan((0,), 0, 0), Scan((0,), 1, 64)), "spectral band"),
        ((Scan((0,), 0, 0), Scan((0,), 1, 63), Scan((0,), 1, 63)), "out of order"),
        ((Scan((0,), 0, 0), Scan((0,), 1, 63, 1, 0)), "out of order"),
        ((Scan((0,), 0, 0), Scan((0,), 1, 63, 0, 2), Scan((0,), 1, 63, 1, 0)), "out of order"),
        ((Scan((0,), 0, 0), Scan((0,), 1, 63, 0, 2), Scan((0,), 1, 63, 2, 0)), "approximation"),
        ((Scan((0,), 0, 0), Scan((0,), 1, 63, 0, 1)), "in full"),
        ((Scan((0,), 0, 0, 0, 14),), "approximation"),
        ((Scan((1,), 0, 0),), "not there"),
    ],
)
def test_illegal_scripts_are_refused(script: tuple[Scan, ...], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        check_script(script, frame_of(1))


def test_ac_scans_hold_one_component_and_components_keep_their_order() -> None:
    with pytest.raises(ParameterError, match="one component"):
        check_script((Scan((0, 1), 0, 0), Scan((0, 1), 1, 63)), frame_of(2))
    with pytest.raises(ParameterError, match="order of the frame"):
        check_script((Scan((1, 0), 0, 63),), frame_of(2))
