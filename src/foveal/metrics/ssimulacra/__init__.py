"""SSIMULACRA 2, which predicts how people rate a distorted picture beside the original (J. Sneyers, Cloudinary).

It follows version 2.1 of the algorithm (https://github.com/cloudinary/ssimulacra2, whose colour conversion and blur are
those of https://github.com/libjxl/libjxl). Both pictures are converted to XYB, a colour space in which equal steps look
alike, and compared at six scales, each half as large as the one before. Three error maps are computed for each channel
and scale: structural dissimilarity (SSIM), edges that only the distorted picture has (ringing, block edges), and edges
that it lost (blur). The score is a function of the weighted sum of the mean and the 4-norm of each map.

Floating-point operations follow the reference tool in order and rounding, because its scores depend on rounding errors:
see kernels/recursive_gaussian.hpp.
"""

from foveal.metrics.ssimulacra.reference import Ssimulacra2Reference, ssimulacra2
from foveal.metrics.ssimulacra.xyb import MIN_SIDE

__all__ = ["MIN_SIDE", "Ssimulacra2Reference", "ssimulacra2"]
