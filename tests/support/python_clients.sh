#!/bin/sh
# SPDX-License-Identifier: MIT
# python_clients.sh DIR: other people's clients of AWS and OpenSearch, boto3 and opensearch-py, in a Python environment of their own in
# DIR. Says why where pip does not get them; tests then skip what they are for.
set -eu
has_them() { [ -x "$1/bin/python3" ] && "$1/bin/python3" -c 'import boto3, opensearchpy' 2>/dev/null; }
has_them "$1" && exit 0
{ rm -rf "$1" && python3 -m venv "$1" && timeout 120 "$1/bin/pip" install -q --timeout 10 --retries 0 boto3 'opensearch-py<4'; } >"$1.log" 2>&1 &&
  has_them "$1" && exit 0
echo "hilum: no Python clients: $(tail -n 1 "$1.log" | cut -c 1-200)" >&2
