#!/bin/sh
# SPDX-License-Identifier: MIT
# nginx.sh DIR: what a client can reach when the server costs next to nothing; for benchmarks, and for HTTP/2. Says "port N" when it
# answers, and runs until it is killed. DIR/address holds what a client needs to know. PORT: the first of ten ports to use.
#   /bench/     an S3 bucket that is empty and takes everything (its ETags are not true)
#   /null/      bodies are taken and thrown away
#   /           the files of DIR/data, to be read and to be written
set -eu
PATH=$PATH:/usr/sbin
command -v nginx >/dev/null || { echo "skipped: nginx (nginx-light) is not installed" >&2; exit 3; }
here=$(cd "$(dirname "$0")" && pwd)
. "$here/ports.sh"
mkdir -p "$1/data" "$1/temporary"
cd "$1"
dir=$(pwd)
port=$(ten_ports)
sh "$here/../support/certificates.sh" tls

cat >nginx.conf <<CONF
daemon off;
master_process off;
pid $dir/pid;
error_log $dir/errors;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nodelay on;
  keepalive_requests 1000000;
  client_max_body_size 0;
  client_body_buffer_size 512k;
  client_body_temp_path $dir/temporary/body;
  proxy_temp_path $dir/temporary/proxy;
  fastcgi_temp_path $dir/temporary/fastcgi;
  uwsgi_temp_path $dir/temporary/uwsgi;
  scgi_temp_path $dir/temporary/scgi;
  ssl_certificate $dir/tls/server.pem;
  ssl_certificate_key $dir/tls/server.key;
  server {
    listen 127.0.0.1:$port backlog=1024;
    listen 127.0.0.1:$((port + 1)) ssl backlog=1024;
    listen 127.0.0.1:$((port + 2)) ssl http2 backlog=1024;
    root $dir/data;
    location / {
      dav_methods PUT DELETE MKCOL;
      create_full_put_path on;
    }
    location = /bench {
      default_type application/xml;
      return 200 '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bench</Name><Prefix/><KeyCount>0</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated></ListBucketResult>';
    }
    location /bench/ {
      if (\$request_method = PUT) {
        add_header ETag '"00000000000000000000000000000000"';
        return 200;
      }
      if (\$args) { rewrite ^ /bench last; }
    }
    location /null/ {
      if (\$request_method = PUT) { return 200; }
    }
  }
}
CONF
cat >address.new <<ADDRESS
port=$port
tls_port=$((port + 1))
h2_port=$((port + 2))
ca=$dir/tls/ca.pem
ADDRESS
{ wait_for "$port" 10 && mv address.new address && echo "port $port"; } &
exec nginx -p "$dir" -c "$dir/nginx.conf" -e "$dir/errors"
