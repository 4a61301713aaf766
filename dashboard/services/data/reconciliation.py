"""Cross-table reconciliation: what an institution reports against what was settled of it, by month, and who drifts."""

import datetime
from dataclasses import dataclass

import pandas as pd

from dashboard.analysis.periods import shift_months
from dashboard.analysis.reconciliation import DriftRule, drift
from dashboard.analysis.sequences import ratio
from dashboard.analysis.suppression import ON_SCREEN, small
from dashboard.catalogue.reconciliation import ReconciliationRule, reconciliation
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.store.query import run_query

_QUERIES = ("data/reconciliation_volumes", "data/reconciliation_claims", "data/reconciliation_income")


@dataclass(frozen=True, eq=False)
class Reconciled:
    """One rule over all institutions that both tables know.

    Attributes:
        code: of the rule.
        rule: names, sides and tables.
        relative: month (index) × institution code: the ratio over its usual value (1 = as usual), for the picture.
        table: indexed by institution code: name, community, latest, usual, low, high, run, side, drifting, judged; the drifting first.
        lacks: tables without which nothing can be held against another; empty when there is something.
    """

    code: str
    rule: ReconciliationRule
    relative: pd.DataFrame
    table: pd.DataFrame
    lacks: tuple[str, ...]

    @property
    def drifting(self) -> pd.DataFrame:
        """The institutions that drift, the longest first."""
        return self.table[self.table["drifting"]]


@cached(max_entries=8)
def reconciled(database: ReportingDatabase, last: datetime.date, community: str | None = None) -> tuple[Reconciled, ...]:
    """Return every rule of ``reconciliation.yaml`` as of month ``last``, of one community where it is given. Raises ``QueryError``.

    A ratio with a side that counts fewer than five people is missing.
    """
    plan = reconciliation()
    rule = DriftRule(**plan.drift.model_dump())
    months = pd.date_range(shift_months(last, 1 - rule.baseline_months - rule.run_months), last, freq="MS")
    asked = [run_query(database, query, first=months[0].date(), last=last) for query in _QUERIES]
    rows = pd.concat(asked, ignore_index=True)
    rows["month"] = pd.to_datetime(rows["month"])
    who = directory(database).inside
    rows = rows[rows["institution_code"].isin(who.index if community is None else who.index[who["community_code"] == community])]
    sides = {
        str(side): part.pivot(index="month", columns="institution_code", values="amount").astype("float64").reindex(months)
        for side, part in rows.groupby("side")
    }
    return tuple(_of_rule(code, each, sides, rule, who) for code, each in plan.rules.items())


def _of_rule(code: str, rule: ReconciliationRule, sides: dict[str, pd.DataFrame], wanted: DriftRule, who: pd.DataFrame) -> Reconciled:
    names = {"numerator": rule.numerator, "denominator": rule.denominator}
    known = {name: sides[column] for name, column in names.items() if column in sides}
    if len(known) < len(names):
        lacks = tuple(table for table, name in zip(rule.tables, names, strict=True) if name not in known)
        return Reconciled(code, rule, pd.DataFrame(), pd.DataFrame({"drifting": pd.Series(dtype=bool)}), lacks)
    both = known["numerator"].columns.intersection(known["denominator"].columns)
    parts = {name: frame[both] for name, frame in known.items()}
    ratios = parts["numerator"].div(parts["denominator"].where(parts["denominator"] != 0))
    for name in rule.people:
        ratios = ratios.mask(parts[name].apply(small, smallest=ON_SCREEN))
    found = drift(ratios, wanted)
    about = who.reindex(both)
    table = found.assign(name=about["short_name"], community=about["community_code"])
    table = table.sort_values(["drifting", "run"], ascending=False, kind="stable")
    relative = pd.DataFrame({unit: ratio(ratios[unit], pd.Series(found["usual"][unit], ratios.index)) for unit in both}, index=ratios.index)
    return Reconciled(code, rule, relative, table, ())
