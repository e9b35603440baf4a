#!/bin/sh
# SPDX-License-Identifier: MIT
# ceph.sh DIR [PID]: Ceph's S3 gateway, one of each daemon, objects in memory, for any user, on 127.0.0.1 only. It says "port N" when
# it answers, and runs until it is killed, however that happens, or until process PID has ended. Everything is in DIR, which is made
# anew; DIR/address holds what a client needs to know. PORT: the first of ten ports to use.
# Ceph is strict where AWS is: signatures, payload hashes, MD5, skew. It does not know x-amz-checksum-* and unsigned trailers.
set -eu
for program in ceph-mon ceph-osd radosgw; do
  command -v $program >/dev/null || { echo "skipped: Ceph (ceph-mon ceph-osd radosgw) is not installed" >&2; exit 3; }
done
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$1"
mkdir -p "$1/mon" "$1/osd"
cd "$1"
dir=$(pwd)
parent=${2:-}

. "$here/ports.sh"
. "$here/daemons.sh"
port=$(ten_ports)
tls_port=$((port + 1)) mon_port=$((port + 2))

sh "$here/../support/certificates.sh" tls

quiet=""
for part in none asok auth client crush crypto filer finisher heartbeatmap journal memdb mgrc mon monc ms objclass objecter optracker osd \
  paxos perfcounter rados refs rgw rgw_sync rocksdb striper throttle timer tp; do
  quiet="$quiet
debug $part = 0/0"
done

# Short intervals of Paxos: each pool and user waits for some. Few threads: on few cores 64 of them do a sixth less. One placement group would do; eight spread the load. cephx stays on:
# radosgw 16 does not start without. No admin sockets: their paths have a limit of 107 bytes.
cat >ceph.conf <<CONF
[global]
fsid = $(cat /proc/sys/kernel/random/uuid)
mon host = v2:127.0.0.1:$mon_port
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
public network = 127.0.0.0/8
ms bind ipv6 = false
ms bind msgr1 = false
ms bind port min = $((port + 3))
ms bind port max = $((port + 9))
ms crc data = false
cephx sign messages = false
auth allow insecure global id reclaim = false
keyring = $dir/keyring
admin socket =
run dir = $dir
pid file =
log file = $dir/\$name.log
crash dir = $dir
paxos propose interval = 0.03
paxos min wait = 0.01
mon tick interval = 1
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 2000
mon data avail crit = 0
$quiet
[mon]
mon data = $dir/mon
mon cluster log file = $dir/cluster.log
[osd]
osd data = $dir/osd
osd objectstore = memstore
memstore device bytes = ${CEPH_BYTES:-6442450944}
osd op num shards = 2
osd enable op tracker = false
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:$port ssl_endpoint=127.0.0.1:$tls_port ssl_certificate=$dir/tls/server.pem ssl_private_key=$dir/tls/server.key
rgw thread pool size = 8
rgw enable usage log = false
rgw enable apis = s3
rgw max chunk size = 4194304
rgw put obj min window size = 16777216
rgw override bucket index max shards = 1
rgw run sync thread = false
rgw enable lc threads = false
CONF
export CEPH_CONF="$dir/ceph.conf"

key() { ceph-authtool $([ -e keyring ] || echo --create-keyring) keyring --gen-key "$@" >/dev/null; }
key -n mon. --cap mon 'allow *'
key -n client.admin --cap mon 'allow *' --cap osd 'allow *'
key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *'
key -n client.rgw --cap mon 'allow *' --cap osd 'allow *'

{
  monmaptool --create --fsid "$(awk '/^fsid/ { print $3 }' ceph.conf)" --addv a "[v2:127.0.0.1:$mon_port]" monmap
  ceph-mon --mkfs -i a --monmap monmap --keyring keyring
  start ceph-mon -f -i a
  osd=$(cat /proc/sys/kernel/random/uuid)
  ceph osd new "$osd"
  ceph-osd -i 0 --mkfs --osd-uuid "$osd"
  start ceph-osd -f -i 0
  start radosgw -f -n client.rgw
  radosgw-admin -n client.rgw user create --uid=test --display-name=test --access-key=hilumtest --secret-key=hilumsecret
} >>log 2>&1

wait_for "$port" 30 || { tail -n 5 log ./*.log >&2; exit 1; }
cat >address.new <<ADDRESS
port=$port
tls_port=$tls_port
access_key=hilumtest
secret_key=hilumsecret
ca=$dir/tls/ca.pem
ADDRESS
mv address.new address
echo "port $port"
stay "$parent"
