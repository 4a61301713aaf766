"""Speed and memory of the import: a claim file of many rows, validated and loaded into a fresh DuckDB file with keys and foreign keys.

``python -m tests.benchmarks.import_benchmark --rows 5000000`` prints JSON; ``--xlsx`` writes the claims as a workbook (at most 1,048,575
rows; 700,000 are about 50 MB), ``--check-only`` stops before anything is written. The load runs in a process of its own, so that its peak
memory is its own.
"""

import argparse
import io
import json
import os
import resource
import string
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import xlsxwriter

_TOWNS, _INSTITUTIONS, _GROUPS, _FIRST_YEAR = 40, 60, 150, 2015
_BLOCK = 500_000


def _dimensions(folder: Path) -> None:
    codes = {
        letter: [f"{letter}{number:03d}" for number in range(count)]
        for letter, count in (("T", _TOWNS), ("H", _INSTITUTIONS), ("G", _GROUPS))
    }
    frames = {
        "dim_community": pd.DataFrame({"community_code": ["A"], "name": ["甲"], "short_name": ["甲"], "display_order": [1]}),
        "dim_town": pd.DataFrame({"town_code": codes["T"], "name": codes["T"], "community_code": "A"}),
        "fact_population": pd.DataFrame({"town_code": codes["T"], "year": 2024, "registered": 9000, "resident": 10000}),
        "dim_institution": pd.DataFrame(
            {"institution_code": codes["H"], "name": codes["H"], "short_name": codes["H"], "kind": "general_hospital", "in_county": "是"}
        ),
        "dim_disease_group": pd.DataFrame({"disease_group_code": codes["G"], "name": codes["G"]}),
    }
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False)


def _claims(first: int, count: int, random: np.random.Generator) -> pd.DataFrame:
    """Rows with distinct keys: the row number written in the mixed base of the key columns."""
    rest = np.arange(first, first + count)
    digits = []
    for base in (_TOWNS, _INSTITUTIONS, _GROUPS, 2):
        rest, digit = np.divmod(rest, base)
        digits.append(digit)
    total = random.integers(10_000, 9_999_999, count)
    fund = total * 6 // 10
    months = np.array([f"{_FIRST_YEAR + month // 12}-{month % 12 + 1:02d}-01" for month in range(int(rest.max()) + 1)])
    return pd.DataFrame(
        {
            "town_code": np.array([f"T{number:03d}" for number in range(_TOWNS)])[digits[0]],
            "scheme": np.array(["employee", "resident"])[digits[3]],
            "institution_code": np.array([f"H{number:03d}" for number in range(_INSTITUTIONS)])[digits[1]],
            "service_kind": "inpatient",
            "disease_group_code": np.array([f"G{number:03d}" for number in range(_GROUPS)])[digits[2]],
            "month": months[rest],
            "encounters": random.integers(1, 50, count),
            "total_cost": total / 100,
            "eligible_cost": (total * 9 // 10) / 100,
            "fund_paid": fund / 100,
            "patient_paid": (total - fund) / 100,
            "drg_points": total / 10_000,
        }
    )


def _write_workbook(file: Path, rows: int, random: np.random.Generator) -> None:
    """Write the claims as a workbook: made by a writer but for its rows, which are put together here, as it would take minutes."""
    empty = io.BytesIO()
    book = xlsxwriter.Workbook(empty)
    book.add_worksheet()
    book.close()
    with zipfile.ZipFile(empty) as source, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            if not name.endswith("sheet1.xml"):
                target.writestr(name, source.read(name))
        before, after = source.read("xl/worksheets/sheet1.xml").split(b"<sheetData/>")
        with target.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(before + b"<sheetData>")
            for first in range(0, rows, _BLOCK):
                frame = _claims(first, min(_BLOCK, rows - first), random)
                if first == 0:
                    sheet.write(_row(1, tuple(frame.columns)))
                for line, values in enumerate(frame.itertuples(index=False), start=first + 2):
                    sheet.write(_row(line, values))
            sheet.write(b"</sheetData>" + after)


def _row(line: int, values: tuple) -> bytes:
    cells = (
        f'<c r="{letter}{line}" t="inlineStr"><is><t>{value}</t></is></c>'
        if isinstance(value, str)
        else f'<c r="{letter}{line}"><v>{value}</v></c>'
        for letter, value in zip(string.ascii_uppercase, values, strict=False)
    )
    return f'<row r="{line}">{"".join(cells)}</row>'.encode()


def write_package(folder: Path, rows: int, *, xlsx: bool = False) -> None:
    """Write a package whose claim file has ``rows`` rows, in bounded memory."""
    random = np.random.default_rng(20250101)
    _dimensions(folder)
    if xlsx:
        _write_workbook(folder / "fact_claim.xlsx", rows, random)
        return
    for first in range(0, rows, _BLOCK):
        frame = _claims(first, min(_BLOCK, rows - first), random)
        frame.to_csv(folder / "fact_claim.csv", index=False, mode="a", header=first == 0)


def measure(folder: Path, database: Path, *, check_only: bool = False) -> dict[str, object]:
    """Load or only check the package in ``folder`` in this process and return the figures."""
    from dashboard.store.importing.loader import Progress, load_package

    stages: dict[str, float] = {}
    begin = time.perf_counter()
    cpu = time.process_time()

    def note(state: Progress) -> None:
        stages.setdefault(state.stage, round(time.perf_counter() - begin, 2))

    report = load_package(folder, f"duckdb:///{database}", progress=note, check_only=check_only)
    seconds = time.perf_counter() - begin
    if not report.passed:
        raise SystemExit("\n".join(finding.text() for finding in report.findings[:5]))
    return {
        "rows": report.row_count,
        "seconds": round(seconds, 1),
        "processor_seconds": round(time.process_time() - cpu, 1),
        "rows_per_second": round(report.row_count / seconds),
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "package_mib": sum(path.stat().st_size for path in folder.iterdir()) // 2**20,
        "database_mib": database.stat().st_size // 2**20 if database.exists() else 0,
        "stage_began_at": stages,
        "load_average": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """Write a package, load it in a fresh process, print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="a folder with a package already written (used by the measuring process)")
    parser.add_argument("--xlsx", action="store_true")
    parser.add_argument("--check-only", action="store_true")
    arguments = parser.parse_args()
    if arguments.folder is not None:
        found = measure(arguments.folder / "package", arguments.folder / "reporting.duckdb", check_only=arguments.check_only)
        print(json.dumps(found))
        return
    with tempfile.TemporaryDirectory(prefix="import-benchmark-") as scratch:
        folder = Path(scratch)
        (folder / "package").mkdir()
        write_package(folder / "package", arguments.rows, xlsx=arguments.xlsx)
        options = ["--check-only"] if arguments.check_only else []
        subprocess.run([sys.executable, "-m", "tests.benchmarks.import_benchmark", "--folder", scratch, *options], check=True)


if __name__ == "__main__":
    main()
