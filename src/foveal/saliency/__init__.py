"""LOOK: where people look in a photograph. Read `look.py` first."""

from foveal.saliency.classes import Box, SeenClass
from foveal.saliency.look import METHODS, Looked, look, look_by_each, map_of_picture, method_named, saliency_map
from foveal.saliency.model import SaliencyModel, default_model
from foveal.saliency.readings import NETWORK_METHODS

__all__ = [
    "METHODS",
    "NETWORK_METHODS",
    "Box",
    "Looked",
    "SaliencyModel",
    "SeenClass",
    "default_model",
    "look",
    "look_by_each",
    "map_of_picture",
    "method_named",
    "saliency_map",
]
