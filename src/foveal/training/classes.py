"""Class names of the folders of Caltech-101.

References
----------
L. Fei-Fei, R. Fergus, P. Perona, "Learning Generative Visual Models from Few Training Examples", CVPR-W 2004
(Caltech-101).
"""

from __future__ import annotations

BACKGROUND = "background"  # photos of no class: they train "nothing of ours is here"

# `Faces` and `Faces_easy` are photos of the same people.
_SAME_THING = {"BACKGROUND Google": BACKGROUND, "Faces": "face", "Faces easy": "face", "water lilly": "water lily"}


def class_name(folder: str) -> str:
    """Return the class name of a folder: "water lily" for "water_lilly"."""
    words = folder.replace("_", " ")
    return _SAME_THING.get(words, words)
