"""CROP: the window of a photo that keeps what people look at, and the photo or JPEG of it. Read `crop.py` first."""

from foveal.crop.crop import Crop, best_crop, cut_map, find_crops
from foveal.crop.cutting import crop_photo, cut
from foveal.crop.encoding import CropFile, encode_crop
from foveal.crop.lossless import crop_file
from foveal.crop.request import Aspect, CropRequest, Size

__all__ = [
    "Aspect",
    "Crop",
    "CropFile",
    "CropRequest",
    "Size",
    "best_crop",
    "crop_file",
    "crop_photo",
    "cut",
    "cut_map",
    "encode_crop",
    "find_crops",
]
