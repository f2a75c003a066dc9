"""CROP: the window of a photo that keeps what people look at, and the photo or JPEG of it. Read `crop.py` first."""

from foveal.crop.crop import Crop, best_crop, cut_map, find_crops
from foveal.crop.cutting import cut
from foveal.crop.lossless import crop_file
from foveal.crop.request import Aspect, CropRequest, Size

__all__ = [
    "Aspect",
    "Crop",
    "CropRequest",
    "Size",
    "best_crop",
    "crop_file",
    "cut",
    "cut_map",
    "find_crops",
]
