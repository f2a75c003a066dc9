"""Comparison of encoders on one photo at equal bytes (`foveal compare`), drawn as a picture or an HTML page."""

from foveal.comparison.compare import Comparison, Entry, compare
from foveal.comparison.page import write_page
from foveal.comparison.regions import Region
from foveal.comparison.scores import Scores
from foveal.comparison.sheet import draw_sheet

# Names of version 0.1.0, kept for compatibility.
drawn, page = draw_sheet, write_page

__all__ = ["Comparison", "Entry", "Region", "Scores", "compare", "draw_sheet", "drawn", "page", "write_page"]
