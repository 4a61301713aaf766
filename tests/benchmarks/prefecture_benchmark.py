"""Print as JSON what a prefecture costs: ``python -m tests.benchmarks.prefecture_benchmark DATABASE [--one-county DATABASE]``.

DATABASE is a file of many counties (``python -m dashboard demo --counties N``), a copy of which gets its marts made anew: seconds, and
the memory of a process of its own. Then, each in a process of its own: the answer behind 全市各县 without any cache, and the Overview's
headline numbers of one county, against the same of the database of one county: the first month that is asked for, with which the process
reads its catalogue and lays the county's rows out, and the median of the months before it. At last whole pages of that county, without any
answer: ``first`` right after the start of the process, ``cold`` for the next load.
"""

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from dashboard.analysis.periods import Grain, Period, shift_months
from dashboard.services.common.cache import forget_answers
from dashboard.services.common.counties import all_counties
from dashboard.services.common.database import open_database
from dashboard.services.overview.answer import headlines
from dashboard.services.prefecture.answer import everywhere, prefecture
from dashboard.services.prefecture.marts import make_marts
from tests.benchmarks.page_runs import page_seconds

_ROUNDS = 3
_LATER_MONTHS = 7
_MIB = 1024
_PAGES = ("overview", "resources", "utilisation", "referrals", "performance", "insurance")


def main() -> None:
    parser = argparse.ArgumentParser(description="What a prefecture costs.")
    parser.add_argument("database", type=Path)
    parser.add_argument("--one-county", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="prefecture-benchmark-", dir=options.database.parent) as folder:
        copy = Path(folder) / "reporting.duckdb"
        shutil.copyfile(options.database, copy)
        url = f"duckdb:///{copy}"
        result = {"marts": apart(_marts, url), "page": cold(_page, url), "county": cold(_county, url), "pages": cold(_pages, url)}
    if options.one_county:
        result["alone"] = cold(_county, f"duckdb:///{options.one_county}")
        for which in ("first", "later"):
            result[f"county_by_alone_{which}"] = round(result["county"][f"{which}_seconds"] / result["alone"][f"{which}_seconds"], 2)
        result["pages_alone"] = cold(_pages, f"duckdb:///{options.one_county}")
        result["pages_by_alone"] = {
            name: round(seconds / result["pages_alone"][name], 2)
            for name, seconds in result["pages"].items()
            if name in result["pages_alone"]
        }
    print(json.dumps(result, indent=2, ensure_ascii=False))


def apart(work: Callable[[str], dict[str, float]], url: str) -> dict[str, float]:
    """Return what ``work`` answers in a new process, with the most memory that this one took, in MiB."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (work, url))


def cold(work: Callable[[str], dict[str, float]], url: str) -> dict[str, float]:
    """Return the median of several new processes."""
    found = [apart(work, url) for _round in range(_ROUNDS)]
    return {name: round(statistics.median(each[name] for each in found), 3) for name in found[0]}


def _measured(work: Callable[[str], dict[str, float]], url: str) -> dict[str, float]:
    found = work(url)
    return found | {"peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MIB, 1)}


def _marts(url: str) -> dict[str, float]:
    begun = time.perf_counter()
    count = make_marts(url)
    return {"counties": count, "seconds": round(time.perf_counter() - begun, 1)}


def _page(url: str) -> dict[str, float]:
    database = open_database(url)
    through = database.version.data_through
    assert through is not None
    begun = time.perf_counter()
    answer = prefecture(everywhere(database), through)
    return {"seconds": round(time.perf_counter() - begun, 3), "counties": len(answer.counties)}


def _county(url: str) -> dict[str, float]:
    database = open_database(url)
    through, codes = database.version.data_through, [county.code for county in all_counties(database)]
    assert through is not None
    one = database.under(replace(database.scope, county=codes[0] if len(codes) > 1 else None))
    seconds = []
    for step in range(1 + _LATER_MONTHS):
        begun = time.perf_counter()
        headlines(one, Period(Grain.MONTH, shift_months(through, -step)))
        seconds.append(time.perf_counter() - begun)
    return {"first_seconds": round(seconds[0], 3), "later_seconds": round(statistics.median(seconds[1:]), 3)}


def _pages(url: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="prefecture-benchmark-") as folder:
        os.environ |= {"REPORTING_DATABASE_URL": url, "WORKSPACE_DATABASE_URL": f"sqlite:///{folder}/workspace.sqlite"}
        page_seconds("people")  # what every page imports
        found = {"overview_first": page_seconds("overview")}
        for page in _PAGES:
            page_seconds(page)
            forget_answers()
            found[f"{page}_cold"] = page_seconds(page)
        return found


if __name__ == "__main__":
    main()
