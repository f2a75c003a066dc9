"""Marker codes of ITU-T T.81, table B.1, Marker code assignments: the second byte of a marker, after 0xFF."""

TEM = 0x01  # for temporary private use in arithmetic coding; stands alone
SOF0 = 0xC0  # baseline sequential DCT
SOF1 = 0xC1  # extended sequential DCT
SOF2 = 0xC2  # progressive DCT
DHT = 0xC4
DAC = 0xCC  # arithmetic coding conditioning
RST0 = 0xD0
RST7 = 0xD7
SOI = 0xD8
EOI = 0xD9
SOS = 0xDA
DQT = 0xDB
DNL = 0xDC
DRI = 0xDD
APP0 = 0xE0
APP1 = 0xE1
APP2 = 0xE2
APP11 = 0xEB
APP13 = 0xED
APP14 = 0xEE
APP15 = 0xEF
COM = 0xFE

HUFFMAN_DCT_FRAMES = (SOF0, SOF1, SOF2)
STANDALONE = (TEM, *range(RST0, RST7 + 1), SOI, EOI)  # markers without a segment (B.1.1.3, Marker assignments)

# Markers of coding processes that foveal does not support, with the feature that a file with the marker uses.
UNSUPPORTED = {
    0xC3: "lossless coding (SOF3)",
    0xC5: "hierarchical coding (SOF5)",
    0xC6: "hierarchical progressive coding (SOF6)",
    0xC7: "hierarchical lossless coding (SOF7)",
    0xC8: "a reserved extension (JPG)",
    0xC9: "arithmetic coding (SOF9)",
    0xCA: "progressive arithmetic coding (SOF10)",
    0xCB: "lossless arithmetic coding (SOF11)",
    0xCD: "hierarchical arithmetic coding (SOF13)",
    0xCE: "hierarchical progressive arithmetic coding (SOF14)",
    0xCF: "hierarchical lossless arithmetic coding (SOF15)",
    0xDE: "hierarchical coding (DHP)",
    0xDF: "hierarchical coding (EXP)",
    0xF7: "JPEG-LS (SOF55)",
    **{code: f"a reserved extension (JPG{code - 0xF0})" for code in range(0xF0, 0xFE) if code != 0xF7},
}

_NAMES = {
    **{value: name for name, value in list(globals().items()) if name.isupper() and isinstance(value, int)},
    **{RST0 + number: f"RST{number}" for number in range(8)},
    **{APP0 + number: f"APP{number}" for number in range(16)},
    **{code: feature[feature.rindex("(") + 1 : -1] for code, feature in UNSUPPORTED.items()},
}


def is_application(code: int) -> bool:
    """Return whether a marker begins a segment of metadata: APP0 to APP15 or COM."""
    return APP0 <= code <= APP15 or code == COM


def name(code: int) -> str:
    """Return the symbol of a marker in table B.1, or its code if it has none."""
    return _NAMES.get(code, f"0x{code:02X}")
