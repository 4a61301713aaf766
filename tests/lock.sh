#!/usr/bin/env bash
# Pin what the product and its tests stand on, with the hashes of every platform's files. What is pinned stays as it is as long as
# pyproject.toml and tests/requirements.in allow it; --upgrade moves everything to its newest version. uv comes from PyPI into a
# throw-away place unless it is on the PATH; whoever installs needs plain pip only, which wants extras named where a pin stands.
set -eu
cd "$(dirname "$0")/.."
python="${PYTHON:-python3}"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
uv=$(command -v uv || true)
if [ -z "$uv" ]; then
  "$python" -m venv "$scratch/uv"
  "$scratch/uv/bin/python" -m pip install --quiet --disable-pip-version-check uv
  uv="$scratch/uv/bin/uv"
fi
pin() { # what it is made from, the file that is pinned, options
  local source="$1" target="$2"
  shift 2
  cp "$target" "$scratch/pins.txt"
  "$uv" pip compile "$source" --output-file "$scratch/pins.txt" --quiet --universal --python-version 3.11 \
    --generate-hashes --no-strip-extras --no-annotate --no-header --no-emit-index-url --no-emit-find-links "$@" >/dev/null
  { echo "# Pinned by \`make lock\` from $source; do not edit by hand."; cat "$scratch/pins.txt"; } >"$scratch/new.txt"
  mv "$scratch/new.txt" "$target"
}
pin pyproject.toml requirements.txt "$@"
pin tests/requirements.in tests/requirements.txt "$@"
pin tests/engines.in tests/engines.txt "$@"
