"""Two counties in one database: the small county (``scope_county.py``) and its twin under other codes, with figures of its own.

What both share is what counties of one prefecture share: the code lists, and the hospitals outside of every county.
"""

import datetime

import numpy as np
import pandas as pd
from sqlalchemy import Integer

from dashboard.store.schema import metadata
from tests.scope_county import Frames, aggregated, county

FIRST, SECOND = "K", "L"
_OWN_KEYS = {"dim_county": "county_code", "dim_community": "community_code", "dim_town": "town_code", "dim_institution": "institution_code"}
_OWN_KEYS |= {"dim_equipment": "equipment_code", "dim_event": "event_code"}
_PLACED = ("dim_community", "dim_town", "dim_institution", "dim_event", "fact_claim", "agg_claim_month")


def one_county(load_id: int = 1, code: str = FIRST) -> Frames:
    """The small county as a database of one county holds it after a load: its own code everywhere, and the records of the load."""
    frames = county()
    frames["dim_event"] = pd.DataFrame(
        [{"event_code": "EV", "title": "全县的改革", "kind": "other", "starts_on": datetime.date(2025, 1, 1), "community_code": None}]
    )
    for name in _PLACED:
        frames[name]["county_code"] = code
    frames["dim_institution"].loc[~frames["dim_institution"]["in_county"], "county_code"] = None
    return _recorded(frames, load_id, code)


def _recorded(frames: Frames, load_id: int, code: str) -> Frames:
    """Return ``frames`` with what a load writes about itself."""
    when = frames["meta_load"]["loaded_at"].iloc[0]
    reports = []
    for name, frame in frames.items():
        info = metadata.tables[name].info
        if not info.get("reporter"):
            continue
        pairs = frame[[info["reporter"], info["period"]]].drop_duplicates().set_axis(["reporter", "period"], axis=1)
        if isinstance(metadata.tables[name].c[info["period"]].type, Integer):
            pairs["period"] = [datetime.date(year, 1, 1) for year in pairs["period"]]
        reports.append(pairs.assign(table_name=name))
    report = pd.concat(reports, ignore_index=True)
    report = report.assign(first_load_id=load_id, first_loaded_at=when, last_load_id=load_id, last_loaded_at=when)
    of_table = report.groupby("table_name", as_index=False)["period"].agg(["min", "max"]).set_axis(["table_name", "first", "last"], axis=1)
    freshness = of_table.rename(columns={"first": "first_period", "last": "last_period"}).assign(load_id=load_id, row_count=1)
    file = {"load_id": load_id, "file": f"{code}.csv", "table_name": "fact_bed", "checksum": "1", "row_count": 1, "replaced_count": 0}
    finding = {"load_id": load_id, "number": 1, "severity": "warning", "rule": "far", "file": f"{code}.csv", "value": code}
    return frames | {
        "meta_load": frames["meta_load"].assign(load_id=load_id, county_code=code, package=f"县{code}"),
        "meta_load_file": pd.DataFrame([file]),
        "meta_finding": pd.DataFrame([finding]),
        "meta_report": report,
        "meta_freshness": freshness,
    }


def _codes(frames: Frames, mark: str) -> dict[str, dict[str, str]]:
    """By register, what each code of the county is called in its twin; hospitals outside keep theirs."""
    codes = {name: {code: f"{mark}{code}" for code in frames[name][key]} for name, key in _OWN_KEYS.items()}
    outside = frames["dim_institution"].loc[~frames["dim_institution"]["in_county"], "institution_code"]
    return codes | {"dim_institution": {code: new for code, new in codes["dim_institution"].items() if code not in set(outside)}}


def second_county(seed: int = 7) -> Frames:
    """The twin alone, as ``one_county`` is; another ``seed`` makes other figures and leaves out other rows."""
    frames, random = one_county(2, SECOND), np.random.default_rng(seed)
    codes = _codes(frames, "Z")
    for name, frame in frames.items():
        table = metadata.tables[name]
        if name.startswith("meta_"):
            continue
        for column in frame.columns.intersection(list(table.columns.keys())):
            own = column == _OWN_KEYS.get(name)
            register = name if own else next((key.column.table.name for key in table.c[column].foreign_keys), None)
            if register in codes and column != "county_code":
                frame[column] = [codes[register].get(code, code) for code in frame[column]]
        for column in table.columns if name.startswith("fact_") else ():
            if column.info.get("measure") and column.name in frame:
                frame[column.name] = random.integers(60, 6_000, len(frame))
        if name.startswith("fact_"):
            frames[name] = frame[random.random(len(frame)) < 0.9].reset_index(drop=True)
    survey = frames["fact_survey"]
    frames["fact_survey"] = survey.assign(satisfied=survey[["satisfied", "surveyed"]].min(axis=1))
    frames["agg_claim_month"] = aggregated(frames["fact_claim"])
    frames["dim_county"] = frames["dim_county"].assign(county_code=SECOND, name="大县", short_name="大县")
    return _recorded(frames, 2, SECOND)


def together(first: Frames, second: Frames) -> Frames:
    """Both counties in one database; what they share is there once."""
    both = {}
    for name in first | second:
        keys = [column.name for column in metadata.tables[name].primary_key.columns]
        stacked = pd.concat([frames[name] for frames in (first, second) if name in frames and len(frames[name])], ignore_index=True)
        both[name] = stacked.drop_duplicates(keys, ignore_index=True) if keys else stacked
    return both
