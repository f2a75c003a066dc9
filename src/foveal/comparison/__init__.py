"""`foveal compare`: encoders side by side on one photo, at equal bytes."""

from foveal.comparison.compare import Comparison, Entry, compare
from foveal.comparison.page import page
from foveal.comparison.regions import Region
from foveal.comparison.scores import Scores
from foveal.comparison.sheet import drawn

__all__ = ["Comparison", "Entry", "Region", "Scores", "compare", "drawn", "page"]
