"""Reports that were expected, those that came, and whether in time; who is expected comes from the register, never from what arrived."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from dashboard.analysis.approval import COUNTY, Signed, Tier, Unit
from dashboard.analysis.data_quality import DIMENSIONS, ReportRule, expected_reports, quality
from dashboard.analysis.periods import shift_months
from dashboard.analysis.sequences import ratio
from dashboard.catalogue.reporting import WHOLE_COUNTY, reporting_rules
from dashboard.language import marked
from dashboard.services.common.approvals import signer
from dashboard.services.common.cache import cached
from dashboard.services.common.clock import today
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.services.data.approval import ApprovedOn
from dashboard.store.importing.undo import taken_back
from dashboard.store.query import run_query
from dashboard.store.scoping import rule_of


class CellState(StrEnum):
    """How a report of a reporter in a month stands; of several tables the worst."""

    MISSING = "missing"
    CHANGED = "changed"
    LATE = "late"
    CORRECTED = "corrected"
    ON_TIME = "on_time"
    CAME = "came"
    NOT_EXPECTED = "not_expected"


WORDS: Mapping[CellState, str] = {
    CellState.ON_TIME: marked("按时"),
    CellState.CAME: marked("已到（随首批历史，不判及时）"),
    CellState.LATE: marked("迟报"),
    CellState.CHANGED: marked("审定后又改"),
    CellState.CORRECTED: marked("更正"),
    CellState.MISSING: marked("未到"),
    CellState.NOT_EXPECTED: marked("不应报"),
}
_ORDER = list(CellState)
_KEPT = ["first_load_id", "first_loaded_at", "last_load_id", "last_loaded_at"]


@dataclass(frozen=True, eq=False)
class Reports:
    """Reports of a group of tables over the months shown.

    Attributes:
        cells: reporter, name, community, month, state (``CellState``), days_late (missing unless late), tables (those that are missing),
            parts (names of the towns that a report of the whole county lacks), provisional and locked (bool): whether the month waits for
            approval, and whether nobody may load it now.
        months: the months, newest first.
        by_month: month → (in time or come where time cannot be judged, expected, whether the county has locked it).
        quality: dimension, numerator, denominator, value (0–1) of the newest month; timeliness only where an arrival can be judged.
        trend: dimension, place (month, or load of the tables), value; the oldest first. Completeness and timeliness by month, correctness
            and consistency by load.
        by_reporter: reporter, name, dimension (completeness, timeliness), numerator, denominator, value over all the months shown.
        next_due: table → (due date of the newest month, came, expected).
    """

    cells: pd.DataFrame
    months: tuple[datetime.date, ...]
    by_month: Mapping[datetime.date, tuple[int, int, bool]]
    quality: pd.DataFrame
    trend: pd.DataFrame
    by_reporter: pd.DataFrame
    next_due: Mapping[str, tuple[datetime.date, int, int]]


@cached(max_entries=8)
def arrivals(database: ReportingDatabase, group: str, last: datetime.date) -> pd.DataFrame:
    """Return every report expected of the group's tables in the months shown, and what became of it.

    Returns:
        table_name, reporter, name, community_code, month, due_on, came (bool), parts (names of the towns that a report of the whole county
        lacks), first_on (day of first arrival; missing where unknown or part of the table's first load, which brought the history),
        last_on; first_load_id, first_loaded_at, last_load_id, last_loaded_at as they were kept.
    """
    rules = reporting_rules()
    months = list(pd.date_range(shift_months(last, 1 - rules.shown_months), last, freq="MS"))
    span = {"first": months[0].date(), "last": months[-1].date()}
    register = run_query(database, "common/register").rename(columns={"reporter_code": "reporter"})
    returns = run_query(database, "common/returns", **span).rename(columns={"reporter_code": "reporter"})
    dated = run_query(database, "data/arrivals", first_month=span["first"], last_month=span["last"])
    dated = dated.rename(columns={"period": "month"})
    county = pd.DataFrame({"reporter": [WHOLE_COUNTY], "kind": WHOLE_COUNTY, "name": directory(database).county_name})
    first_loads = _first_loads(database)
    parts = []
    for table in rules.groups[group].tables:
        if not database.scope.grants(rule_of(table).section):  # what is not granted is not missing
            continue
        rule = rules.tables[table]
        expected = expected_reports(county if rule.of_county else register, months, ReportRule(rule.kinds, rule.due_day))
        own = returns.loc[returns["table_name"] == table, ["reporter", "month"]].drop_duplicates().assign(came=True)
        own["month"] = own["month"].astype(expected["month"].dtype)
        known = dated.loc[dated["table_name"] == table].drop(columns="table_name")
        known["month"] = known["month"].astype(expected["month"].dtype)
        if rule.of_county:
            own, known = _whole_county(register, own, months), _first_and_last(known)
        found = expected.merge(own, on=["reporter", "month"], how="left").merge(known, on=["reporter", "month"], how="left")
        judged = found["first_load_id"].ne(first_loads.get(table, -1)) & found["first_loaded_at"].notna()
        parts.append(
            found.assign(
                table_name=table,
                came=found["came"].fillna(False).astype(bool),
                parts=found["parts"] if rule.of_county else pd.Series([()] * len(found), found.index, dtype="object"),
                first_on=pd.to_datetime(found["first_loaded_at"]).where(judged).dt.normalize(),
                last_on=pd.to_datetime(found["last_loaded_at"]).where(judged).dt.normalize(),
            )
        )
    about = pd.concat([register, county], ignore_index=True).drop_duplicates("reporter").set_index("reporter")[["name", "community_code"]]
    columns = ["table_name", "reporter", "month", "due_on", "came", "parts", "first_on", "last_on", *_KEPT]
    if not parts:
        return pd.DataFrame(columns=[*columns, *about.columns])
    return _in_order(database, pd.concat(parts, ignore_index=True)[columns].join(about, on="reporter"))


def _whole_county(register: pd.DataFrame, own: pd.DataFrame, months: list[pd.Timestamp]) -> pd.DataFrame:
    """Return reporter (the county), month, came (every town is there) and parts (names of the towns that are not)."""
    towns = register[register["kind"] == "town"].set_index("reporter")["name"]
    there = own.groupby("month")["reporter"].agg(set).to_dict()
    gone = [tuple(str(name) for code, name in towns.items() if code not in there.get(month, ())) for month in months]
    return pd.DataFrame(
        {"reporter": WHOLE_COUNTY, "month": months, "came": [bool(len(towns)) and not each for each in gone], "parts": gone}
    )


def _first_and_last(known: pd.DataFrame) -> pd.DataFrame:
    """Return the arrivals of a month by provider as one of the county: the first of them, and the last; unknown when one of them is."""
    ways = {name: (name, "min" if name.startswith("first") else "max") for name in _KEPT}
    sums = known.groupby("month", as_index=False).agg(**ways).assign(reporter=WHOLE_COUNTY)
    unknown = known.loc[known["first_loaded_at"].isna(), "month"]
    sums.loc[sums["month"].isin(unknown), ["first_load_id", "first_loaded_at"]] = None
    return sums


def _in_order(database: ReportingDatabase, rows: pd.DataFrame) -> pd.DataFrame:
    """Return ``rows`` community by community as they are ordered everywhere, those of none last; within one by code."""
    places = {each.code: each.position for each in directory(database).ordered}
    order = rows["community_code"].map(places).fillna(len(places))
    return rows.iloc[order.to_numpy().argsort(kind="stable")].reset_index(drop=True)


def _first_loads(database: ReportingDatabase) -> dict[str, int]:
    files = run_query(database, "data/files")
    return {str(table): int(load) for table, load in files.groupby("table_name")["load_id"].min().items()}


@cached(max_entries=32, marks=True)
def reports(
    database: ReportingDatabase, group: str, last: datetime.date, community: str | None = None, approved_on: ApprovedOn | None = None
) -> Reports | None:
    """Return the reports of a group of ``reporting.yaml``; None when nobody is expected to send any.

    ``approved_on`` says on which load each month was first approved (``first_approvals``): what a later load brought was changed after
    the lock.
    """
    rows = arrivals(database, group, last)
    if community is not None:
        # A report of the whole county has no part that is a community's alone.
        rows = rows[(rows["community_code"] == community) | (rows["reporter"] == WHOLE_COUNTY)]
    if rows.empty:
        return None
    months = tuple(month.date() for month in sorted(rows["month"].unique(), reverse=True))
    newest = rows[rows["month"] == pd.Timestamp(months[0])]
    tables = reporting_rules().groups[group].tables
    due = {
        str(table): (pd.Timestamp(part["due_on"].iloc[0]).date(), int(part["came"].sum()), len(part))
        for table, part in newest.groupby("table_name", sort=False)
    }
    judged = judged_findings(database, tables)
    newest_load = judged.loc[judged["newest"], ["kind", "checked", "failed"]]
    cells = _with_approval(_cells(rows, approved_on or ApprovedOn({})), database.signed, months)
    return Reports(
        cells, months, _by_month(rows, database.signed), _four(newest, newest_load), _trend(rows, judged), _by_reporter(rows), due
    )


def _by_month(rows: pd.DataFrame, signed: Signed) -> dict[datetime.date, tuple[int, int, bool]]:
    fine = rows["came"] & ~(rows["first_on"] > rows["due_on"])
    sums = rows.assign(fine=fine).groupby("month")["fine"].agg(["sum", "size"]).reset_index()
    days = [month.date() for month in sums["month"]]
    return {day: (int(done), int(due), signed.has(day, COUNTY)) for day, done, due in zip(days, sums["sum"], sums["size"], strict=True)}


def _trend(rows: pd.DataFrame, judged: pd.DataFrame) -> pd.DataFrame:
    """Return completeness and timeliness of every month, correctness and consistency of every load that had something to judge."""
    by_month = _arrived(rows, ["month"])
    loads = judged[judged["checked"] > 0].sort_values("load_id")
    by_load = pd.DataFrame(
        {"dimension": loads["kind"], "place": loads["load_id"].astype(str), "value": 1 - loads["failed"] / loads["checked"]}
    )
    months = by_month.assign(place=[f"{month:%Y-%m}" for month in by_month["month"]])[["dimension", "place", "value"]]
    return pd.concat([months, by_load], ignore_index=True)


def _by_reporter(rows: pd.DataFrame) -> pd.DataFrame:
    return _arrived(rows, ["reporter", "name"])


def _arrived(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return completeness and timeliness by ``by``; as ``_four``, all groups at once."""
    judged = rows["first_on"].notna() | (~rows["came"] & bool(rows["first_on"].notna().any()))
    timely = rows["came"] & (rows["first_on"] <= rows["due_on"])
    sides = rows.assign(all=1, judged=judged.astype(int), timely=(timely & judged).astype(int), come=rows["came"].astype(int))
    sums = sides.groupby(by, sort=False, as_index=False)[["come", "all", "timely", "judged"]].sum()
    # A group of which nothing that came can be judged has no timeliness, however much of it is missing.
    known = rows.assign(known=rows["first_on"].notna()).groupby(by, sort=False)["known"].any().to_numpy()
    parts = [
        sums.assign(dimension="completeness", numerator=sums["come"], denominator=sums["all"]),
        sums.assign(dimension="timeliness", numerator=sums["timely"].where(known, 0), denominator=sums["judged"].where(known, 0)),
    ]
    table = pd.concat(parts, ignore_index=True)
    table["value"] = ratio(table["numerator"], table["denominator"])
    return table[[*by, "dimension", "numerator", "denominator", "value"]]


def _four(rows: pd.DataFrame, findings: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the four dimensions of ``rows``; a table counts like a reporter of its own. Timeliness leaves out what cannot be judged."""
    keyed = rows.assign(reporter=rows["table_name"] + " " + rows["reporter"])
    expected = keyed[["reporter", "month", "due_on"]]
    whole = quality(keyed.loc[keyed["came"], ["reporter", "month", "first_on"]], expected, findings)
    judged = keyed[~keyed["came"] | keyed["first_on"].notna()]
    if not keyed["first_on"].notna().any():  # nothing arrived after the first load of the history: there is nothing to judge
        judged = keyed.iloc[:0]
    timely = quality(judged.loc[judged["came"], ["reporter", "month", "first_on"]], judged[["reporter", "month", "due_on"]])
    return pd.concat([whole[whole["dimension"] != "timeliness"], timely[timely["dimension"] == "timeliness"]]).sort_values(
        "dimension", key=lambda column: column.map({name: place for place, name in enumerate(DIMENSIONS)})
    )


def _with_approval(cells: pd.DataFrame, signed: Signed, months: tuple[datetime.date, ...]) -> pd.DataFrame:
    """Return ``cells`` with provisional and locked; a town's report is its community's to sign."""
    people = list(dict.fromkeys(zip(cells["reporter"], cells["community"], strict=True)))
    known = {
        (month, home, code): (bool(signed.provisional((month,), _signer(code, home))), _is_locked(signed, month, code, home))
        for month in months
        for code, home in people
    }
    keys = zip(cells["month"].dt.date, cells["community"], cells["reporter"], strict=True)
    told = [known[key] for key in keys]
    return cells.assign(provisional=[each[0] for each in told], locked=[each[1] for each in told])


def _signer(code: str, home: object) -> Unit:
    if code == WHOLE_COUNTY:
        return COUNTY
    return signer("institution", code, home if isinstance(home, str) and home else None)


def _is_locked(signed: Signed, month: datetime.date, code: str, home: object) -> bool:
    units = (COUNTY, Unit(Tier.COMMUNITY, str(home)), Unit(Tier.INSTITUTION, code))
    return any(signed.has(month, unit) for unit in units)


def _cells(rows: pd.DataFrame, approved_on: ApprovedOn) -> pd.DataFrame:
    keys = zip(rows["month"].dt.date, rows["reporter"], strict=True) if approved_on.loads else ()
    known = pd.Series([approved_on.loads.get(key) for key in keys] or np.nan, rows.index, dtype="float64")
    changed = rows["came"] & (rows["last_load_id"].astype("float64") > known)
    late = rows["came"] & (rows["first_on"] > rows["due_on"])
    corrected = rows["came"] & (rows["last_on"] > rows["first_on"])
    state = np.select(
        [~rows["came"], changed, late, corrected, rows["first_on"].notna()],
        [_ORDER.index(each) for each in (CellState.MISSING, CellState.CHANGED, CellState.LATE, CellState.CORRECTED, CellState.ON_TIME)],
        _ORDER.index(CellState.CAME),
    )
    told = rows.assign(
        place=state, days_late=(rows["first_on"] - rows["due_on"]).dt.days.where(late), gone=rows["table_name"].where(~rows["came"], "")
    )
    cells = told.groupby(["reporter", "month"], as_index=False).agg(
        name=("name", "first"), community=("community_code", "first"), place=("place", "min"), days_late=("days_late", "max"),
        tables=("gone", lambda names: tuple(filter(None, names))), parts=("parts", "first"),
    )  # fmt: skip
    every = pd.MultiIndex.from_product([rows["reporter"].unique(), rows["month"].unique()], names=["reporter", "month"])
    cells = cells.set_index(["reporter", "month"]).reindex(every).reset_index()
    about = rows.drop_duplicates("reporter").set_index("reporter")
    cells["name"], cells["community"] = cells["reporter"].map(about["name"]), cells["reporter"].map(about["community_code"])
    cells["state"] = [CellState.NOT_EXPECTED if pd.isna(place) else _ORDER[int(place)] for place in cells["place"]]
    return cells.drop(columns="place")


@cached(max_entries=8)
def judged_findings(database: ReportingDatabase, tables: tuple[str, ...]) -> pd.DataFrame:
    """Return of every load of ``tables`` that stands, by dimension: what its rules could be applied to, and what they found.

    Returns:
        load_id, kind (dimension), checked (rows of the files that at least one of its rules speaks of), failed (rows with such a
        finding), newest (bool: among the newest load of its tables, all of them together).
    """
    files, found = run_query(database, "data/files"), run_query(database, "data/findings")
    own = files[files["table_name"].isin(tables) & ~files["load_id"].isin(taken_back(run_query(database, "data/loads")))]
    own = own.assign(newest=own["load_id"].eq(own.groupby("table_name")["load_id"].transform("max")))
    parts = []
    for kind, rules in reporting_rules().rules.items():
        spoken_of = [any(not spoken or table in spoken for spoken in rules.values()) for table in own["table_name"]]
        here = own[np.array(spoken_of, dtype=bool)]  # an empty list would choose columns
        failed = found[found["rule"].isin(list(rules))].drop_duplicates(["load_id", "file", "line"])
        counted = failed.groupby(["load_id", "file"]).size().rename("failed").reset_index()
        known = here.merge(counted, on=["load_id", "file"], how="left").fillna({"failed": 0})
        known["failed"] = known[["failed", "row_count"]].min(axis=1)
        parts.append(known.assign(kind=kind, checked=known["row_count"])[["load_id", "kind", "checked", "failed", "newest"]])
    lines = pd.concat(parts, ignore_index=True)
    if lines.empty:
        return lines
    return lines.groupby(["load_id", "kind", "newest"], as_index=False)[["checked", "failed"]].sum()


def days_to(due: datetime.date) -> int:
    """Return the days from today to ``due``, negative when it has passed."""
    return (due - today()).days
