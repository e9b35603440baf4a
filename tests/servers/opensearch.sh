#!/bin/sh
# SPDX-License-Identifier: MIT
# opensearch.sh DIR [PID]: OpenSearch 2.19 with k-NN and hybrid search, one node, for any user, on 127.0.0.1 only, with neither
# passwords nor TLS. It says "port N" when it answers, and runs until it is killed, however that happens, or until process PID has
# ended. Its files are in DIR, which is made anew; DIR/address holds what a client needs to know. PORT: the first of ten ports to use.
# The program is put together with Maven, once for all runs, in DIR-2.19.1. The native libraries of faiss and nmslib are not in
# Maven's packages: indexes of these engines are searched exactly instead of by a graph, and those of lucene as ever.
set -eu
version=2.19.1
skip() { trap - EXIT; echo "skipped: $1" >&2; exit 3; }
for program in java mvn curl; do command -v $program >/dev/null || skip "OpenSearch needs $program, which is not installed"; done
java=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p')
[ "${java:-0}" -ge 11 ] && [ "$java" -le 23 ] || skip "OpenSearch $version needs Java 11 to 23, this is ${java:-none}"
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$1"
mkdir -p "$1"
home=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")-$version
cd "$1"
dir=$(pwd)
. "$here/ports.sh"
. "$here/daemons.sh"

# execution GOAL FOLDER FILTER: what Maven puts where.
execution() {
  echo "<execution><id>$2</id><phase>package</phase><goals><goal>$1</goal></goals>
    <configuration><outputDirectory>$home.new/$2</outputDirectory>$3</configuration></execution>"
}

# dependency GROUP NAME VERSION [more]
dependency() {
  echo "<dependency><groupId>$1</groupId><artifactId>$2</artifactId><version>$3</version>${4:-}</dependency>"
}
plugin="<type>zip</type><exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>"

project() {
  cat <<POM
<project>
  <modelVersion>4.0.0</modelVersion><groupId>hilum</groupId><artifactId>opensearch</artifactId><version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    $(dependency org.opensearch opensearch $version)
    $(dependency org.opensearch opensearch-plugin-classloader $version)
    $(dependency org.apache.logging.log4j log4j-core 2.21.0)
    $(dependency org.opensearch.plugin transport-netty4-client $version)
    $(dependency org.opensearch.plugin opensearch-knn $version.0 "$plugin")
    $(dependency org.opensearch.plugin neural-search $version.0 "$plugin")
  </dependencies>
  <build><plugins><plugin><artifactId>maven-dependency-plugin</artifactId><executions>
    $(execution copy-dependencies lib "<excludeGroupIds>io.netty,org.opensearch.plugin</excludeGroupIds>")
    $(execution copy-dependencies modules/transport-netty4 "<includeGroupIds>io.netty,org.opensearch.plugin</includeGroupIds>
      <includeTypes>jar</includeTypes>")
    $(execution unpack-dependencies plugins/knn "<includeArtifactIds>opensearch-knn</includeArtifactIds>")
    $(execution unpack-dependencies plugins/neural-search "<includeArtifactIds>neural-search</includeArtifactIds>")
  </executions></plugin></plugins></build>
</project>
POM
}

# The security manager cannot be turned off, but it can be told to allow everything. k-NN does without scripts in Painless.
assemble() {
  rm -rf "$home.new"
  mkdir maven
  project >maven/pom.xml
  timeout 120 mvn -B -q -Dstyle.color=never -Daether.connector.connectTimeout=5000 -Daether.connector.requestTimeout=20000 \
    -f maven/pom.xml package >log 2>&1 ||
    skip "Maven cannot get OpenSearch: $(grep -m 1 ERROR log | cut -c 1-200)"
  cat >"$home.new/modules/transport-netty4/plugin-descriptor.properties" <<DESCRIPTOR
name=transport-netty4
description=HTTP
version=$version
opensearch.version=$version
java.version=11
classname=org.opensearch.transport.Netty4Plugin
DESCRIPTOR
  sed -i 's/^extended.plugins=lang-painless/extended.plugins=/' "$home.new/plugins/knn/plugin-descriptor.properties"
  for part in "$home.new"/modules/* "$home.new"/plugins/*; do
    echo "grant { permission java.security.AllPermission; };" >"$part/plugin-security.policy"
  done
  mv "$home.new" "$home"
}
[ -e "$home" ] || assemble

port=$(ten_ports)
mkdir config tmp
cat >config/opensearch.yml <<YML
cluster.name: hilum
node.name: one
discovery.type: single-node
network.host: 127.0.0.1
http.port: $port
transport.port: $((port + 1))
path.data: $dir/data
path.logs: $dir/logs
bootstrap.system_call_filter: false
cluster.routing.allocation.disk.threshold_enabled: false
YML
cat >config/log4j2.properties <<LOG
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss.SSS} %p %c{1.} %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
LOG

# Without native code of Java's own (jna), OpenSearch does not ask who runs it.
start java -Xms256m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.security.manager=allow -Djava.io.tmpdir="$dir/tmp" \
  -Djava.net.preferIPv4Stack=true -Djna.nosys=true -Djna.nounpack=true -Djna.noclasspath=true -Dlog4j2.disable.jmx=true \
  -Dio.netty.noUnsafe=true -Dopensearch.path.home="$home" -Dopensearch.path.conf="$dir/config" -cp "$home/lib/*" \
  org.opensearch.bootstrap.OpenSearch

# No index builds the graph that needs a native library, and none waits for a second node.
defaults='{"index_patterns": ["*"], "template": {"settings": {"index.knn.advanced.approximate_threshold": -1, "number_of_replicas": 0}}}'
tries=2400
until curl -sf -o answer -X PUT -H 'Content-Type: application/json' -d "$defaults" "127.0.0.1:$port/_index_template/defaults"; do
  tries=$((tries - 1))
  [ $tries -gt 0 ] && kill -0 $! 2>/dev/null || { tail -n 20 log >&2; exit 1; }
  sleep 0.05
done
printf 'port=%s\nversion=%s\n' "$port" "$version" >address
echo "port $port"
stay "${2:-}"
