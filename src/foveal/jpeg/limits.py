"""Bounds on what a file may ask for before it is believed."""

MAX_PIXELS = 178_956_970  # where Pillow, too, refuses to go on: a quarter of a GiB / 3 bytes, twice

LIBJPEG_MAX_SIDE = 65_500  # JPEG_MAX_DIMENSION: libjpeg, and what is built on it, handles no longer sides

# A scan of a few bytes can visit every block of a picture: progressive "bombs" repeat that. Encoders write up to about
# 20 scans; a legal script of three components can reach thousands.
MAX_SCANS = 1000
MAX_PICTURES_SCANNED = 24  # samples of all scans together: so many pictures of the largest size that is allowed

MAX_SEGMENTS = 20_000  # 1,000 scans with their tables, and a gigabyte of metadata
MAX_RESTARTS = 1 << 22  # in a scan: an interval for each block of a picture of MAX_PIXELS, and half as many more
MAX_FAULTS = 1000  # of a broken file; what comes behind them is not worth the time
