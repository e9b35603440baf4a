# SPDX-License-Identifier: MIT
# Sourced by the servers that start others, in the folder that is theirs; what those say goes to the file log.

# The daemons end with this script: setpriv asks the kernel for it.
start() { setpriv --pdeathsig KILL "$@" >>log 2>&1 & }
finish() { trap - EXIT TERM INT HUP; kill -KILL $(jobs -p) 2>/dev/null; wait; exit "$1"; }
trap 'finish 1' EXIT
trap 'finish 0' TERM INT HUP

# stay [PID]: until this script is killed, or process PID has ended.
stay() {
  [ -n "${1:-}" ] || wait
  while [ -e "/proc/$1" ]; do sleep 0.2; done
  finish 0
}
