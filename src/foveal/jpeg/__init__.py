"""ITU-T T.81 and nothing else: knows nothing of saliency, takes tables and weights.

Read `encoder.py` first.
"""

from foveal.jpeg.encoder import MAX_RESTART_INTERVAL, Coefficients, EncoderSettings, encode
from foveal.jpeg.scan import Scan, Script, ScriptMaker, sequential_script, spectral_script, successive_script
from foveal.jpeg.segments import Metadata
from foveal.jpeg.tables import QuantizationTable, annex_k_tables

__all__ = [
    "MAX_RESTART_INTERVAL",
    "Coefficients",
    "EncoderSettings",
    "Metadata",
    "QuantizationTable",
    "Scan",
    "Script",
    "ScriptMaker",
    "annex_k_tables",
    "encode",
    "sequential_script",
    "spectral_script",
    "successive_script",
]
