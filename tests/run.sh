#!/usr/bin/env bash
# Everything that must be green: format, lint, types, floors, the browser scripts, then every test. The audit of dependencies asks a
# service on the network and is a command of its own.
set -eu
cd "$(dirname "$0")/.."
PYTHON="${PYTHON:-python3}"
"$PYTHON" -m ruff format --check .
"$PYTHON" -m ruff check .
"$PYTHON" -m mypy
"$(dirname "$PYTHON")/lint-imports"
bash tests/javascript.sh
echo "SKIPPED here: the audit of dependencies for known holes; run it where the network allows: make audit"
[ "${1:-}" = "--checks-only" ] && exit 0
bash tests/prepare_system.sh
# Workers, servers and commands each start Python anew; none need compile what another has compiled already.
unset PYTHONDONTWRITEBYTECODE
# Three processes for two cores: the browser tests wait now and then, and a third Chromium would only hold the others up. No library puts threads of its own beside them.
export OPENBLAS_NUM_THREADS=1
told="$(mktemp)"
pure="tests/unit/analysis tests/unit/catalogue tests/unit/whatif"
unit_tests() {
  local failed=0
  # These alone cover formulas and catalogue whole; measuring the others too would only take longer.
  "$PYTHON" -m pytest -n 0 $pure --cov --cov-report=term "$@" || failed=$?
  "$PYTHON" -m pytest -n 0 tests/unit ${pure//tests/--ignore=tests} "$@" || failed=$?
  return "$failed"
}
unit_tests "$@" >"$told" 2>&1 &
unit=$!
trap 'kill "$unit" 2>/dev/null || true; rm -f "$told"' EXIT
failed=0
"$PYTHON" -m pytest -n 2 --dist loadfile --no-loadscope-reorder tests/browser tests/pages tests/integration "$@" || failed=$?
wait "$unit" || failed=$?
cat "$told"
exit "$failed"
