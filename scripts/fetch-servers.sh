#!/usr/bin/env bash
# Fetches the servers of `make test-services` into .venv/servers, by the ordinary clients of Go and Java, and holds the
# jars to the recorded checksums (Go checks its modules itself). `scripts/fetch-servers.sh --record` records them anew.
set -euo pipefail
cd "$(dirname "$0")/.."

VERSITYGW=v1.8.0
servers=$PWD/.venv/servers
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo -n)
fi

need() {
    local command=$1
    shift
    if command -v "$command" >/dev/null; then
        return
    fi
    if ! command -v apt-get >/dev/null; then
        echo "fetch-servers: no $command on the PATH and no apt-get to fetch it with" >&2
        echo "HINT: install it by your system's own means, then run make test-services again." >&2
        exit 1
    fi
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null
}

fetch_s3_server() {
    if [ -x "$servers/versitygw" ]; then
        return
    fi
    # Go 1.21 and later fetch the compiler that a module asks for; older ones end here and say so.
    need go golang-go
    GOBIN=$servers GOFLAGS=-mod=mod go install "github.com/versity/versitygw/cmd/versitygw@$VERSITYGW"
}

fetch_java_server() {
    local name=$1 home=tests/services/java/$1
    if [ ! -d "$servers/$name" ]; then
        mvn --quiet --batch-mode --file "$home/pom.xml" dependency:copy-dependencies "-DoutputDirectory=$servers/$name.part"
        mv "$servers/$name.part" "$servers/$name"
    fi
    if [ "${record:-}" ]; then
        (cd "$servers/$name" && sha256sum -- *.jar) >"$home/sha256sums"
    fi
    (cd "$servers/$name" && sha256sum --check --quiet --strict) <"$home/sha256sums"
}

if [ "${1:-}" = --record ]; then
    record=yes
fi
mkdir -p "$servers"
fetch_s3_server
need javac openjdk-17-jdk-headless
need mvn maven
fetch_java_server rest
fetch_java_server nessie
