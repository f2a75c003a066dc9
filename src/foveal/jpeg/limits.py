"""Limits on the memory and the time that reading an untrusted file may take."""

MAX_PIXELS = 178_956_970  # as in Pillow, which refuses pictures of more than 2 x 256 MiB / 3 bytes

LIBJPEG_MAX_SIDE = 65_500  # JPEG_MAX_DIMENSION: longest side that libjpeg and its descendants read and write

# A scan of a few bytes can visit every block of a picture, and "decompression bombs" are files of many such scans.
# Encoders write up to about 20 scans, but a legal script of three components can have thousands.
MAX_SCANS = 1000
MAX_PICTURES_SCANNED = 24  # samples of all scans of a file together, in pictures of the largest allowed size

MAX_SEGMENTS = 20_000  # enough for 1,000 scans with their tables, and a gigabyte of metadata
MAX_RESTARTS = 1 << 22  # restart intervals of a scan: 1.5 for each block of a grey picture of MAX_PIXELS
MAX_FAULTS = 1000  # faults of a broken file after which its scans are not decoded further
