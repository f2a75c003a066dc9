"""ITU-T T.81, and what T.871, Adobe, Exif, ICC and MPF add to it: knows nothing of saliency, takes tables and weights.

Read `encoder.py` first, then `decoder.py`.
"""

from foveal.jpeg.coefficients import Coefficients
from foveal.jpeg.decoder import decode, read_coefficients, reconstruct
from foveal.jpeg.encoder import EncoderSettings, encode, frame_of, price, quantize, transform, write
from foveal.jpeg.file_writer import MAX_RESTART_INTERVAL, write_coefficients
from foveal.jpeg.frame import BLOCK_SIDE, MAX_SIDE, SAMPLING_FACTORS, Component, ComponentHeader, Frame, block_grid
from foveal.jpeg.limits import MAX_PIXELS
from foveal.jpeg.quantize import DeadZone, PerBlockTables, Quantizer, Rounding
from foveal.jpeg.script import (
    Scan,
    Script,
    ScriptMaker,
    early_split_script,
    luminance_refinement_script,
    non_interleaved_script,
    sequential_script,
    spectral_selection_script,
    successive_approximation_script,
)
from foveal.jpeg.segments import Metadata, Segment
from foveal.jpeg.tables import NATURAL_INDEX, QuantizationTable, annex_k_tables
from foveal.jpeg.trellis import EXHAUSTIVE_LOOK_BACK, Trellis

__all__ = [
    "BLOCK_SIDE",
    "EXHAUSTIVE_LOOK_BACK",
    "MAX_PIXELS",
    "MAX_RESTART_INTERVAL",
    "MAX_SIDE",
    "NATURAL_INDEX",
    "SAMPLING_FACTORS",
    "Coefficients",
    "Component",
    "ComponentHeader",
    "DeadZone",
    "EncoderSettings",
    "Frame",
    "Metadata",
    "PerBlockTables",
    "QuantizationTable",
    "Quantizer",
    "Rounding",
    "Scan",
    "Script",
    "ScriptMaker",
    "Segment",
    "Trellis",
    "annex_k_tables",
    "block_grid",
    "decode",
    "early_split_script",
    "encode",
    "frame_of",
    "luminance_refinement_script",
    "non_interleaved_script",
    "price",
    "quantize",
    "read_coefficients",
    "reconstruct",
    "sequential_script",
    "spectral_selection_script",
    "successive_approximation_script",
    "transform",
    "write",
    "write_coefficients",
]
