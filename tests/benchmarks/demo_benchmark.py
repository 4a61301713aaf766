"""Print as JSON what generating and loading the demonstration county takes: ``python -m tests.benchmarks.demo_benchmark``."""

import json
import resource
import tempfile
import time
from pathlib import Path

from dashboard.demo import write_package
from dashboard.store.importing.loader import load_package

_KIB_PER_MIB = 1024


def _peak_mib() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB_PER_MIB)


def main() -> None:
    """Generate into a temporary folder, load into a fresh database, print the figures."""
    with tempfile.TemporaryDirectory(prefix="demo-benchmark-") as name:
        folder = Path(name)
        start = time.perf_counter()
        package = write_package(folder / "package")
        generated, generation_peak = time.perf_counter() - start, _peak_mib()
        start = time.perf_counter()
        report = load_package(package, f"duckdb:///{folder / 'reporting.duckdb'}")
        loaded = time.perf_counter() - start
        figures = {
            "generation_seconds": round(generated, 1),
            "generation_peak_mib": generation_peak,
            "load_seconds": round(loaded, 1),
            "peak_mib": _peak_mib(),
            "rows": report.row_count,
            "accepted": report.accepted,
            "package_mib": round(sum(path.stat().st_size for path in package.iterdir()) / 1024**2),
        }
    print(json.dumps(figures, ensure_ascii=False))


if __name__ == "__main__":
    main()
