# SPDX-License-Identifier: MIT
"""The peer of vec/search.lua: exact top-k in numpy. vec_search.py ROWS COLS QUERIES REPEATS prints the median milliseconds of a call."""
import sys
import time

import numpy as np

rows, cols, queries, repeats = map(int, sys.argv[1:])
random = np.random.default_rng(1)
data = random.standard_normal((rows, cols), dtype=np.float32)
asked = random.standard_normal((queries, cols), dtype=np.float32)


def search():
    if queries == 1:
        scores = data @ asked[0]
        best = np.argpartition(scores, -10)[-10:]
        return best[np.argsort(-scores[best])]
    scores = asked @ data.T
    best = np.argpartition(scores, -10, axis=1)[:, -10:]
    return np.take_along_axis(best, np.argsort(-np.take_along_axis(scores, best, 1), axis=1), 1)


times = []
for _ in range(repeats + 1):
    began = time.perf_counter()
    search()
    times.append(time.perf_counter() - began)
print(1000 * sorted(times[1:])[repeats // 2])
