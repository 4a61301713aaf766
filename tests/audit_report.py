"""What pip-audit found out, in words and as an exit status: 0 no known hole, 1 a known one, 2 nothing could be looked up."""

import json
import sys
from pathlib import Path


def verdict(text: str) -> tuple[int, str]:
    """Return exit status and words for the report of pip-audit in JSON; ``text`` is empty when it could not make one."""
    try:
        rows = json.loads(text)["dependencies"]
    except (ValueError, KeyError, TypeError):
        rows = []
    looked_up = [row for row in rows if "skip_reason" not in row]
    if not looked_up:
        return 2, "NOT AUDITED: no vulnerability service answered for any dependency; nothing is known about holes in them."
    holes = [f"{row['name']} {row['version']}: {hole['id']}" for row in looked_up for hole in row.get("vulns", [])]
    count = f"{len(looked_up)} of {len(rows)} dependencies looked up"
    missing = sorted(row["name"] for row in rows if "skip_reason" in row)
    unknown = f"\nNOT looked up: {', '.join(missing)}" if missing else ""
    if holes:
        return 1, f"{count}, known holes:\n" + "\n".join(holes) + unknown
    return 0, f"{count}, no known hole among them{unknown}"


def main(file: str) -> int:
    """Print the verdict on the report in ``file`` and return the exit status."""
    path = Path(file)
    status, words = verdict(path.read_text(encoding="utf-8") if path.exists() else "")
    sys.stdout.write(words + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
