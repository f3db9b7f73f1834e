#!/usr/bin/env bash
# The wheel as people get it: built once, then installed with the core lock alone on every Python that BCN says it
# supports, where it must back up, lose and restore a catalog. Whoever restores after a disaster may have no Dagster.
# Then the Dagster lock comes on top, and the same must go by runs of Dagster. mypy --strict must see the wheel's types.
#
# Pythons are looked for and never fetched. One that is not there is told; without any but the tools' own one the check
# fails, and with ALL=1, as before a release, it fails for each. PYTHONS="3.12" tries some alone.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=$PWD/.venv/bin scripts=$PWD/scripts
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$tools/python" -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir "$scratch" .
wheel=$(echo "$scratch"/*.whl)
"$tools/python" scripts/wheel_contents.py "$wheel"
"$tools/python" -m hatchling build --target sdist --directory "$scratch" >/dev/null
if tar --list --file "$scratch"/*.tar.gz | grep --extended-regexp '^[^/]+/(tests|scripts|benchmarks|deploy|\.ci)/'; then
    echo "check-wheel: the source distribution holds what stands above" >&2
    exit 1
fi

install() { # into one environment: what is named, and nothing that it asks for
    "$tools/uv" pip install --quiet --python "$1/bin/python" --no-deps "${@:2}"
}

try() { # one script, in an empty folder, so that nothing but the wheel can be imported
    mkdir "$1/$2"
    (cd "$1/$2" && "$1/bin/python" -W ignore "$scripts/$2.py")
}

found() { # the interpreter of a version: on the PATH, or one that pyenv has and does not show there
    local candidate
    for candidate in "$(command -v "python$1" || true)" "$(pyenv root 2>/dev/null || true)/versions/$1".*/bin/python; do
        if "$candidate" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$1')" 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

tried=() missing=()
for version in ${PYTHONS:-3.11 3.12 3.13}; do
    python=$(found "$version")
    if [ -z "$python" ]; then
        missing+=("$version")
        continue
    fi
    environment=$scratch/$version
    "$tools/uv" venv --quiet --python "$python" "$environment"
    install "$environment" --only-binary :all: --require-hashes -r requirements/core.txt
    install "$environment" "$wheel"
    "$tools/uv" pip check --quiet --python "$environment/bin/python"
    try "$environment" try_wheel
    if [ ${#tried[@]} -eq 0 ]; then
        (cd "$environment/try_wheel" && "$tools/mypy" --strict --python-executable "$environment/bin/python" \
            --cache-dir "$scratch/mypy" "$scripts/try_types.py")
    fi
    install "$environment" --only-binary :all: --require-hashes -r requirements/dagster.txt
    "$tools/uv" pip check --quiet --python "$environment/bin/python"
    try "$environment" try_dagster
    tried+=("$version")
done

echo "check-wheel: $(basename "$wheel") works on Python ${tried[*]:-none}"
if [ ${#missing[@]} -gt 0 ]; then
    echo "check-wheel: NOT TRIED, there is no such Python here: ${missing[*]}" >&2
fi
if [ ${#missing[@]} -gt 0 ] && { [ -n "${ALL:-}" ] || [ ${#tried[@]} -lt 2 ]; }; then
    exit 1
fi
