"""Speed and memory of a pull: claim rows of a PostgreSQL of its own, read into a package.

``python -m tests.benchmarks.pull_benchmark --rows 1000000`` prints JSON. The pull runs in a process of its own, so that its peak memory
is its own: it does not grow with the rows.
"""

import argparse
import datetime
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml
from sqlalchemy import create_engine, text

_TABLE = (
    "CREATE TABLE settlements AS SELECT 'T' || lpad((i % 40)::text, 3, '0') AS town, 'resident' AS scheme, "
    "'H' || lpad((i / 40 % 60)::text, 3, '0') AS hospital, 'inpatient' AS kind, 'G' || lpad((i / 2400)::text, 4, '0') AS disease, "
    "date '2025-10-01' AS month, i % 50 + 1 AS cases, (i % 999983 + 100)::numeric(18, 2) AS total, (i % 999983)::numeric(18, 2) AS fund "
    "FROM generate_series(0, {rows} - 1) AS s(i)"
)
_ASKED = (
    "SELECT town AS town_code, scheme AS scheme, hospital AS institution_code, kind AS service_kind, disease AS disease_group_code, "
    "month AS month, cases AS encounters, total AS total_cost, fund AS fund_paid, total - fund AS patient_paid "
    "FROM settlements WHERE month >= :start AND month < :end"
)


def measure(folder: Path) -> dict[str, object]:
    """Pull the month in this process and return the figures."""
    from dashboard.store.importing.pulling import pull
    from dashboard.store.importing.sources import read_source

    package = folder / "package"
    package.mkdir()
    source = read_source("his", folder)
    begin, cpu = time.perf_counter(), time.process_time()
    rows = sum(pull(source, datetime.date(2025, 10, 1), package).values())
    seconds = time.perf_counter() - begin
    return {
        "rows": rows,
        "seconds": round(seconds, 1),
        "processor_seconds": round(time.process_time() - cpu, 1),
        "rows_per_second": round(rows / seconds),
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "package_mib": sum(path.stat().st_size for path in package.iterdir()) // 2**20,
        "load_average": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """Fill a PostgreSQL, pull from it in a fresh process, print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="a folder with a source already written (used by the measuring process)")
    arguments = parser.parse_args()
    if arguments.folder is not None:
        print(json.dumps(measure(arguments.folder)))
        return
    from tests.conftest import own_postgresql

    with own_postgresql() as (url, _data), tempfile.TemporaryDirectory(prefix="pull-benchmark-") as scratch:
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text(_TABLE.format(rows=arguments.rows)))
        engine.dispose()
        source = {"title": "benchmark", "url": url, "tables": {"fact_claim": _ASKED}}
        (Path(scratch) / "his.yaml").write_text(yaml.safe_dump(source), encoding="utf-8")
        subprocess.run([sys.executable, "-m", "tests.benchmarks.pull_benchmark", "--folder", scratch], check=True)


if __name__ == "__main__":
    main()
