# SPDX-License-Identifier: MIT
"""What `hilum labels` does to NIH-CXR-LT tables, in Python's csv and json: dataset.jsonl and labels.json, without the checks
(repeated ids, shared patients) and without waiting for the disk. Usage: labels.py TABLE..."""
import csv
import json
import sys

labels = {}
with open("peer.jsonl", "w") as out:
    for path in sys.argv[1:]:
        with open(path, newline="") as table:
            rows = csv.reader(table)
            names = next(rows)[1:-1]
            for row in rows:
                findings = [name for name, cell in zip(names, row[1:-1]) if cell == "1"]
                caption = ", ".join(findings)
                record = {"image": row[0], "caption": caption, "findings": findings, "patient": row[-1]}
                out.write(json.dumps(record, separators=(",", ":")) + "\n")
                labels[row[0]] = caption
with open("peer.json", "w") as out:
    json.dump(labels, out)
