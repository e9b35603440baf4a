#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the golden descriptors: make.py FOLDER, where FOLDER holds the numpy reference of the descriptor (final.py).

The images come from a formula that tests/c/image/test_describe.c repeats, so that only the 780 results are stored.
"""
import os
import sys

import numpy as np

sys.path.insert(0, sys.argv[1])
import final  # noqa: E402

SIZES = [(64, 64), (128, 64), (256, 256), (512, 1024), (300, 200), (47, 130)]


def picture(width, height):
    y, x = np.mgrid[0:height, 0:width].astype(np.uint32)
    u, v = x * 256 // width, y * 256 // height
    return (((u * u + 3 * v * v + u * v) >> 7) + ((u >> 4) * (v >> 5) & 7) * 9 & 255).astype(np.uint8)


for w, h in SIZES:
    features = final.describe(final.area64(picture(w, h)).astype(np.float32))
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"picture_{w}x{h}.inc")
    with open(path, "w") as file:
        for i in range(0, 780, 10):
            file.write(" ".join(f"{value:.8g}F," if "." in f"{value:.8g}" or "e" in f"{value:.8g}" else f"{value:.8g}.0F,"
                                for value in features[i:i + 10]) + "\n")
