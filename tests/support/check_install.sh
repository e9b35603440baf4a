#!/bin/sh
# SPDX-License-Identifier: MIT
# check_install.sh BUILD: the installed tree works, and still does after it has been moved.
set -eu
prefix=$(mktemp -d)
trap 'rm -rf "$prefix" "$prefix-moved"' EXIT
cmake --install "$1" --prefix "$prefix" >/dev/null
mv "$prefix" "$prefix-moved"
cd "$prefix-moved"
unset LUA_CPATH_5_4
./bin/hilum list | grep -q '^demo '
./bin/hilum help image.check | grep -q '^image.check('
test "$(./bin/hilum -e 'print(hilum.json.encode{1, hilum.vec.new(2, 3):cols()})')" = '[1,3]'
