# SPDX-License-Identifier: MIT
"""The peer of ../train/train.lua: one training epoch of the offline model in numpy, the same products on the same data.

    OPENBLAS_NUM_THREADS=1 /usr/bin/python3 train.py FOLDER REPEATS

FOLDER holds projected.npy (N x k), place.npy (the caption of each record, from 0), features.npy (captions x active buckets) and
likeness.npy (captions x captions). Prints the seconds of the fastest of REPEATS epochs."""
import sys
import time

import numpy as np

D, BATCH, TAU, LAMBDA, NOISE, STEP = 1024, 256, np.float32(0.3), np.float32(0.25), np.float32(0.3), np.float32(0.01)


def normalised(x):
    length = np.linalg.norm(x, axis=1, keepdims=True)
    return x / length, length


def before_normalising(gradient, unit, length):
    return (gradient - unit * (gradient * unit).sum(1, keepdims=True)) / length


def cross_entropy(logits, likeness, axis):
    """Loss and gradient, averaged over the rows (axis 1) or columns (axis 0) that have a target."""
    total = likeness.sum(axis, keepdims=True)
    targets = likeness / np.maximum(total, np.float32(1e-9))
    e = np.exp(logits - logits.max(axis, keepdims=True))
    p = e / e.sum(axis, keepdims=True)
    n = np.float32(logits.shape[1 - axis])
    return -(targets * np.log(p + np.float32(1e-12))).sum() / n, (p - targets) * (total > 0) / n


def loss_and_gradients(weights, x, rows, likeness, among):
    z, z_length = normalised(x @ weights["W"] + weights["b"])
    t, t_length = normalised(rows @ weights["E"])
    logits = z @ t.T / TAU
    by_row, d_row = cross_entropy(logits, likeness, 1)
    by_column, d_column = cross_entropy(logits, likeness, 0)
    d = (d_row + d_column) / 2
    images = z @ z.T / TAU
    np.fill_diagonal(images, -1e9)
    by_image, d_image = cross_entropy(images, among, 1)
    d_image *= LAMBDA
    dz = (d @ t + (d_image + d_image.T) @ z) / TAU
    dt = d.T @ z / TAU
    du, dq = before_normalising(dz, z, z_length), before_normalising(dt, t, t_length)
    loss = by_row / 2 + by_column / 2 + LAMBDA * by_image
    return loss, {"W": x.T @ du, "b": du.sum(0), "E": rows.T @ dq}


def adam(weights, gradients, mean, square, step):
    for name, g in gradients.items():
        mean[name] = np.float32(0.9) * mean[name] + np.float32(0.1) * g
        square[name] = np.float32(0.999) * square[name] + np.float32(0.001) * g * g
        m, s = mean[name] / np.float32(1 - 0.9**step), square[name] / np.float32(1 - 0.999**step)
        weights[name] -= STEP * m / (np.sqrt(s) + np.float32(1e-8))


def epoch(projected, place, features, likeness, weights, random):
    mean = {name: np.zeros_like(w) for name, w in weights.items()}
    square = {name: np.zeros_like(w) for name, w in weights.items()}
    batches = np.array_split(random.permutation(len(projected)), -(-len(projected) // BATCH))
    total = 0.0
    for step, batch in enumerate(batches, 1):
        noise = random.standard_normal((len(batch), projected.shape[1]), dtype=np.float32)
        captions = place[batch]
        distinct = np.unique(captions)
        among = likeness[np.ix_(captions, captions)].copy()
        np.fill_diagonal(among, 0)
        loss, gradients = loss_and_gradients(weights, projected[batch] + NOISE * noise, features[distinct],
                                             likeness[np.ix_(captions, distinct)], among)
        adam(weights, gradients, mean, square, step)
        total += float(loss)
    return total / len(batches)


def main(folder, repeats):
    projected, place, features, likeness = (np.load(f"{folder}/{name}.npy") for name in ("projected", "place", "features", "likeness"))
    place = place.ravel().astype(np.int64)
    random = np.random.default_rng(1)
    best = float("inf")
    for _ in range(repeats):
        weights = {"W": random.standard_normal((projected.shape[1], D), dtype=np.float32) * np.float32(0.1 / projected.shape[1] ** 0.5),
                   "b": np.zeros(D, np.float32), "E": random.standard_normal((features.shape[1], D), dtype=np.float32) / np.float32(32)}
        began = time.perf_counter()
        epoch(projected, place, features, likeness, weights, random)
        best = min(best, time.perf_counter() - began)
    print(best)


main(sys.argv[1], int(sys.argv[2]))
