#!/bin/sh
# SPDX-License-Identifier: MIT
# certificates.sh DIR: an authority for tests and what it vouches for, made anew each time, good for a day.
#   ca.pem                        the authority
#   server.pem, server.key        for 127.0.0.1 and localhost
#   other.pem, other.key          for another host
#   stranger.pem, stranger.key    for 127.0.0.1, from nobody
set -eu
mkdir -p "$1"
cd "$1"
umask 077

new_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }

# self_signed NAME SUBJECT EXTENSION…
self_signed() {
  name=$1 subject=$2; shift 2
  new_key "$name.key"
  openssl req -x509 -key "$name.key" -out "$name.pem" -days 1 -subj "/CN=$subject" "$@"
}

# vouched NAME SUBJECT NAMES
vouched() {
  new_key "$1.key"
  printf 'subjectAltName=%s\n' "$3" >"$1.ext"
  openssl req -new -key "$1.key" -subj "/CN=$2" |
    openssl x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial -out "$1.pem" -days 1 -extfile "$1.ext" 2>/dev/null
}

self_signed ca "hilum tests"
vouched server localhost DNS:localhost,IP:127.0.0.1
vouched other other.example DNS:other.example
self_signed stranger localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1
