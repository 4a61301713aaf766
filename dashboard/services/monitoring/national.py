"""The national monitoring list of 2024 (14 items) as a table to hand upwards: value, both sides, and how sure each definition is."""

import datetime
import math

from pydantic import BaseModel, ConfigDict

from dashboard.analysis.periods import Grain, Period
from dashboard.analysis.suppression import ON_EXPORT
from dashboard.catalogue.loader import load_catalogue
from dashboard.language import marked, translate
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.indicators import hide_small, indicator_values

LIST = "monitoring_2024"
_WHY = {
    "assessed": marked("由人按条目评定，见绩效评价的评定"),
    "incomplete": marked("部分机构或月份未报，按已报数据计算"),
    "few": marked("人数过少，或由它能算出人数过少的数，不显示"),
    "missing_data": marked("缺少数据"),
    "zero_denominator": marked("分母为 0，无法计算"),
    "not_in_schema": marked("数据库不收集所需数据"),
    "not_at_level": marked("这一层级不计算此指标"),
    "out_of_scope": marked("不在您的数据范围内"),
    "not_released": marked("贡献的医共体少于 3 家，或一家占 85% 以上，全县值会透露他人的数据，不显示"),
}


class NationalRow(BaseModel):
    """One indicator of one item, of the county from January to the month; ``indicator`` None where people assess it or nothing computes it.

    ``item_grade`` is how sure the item's wording is, ``grade`` how sure numerator and denominator are. ``status`` as in
    ``indicator_values``, or ``"assessed"``, ``"lacking"``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    item: str
    name: str
    name_en: str
    indicator: str | None
    value: float | None
    numerator: float | None
    denominator: float | None
    status: str
    item_grade: str
    grade: str
    lacks: str = ""
    lacks_en: str = ""

    def why(self, language: str = "zh") -> str:
        """Return why there is no value, or what to heed about it; empty for a whole one."""
        if self.status == "lacking":
            return self.lacks if language == "zh" else self.lacks_en
        return translate(_WHY[self.status], language) if self.status in _WHY else ""


@cached()
def national_list(database: ReportingDatabase, month: datetime.date) -> tuple[NationalRow, ...]:
    """Return the 14 items in their order, small counts hidden as in every export.

    Raises:
        QueryError: the database cannot answer.
    """
    catalogue = load_catalogue()
    items = catalogue.lists[LIST].items
    names = tuple(dict.fromkeys(name for item in items for name in item.indicators))
    read = indicator_values(database, level="county", period=Period(Grain.YEAR_TO_DATE, month), indicators=names)
    values = hide_small(read, ON_EXPORT).set_index("indicator")
    found = []
    for item in items:
        about = {"item": item.id, "item_grade": item.grade}
        if not item.indicators:
            lacks = (item.lacks.zh, item.lacks.en) if item.lacks else ("", "")
            status = "assessed" if item.assessed else "lacking"
            nothing = NationalRow(
                name=item.name,
                name_en=item.name_en,
                indicator=None,
                value=None,
                numerator=None,
                denominator=None,
                status=status,
                grade="—",
                lacks=lacks[0],
                lacks_en=lacks[1],
                **about,
            )
            found.append(nothing)
        for name in item.indicators:
            row, entry = values.loc[name], catalogue.indicator(name)
            alone = len(item.indicators) == 1
            found.append(
                NationalRow(
                    name=item.name if alone else f"{item.name}：{entry.name}",
                    name_en=item.name_en if alone else f"{item.name_en}: {entry.name_en}",
                    indicator=name,
                    value=_known(row["value"]),
                    numerator=_known(row["numerator"]),
                    denominator=_known(row["denominator"]),
                    status=str(row["status"]),
                    grade=entry.formula_grade,
                    **about,
                )
            )
    return tuple(found)


def _known(value: object) -> float | None:
    number = float(value)  # type: ignore[arg-type]
    return None if math.isnan(number) else number
