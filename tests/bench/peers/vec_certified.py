# SPDX-License-Identifier: MIT
"""The peers and the data of vec/certified.lua.

vec_certified.py make FOLDER ROWS COLS QUERIES   writes vectors.npy, queries.npy and best.npy (the true top 10 of each query)
vec_certified.py time FOLDER QUERIES CALLS numpy|faiss   prints the milliseconds of each call
"""
import sys
import time

import numpy as np


def make(folder, rows, cols, queries):
    """Clusters in 64 dimensions of falling weight, turned into cols dimensions, with noise; unit length."""
    random = np.random.default_rng(42)
    weights = (np.arange(64) + 1.0) ** -0.3
    centres = random.standard_normal((500, 64))
    frame = np.linalg.qr(random.standard_normal((cols, 64)))[0]

    def draw(count):
        latent = (centres[random.integers(500, size=count)] + 0.6 * random.standard_normal((count, 64))) * weights
        x = (latent @ frame.T).astype(np.float32)
        x += random.standard_normal((count, cols), dtype=np.float32) * np.float32(0.5 / cols**0.5)
        return x / np.linalg.norm(x, axis=1, keepdims=True)

    def draw_all(count):
        x = np.empty((count, cols), np.float32)
        for i in range(0, count, 65536):
            x[i : i + 65536] = draw(min(65536, count - i))
        return x

    data, asked = draw_all(rows), draw_all(queries)
    best = np.concatenate([top(data, asked[i : i + 20]) for i in range(0, queries, 20)])
    for name, array in ("vectors", data), ("queries", asked), ("best", best.astype(np.float32)):
        np.save(f"{folder}/{name}.npy", array)


def top(data, asked):
    scores = asked @ data.T
    best = np.argpartition(scores, -10, axis=1)[:, -10:]
    return np.take_along_axis(best, np.argsort(-np.take_along_axis(scores, best, 1), axis=1), 1)


def search_numpy(data):
    def one(asked):
        scores = data @ asked[0]
        best = np.argpartition(scores, -10)[-10:]
        return best[np.argsort(-scores[best])]

    def many(asked):
        return [top(data, asked[i : i + 100]) for i in range(0, len(asked), 100)]

    return lambda asked: one(asked) if len(asked) == 1 else many(asked)


def search_faiss(data):
    import faiss

    index = faiss.IndexFlatIP(data.shape[1])
    index.add(data)
    return lambda asked: index.search(asked, 10)


def measure(folder, queries, calls, peer):
    data, asked = np.load(f"{folder}/vectors.npy"), np.load(f"{folder}/queries.npy")
    search = {"numpy": search_numpy, "faiss": search_faiss}[peer](data)
    for call in range(calls + 1):
        some = asked[call : call + 1] if queries == 1 else asked[:queries]
        began = time.perf_counter()
        search(some)
        if call:
            print(1000 * (time.perf_counter() - began))


if sys.argv[1] == "make":
    make(sys.argv[2], *map(int, sys.argv[3:]))
else:
    measure(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
