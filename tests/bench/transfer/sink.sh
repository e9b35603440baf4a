#!/bin/sh
# SPDX-License-Identifier: MIT
# sink.sh IMAGES [BUILD]: what one client can send to an nginx that throws everything away, beside curl's own parallel transfers.
set -eu
images=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
hilum=$(cd "${2:-$here/../../../build}" && pwd)/bin/hilum
unset AWS_CA_BUNDLE http_proxy https_proxy
work=$(mktemp -d)
mkfifo "$work/said"
sh "$here/../../servers/nginx.sh" "$work/nginx" >"$work/said" &
server=$!
trap 'kill $server; rm -rf "$work"' EXIT
read -r _ port <"$work/said"

send() { "$hilum" "$here/sink.lua" "$images" --rounds 7 "$@"; }
tls="--url https://127.0.0.1:$((port + 1)) --ca $work/nginx/tls/ca.pem"
for payload in unsigned signed trailer chunks; do
  send --payload $payload --url "http://127.0.0.1:$port"
  send --payload $payload $tls
done

files=0
while [ $files -lt 1000 ]; do
  for file in "$images"/*; do
    files=$((files + 1))
    [ $files -gt 1000 ] || printf 'upload-file = "%s"\nurl = "%s/null/%d.png"\noutput = /dev/null\n' "$file" "http://127.0.0.1:$port" $files
  done
done >"$work/urls"
echo "curl, http unsigned, 1,000 files:"
time -p sh -c "curl -s -Z --parallel-max 16 -H Expect: -K $work/urls 2>/dev/null"
