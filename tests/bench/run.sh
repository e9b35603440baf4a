#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh IMAGES TABLES [BUILD]: every comparison, one after the other.
set -eu
images=$1 tables=$2 build=${3:-build}
cd "$(dirname "$0")/../.."
cmake --build "$build" --target hilum bench >/dev/null
hilum=$build/bin/hilum
echo "== start"; "$hilum" tests/bench/start.lua --hilum "$hilum"
echo "== PNG, one core"; HILUM=$hilum "$build/tests/bench/image/bench_image" "$images"/*.png
echo "== features, one core"; "$build/tests/bench/bench_describe"
echo "== checksums, one core"; "$build/tests/bench/hash/bench_crc"
echo "== labels"; "$hilum" tests/bench/labels.lua "$tables"/*.csv
for jobs in 1 2; do
  echo "== exact search, $jobs threads"; "$hilum" --jobs $jobs tests/bench/vec/search.lua
  echo "== training epoch, $jobs threads"; "$hilum" --jobs $jobs tests/bench/train/train.lua
  echo "== hilum bench, $jobs threads"; "$hilum" --jobs $jobs bench image --images "$images"
done
