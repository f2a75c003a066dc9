"""The heads of the saliency network that are trained here: gaze and MS-ROI, on the features of a frozen backbone.

References
----------
A. Prakash et al., "Semantic Perceptual Image Compression using Deep Convolution Networks", DCC 2017, arXiv 1612.08712
(MS-ROI).
P. Pinheiro, R. Collobert, "From Image-level to Pixel-level Labeling with Convolutional Networks", CVPR 2015 (pooling
by log-mean-exp).
J. Tompson et al., "Efficient Object Localization Using Convolutional Networks", CVPR 2015 (dropout of whole maps).
W. Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural
Network", CVPR 2016 (rearrangement of channels to pixels).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from foveal.training.backbone import FEATURE_CHANNELS, Features

WIDTH, PART, FINE = 64, 32, 8  # channels of a trunk, of each of its inputs at strides 16 and 32, and at stride 8
DROPOUT = 0.25  # rate of the dropout of whole maps
DILATIONS = (1, 2, 4)
PRIOR_CELLS = 16  # side of the grid of the learned centre prior, which is stretched over the picture
PRIOR_SIGMA = 0.25  # sigma of its initial Gaussian, relative to a side
MAPS_PER_CLASS = 4  # D of MS-ROI
WIDE = 128  # channels that MS-ROI reads of the last stage, which tells classes apart
EVIDENCE_SHARPNESS = 2.0  # of the log-mean-exp from a class's map to its evidence
RARE = -4.0  # initial bias of a class's logit: most classes are not in a picture


class ConvUnit(nn.Sequential):
    """Convolution that keeps the size, with batch normalisation and ReLU."""

    def __init__(self, channels_in: int, channels_out: int, size: int = 1, dilation: int = 1) -> None:
        padding = dilation * (size // 2)
        super().__init__(
            nn.Conv2d(channels_in, channels_out, size, padding=padding, dilation=dilation, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(),
        )


class Trunk(nn.Module):
    """Features of all stages at stride 16, with their surroundings at three distances and the picture as a whole.

    Maps of stride 8 are halved by moving 2x2 cells to channels, maps of stride 32 are enlarged.
    """

    def __init__(self) -> None:
        super().__init__()
        widths = (FINE, FINE, PART, PART, PART, PART)
        self.reduce = nn.ModuleList(
            nn.Conv2d(channels, width, 1, bias=False) for channels, width in zip(FEATURE_CHANNELS, widths, strict=True)
        )
        joined = 2 * 4 * FINE + 4 * PART
        self.norm = nn.BatchNorm2d(joined)
        self.mix = ConvUnit(joined, WIDTH)
        self.dropout = nn.Dropout2d(DROPOUT)
        self.around = nn.ModuleList(ConvUnit(WIDTH, PART, 3, dilation) for dilation in DILATIONS)
        self.overall = nn.Linear(WIDTH, WIDTH)
        self.read = ConvUnit(WIDTH + len(DILATIONS) * PART, WIDTH)

    def forward(self, features: Features) -> Tensor:
        """Map features of a picture of (h, w) pixels to (n, WIDTH, h / 16, w / 16), not negative."""
        second, third, fourth, fifth, sixth, seventh = (
            reduce(stage) for reduce, stage in zip(self.reduce, features, strict=True)
        )
        fine = [functional.pixel_unshuffle(each, 2) for each in (second, third)]
        coarse = [double(each, fourth) for each in (sixth, seventh)]
        joined = torch.cat([*fine, fourth, fifth, *coarse], 1)
        x = self.dropout(self.mix(functional.relu(self.norm(joined))))
        overall = self.overall(x.mean((2, 3)))[:, :, None, None]
        return self.read(torch.cat([functional.relu(x + overall), *(around(x) for around in self.around)], 1))


class GazeHead(nn.Module):
    """The logarithm of a fixation density in cells of 8x8 pixels, up to a constant, with a learned centre prior."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = Trunk()
        self.last = ConvUnit(WIDTH, PART, 3)
        self.out = nn.Conv2d(PART, 4, 1)
        self.prior = nn.Parameter(_log_center_prior())

    def forward(self, features: Features) -> Tensor:
        """Map features of a picture of (h, w) pixels to (n, h / 8, w / 8)."""
        x = functional.pixel_shuffle(self.out(self.last(self.trunk(features))), 2)
        prior = functional.interpolate(self.prior, size=x.shape[2:], mode="bilinear", align_corners=False)
        return (x + prior).squeeze(1)


class ClassMaps(NamedTuple):
    """Maps (n, classes, h, w), one score for each class (n, classes) as a logit, and the bias in it (classes,)."""

    maps: Tensor
    logits: Tensor
    bias: Tensor


class MsRoiHead(nn.Module):
    """MS-ROI (Prakash et al. 2017): each class has its own D non-negative feature maps; classes are not exclusive.

    The map of a class is the sum over its D maps. The evidence Z for it is their log-mean-exp over positions, a smooth
    mean of the largest values. It does not depend on the size of the input, and it is sensitive to an object of 1/64 of
    the frame, which would vanish in a plain mean (the paper's: sum). A logit is Z plus a bias.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.trunk = Trunk()
        self.wide = ConvUnit(FEATURE_CHANNELS[-1], WIDE)
        self.weights = nn.Conv2d(WIDTH + WIDE, MAPS_PER_CLASS * classes, 1)  # D blocks of one map for every class
        self.bias = nn.Parameter(torch.full((classes,), RARE))

    def forward(self, features: Features) -> ClassMaps:
        """Map features of a picture of (h, w) pixels to the maps (n, classes, h / 16, w / 16) of all classes."""
        trunk = self.trunk(features)
        joined = torch.cat([trunk, double(self.wide(features.seventh), trunk)], 1)
        each = functional.relu(self.weights(joined))
        maps = each.unflatten(1, (MAPS_PER_CLASS, -1)).sum(1)
        peak = maps.detach().amax((2, 3), keepdim=True)
        mean = torch.exp(EVIDENCE_SHARPNESS * (maps - peak)).mean((2, 3))
        evidence = peak[:, :, 0, 0] + torch.log(mean) / EVIDENCE_SHARPNESS
        return ClassMaps(maps, evidence + self.bias, self.bias)


def double(x: Tensor, like: Tensor) -> Tensor:
    """Double both sides of (n, c, h, w) bilinearly, and crop to the sides of `like`: the cells stay where they are."""
    doubled = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    return doubled[:, :, : like.shape[2], : like.shape[3]]


def _log_center_prior() -> Tensor:
    """Return the logarithm of a centred Gaussian, (1, 1, PRIOR_CELLS, PRIOR_CELLS)."""
    along = ((torch.arange(PRIOR_CELLS) + 0.5) / PRIOR_CELLS - 0.5) / PRIOR_SIGMA
    return -0.5 * (along[:, None] ** 2 + along**2)[None, None]
