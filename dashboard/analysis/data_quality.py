"""Is the data complete, in time, right and consistent: the reports expected from a register, and four figures with their sides.

The four dimensions are those of DHIS2's manual [FOUND]; who is expected is a rule over the register, never what arrived. A dimension
without anything to judge is missing, not fulfilled. There is no single score.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dashboard.analysis.reporting import was_open
from dashboard.analysis.sequences import ratio

DIMENSIONS = ("completeness", "timeliness", "correctness", "consistency")


@dataclass(frozen=True)
class ReportRule:
    """Who has to report a table and when: ``kinds`` of institutions (None: every kind), and the ``due_day`` of the following month."""

    kinds: Collection[str] | None = None
    due_day: int = 10


def expected_reports(register: pd.DataFrame, months: Iterable[Any], rule: ReportRule | None = None) -> pd.DataFrame:
    """Return the reports that are expected, from the register alone.

    An institution is expected in every month in which it was open for a day: from the month of ``opened_on`` to that of ``closed_on``.

    Args:
        register: one row per possible reporter: reporter, and as far as known kind, opened_on, closed_on (dates or
            missing), in_county (bool).
        months: months asked for, as anything that ``pandas`` reads as dates.
        rule: who reports and by when; by default every kind, on the 10th of the next month.

    Returns:
        One row per report in order of month and register: reporter, month (first day), due_on (date by which it is in time).

    Raises:
        KeyError: the register has no column ``reporter``.
        ValueError: a due day outside 1–28.
    """
    rule = rule or ReportRule()
    if not 1 <= rule.due_day <= 28:
        raise ValueError("due_day must be 1 to 28")
    asked = pd.DatetimeIndex(sorted({pd.Timestamp(month).to_period("M").to_timestamp() for month in months}))
    people = register
    if rule.kinds is not None:
        people = people[people["kind"].isin(list(rule.kinds))]
    if "in_county" in people:
        people = people[people["in_county"].astype("boolean").fillna(True).to_numpy(dtype=bool)]
    when, who = np.nonzero(was_open(people, asked).T)
    due = asked + pd.DateOffset(months=1) + pd.Timedelta(days=rule.due_day - 1)
    return pd.DataFrame({"reporter": people["reporter"].to_numpy()[who], "month": asked[when], "due_on": due[when]})


def quality(reports: pd.DataFrame, expected: pd.DataFrame, findings: pd.DataFrame | None = None, *, by: Sequence[str] = ()) -> pd.DataFrame:
    """Return the four dimensions with both sides.

    Completeness = reported ÷ expected; timeliness = reported on time ÷ expected (not ÷ reported, which rewards those who send nothing);
    correctness = 1 − flagged ÷ checked values; consistency = rules passed ÷ rules applicable.

    Args:
        reports: reporter, month and ``first_on`` (day of the first arrival, missing where unknown), at most one row each.
        expected: what ``expected_reports`` returns. A report nobody expected does not count.
        findings: one row per rule and what it looked at: ``kind`` ("correctness" or "consistency"), ``checked`` (values or cases it
            could be applied to, 0 where not applicable) and ``failed``; the columns of ``by`` too. None: not judged.
        by: columns to group by (reporter, month); none for one row over all.

    Returns:
        One row per group and dimension, in the order of ``DIMENSIONS``: the columns of ``by``, dimension, numerator, denominator, value
        (0–1; missing where the denominator is 0: not applicable is not passed).

    Raises:
        ValueError: a report twice, or a finding that failed more often than it was applied.
    """
    keys = list(by)
    if reports.duplicated(["reporter", "month"]).any():
        raise ValueError("a reporter has two reports in one month")
    arrived = reports.assign(month=pd.to_datetime(reports["month"]), arrived=True)
    first = pd.to_datetime(arrived["first_on"]).dt.normalize() if "first_on" in arrived else pd.Series(pd.NaT, arrived.index)
    joined = expected.merge(
        arrived.assign(first_on=first)[["reporter", "month", "arrived", "first_on"]], on=["reporter", "month"], how="left"
    )
    came = joined["arrived"].fillna(False).astype(bool)
    judged = joined.assign(
        denominator=1, completeness=came.astype(int), timeliness=(came & (joined["first_on"] <= joined["due_on"])).astype(int)
    )
    parts = [_summed(judged.assign(numerator=judged[name]), keys).assign(dimension=name) for name in ("completeness", "timeliness")]
    parts += [_judged(findings, name, keys) for name in ("correctness", "consistency")]
    order = {name: place for place, name in enumerate(DIMENSIONS)}
    table = pd.concat([part for part in parts if len(part)], ignore_index=True)
    table = table.sort_values([*keys, "dimension"], key=lambda column: column.map(order) if column.name == "dimension" else column)
    table["value"] = ratio(table["numerator"], table["denominator"])
    return table[[*keys, "dimension", "numerator", "denominator", "value"]].reset_index(drop=True)


def _judged(findings: pd.DataFrame | None, kind: str, keys: list[str]) -> pd.DataFrame:
    if findings is None:
        findings = pd.DataFrame(columns=["kind", "checked", "failed", *keys])
    if (findings["failed"] > findings["checked"]).any():
        raise ValueError("a rule failed more often than it was applied")
    own = findings[findings["kind"] == kind]
    figures = {"denominator": own["checked"].astype("int64"), "numerator": (own["checked"] - own["failed"]).astype("int64")}
    return _summed(own.assign(**figures), keys).assign(dimension=kind)


def _summed(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    columns = ["numerator", "denominator"]
    if not keys:
        return rows[columns].sum().to_frame().T.astype("int64")
    return rows.groupby(keys, as_index=False)[columns].sum()
