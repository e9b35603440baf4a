#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh IMAGES TABLES [BUILD]: every comparison, one after the other. PYTHON: one that has numpy and, for FAISS, faiss-cpu.
set -eu
images=$1 tables=$2 build=${3:-build} python=${PYTHON:-/usr/bin/python3}
cd "$(dirname "$0")/../.."
vectors=$(mktemp -d)
trap 'rm -rf "$vectors"' EXIT
cmake --build "$build" >/dev/null && cmake --build "$build" --target bench >/dev/null
hilum=$build/bin/hilum
echo "== start"; "$hilum" tests/bench/start.lua --hilum "$hilum"
echo "== PNG, one core"; HILUM=$hilum "$build/tests/bench/image/bench_image" "$images"/*.png
echo "== features, one core"; "$build/tests/bench/bench_describe"
echo "== checksums, one core"; "$build/tests/bench/hash/bench_crc"
echo "== base64, one core"; "$build/tests/bench/hash/bench_base64"; "$python" tests/bench/peers/base64_peers.py
echo "== what bounds the certified search, one core"; "$build/tests/bench/bench_scan"
echo "== labels"; "$hilum" tests/bench/labels.lua "$tables"/*.csv
for jobs in 1 2; do
  echo "== exact search, $jobs threads"; "$hilum" --jobs $jobs tests/bench/vec/search.lua
  for cols in 1024 384; do
    echo "== certified search of $cols numbers, $jobs threads"
    "$hilum" --jobs $jobs tests/bench/vec/certified.lua --data "$vectors" --cols $cols --python "$python"
    "$hilum" --jobs $jobs tests/bench/vec/certified.lua --data "$vectors" --cols $cols --python "$python" \
      --queries 1000 --calls 5 --peers faiss
    "$hilum" --jobs $jobs tests/bench/vec/filters.lua --cols $cols
    "$hilum" --jobs $jobs tests/bench/vec/filters.lua --cols $cols --queries 20 --rounds 9
  done
  echo "== training epoch, $jobs threads"; "$hilum" --jobs $jobs tests/bench/train/train.lua
  echo "== hilum bench, $jobs threads"; "$hilum" --jobs $jobs bench image --images "$images"
done
for cols in 1024 384; do
  echo "== memory of certified search"; "$hilum" tests/bench/vec/memory.lua --data "$vectors" --cols $cols
done
echo "== hilum bench search"; "$hilum" bench search
echo "== transfers"; "$hilum" tests/bench/transfer/transfer.lua "$images"
