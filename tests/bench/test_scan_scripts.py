"""The comparison of searches for scan scripts."""

from __future__ import annotations

import numpy as np

from bench import scan_scripts


def test_searches_are_compared_with_the_fixed_script(coffee: np.ndarray) -> None:
    files = [scan_scripts.quantize(np.ascontiguousarray(coffee[:, :200]), quality) for quality in (40, 85)]
    found = scan_scripts.measure(files)
    assert list(found) == list(scan_scripts.SEARCHES)
    for outcome in found.values():
        assert len(outcome.ratios) == 2
        assert outcome.seconds > 0
        assert 0.9 < min(outcome.ratios) <= max(outcome.ratios) < 1
    assert found["thorough, all rows"].ratios[0] <= found["quick, all rows"].ratios[0]
