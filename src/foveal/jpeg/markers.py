"""Marker codes of ITU-T T.81, table B.1 (the second byte, after 0xFF)."""

SOF0 = 0xC0  # baseline sequential DCT
SOF1 = 0xC1  # extended sequential DCT
SOF2 = 0xC2  # progressive DCT
DHT = 0xC4
SOI = 0xD8
EOI = 0xD9
SOS = 0xDA
DQT = 0xDB
DRI = 0xDD
APP0 = 0xE0
APP1 = 0xE1
APP2 = 0xE2
APP13 = 0xED
COM = 0xFE
