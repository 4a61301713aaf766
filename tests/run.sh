#!/usr/bin/env bash
# Everything that must be green: format, lint, types, floors, dependency audit, then every test.
# The unit tests alone cover formulas and catalogue whole; measuring the others too would double their time.
set -eu
cd "$(dirname "$0")/.."
PYTHON="${PYTHON:-python3}"
"$PYTHON" -m ruff format --check .
"$PYTHON" -m ruff check .
"$PYTHON" -m mypy
"$(dirname "$PYTHON")/lint-imports"
bash tests/audit.sh "$PYTHON"
[ "${1:-}" = "--checks-only" ] && exit 0
bash tests/prepare_system.sh
in_parallel=("$PYTHON" -m pytest -n 2 --dist loadfile --no-loadscope-reorder)
"${in_parallel[@]}" tests/unit --cov --cov-report=term "$@"
"${in_parallel[@]}" tests/browser tests/pages tests/integration "$@"
