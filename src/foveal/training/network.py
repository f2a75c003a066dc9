"""The saliency network: one backbone with heads for CAM, MS-ROI and gaze.

A map has one cell per 8x8 pixels: cell (i, j) covers rows 8i..8i+7 and columns 8j..8j+7 of the input. If a side is not
a multiple of 8, the last cells reach beyond the picture.

References
----------
B. Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016 (CAM).
A. Prakash et al., "Semantic Perceptual Image Compression using Deep Convolution Networks", DCC 2017, arXiv 1612.08712
(MS-ROI).
K. He et al., "Deep Residual Learning for Image Recognition", CVPR 2016 (residual blocks).
P. Pinheiro, R. Collobert, "From Image-level to Pixel-level Labeling with Convolutional Networks", CVPR 2015 (pooling
by log-mean-exp).
L. Hansen, P. Salamon, "Neural Network Ensembles", IEEE TPAMI 1990.
J. Tompson et al., "Efficient Object Localization Using Convolutional Networks", CVPR 2015 (dropout of whole maps).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

PIXEL_MEAN = 118.0  # of 0..255, all channels
PIXEL_SPREAD = 64.0
PRIOR_CELLS = 9  # side of the grid of the learned centre prior, which is stretched over the picture
PRIOR_SIGMA = 0.3  # sigma of its initial Gaussian, relative to a side
GAZE_DROPOUT = 0.3  # dropout rate of a gaze head's feature maps


@dataclass(frozen=True)
class NetworkShape:
    """Sizes that determine the shapes of the network's parameters.

    Attributes
    ----------
    classes
        Number of classes.
    widths
        Channels at strides 2, 4, 8 and 16.
    blocks
        Residual blocks at strides 4, 8 and 16.
    features
        Channels at stride 8 that the class heads read.
    maps_per_class
        D of MS-ROI: non-negative feature maps of each class.
    gaze_width
        Channels of a gaze head.
    gaze_heads
        Number of gaze heads.
    """

    classes: int
    widths: tuple[int, int, int, int] = (32, 48, 96, 160)
    blocks: tuple[int, int, int] = (1, 2, 2)
    features: int = 128
    maps_per_class: int = 4
    gaze_width: int = 64
    gaze_heads: int = 3

    def as_json(self) -> dict[str, Any]:
        """Return plain values for JSON, which `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> NetworkShape:
        """Make a shape from the values of `as_json`."""
        plain: dict[str, Any] = {key: tuple(each) if isinstance(each, list) else each for key, each in values.items()}
        return cls(**plain)


class Features(NamedTuple):
    """Feature maps of the backbone (n, channels, h, w), not negative, at strides 4, 8, 16, and 8 (16 and 8 joined)."""

    quarter: Tensor
    eighth: Tensor
    sixteenth: Tensor
    joined: Tensor


class ClassMaps(NamedTuple):
    """Maps (n, classes, h, w), one score for each class (n, classes) as a logit, and the bias in it (classes,)."""

    maps: Tensor
    logits: Tensor
    bias: Tensor


@dataclass(frozen=True)
class Output:
    """Outputs for n pictures; `gaze` (n, h, w) is the logarithm of a density up to a constant."""

    cam: ClassMaps
    msroi: ClassMaps
    gaze: Tensor | None = field(default=None)


class ConvUnit(nn.Sequential):
    """Convolution that keeps the size, with batch normalisation and ReLU."""

    def __init__(self, channels_in: int, channels_out: int, size: int = 3, dilation: int = 1) -> None:
        padding = dilation * (size // 2)
        super().__init__(
            nn.Conv2d(channels_in, channels_out, size, padding=padding, dilation=dilation, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(inplace=True),
        )


class Halve(nn.Module):
    """Convolution of stride 2 that looks at `size` pixels around the middle of each 2x2; odd sides are padded first."""

    def __init__(self, channels_in: int, channels_out: int, size: int = 2) -> None:
        super().__init__()
        padding = (size - 2) // 2
        self.convolution = nn.Conv2d(channels_in, channels_out, size, stride=2, padding=padding, bias=False)
        self.norm = nn.BatchNorm2d(channels_out)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, c, h, w) to (n, c', ceil(h / 2), ceil(w / 2))."""
        return functional.relu(self.norm(self.convolution(_even(x))), inplace=True)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside the identity (He et al. 2016)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ConvUnit(channels, channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        nn.init.zeros_(self.norm.weight)  # starts as the identity

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, c, h, w) to the same shape."""
        return functional.relu(x + self.norm(self.second(self.first(x))))


class Backbone(nn.Module):
    """Fully convolutional backbone: a stem at stride 2, residual stages at strides 4, 8 and 16, joined at stride 8."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = shape.widths

        def stage(channels_in: int, channels: int, blocks: int) -> nn.Sequential:
            return nn.Sequential(Halve(channels_in, channels), *(ResidualBlock(channels) for _ in range(blocks)))

        self.stem = Halve(3, half, size=6)
        self.quarter = stage(half, quarter, shape.blocks[0])
        self.eighth = stage(quarter, eighth, shape.blocks[1])
        self.sixteenth = stage(eighth, sixteenth, shape.blocks[2])
        self.lateral = nn.Conv2d(eighth, shape.features, 1, bias=False)
        self.top = nn.Conv2d(sixteenth, shape.features, 1, bias=False)
        self.norm = nn.BatchNorm2d(shape.features)

    def forward(self, pixels: Tensor) -> Features:
        """Compute the features of pixels (n, 3, h, w), RGB in 0..255."""
        quarter = self.quarter(self.stem((pixels - PIXEL_MEAN) / PIXEL_SPREAD))
        eighth = self.eighth(quarter)
        sixteenth = self.sixteenth(eighth)
        joined = self.lateral(eighth) + upsample(self.top(sixteenth), eighth)
        return Features(quarter, eighth, sixteenth, functional.relu(self.norm(joined)))


class CamHead(nn.Module):
    """Class activation maps (Zhou et al. 2016): the mean of sum_k w_ck f_k(x, y) is the class's logit."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.weights = nn.Conv2d(shape.features, shape.classes, 1, bias=False)
        self.bias = nn.Parameter(torch.zeros(shape.classes))

    def forward(self, features: Tensor) -> ClassMaps:
        """Map features (n, features, h, w) to the maps of all classes, with logits for a softmax."""
        maps = self.weights(features)
        return ClassMaps(maps, maps.mean((2, 3)) + self.bias, self.bias)


class MsRoiHead(nn.Module):
    """MS-ROI (Prakash et al. 2017): each class has its own D non-negative feature maps; classes are not exclusive.

    The map of a class is the sum over its D maps. The evidence Z for it is their log-mean-exp over positions, a smooth
    mean of the largest values. It does not depend on the size of the input, and it is sensitive to an object of 1/64 of
    the frame, which would vanish in a plain mean (the paper's: sum). A logit is Z plus a bias.
    """

    sharpness = 2.0

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.weights = nn.ModuleList(
            nn.Conv2d(shape.features, shape.classes, 1) for _ in range(shape.maps_per_class)
        )  # the d-th holds the d-th map of every class
        self.bias = nn.Parameter(torch.full((shape.classes,), -4.0))  # a class is rare

    def forward(self, features: Tensor) -> ClassMaps:
        """Map features (n, features, h, w) to non-negative maps of all classes, with logits for sigmoids."""
        maps = sum(functional.relu(weights(features)) for weights in self.weights)
        peak = maps.detach().amax((2, 3), keepdim=True)
        mean = torch.exp(self.sharpness * (maps - peak)).mean((2, 3))
        evidence = peak[:, :, 0, 0] + torch.log(mean) / self.sharpness
        return ClassMaps(maps, evidence + self.bias, self.bias)


class GazeHead(nn.Module):
    """Head that predicts fixation density from three stages of features, at two scales, with a learned centre prior."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        _, quarter, eighth, sixteenth = shape.widths
        width, part = shape.gaze_width, shape.gaze_width // 2
        self.fine = nn.ModuleList(nn.Conv2d(c, part, 1, bias=False) for c in (quarter, eighth, sixteenth))
        self.coarse = nn.ModuleList(nn.Conv2d(c, part, 1, bias=False) for c in (quarter, eighth, sixteenth))
        self.norm = nn.BatchNorm2d(6 * part)
        self.mix = ConvUnit(6 * part, width, 1)
        self.dropout = nn.Dropout2d(GAZE_DROPOUT)
        self.around = nn.ModuleList(ConvUnit(width, part, 3, dilation) for dilation in (1, 2, 4))
        self.overall = nn.Linear(width, width)
        self.read = ConvUnit(width + 3 * part, width, 1)
        self.out = nn.Conv2d(width, 1, 1)
        self.prior = nn.Parameter(_log_center_prior())

    def forward(self, fine: Features, coarse: Features) -> Tensor:
        """Map features of the picture and of its half-size copy to the logarithm of a density (n, h, w)."""
        like = fine.eighth
        parts = [
            self.fine[0](halve(fine.quarter)),
            self.fine[1](fine.eighth),
            upsample(self.fine[2](fine.sixteenth), like),
            _cut(self.coarse[0](coarse.quarter), like),
            upsample(self.coarse[1](coarse.eighth), like),
            upsample(upsample(self.coarse[2](coarse.sixteenth), coarse.eighth), like),
        ]
        x = self.dropout(self.mix(functional.relu(self.norm(torch.cat(parts, 1)))))
        overall = self.overall(x.mean((2, 3)))[:, :, None, None]
        x = self.read(torch.cat([functional.relu(x + overall), *(look(x) for look in self.around)], 1))
        prior = functional.interpolate(self.prior, size=x.shape[2:], mode="bilinear", align_corners=False)
        return (self.out(x) + prior).squeeze(1)


class GazeHeads(nn.Module):
    """Ensemble of gaze heads, whose outputs are averaged (Hansen and Salamon 1990).

    There are few photos to train on, so the errors of each head depend on its initial weights.
    """

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.members = nn.ModuleList(GazeHead(shape) for _ in range(shape.gaze_heads))

    def each(self, fine: Features, coarse: Features) -> list[Tensor]:
        """Return the output (n, h, w) of each head; each is trained by its own loss."""
        return [member(fine, coarse) for member in self.members]

    def forward(self, fine: Features, coarse: Features) -> Tensor:
        """Return the mean output, which is the geometric mean of the densities."""
        return torch.stack(self.each(fine, coarse)).mean(0)


class SaliencyNetwork(nn.Module):
    """The whole network: backbone, CAM head, MS-ROI head and gaze heads."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.shape = shape
        self.backbone = Backbone(shape)
        self.cam = CamHead(shape)
        self.msroi = MsRoiHead(shape)
        self.gaze = GazeHeads(shape)

    def forward(self, pixels: Tensor, with_gaze: bool = True) -> Output:
        """Compute the maps of pictures.

        Parameters
        ----------
        pixels
            (n, 3, H, W) float32 RGB in 0..255; H and W from 1.
        with_gaze
            Whether to run the gaze heads, which need the backbone on a half-size copy as well.

        Returns
        -------
        Output
            Maps of ceil(H / 8) x ceil(W / 8) cells.
        """
        features = self.backbone(pixels)
        gaze = self.look(pixels, features) if with_gaze else None
        return Output(self.cam(features.joined), self.msroi(features.joined), gaze)

    def look(self, pixels: Tensor, features: Features | None = None) -> Tensor:
        """Run the gaze heads alone, (n, ceil(H / 8), ceil(W / 8)); pass `features` of the pixels if computed."""
        fine = self.backbone(pixels) if features is None else features
        return self.gaze(fine, self.backbone(halve(pixels)))


def halve(x: Tensor) -> Tensor:
    """Average 2x2 samples, odd sides padded first: (n, c, h, w) to (n, c, ceil(h / 2), ceil(w / 2))."""
    return functional.avg_pool2d(_even(x), 2)


def upsample(x: Tensor, like: Tensor) -> Tensor:
    """Double both sides of (n, c, h, w) bilinearly, and crop to the sides of `like`."""
    return _cut(functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False), like)


def _cut(x: Tensor, like: Tensor) -> Tensor:
    return x[:, :, : like.shape[2], : like.shape[3]]


def _even(x: Tensor) -> Tensor:
    """Repeat the last row or column where a side is odd."""
    return functional.pad(x, (0, x.shape[3] % 2, 0, x.shape[2] % 2), mode="replicate")


def _log_center_prior() -> Tensor:
    """Return the logarithm of a centred Gaussian, (1, 1, PRIOR_CELLS, PRIOR_CELLS)."""
    along = ((torch.arange(PRIOR_CELLS) + 0.5) / PRIOR_CELLS - 0.5) / PRIOR_SIGMA
    return -0.5 * (along[:, None] ** 2 + along**2)[None, None]
