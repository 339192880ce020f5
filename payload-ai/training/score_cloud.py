#!/usr/bin/python3
"""Scores cloud models on the two labelled tiles, beside the blue cut; prints a table and writes JSON. See README.md."""

import argparse
import glob
import json
import statistics
import time

import numpy as np

import readers

TILES = ("sentinel2", "landsat5")


def measures(mask, truth):
    """What is counted, with cloud as the positive class."""
    tp, fp = int((mask & truth).sum()), int((mask & ~truth).sum())
    fn, tn = int((~mask & truth).sum()), int((~mask & ~truth).sum())
    total = tp + fp + fn + tn
    accuracy = (tp + tn) / total
    chance = ((tp + fp) * (tp + fn) + (fn + tn) * (fp + tn)) / total**2
    return {
        "cloud_pixels": tp + fp,
        "accuracy": round(accuracy, 4),
        "iou": round(tp / max(1, tp + fp + fn), 4),
        "f1": round(2 * tp / max(1, 2 * tp + fp + fn), 4),
        "kappa": round((accuracy - chance) / (1 - chance), 4) if chance < 1 else 1.0,
    }


def best_blue_cut(image, truth):
    """The threshold on blue reflectance, in steps of 0.005, with the highest IoU."""
    cuts = np.arange(0.02, 0.8, 0.005)
    return float(cuts[int(np.argmax([measures(image[0] > cut, truth)["iou"] for cut in cuts]))])


def runner(path):
    """A function from reflectance [6,H,W] to probability [H,W], by what the file is."""
    if path.endswith(".onnx"):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return lambda image: session.run(["cloud_prob"], {"reflectance": image[None]})[0][0, 0]
    import torch

    import cloud_net

    torch.set_num_threads(1)
    net = cloud_net.CloudNet()
    net.load_state_dict(torch.load(path))
    model = cloud_net.CloudProbability(net).eval()

    def run(image):
        with torch.no_grad():
            return model(torch.from_numpy(image[None]))[0, 0].numpy()

    return run


def own_scenes(run, folder):
    """IoU over all valid pixels of the project's own scenes together."""
    tp = fp = fn = 0
    for name in sorted(f for f in glob.glob(f"{folder}/scene-*.npy") if f.count(".") == 1):
        counts, truth = np.load(name), np.load(name[:-4] + ".truth.npy")
        mask = (run(counts.astype(np.float32) * np.float32(0.0004)) >= 0.5) & (truth != 0)
        cloud = truth == 4
        tp, fp, fn = tp + int((mask & cloud).sum()), fp + int((mask & ~cloud).sum()), fn + int((~mask & cloud).sum())
    return round(tp / (tp + fp + fn), 4)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="folder of the real data")
    parser.add_argument("--model", action="append", default=[], metavar="NAME=FILE[@TILE]",
                        help="a model, .onnx (needs onnxruntime) or .pt; with @TILE it is scored on that tile only")
    parser.add_argument("--scenes", help="own scenes that no model was trained on")
    parser.add_argument("--time", action="store_true", help="measure milliseconds for a 512x512 tile on one thread")
    parser.add_argument("--json", help="where the scores go")
    options = parser.parse_args()
    tiles = {name: readers.tile(f"{options.data}/cloud/{name}.npz") for name in TILES}
    rows = []

    def add(name, tile, mask):
        rows.append({"model": name, "tile": tile, **measures(mask, tiles[tile][1])})

    for scored, other in (TILES, TILES[::-1]):
        cut = best_blue_cut(*tiles[other])
        add(f"blue > {cut:.3f}, chosen on {other}", scored, tiles[scored][0][0] > cut)
    extra = []
    for entry in options.model:
        name, path = entry.split("=", 1)
        path, _, only = path.partition("@")
        run = runner(path)
        for tile in TILES if not only else (only,):
            add(name, tile, run(tiles[tile][0]) >= 0.5)
        if options.scenes:
            extra.append({"model": name, "own_scenes_iou": own_scenes(run, options.scenes)})
        if options.time:
            image, spent = tiles["sentinel2"][0], []
            for _ in range(12):
                began = time.monotonic()
                run(image)
                spent.append((time.monotonic() - began) * 1000)
            extra.append({"model": name, "milliseconds_a_tile_one_thread": round(statistics.median(spent[2:]), 1)})
    for row in rows:
        print("{model:44} {tile:10} cloud {cloud_pixels:7} acc {accuracy:.4f} IoU {iou:.4f} F1 {f1:.4f} kappa {kappa:.4f}".format(**row))
    for row in extra:
        print(row)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as out:
            json.dump({"threshold": 0.5, "rows": rows, "extra": extra}, out, indent=2)
            out.write("\n")


if __name__ == "__main__":
    main()
