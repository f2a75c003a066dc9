"""Scan scripts: which coefficients each scan sends, and the rules for their order (ITU-T T.81 B.2.3, G.1.1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from foveal.errors import ParameterError
from foveal.jpeg.frame import Frame

MAX_MCU_BLOCKS = 10  # of an interleaved scan (B.2.3)
SEQUENTIAL_BAND = (0, 63, 0, 0)  # Ss, Se, Ah, Al of a scan that sends everything


@dataclass(frozen=True)
class Scan:
    """The parameters of a scan header.

    Parameters
    ----------
    components
        Indices of the frame's components.
    spectral_start, spectral_end
        Ss and Se: zig-zag indices of the first and the last coefficient. 0 and 63 in a sequential scan.
    approximation_high, approximation_low
        Ah and Al: the bit position sent before (0 in a first scan) and the one sent now.
    """

    components: tuple[int, ...]
    spectral_start: int = 0
    spectral_end: int = 63
    approximation_high: int = 0
    approximation_low: int = 0

    @property
    def band(self) -> tuple[int, int, int, int]:
        """Ss, Se, Ah, Al."""
        return self.spectral_start, self.spectral_end, self.approximation_high, self.approximation_low

    @property
    def is_interleaved(self) -> bool:
        """Whether blocks of several components take turns (A.2)."""
        return len(self.components) > 1


Script = tuple[Scan, ...]
ScriptMaker = Callable[[int], Script]  # by the number of components


def sequential_script(component_count: int) -> Script:
    """One interleaved scan of everything."""
    return (Scan(tuple(range(component_count))),)


def non_interleaved_script(component_count: int) -> Script:
    """A sequential scan for each component: legal whatever the sampling factors."""
    return tuple(Scan((component,)) for component in range(component_count))


def spectral_selection_script(component_count: int) -> Script:
    """Progressive by spectral selection: DC, the coarse waves of Y, then colour, then the detail."""
    return _split_luminance(component_count, 9)


def early_split_script(component_count: int) -> Script:
    """Like `spectral_selection_script`, but only two coefficients come before colour: less where detail is rare."""
    return _split_luminance(component_count, 3)


def _split_luminance(component_count: int, second_band: int) -> Script:
    scans = [Scan(tuple(range(component_count)), 0, 0), Scan((0,), 1, second_band - 1)]
    scans += [Scan((component,), 1, 63) for component in range(1, component_count)]
    return (*scans, Scan((0,), second_band, 63))


def luminance_refinement_script(component_count: int) -> Script:
    """Like `spectral_selection_script`, with the last bit of Y's coefficients in a scan of its own."""
    first, coarse, *colour, detail = spectral_selection_script(component_count)
    halves = [replace(scan, approximation_low=1) for scan in (coarse, detail)]
    return first, halves[0], *colour, halves[1], Scan((0,), 1, 63, 1, 0)


def successive_approximation_script(component_count: int) -> Script:
    """Progressive by spectral selection and successive approximation, every coefficient in two or three steps."""
    everything = tuple(range(component_count))
    chroma = range(1, component_count)
    return (
        Scan(everything, 0, 0, 0, 1),
        Scan((0,), 1, 5, 0, 2),
        *(Scan((component,), 1, 63, 0, 1) for component in chroma),
        Scan((0,), 6, 63, 0, 2),
        Scan((0,), 1, 63, 2, 1),
        Scan(everything, 0, 0, 1, 0),
        *(Scan((component,), 1, 63, 1, 0) for component in chroma),
        Scan((0,), 1, 63, 1, 0),
    )


def is_progressive(script: Sequence[Scan]) -> bool:
    """Whether the script needs SOF2."""
    return any(scan.band != SEQUENTIAL_BAND for scan in script)


def band_problem(scan: Scan) -> str | None:
    """What is wrong with the parameters of a progressive scan, whatever came before it."""
    first, last, high, low = scan.band
    if not 0 <= first <= last <= 63 or (first == 0) != (last == 0):
        return f"not a legal spectral band: {first}..{last}"
    if first > 0 and scan.is_interleaved:
        return "a scan of AC coefficients has one component"
    if not 0 <= low <= 13 or (high != 0 and high != low + 1):
        return f"not a legal successive approximation: {high} to {low}"
    return None


def mcu_problem(scan: Scan, frame: Frame) -> str | None:
    """What is wrong with interleaving these components."""
    headers = [frame.headers[component] for component in scan.components]
    blocks = sum(header.h_factor * header.v_factor for header in headers)
    if scan.is_interleaved and blocks > MAX_MCU_BLOCKS:
        return f"an MCU has at most {MAX_MCU_BLOCKS} blocks, not {blocks}"
    return None


class Progression:
    """What scans, one after the other, have sent of each coefficient."""

    def __init__(self) -> None:
        self._lowest_bits: dict[tuple[int, int], int] = {}  # by component and zig-zag index

    def has_begun(self, component: int) -> bool:
        """Whether there was a scan of the component's DC."""
        return (component, 0) in self._lowest_bits

    def problem_of(self, scan: Scan) -> str | None:
        """What is wrong with a scan, coming after the others."""
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
        """Take in a scan."""
        for component in scan.components:
            for index in range(scan.spectral_start, scan.spectral_end + 1):
                self._lowest_bits[component, index] = scan.approximation_low

    def is_complete(self, component_count: int) -> bool:
        """Whether everything has been sent in full."""
        return len(self._lowest_bits) == 64 * component_count and not any(self._lowest_bits.values())


def check_script(script: Script, frame: Frame) -> None:
    """Raise ParameterError unless the script sends every coefficient of a frame once, in a legal order."""
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
