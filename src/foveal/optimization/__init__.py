"""Existing JPEGs in fewer bytes: losslessly, or requantized without decoding to pixels. Read `ladder.py` first."""

from foveal.optimization.ladder import Optimized, Rung, choose, optimize, optimize_file, plan
from foveal.optimization.options import OptimizeOptions, RungName

__all__ = ["OptimizeOptions", "Optimized", "Rung", "RungName", "choose", "optimize", "optimize_file", "plan"]
