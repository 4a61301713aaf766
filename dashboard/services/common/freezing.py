"""Whether the data under a frozen result have changed since: what a load brought or corrected afterwards in the months it is about."""

from dataclasses import dataclass

from dashboard.analysis.periods import Period
from dashboard.language import marked, translate
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.store.query import run_query


@dataclass(frozen=True)
class DataChange:
    """What changed: how many reports were corrected and how many came that were not there, and by which loads, the newest last."""

    corrected: int
    added: int
    loads: tuple[int, ...]

    def text(self, language: str = "zh") -> str:
        """Return "冻结后数据有改动：第 46、47 批更正 3 份、新增 2 份报表"; empty when nothing changed."""
        if not self.loads:
            return ""
        names = translate(marked("、"), language).join(str(load) for load in self.loads)
        counts = {"loads": names, "corrected": self.corrected, "added": self.added}
        return translate(marked("冻结后数据有改动：第 {loads} 批更正 {corrected} 份、新增 {added} 份报表"), language, **counts)


UNCHANGED = DataChange(0, 0, ())


def frozen_period(code: str | None) -> Period | None:
    """Return the period that a frozen version holds for ("quarter:2025-09"); None for a code that is none."""
    grain, _colon, text = (code or "").partition(":")
    try:
        return Period.parse(text, grain)
    except ValueError:
        return None


@cached(max_entries=64)
def changed_since(database: ReportingDatabase, load_id: int | None, period: Period) -> DataChange:
    """Return what changed in the months of ``period`` after load ``load_id``; of the whole county, as counts alone.

    A result that does not know its load cannot be held against one: ``UNCHANGED``.
    """
    if load_id is None or load_id >= database.version.load_id:
        return UNCHANGED
    whole = database.under(database.scope.whole_county)
    rows = run_query(whole, "common/changed_reports", first=period.first, last=period.last, load_id=load_id)
    corrected = int((rows["first_load_id"].fillna(0) <= load_id).sum())
    return DataChange(corrected, len(rows) - corrected, tuple(sorted({int(load) for load in rows["last_load_id"]})))
