#!/bin/sh
# SPDX-License-Identifier: MIT
# shared.sh start|stop NAME DIR: the server NAME.sh for all tests of a run of ctest. It ends with ctest, even if that is killed.
# DIR.out holds what it said: its port, or why it is skipped.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
action=$1 name=$2 dir=$3
case $action in
  start)
    mkdir -p "$(dirname "$dir")"
    : >"$dir.out"
    setsid sh "$here/$name.sh" "$dir" "$PPID" >"$dir.out" 2>&1 </dev/null &
    pid=$!
    until grep -q '^port ' "$dir.out"; do
      kill -0 $pid 2>/dev/null || { cat "$dir.out"; grep -q '^skipped:' "$dir.out"; exit; }
      sleep 0.05
    done
    echo $pid >"$dir.pid"
    ;;
  stop)
    [ ! -e "$dir.pid" ] || kill "$(cat "$dir.pid")" 2>/dev/null || true
    rm -f "$dir.pid" "$dir/address"
    ;;
esac
