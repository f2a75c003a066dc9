"""The finest quality, from 98 on libjpeg's scale: every quantizer step is 1, and all parts of the photo are alike."""

from __future__ import annotations

from foveal import jpeg
from foveal.allocate.allocation import Quantization

FINEST_QUALITY = 98.0  # from here on, people ask for fidelity rather than for a small file

# Saliency, masking and colours do not count: they tell which errors are hard to see, not how large errors are.
FINEST_QUANTIZATION = Quantization((jpeg.QuantizationTable((1,) * 64),), jpeg.Rounding())
