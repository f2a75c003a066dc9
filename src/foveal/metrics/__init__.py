"""Metrics of the difference between a decoded picture and its original: PSNR, SSIM and SSIMULACRA 2."""

from foveal.metrics.pixel_errors import SSIM_MIN_SIDE, inside_ssim, psnr, ssim, ssim_of_pixels
from foveal.metrics.ssimulacra import MIN_SIDE as SSIMULACRA2_MIN_SIDE
from foveal.metrics.ssimulacra import Ssimulacra2Reference, ssimulacra2

__all__ = [
    "SSIMULACRA2_MIN_SIDE",
    "SSIM_MIN_SIDE",
    "Ssimulacra2Reference",
    "inside_ssim",
    "psnr",
    "ssim",
    "ssim_of_pixels",
    "ssimulacra2",
]
