# SPDX-License-Identifier: MIT
"""The peer of vec/search.lua: exact top-k in numpy. vec_search.py ROWS COLS QUERIES CALLS prints the milliseconds of each call."""
import sys
import time

import numpy as np

rows, cols, queries, calls = map(int, sys.argv[1:])
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
for _ in range(calls + 1):
    began = time.perf_counter()
    search()
    times.append(time.perf_counter() - began)
print("\n".join(str(1000 * t) for t in times[1:]))
