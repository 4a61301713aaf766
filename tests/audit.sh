#!/usr/bin/env bash
# Known holes in the pinned dependencies: `make audit`. Exit status 0: every answer that came names no hole, and at least one came;
# 1: a hole is known; 2: nothing could be looked up, which is no good news. Not a part of `make test`, which must pass where no such
# service can be reached.
set -u
cd "$(dirname "$0")/.."
python="${PYTHON:-python3}"
report=$(mktemp)
trap 'rm -f "$report"' EXIT
# Its own words are not passed on: it calls it good news when no dependency could be looked up.
"$python" -m pip_audit -r requirements.txt --no-deps --disable-pip --progress-spinner off --format json >"$report" 2>/dev/null
"$python" tests/audit_report.py "$report"
