"""Run every benchmark, each in its own process, and print one JSON object: ``make benchmark``."""

import json
import subprocess
import sys
from pathlib import Path


def main() -> None:
    """Run each ``*_benchmark.py`` of this folder; what one prints on its error output goes through."""
    results = {}
    for file in sorted(Path(__file__).parent.glob("*_benchmark.py")):
        done = subprocess.run([sys.executable, "-m", f"tests.benchmarks.{file.stem}"], stdout=subprocess.PIPE, text=True, check=False)
        results[file.stem] = json.loads(done.stdout) if done.returncode == 0 else f"failed with status {done.returncode}"
    print(json.dumps(results, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
