"""The JPEG format: ITU-T T.81, and what T.871 (JFIF), Adobe, Exif, ICC and MPF add to it. Knows nothing of saliency.

Read `encoder.py` first, then `decoder.py`. This module exports what other packages use: functions that encode and
decode whole pictures, and the steps of reading a file (`open_reader`, `decode_scans`, ...), for reports on the contents
of a file.
"""

from foveal.jpeg.coefficient_gradient import coefficient_gradient
from foveal.jpeg.coefficients import Coefficients, empty_blocks
from foveal.jpeg.color import TO_RGB, EightBitPixels, Pixels, to_planes
from foveal.jpeg.color_model import ColorModel, find_color_model
from foveal.jpeg.dct import COEFFICIENT_SCALE
from foveal.jpeg.decoder import (
    DecodedFile,
    FileContents,
    decode,
    decode_file,
    decode_scans,
    decode_strips,
    first_scan,
    read_coefficients,
    read_contents,
    reconstruct,
)
from foveal.jpeg.diagnosis import Diagnosis
from foveal.jpeg.encoder import (
    EncoderSettings,
    encode,
    fill_block_rows,
    fill_padding_blocks,
    find_saturated_blocks,
    frame_of,
    price,
    quantize,
    samples_of_strip,
    transform,
    write,
)
from foveal.jpeg.entropy_data import EntropyData
from foveal.jpeg.file_reader import FileReader, FileScan, HuffmanTables, open_reader
from foveal.jpeg.file_writer import MAX_RESTART_INTERVAL, write_coefficients, write_file
from foveal.jpeg.frame import (
    BLOCK_SIDE,
    MAX_SIDE,
    SAMPLING_FACTORS,
    Component,
    ComponentHeader,
    Frame,
    block_grid,
    subsampling_name,
)
from foveal.jpeg.huffman import MAX_CODE_BITS, HuffmanTable
from foveal.jpeg.limits import LIBJPEG_MAX_SIDE, MAX_PIXELS
from foveal.jpeg.quantize import DeadZone, FrequencyProfiles, PerBlockTables, Quantizer, Rounding
from foveal.jpeg.reconstruction import Reconstruction
from foveal.jpeg.script import (
    SEQUENTIAL_BAND,
    Scan,
    Script,
    ScriptMaker,
    non_interleaved_script,
    sequential_script,
    spectral_selection_script,
)
from foveal.jpeg.script_search import QUICK_SEARCH, THOROUGH_SEARCH, ScriptSearch, choose_script
from foveal.jpeg.segment_reader import FileSegment, SegmentReader
from foveal.jpeg.segments import Metadata, Segment
from foveal.jpeg.tables import NATURAL_INDEX, QuantizationTable, annex_k_tables
from foveal.jpeg.trellis import Trellis

__all__ = [
    "BLOCK_SIDE",
    "COEFFICIENT_SCALE",
    "LIBJPEG_MAX_SIDE",
    "MAX_CODE_BITS",
    "MAX_PIXELS",
    "MAX_RESTART_INTERVAL",
    "MAX_SIDE",
    "NATURAL_INDEX",
    "QUICK_SEARCH",
    "SAMPLING_FACTORS",
    "SEQUENTIAL_BAND",
    "THOROUGH_SEARCH",
    "TO_RGB",
    "Coefficients",
    "ColorModel",
    "Component",
    "ComponentHeader",
    "DeadZone",
    "DecodedFile",
    "Diagnosis",
    "EightBitPixels",
    "EncoderSettings",
    "EntropyData",
    "FileContents",
    "FileReader",
    "FileScan",
    "FileSegment",
    "Frame",
    "FrequencyProfiles",
    "HuffmanTable",
    "HuffmanTables",
    "Metadata",
    "PerBlockTables",
    "Pixels",
    "QuantizationTable",
    "Quantizer",
    "Reconstruction",
    "Rounding",
    "Scan",
    "Script",
    "ScriptMaker",
    "ScriptSearch",
    "Segment",
    "SegmentReader",
    "Trellis",
    "annex_k_tables",
    "block_grid",
    "choose_script",
    "coefficient_gradient",
    "decode",
    "decode_file",
    "decode_scans",
    "decode_strips",
    "empty_blocks",
    "encode",
    "fill_block_rows",
    "fill_padding_blocks",
    "find_color_model",
    "find_saturated_blocks",
    "first_scan",
    "frame_of",
    "non_interleaved_script",
    "open_reader",
    "price",
    "quantize",
    "read_coefficients",
    "read_contents",
    "reconstruct",
    "samples_of_strip",
    "sequential_script",
    "spectral_selection_script",
    "subsampling_name",
    "to_planes",
    "transform",
    "write",
    "write_coefficients",
    "write_file",
]
