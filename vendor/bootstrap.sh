#!/bin/sh
# SPDX-License-Identifier: MIT
# From a fresh checkout to a result: sh vendor/bootstrap.sh build | demo | test [all]
#   build     what is missing from the distribution, configure, compile        -> build/bin/hilum
#   demo      build, then `hilum demo`: the whole workflow, offline            -> hilum-demo/
#   test      build, then the tests
#   test all  the tests also under the sanitizers, the fuzzers, for ARM, with a browser, Ceph, OpenSearch and the linters
set -eu
CDPATH="" cd "$(dirname "$0")/.."

libraries="liblua5.4-dev lua-cjson libcsv-dev libcurl4-openssl-dev libisal-dev libjpeg-dev libpng-dev libssl-dev libopenblas-dev
  libexpat1-dev libarchive-dev libmicrohttpd-dev libedit-dev"
build_packages="gcc libc6-dev cmake ninja-build pkg-config $libraries"
test_packages="openssl curl"
all_packages="$test_packages clang clang-format libclang-rt-14-dev lua-check chromium ceph-mon ceph-osd radosgw nginx-light
  tmux zsh fish mandoc maven python3-venv"
arm64_packages="gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user"

missing_packages() {
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$package"
  done
}

install_packages() {
  command -v apt-get >/dev/null || { echo "hilum: not a Debian system; these packages, or yours of that kind, are needed:" $* >&2; return 0; }
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  as_root=
  if [ "$(id -u)" != 0 ]; then
    as_root="sudo -n"
    $as_root true 2>/dev/null || { echo "hilum: please install what is missing, then run this again: apt-get install $missing" >&2; exit 1; }
  fi
  echo "hilum: installing $missing" >&2
  $as_root apt-get update -q >/dev/null
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -q --no-install-recommends $missing >/dev/null
}

# build_in FOLDER [cmake options]: quiet unless something is wrong.
build_in() {
  folder=$1; shift
  mkdir -p "$folder"
  { cmake -G Ninja -S . -B "$folder" "$@" && cmake --build "$folder"; } >"$folder/build.log" 2>&1 || {
    cat "$folder/build.log" >&2
    exit 1
  }
}

test_in() {
  folder=$1; shift
  (cd "$folder" && ctest --output-on-failure -j "$(nproc)" "$@")
}

build() {
  install_packages $build_packages
  [ -x build/bin/hilum ] || echo "hilum: building in build/ …" >&2
  build_in build
}

# Other people's clients of AWS and OpenSearch; without pip's registry the tests skip what they are for.
python_clients() {
  mkdir -p build
  sh tests/support/python_clients.sh build/python
  export HILUM_PYTHON="$PWD/build/python/bin/python3"
}

# What depends on the processor, built for ARM and run under qemu; on ARM the plain tests are that.
test_arm64() {
  [ "$(uname -m)" != aarch64 ] || return 0
  mkdir -p build-arm64
  { install_packages $arm64_packages && sh vendor/sysroot.sh arm64 build-arm64/sysroot $libraries; } >build-arm64/packages.log 2>&1 || {
    echo "SKIP: the tests for ARM; its packages cannot be had here (build-arm64/packages.log)" >&2
    return 0
  }
  build_in build-arm64 -DHILUM_WERROR=ON -DCMAKE_TOOLCHAIN_FILE="$PWD/vendor/aarch64-linux-gnu.cmake" \
    -DCMAKE_SYSROOT="$PWD/build-arm64/sysroot"
  test_in build-arm64 -L processor
}

# Ends with the plain tests, whose summary is the last thing printed.
test_everywhere() {
  install_packages $build_packages $all_packages
  python_clients
  build_in build-asan -DHILUM_WERROR=ON -DHILUM_SANITIZE=address -DCMAKE_BUILD_TYPE=RelWithDebInfo
  # Once in some thousand runs LeakSanitizer's own tracer dies; the plain tests at the end have one attempt.
  test_in build-asan -LE 'lint|browser' --repeat until-pass:2
  build_in build-tsan -DHILUM_SANITIZE=thread -DCMAKE_BUILD_TYPE=RelWithDebInfo
  test_in build-tsan -L threads
  build_in build-fuzz -DHILUM_WERROR=ON -DHILUM_FUZZ=ON -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo
  test_in build-fuzz
  test_arm64
}

case "${1:-build} ${2:-}" in
  "build ")
    build
    echo "hilum: built build/bin/hilum; try build/bin/hilum help"
    ;;
  "demo ")
    build
    build/bin/hilum demo
    echo "For hilum in this shell:  export PATH=\"$PWD/build/bin:\$PATH\""
    ;;
  "test ")
    install_packages $test_packages
    build
    test_in build
    ;;
  "test all")
    test_everywhere
    build
    test_in build
    ;;
  *)
    echo "usage: sh vendor/bootstrap.sh build | demo | test [all]" >&2
    exit 2
    ;;
esac
