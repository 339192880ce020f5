#!/usr/bin/python3
"""Trains the cloud-screening network; see README.md for the command lines of the committed model."""

import argparse
import glob
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

import cloud_net
import readers

CROP = 96
TRUTH_OPACITY = 0.05  # SceneGenerator.CLOUD_TRUTH_OPACITY
REFLECTANCE_SCALE = 0.0004  # SceneGenerator.REFLECTANCE_SCALE
ICE = np.array([0, 0, 0, 0.05, 0.52, 0.70], np.float32)
WATER = np.array([0, 0, 0, 0.02, 0.18, 0.38], np.float32)
HAZE = np.array([1, 0.75, 0.55, 0.3, 0.1, 0.06], np.float32)


class Source:
    """Random crops with truth. All randomness comes from one generator, so that a run can be repeated."""

    def __init__(self, scenes, clear, tiles, tile_share, seed):
        self.random = np.random.default_rng(seed)
        self.scenes = [np.load(f) for f in scenes]
        self.truth = [np.load(f[:-4] + ".truth.npy") for f in scenes]
        self.opacity = [np.load(f[:-4] + ".opacity.npy") for f in scenes]
        self.clear = clear
        self.tiles = tiles
        self.tile_share = tile_share if tiles else 0.0

    def _window(self, height, width):
        """Crops are 0.5 to 2 times the wanted size, then resampled: ground sampling differs between instruments."""
        side = int(CROP * np.exp(self.random.uniform(np.log(0.5), np.log(2.0))))
        side = max(24, min(side, height, width))
        y = self.random.integers(0, height - side + 1)
        x = self.random.integers(0, width - side + 1)
        return slice(y, y + side), slice(x, x + side)

    @staticmethod
    def _resample(image):
        tensor = torch.from_numpy(np.ascontiguousarray(image, dtype=np.float32))[None]
        if tensor.shape[-1] > CROP:
            return F.interpolate(tensor, size=(CROP, CROP), mode="area")[0].numpy()
        return F.interpolate(tensor, size=(CROP, CROP), mode="bilinear", align_corners=False)[0].numpy()

    def _crop(self, image, *layers):
        ys, xs = self._window(*image.shape[1:])
        stack = np.concatenate([image[:, ys, xs].astype(np.float32)] + [v[None, ys, xs].astype(np.float32) for v in layers])
        stack = self._resample(stack)
        turns = self.random.integers(4)
        stack = np.rot90(stack, turns, (1, 2))
        if self.random.random() < 0.5:
            stack = stack[:, :, ::-1]
        return stack[:6].copy(), [v.copy() for v in stack[6:]]

    def _cloud(self):
        """A cloud opacity field of some scene, with its own depth."""
        while True:
            n = self.random.integers(len(self.opacity))
            field, _ = self._crop(np.broadcast_to(self.opacity[n], (6, *self.opacity[n].shape)))
            field = np.clip(field[0] / 255.0, 0, 0.97)
            if field.max() > 0.08:
                break
        x = field / (1 - field) * np.exp(self.random.normal(0, 0.6))
        return (x / (1 + x)).astype(np.float32)

    def _paste(self, image, truth):
        """Puts a synthetic cloud and its shadow over an image, with the optics of the scene generator."""
        opacity = self._cloud()
        shift = self.random.integers(-40, 41, 2)
        shadow = np.roll(opacity, shift, (0, 1))
        strength = self.random.uniform(0.3, 0.9)
        below = image * (1 - strength * np.minimum(1, 1.6 * shadow))
        ice = self.random.random()
        absorbed = (WATER + ice * (ICE - WATER)) * np.exp(self.random.normal(0, 0.25))
        brightness = self.random.uniform(0.75, 1.05)
        part = opacity[None]
        reflected = brightness * part * (1 - np.minimum(0.9, absorbed)[:, None, None] * part)
        over = reflected + (1 - part) * below / (1 - np.minimum(0.9, reflected * np.clip(image, 0, 1)))
        return over.astype(np.float32), np.maximum(truth, (opacity >= TRUTH_OPACITY).astype(np.float32))

    def _scene(self):
        n = self.random.integers(len(self.scenes))
        cloud = (self.truth[n] == 4).astype(np.float32)
        image, (truth, nodata) = self._crop(self.scenes[n], cloud, self.truth[n] == 0)
        image *= REFLECTANCE_SCALE
        if truth.mean() < 0.02 and self.random.random() < 0.6:
            image, truth = self._paste(image, truth)
        return image, truth, nodata > 0.5

    def _real(self):
        image = self.clear[self.random.integers(len(self.clear))]
        image, (truth,) = self._crop(image, np.zeros(image.shape[1:], np.float32))
        if self.random.random() < 0.65:
            image, truth = self._paste(image, truth)
        return image, truth, np.zeros(truth.shape, bool)

    def _tile(self):
        image, cloud = self.tiles[self.random.integers(len(self.tiles))]
        image, (truth,) = self._crop(image, cloud)
        if truth.mean() < 0.05 and self.random.random() < 0.3:
            image, truth = self._paste(image, truth)
        return image, truth, np.zeros(truth.shape, bool)

    def _instrument(self, image):
        """Another instrument, another day: gain, haze, saturation, blur, noise, quantisation."""
        r = self.random
        gain = np.exp(r.normal(0, 0.12) + r.normal(0, 0.07, 6)).astype(np.float32)
        image = image * gain[:, None, None] + (HAZE * r.uniform(-0.025, 0.04))[:, None, None]
        if r.random() < 0.25:
            padded = np.pad(image, ((0, 0), (1, 1), (1, 1)), mode="edge")
            image = sum(padded[:, i:i + CROP, j:j + CROP] for i in range(3) for j in range(3)) / 9
        if r.random() < 0.6:
            image = image + r.normal(0, r.uniform(0, 0.006), image.shape)
        if r.random() < 0.3:
            top = r.uniform(0.35, 0.9, 6) + (r.random(6) < 0.5)
            image = np.minimum(image, top[:, None, None])
        if r.random() < 0.25:
            step = r.uniform(0.001, 0.004)
            image = np.round(image / step) * step
        return image.astype(np.float32)

    def batch(self, count):
        images, truths = [], []
        for _ in range(count):
            kind = self.random.random()
            if kind < self.tile_share:
                image, truth, nodata = self._tile()
            elif self.clear and kind > 0.72:
                image, truth, nodata = self._real()
            else:
                image, truth, nodata = self._scene()
            image = self._instrument(image)
            image[:, nodata] = 0
            truth[nodata] = 0
            images.append(image)
            truths.append(truth[None])
        return torch.from_numpy(np.stack(images)), torch.from_numpy(np.stack(truths))


