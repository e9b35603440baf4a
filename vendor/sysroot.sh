#!/bin/sh
# SPDX-License-Identifier: MIT
# sysroot.sh ARCHITECTURE FOLDER PACKAGE…
# Unpacks Debian packages of another architecture, and all that they need, into FOLDER. apt works on lists and settings of its own
# there: no package, source or architecture of the machine changes (some -dev packages of two architectures exclude each other), and
# root is not needed. Fails where the machine's sources do not have the architecture.
set -eu
architecture=$1 folder=$2
shift 2
[ "$(cat "$folder/packages" 2>/dev/null)" != "$architecture $*" ] || exit 0

rm -rf "$folder"
mkdir -p "$folder/apt/lists/partial" "$folder/apt/archives/partial" "$folder/usr/bin" "$folder/usr/sbin" "$folder/usr/lib"
folder=$(cd "$folder" && pwd)
: >"$folder/apt/status"
cat >"$folder/apt/apt.conf" <<END
APT::Architecture "$architecture";
APT::Architectures { "$architecture"; };
APT::Install-Recommends "false";
APT::Sandbox::User "$(id -un)";
Dir::State "$folder/apt";
Dir::State::status "$folder/apt/status";
Dir::Cache "$folder/apt";
END
export APT_CONFIG="$folder/apt/apt.conf"
apt-get update -q
apt-get install -q -y --download-only "$@"

# As on an installed system: /usr holds everything, links stay inside, and the alternatives are chosen.
for part in bin sbin lib; do ln -s "usr/$part" "$folder/$part"; done
for package in "$folder"/apt/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink -C "$folder"
done
find "$folder" -lname '/*' | while read -r link; do ln -sfn "$folder$(readlink "$link")" "$link"; done
find "$folder/usr" -type d -name openblas-pthread | while read -r blas; do ln -s "$blas"/*blas*.* "${blas%/*}"; done
rm -r "$folder/apt"
echo "$architecture $*" >"$folder/packages"
