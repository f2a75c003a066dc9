"""Where photographs and files lie that some machines have beside the project; tests that need them skip without."""

from pathlib import Path

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"