def loss_of(logits, truth):
    """Cross-entropy and the soft Jaccard distance of the batch, which is what the score counts."""
    cross = F.binary_cross_entropy_with_logits(logits, truth)
    p = torch.sigmoid(logits)
    both = (p * truth).sum()
    return cross + 0.5 * (1 - both / (p.sum() + truth.sum() - both + 1))


def train(options):
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    scenes = sorted(f for f in glob.glob(f"{options.scenes}/scene-*.npy") if f.count(".") == 1)
    if not scenes:
        sys.exit(f"no scenes in {options.scenes}: export them first (README.md)")
    clear = readers.clear_images(options.data) if options.data else {}
    tiles = [readers.tile(f"{options.data}/cloud/{name}.npz") for name in options.tile]
    print("scenes", len(scenes), "clear", list(clear), "tiles", options.tile, flush=True)
    source = Source(scenes, list(clear.values()), tiles, options.tile_share, options.seed)
    net = cloud_net.CloudNet()
    if options.start:
        net.load_state_dict(torch.load(options.start))
    average = {k: v.clone() for k, v in net.state_dict().items()}
    optimiser = torch.optim.AdamW(net.parameters(), options.rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, options.rate, total_steps=options.steps, pct_start=0.15)
    net.train()
    began, running = time.monotonic(), 0.0
    for step in range(options.steps):
        images, truth = source.batch(8)
        loss = loss_of(net(images), truth)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimiser.step()
        schedule.step()
        keep = min(0.99, step / (step + 10))
        for k, v in net.state_dict().items():
            average[k] = keep * average[k] + (1 - keep) * v if v.dtype.is_floating_point else v.clone()
        running += loss.item()
        if (step + 1) % 100 == 0:
            print(f"step {step + 1} loss {running / 100:.4f} {time.monotonic() - began:.0f} s", flush=True)
            running = 0.0
    net.load_state_dict(average)
    torch.save(net.state_dict(), options.out)
    if options.onnx:
        cloud_net.export(net, options.onnx)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", required=True, help="folder that SceneExport wrote")
    parser.add_argument("--data", help="folder of the real data; without it, scenes only")
    parser.add_argument("--tile", action="append", default=[], choices=["sentinel2", "landsat5"], help="labelled tile to train on")
    parser.add_argument("--tile-share", type=float, default=0.35, help="part of the crops from labelled tiles")
    parser.add_argument("--start", help="weights to start from")
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--seed", type=int, default=20260101)
    parser.add_argument("--out", required=True, help="where the weights go (.pt)")
    parser.add_argument("--onnx", help="where the model goes (.onnx)")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
