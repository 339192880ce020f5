"""Reads what the training uses: npz, npy, and the few kinds of GeoTIFF at hand (deflate or raw, strips or tiles, no predictor)."""

import struct
import zlib

import numpy as np

_TYPES = {1: "B", 2: "s", 3: "H", 4: "I", 5: "Q", 11: "f", 12: "d", 16: "Q"}
_SIZES = {"B": 1, "s": 1, "H": 2, "I": 4, "Q": 8, "f": 4, "d": 8}


def geotiff(path):
    """Samples of the first image as [bands, height, width]."""
    raw = open(path, "rb").read()
    order = {b"II": "<", b"MM": ">"}[raw[:2]]
    if struct.unpack(order + "H", raw[2:4])[0] != 42:
        raise ValueError(f"{path}: no classic TIFF")
    at = struct.unpack(order + "I", raw[4:8])[0]
    tags = {}
    for n in range(struct.unpack(order + "H", raw[at:at + 2])[0]):
        entry = raw[at + 2 + 12 * n:at + 14 + 12 * n]
        tag, kind, count = struct.unpack(order + "HHI", entry[:8])
        code = _TYPES.get(kind)
        if code is None:
            continue
        size = _SIZES[code] * count
        start = at + 10 + 12 * n if size <= 4 else struct.unpack(order + "I", entry[8:])[0]
        if code != "s":
            tags[tag] = struct.unpack(order + str(count) + code, raw[start:start + size])
    width, height, bands = tags[256][0], tags[257][0], tags.get(277, (1,))[0]
    if tags.get(317, (1,))[0] != 1 or tags.get(259, (1,))[0] not in (1, 8, 32946):
        raise ValueError(f"{path}: this reader knows raw and deflate without predictor")
    letter = {1: "u", 2: "i", 3: "f"}[tags.get(339, (1,))[0]]
    dtype = np.dtype(order + letter + str(tags[258][0] // 8))
    planar = tags.get(284, (1,))[0] == 2
    if 322 in tags:
        block_w, block_h, offsets, lengths = tags[322][0], tags[323][0], tags[324], tags[325]
    else:
        block_w, block_h, offsets, lengths = width, tags.get(278, (height,))[0], tags[273], tags[279]
    across, down = -(-width // block_w), -(-height // block_h)
    out = np.zeros((bands, height, width), dtype.newbyteorder("="))
    for n, (offset, length) in enumerate(zip(offsets, lengths)):
        block = raw[offset:offset + length]
        if tags.get(259, (1,))[0] != 1:
            block = zlib.decompress(block)
        plane, place = divmod(n, across * down) if planar else (0, n)
        y, x = place // across * block_h, place % across * block_w
        depth = 1 if planar else bands
        pixels = np.frombuffer(block, dtype)
        pixels = pixels[:pixels.size // (block_w * depth) * block_w * depth].reshape(-1, block_w, depth)
        pixels = pixels[:height - y, :width - x].transpose(2, 0, 1)
        where = slice(plane, plane + 1) if planar else slice(0, bands)
        out[where, y:y + pixels.shape[1], x:x + pixels.shape[2]] = pixels
    return out


def tile(path):
    """A labelled tile of ukis-csmask: (TOA reflectance [6,H,W], cloud truth [H,W])."""
    stored = np.load(path)
    return np.ascontiguousarray(stored["img"].transpose(2, 0, 1)), stored["msk"][..., 0] == 4


def landsat7(path):
    """The ETM+ scene of R's stars package as approximate TOA reflectance.

    Its metadata do not say gain setting or date: gains of the handbook's high setting, low for NIR, mid-year distance, sun at 40 degrees
    from the vertical. Augmentation moves every band's gain by more than what this may be wrong by.
    """
    counts = geotiff(path).astype(np.float32)
    gain = np.array([0.7787, 0.7988, 0.6217, 0.9692, 0.1262, 0.0437], np.float32)
    offset = np.array([-6.2, -6.4, -5.0, -5.1, -1.0, -0.35], np.float32)
    irradiance = np.array([1970, 1842, 1547, 1044, 225.7, 82.06], np.float32)
    scale = np.pi / (irradiance * np.cos(np.radians(40)))
    return (counts * gain[:, None, None] + offset[:, None, None]) * scale[:, None, None]


def clear_images(data):
    """Real images without cloud, [6,H,W] each, and their names. Truth is 'no cloud' everywhere."""
    spain = geotiff(f"{data}/flood/Spain_7370579_S2Hand.tif")[[1, 2, 3, 7, 11, 12]].astype(np.float32) / 10000
    reference = np.load(f"{data}/landcover/REFERENCE_SCENES.npy").transpose(0, 3, 1, 2)[:, [1, 2, 3, 7, 11, 12]]
    return {
        "compression/L7_ETMs.tif": landsat7(f"{data}/compression/L7_ETMs.tif"),
        "flood/Spain_7370579_S2Hand.tif": spain,
        "landcover/REFERENCE_SCENES.npy[2]": reference[2],
        "landcover/REFERENCE_SCENES.npy[3]": reference[3],
        "landcover/REFERENCE_SCENES.npy[4]": reference[4],
    }
