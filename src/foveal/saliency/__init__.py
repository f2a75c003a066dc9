"""LOOK: saliency maps, which predict where people look in a photograph. Read `look.py` first."""

from foveal.saliency.classes import Box, SeenClass
from foveal.saliency.look import (
    METHODS,
    MethodChoice,
    MethodName,
    Saliency,
    SaliencyResult,
    check_saliency,
    find_saliency,
    look,
    look_by_methods,
    map_of_picture,
    prepare_to_look,
    resolve_method,
    saliency_map,
)
from foveal.saliency.model import SaliencyModel, default_model
from foveal.saliency.readings import NETWORK_METHODS

__all__ = [
    "METHODS",
    "NETWORK_METHODS",
    "Box",
    "MethodChoice",
    "MethodName",
    "Saliency",
    "SaliencyModel",
    "SaliencyResult",
    "SeenClass",
    "check_saliency",
    "default_model",
    "find_saliency",
    "look",
    "look_by_methods",
    "map_of_picture",
    "prepare_to_look",
    "resolve_method",
    "saliency_map",
]
