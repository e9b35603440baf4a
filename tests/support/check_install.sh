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
grep -q '^\.TH HILUM 1' share/man/man1/hilum.1
for file in bash-completion/completions/hilum zsh/site-functions/_hilum fish/vendor_completions.d/hilum.fish; do
  grep -q 'completion complete' "share/$file"
done
