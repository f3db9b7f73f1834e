#!/usr/bin/env bash
# Writes the locks anew from pyproject.toml. Versions that still fit stay; `scripts/lock.sh --upgrade` takes the newest.
# The locks name no index address, so that any mirror of the index can serve them; the hashes say what is right.
set -euo pipefail
cd "$(dirname "$0")/.."

compile() {
    local output=$1
    shift
    .venv/bin/uv pip compile --output-file "$output" --quiet \
        --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-annotate \
        --custom-compile-command "make lock" "$@"
}

# The widest lock comes first and binds the others, so that what is tested is what is shipped.
compile requirements/dev.txt pyproject.toml --group build --extra dagster --group dev "$@"
compile requirements/dagster.txt pyproject.toml --group build --extra dagster --constraints requirements/dev.txt
compile requirements/core.txt pyproject.toml --group build --constraints requirements/dev.txt
compile requirements/services.txt --group services --constraints requirements/dev.txt "$@"
