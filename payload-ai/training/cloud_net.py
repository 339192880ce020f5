"""The cloud-screening network: what it computes, and nothing about how it learns."""

import torch
from torch import nn
import torch.nn.functional as F

BANDS = ("blue", "green", "red", "nir", "swir16", "swir22")


def _separable(inputs, outputs, stride=1, dilation=1):
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, stride, dilation, dilation, groups=inputs, bias=False),
        nn.BatchNorm2d(inputs),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


class Residual(nn.Module):
    def __init__(self, channels, dilation=1):
        super().__init__()
        self.body = _separable(channels, channels, 1, dilation)

    def forward(self, x):
        return x + self.body(x)


class CloudNet(nn.Module):
    """TOA reflectance [N,6,H,W] (bands as in BANDS, 0..1 and above) to cloud logits [N,1,H,W]; H and W are multiples of 8.

    A U-Net of depthwise-separable convolutions. Its first layer sees square roots of the reflectances (which evens out the noise and the
    range) and four normalised differences (which do not change with illumination). Full resolution is touched by few channels only,
    since that is where the time goes.
    """

    def __init__(self, base=12, widths=(24, 40, 72)):
        super().__init__()
        w1, w2, w3 = widths
        self.stem = nn.Sequential(nn.Conv2d(10, base, 1, bias=False), nn.BatchNorm2d(base), nn.ReLU())
        self.down1 = nn.Sequential(
            nn.Conv2d(base, w1, 3, 2, 1, bias=False), nn.BatchNorm2d(w1), nn.ReLU(), Residual(w1))
        self.down2 = nn.Sequential(_separable(w1, w2, 2), Residual(w2), Residual(w2))
        self.down3 = nn.Sequential(_separable(w2, w3, 2), Residual(w3), Residual(w3, 2), Residual(w3, 4), Residual(w3))
        self.lift3 = nn.Conv2d(w3, w2, 1)
        self.up2 = nn.Sequential(Residual(w2), Residual(w2))
        self.lift2 = nn.Conv2d(w2, w1, 1)
        self.up1 = Residual(w1)
        self.lift1 = nn.Conv2d(w1, base, 1)
        self.up0 = Residual(base)
        self.head = nn.Conv2d(base, 1, 1)

    @staticmethod
    def features(x):
        x = torch.clamp(x, 0.0, 2.0)
        b, g, r, n, s, t = x[:, 0:1], x[:, 1:2], x[:, 2:3], x[:, 3:4], x[:, 4:5], x[:, 5:6]

        def difference(a, c):
            return (a - c) / (a + c + 0.02)

        ratios = torch.cat([difference(n, r), difference(g, s), difference(b, r), difference(s, t)], 1)
        return torch.cat([torch.sqrt(x + 1e-4) * 2.0 - 1.0, ratios], 1)

    def forward(self, x):
        def up(v):
            return F.interpolate(v, scale_factor=2, mode="bilinear", align_corners=False)

        e0 = self.stem(self.features(x))
        e1 = self.down1(e0)
        e2 = self.down2(e1)
        e3 = self.down3(e2)
        d2 = self.up2(up(self.lift3(e3)) + e2)
        d1 = self.up1(up(self.lift2(d2)) + e1)
        d0 = self.up0(up(self.lift1(d1)) + e0)
        return self.head(d0)


class CloudProbability(nn.Module):
    """What is exported: the network and its sigmoid."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, reflectance):
        return torch.sigmoid(self.net(reflectance))


def export(net, path):
    """Writes ONNX, opset 13, with free batch, height and width."""
    model = CloudProbability(net).eval()
    axes = {0: "batch", 2: "height", 3: "width"}
    torch.onnx.export(
        model, torch.rand(1, len(BANDS), 64, 64), path, opset_version=13, input_names=["reflectance"],
        output_names=["cloud_prob"], dynamic_axes={"reflectance": axes, "cloud_prob": axes})
