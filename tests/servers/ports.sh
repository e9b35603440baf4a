# SPDX-License-Identifier: MIT
# Sourced by the servers that cannot choose a port themselves.

# listens PORT: does anybody?
listens() { awk -v port="$1" '{ split($2, a, ":"); if (a[2] == sprintf("%04X", port) && $4 == "0A") found = 1 } END { exit !found }' /proc/net/tcp; }

# ten_ports: the first of ten that are free, or PORT.
ten_ports() {
  first=${PORT:-$((29000 + $$ % 350 * 10))}
  while [ -z "${PORT:-}" ] && ! all_free "$first"; do first=$((first + 10)); done
  echo "$first"
}

all_free() { for one in 0 1 2 3 4 5 6 7 8 9; do ! listens $(($1 + one)) || return 1; done; }

# wait_for PORT SECONDS
wait_for() {
  tries=$(($2 * 20))
  until listens "$1"; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || return 1
    sleep 0.05
  done
}
