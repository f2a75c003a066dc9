"""Existing JPEGs in fewer bytes: losslessly, or requantized without decoding to pixels. Read `ladder.py` first."""

from foveal.optimization.ladder import Optimized, Rung, optimize, optimize_file, plan
from foveal.optimization.options import OptimizeOptions, RungName

__all__ = ["OptimizeOptions", "Optimized", "Rung", "RungName", "optimize", "optimize_file", "plan"]
