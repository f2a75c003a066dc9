"""Scan scripts: which coefficients each scan sends, in which order.

T.81 B.2.3, Scan header syntax; G.1.1, Control procedures and coding models for progressive DCT-based procedures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from foveal.errors import ParameterError
from foveal.jpeg.frame import Frame

MAX_MCU_BLOCKS = 10  # largest sum of H_i x V_i in an interleaved scan (T.81 B.2.3, Scan header syntax)
SEQUENTIAL_BAND = (0, 63, 0, 0)  # Ss, Se, Ah, Al of a sequential scan


@dataclass(frozen=True)
class Scan:
    """Parameters of a scan header (T.81 B.2.3, Scan header syntax).

    Parameters
    ----------
    components
        Indices in `Frame.components` of the components that the scan sends.
    spectral_start, spectral_end
        Ss and Se: zig-zag indices of the first and the last coefficient of the band; 0 and 63 in a sequential scan.
    approximation_high, approximation_low
        Ah and Al, successive approximation bit positions: the lowest bit that earlier scans of the band have sent (0 in
        a first scan), and the lowest bit that this scan sends.
    """

    components: tuple[int, ...]
    spectral_start: int = 0
    spectral_end: int = 63
    approximation_high: int = 0
    approximation_low: int = 0

    @property
    def band(self) -> tuple[int, int, int, int]:
        """Ss, Se, Ah and Al, as the kernels take them."""
        return self.spectral_start, self.spectral_end, self.approximation_high, self.approximation_low

    @property
    def is_interleaved(self) -> bool:
        """Whether the scan has several components, whose blocks alternate (T.81 A.2.3, Interleaved order)."""
        return len(self.components) > 1


Script = tuple[Scan, ...]
ScriptMaker = Callable[[int], Script]  # makes a script, given the number of components


def sequential_script(component_count: int) -> Script:
    """Make a sequential script of one interleaved scan."""
    return (Scan(tuple(range(component_count))),)


def non_interleaved_script(component_count: int) -> Script:
    """Make a sequential script of one scan for each component, which is legal with all sampling factors."""
    return tuple(Scan((component,)) for component in range(component_count))


def spectral_selection_script(component_count: int) -> Script:
    """Make a progressive script by spectral selection: DC, then AC of Y in three bands, with chroma after the first.

    Numbers of the scans that send the coefficients::

        zig-zag index    0   1 2   3 ... 8   9 ......... 63
        Y              | 1 | 3 |     6     |       7       |
        Cb             | 2 |               4               |
        Cr             | 2 |               5               |
    """
    chroma = tuple(range(1, component_count))
    return (
        Scan((0,), 0, 0),
        *([Scan(chroma, 0, 0)] if chroma else []),
        Scan((0,), 1, 2),
        *(Scan((component,), 1, 63) for component in chroma),
        Scan((0,), 3, 8),
        Scan((0,), 9, 63),
    )


def is_progressive(script: Sequence[Scan]) -> bool:
    """Return whether a script needs a progressive frame, SOF2."""
    return any(scan.band != SEQUENTIAL_BAND for scan in script)


def band_problem(scan: Scan) -> str | None:
    """Return why the parameters of a progressive scan are illegal, regardless of earlier scans; None if they are legal.

    T.81 G.1.1.1.1, Spectral selection control; G.1.1.1.2, Successive approximation control.
    """
    first, last, high, low = scan.band
    if not 0 <= first <= last <= 63 or (first == 0) != (last == 0):
        return f"not a legal spectral band: {first}..{last}"
    if first > 0 and scan.is_interleaved:
        return "a scan of AC coefficients has one component"
    if not 0 <= low <= 13 or (high != 0 and high != low + 1):
        return f"not a legal successive approximation: {high} to {low}"
    return None


def mcu_problem(scan: Scan, frame: Frame) -> str | None:
    """Return why the MCUs of an interleaved scan are illegal, or None (T.81 B.2.3, Scan header syntax)."""
    headers = [frame.headers[component] for component in scan.components]
    blocks = sum(header.h_factor * header.v_factor for header in headers)
    if scan.is_interleaved and blocks > MAX_MCU_BLOCKS:
        return f"an MCU has at most {MAX_MCU_BLOCKS} blocks, not {blocks}"
    return None


class Progression:
    """State of a progression: which bits of each coefficient have been sent by the scans so far."""

    def __init__(self) -> None:
        self._lowest_bits: dict[tuple[int, int], int] = {}  # lowest bit sent, by component and zig-zag index

    def has_begun(self, component: int) -> bool:
        """Return whether a scan has sent the DC coefficients of a component."""
        return (component, 0) in self._lowest_bits

    def problem_of(self, scan: Scan) -> str | None:
        """Return why a scan cannot follow the scans so far; None if it can.

        T.81 G.1.1.1.1, Spectral selection control: DC before AC. G.1.1.1.2, Successive approximation control: each scan
        of a band after the first one sends one more bit.
        """
        first, last, high, _ = scan.band
        for component in scan.components:
            if first > 0 and not self.has_begun(component):
                return "the DC scan of a component comes before those of AC"
            for index in range(first, last + 1):
                sent = self._lowest_bits.get((component, index))
                if (sent is None and high != 0) or (sent is not None and (high == 0 or sent != high)):
                    return f"coefficient {index} of component {component + 1} is sent out of order"
        return None

    def add(self, scan: Scan) -> None:
        """Add a scan to the state."""
        for component in scan.components:
            for index in range(scan.spectral_start, scan.spectral_end + 1):
                self._lowest_bits[component, index] = scan.approximation_low

    def is_complete(self, component_count: int) -> bool:
        """Return whether all bits of all coefficients have been sent."""
        return len(self._lowest_bits) == 64 * component_count and not any(self._lowest_bits.values())


def check_script(script: Script, frame: Frame) -> None:
    """Raise ParameterError unless a script sends every bit of a frame's coefficients once, in a legal order."""
    progression = Progression()
    progressive = is_progressive(script)
    for scan in script:
        if not scan.components or not all(0 <= c < len(frame.headers) for c in scan.components):
            raise ParameterError(f"scan names components that are not there: {scan.components}")
        if list(scan.components) != sorted(set(scan.components)):
            raise ParameterError(f"components of a scan must be in the order of the frame: {scan.components}")
        problem = (band_problem(scan) if progressive else None) or mcu_problem(scan, frame)
        problem = problem or progression.problem_of(scan)
        if problem:
            raise ParameterError(problem)
        progression.add(scan)
    if not progression.is_complete(len(frame.headers)):
        raise ParameterError("the script does not send every coefficient in full")
