"""`foveal compare`: encoders side by side on one photo, at equal bytes."""

from foveal.comparison.compare import Comparison, Entry, compare
from foveal.comparison.page import write_page
from foveal.comparison.regions import Region
from foveal.comparison.scores import Scores
from foveal.comparison.sheet import draw_sheet

# The names of version 0.1.0 keep working.
drawn, page = draw_sheet, write_page

__all__ = ["Comparison", "Entry", "Region", "Scores", "compare", "draw_sheet", "drawn", "page", "write_page"]
