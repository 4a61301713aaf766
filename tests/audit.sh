#!/usr/bin/env bash
# Known holes in the pinned dependencies. A known one fails; an unreachable vulnerability service is named, never silent.
set -u
python="$1"
report=$("$python" -m pip_audit -r requirements.txt --no-deps --disable-pip --format json 2>/dev/null)
status=$?
"$python" - "$status" <<PY
import json, sys
try:
    rows = json.loads('''$report''')["dependencies"]
except (ValueError, KeyError):
    print("SKIPPED: pip-audit could not reach a vulnerability service (exit status", sys.argv[1] + ")")
    raise SystemExit(0)
holes = [f"{row['name']} {row['version']}: {hole['id']}" for row in rows for hole in row.get("vulns", [])]
blind = [row["name"] for row in rows if "skip_reason" in row]
if holes:
    raise SystemExit("Known holes:\n" + "\n".join(holes))
print(f"pip-audit: {len(rows) - len(blind)} of {len(rows)} dependencies looked up, no known hole")
if blind:
    print("SKIPPED by pip-audit (not known to the registry's vulnerability service here):", len(blind), "dependencies")
PY
