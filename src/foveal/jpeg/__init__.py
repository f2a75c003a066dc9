"""ITU-T T.81 and nothing else: knows nothing of saliency, takes tables and weights.

Read `encoder.py` first.
"""

from foveal.jpeg.encoder import MAX_RESTART_INTERVAL, Coefficients, EncoderSettings, encode
from foveal.jpeg.frame import BLOCK_SIDE, MAX_SIDE, SAMPLING_FACTORS, Frame, block_grid
from foveal.jpeg.quantize import DeadZone, PerBlockTables, Quantizer, Rounding
from foveal.jpeg.scan import (
    Scan,
    Script,
    ScriptMaker,
    sequential_script,
    spectral_selection_script,
    successive_approximation_script,
)
from foveal.jpeg.segments import Metadata
from foveal.jpeg.tables import QuantizationTable, annex_k_tables
from foveal.jpeg.trellis import Trellis

__all__ = [
    "BLOCK_SIDE",
    "MAX_RESTART_INTERVAL",
    "MAX_SIDE",
    "SAMPLING_FACTORS",
    "Coefficients",
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
    "Trellis",
    "annex_k_tables",
    "block_grid",
    "encode",
    "sequential_script",
    "spectral_selection_script",
    "successive_approximation_script",
]
