"""The rest of the package does not import `foveal.training`."""

from __future__ import annotations

import subprocess
import sys


def test_nothing_else_in_the_package_asks_for_training() -> None:
    """`import foveal`, its command line and its methods work without the extra `train`."""
    check = (
        "import sys, foveal, foveal.cli.main, foveal.saliency; "
        "print([m for m in sys.modules if m.partition('.')[0] == 'torch' or m.startswith('foveal.training')])"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
