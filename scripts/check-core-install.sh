#!/usr/bin/env bash
# Whoever restores after a disaster may have no Dagster: the core lock alone must install and run `bcn`.
set -euo pipefail
cd "$(dirname "$0")/.."

environment=$(mktemp -d)
trap 'rm -rf "$environment"' EXIT
.venv/bin/python -m venv "$environment"
pip=("$environment/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps)
"${pip[@]}" --only-binary :all: --require-hashes -r requirements/core.txt
"${pip[@]}" --no-build-isolation .

cd "$environment"
if bin/python -c 'import dagster' 2>/dev/null; then
    echo "check-core-install: the core lock installs Dagster" >&2
    exit 1
fi
for command in backup restore describe list init; do
    bin/bcn "$command" --help >/dev/null
done
test -f share/man/man1/bcn.1
bin/python -m pip check
