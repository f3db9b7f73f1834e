#!/usr/bin/env bash
# Writes the locks anew from pyproject.toml. Versions that still fit stay; `scripts/lock.sh --upgrade` takes the newest.
# The locks name no index address, so that any mirror of the index can serve them; the hashes say what is right.
set -euo pipefail
cd "$(dirname "$0")/.."

resolve() {
    local output=$1
    shift
    .venv/bin/uv pip compile --output-file "$output" --quiet \
        --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-annotate \
        --custom-compile-command "make lock" "$@"
}
compile() {
    resolve "$1" pyproject.toml --group build "${@:2}"
}

# The widest lock comes first and binds the others, so that what is tested is what is shipped.
# Whoever restores after a disaster may have nothing but the core lock: it reaches every kind of store and catalog.
reach=(--extra s3 --extra gcs --extra azure --extra glue --extra hive --extra postgres --extra age)
compile requirements/dev.txt --extra dagster "${reach[@]}" --group dev "$@"
compile requirements/dagster.txt --extra dagster "${reach[@]}" --constraints requirements/dev.txt
compile requirements/core.txt "${reach[@]}" --constraints requirements/dev.txt
# The tests against real servers add theirs on top of dev; nobody else installs them.
resolve requirements/services.txt --group services --constraints requirements/dev.txt
