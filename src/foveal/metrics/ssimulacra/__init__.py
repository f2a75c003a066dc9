"""SSIMULACRA 2: how good people would find a distorted picture beside the original (J. Sneyers, Cloudinary).

Written from the algorithm of version 2.1 (https://github.com/cloudinary/ssimulacra2; colours and blur are those of
https://github.com/libjxl/libjxl). Both pictures are looked at in six sizes, each half as large as the one before, in
XYB, a colour space in which equal steps look alike. Three kinds of errors are mapped: structure that differs (SSIM),
edges that the original does not have (ringing, blocks), and edges that it lost (blur). The mean and the 4-norm of each
map, weighted, make the score.

What is done in floating point is done in the order of the reference tool and rounded as there, because its scores
depend on that: see kernels/recursive_gaussian.hpp.
"""

from foveal.metrics.ssimulacra.reference import Ssimulacra2Reference, ssimulacra2
from foveal.metrics.ssimulacra.xyb import MIN_SIDE

__all__ = ["MIN_SIDE", "Ssimulacra2Reference", "ssimulacra2"]
