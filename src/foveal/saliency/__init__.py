"""LOOK: where people look in a photograph. Read `look.py` first."""

from foveal.saliency.baselines import METHODS
from foveal.saliency.look import map_of_picture, method_named, saliency_map

__all__ = ["METHODS", "map_of_picture", "method_named", "saliency_map"]
