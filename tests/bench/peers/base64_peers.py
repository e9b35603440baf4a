# SPDX-License-Identifier: MIT
"""Python's base64, and pybase64 (aklomp's libbase64) where it is: GB/s of bytes over data of several sizes, medians of rounds."""
import base64
import statistics
import time

SIZES, ROUNDS, BYTES = (48, 3072, 3 << 17, 3 << 20), 15, 1 << 22


def peers():
    found = {"Python": (base64.b64encode, lambda text: base64.b64decode(text, validate=True))}
    try:
        import pybase64
        found["pybase64"] = (pybase64.b64encode, lambda text: pybase64.b64decode(text, validate=True))
    except ImportError:
        pass
    return found


def speed(function, data, size):
    times, calls = [], max(1, BYTES // size)
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(calls):
            function(data)
        times.append(time.process_time() - began)
    return calls * size / statistics.median(times) / 1e9


for name, (encode, decode) in peers().items():
    rows = {"encode": [], "decode": []}
    for size in SIZES:
        data = bytes(i * 2654435761 >> 24 & 255 for i in range(size))
        rows["encode"].append(speed(encode, data, size))
        rows["decode"].append(speed(decode, base64.b64encode(data), size))
    for what, speeds in rows.items():
        print(f"{what + ', ' + name:24}" + "".join(f"{one:10.2f}" for one in speeds))
