"""The indicator dictionary as a page: ``python -m dashboard.services.common.dictionary`` rewrites ``docs/indicators.md``."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from dashboard.catalogue.catalogue import Catalogue
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.models import Indicator, OfficialList
from dashboard.services.common.indicators import CATEGORIES, IndicatorDefinition, indicator_definition
from dashboard.settings import PROJECT

DICTIONARY = PROJECT / "docs" / "indicators.md"

_OPENING = """# 指标字典 · Indicator dictionary

> **English summary.** Every indicator with both names, numerator ÷ denominator, unit, direction, targets, grade and source;
> generated from `data/catalogue`, a test keeps it true.

由 `data/catalogue` 生成（`python -m dashboard.services.common.dictionary`），请勿手改；测试保证两者一致。

## 一次调用

```python
from dashboard.analysis.periods import Period
from dashboard.services.common.database import open_database
from dashboard.services.common.indicators import indicator_changes, indicator_series, indicator_values

database = open_database("duckdb:///data/local/reporting.duckdb")
indicator_values(database, level="community", period=Period.parse("2025-10", "quarter"), indicators=["B01", "C01"])
```

`level` 为 county、community、institution 或 town；期间为月（month）、季（quarter）、年初至今（ytd）、滚动12个月（rolling12）。
每个指标、每个单位一行：`indicator, unit, unit_name, numerator, denominator, value, status, months_present, months_expected, missing`。
`value` 已乘倍数，以指标单位计（91.3 即 91.3%）。`status`：`ok`；`incomplete` 期内有应报未报，按已报的算；`missing_data`、
`zero_denominator`、`not_at_level`、`not_by_scheme`（只有一侧分险种）、`not_in_schema` 时无值。`missing` 写缺哪张表。
可选 `community`（只看一个医共体）与 `scheme`（employee 或 resident，只作用于结算、预算和参保人数）。
`indicator_changes` 加环比、同比；单位为 % 的用百分点（pt），其余用相对变化（%）。`indicator_series` 给逐月序列。

## 规则

- 比率在每一层级用汇总后的分子、分母重算，不求平均；分母为 0 时无值。
- 缺与零不同：没上报为缺；上报了但没有符合条件的为 0；整县没有一行符合条件视为该县不提供此项，为缺；本应上报而未到的单位不补 0。
- 流量按期内各月相加；存量取各上报单位期末最近一次（季报不早于12个月，人口不早于两年，月末数须在期内）；年度预算按月均摊。
- 应报数：从首次上报（回看期前12个月）到期末或机构关闭，只计该指标所用的机构类别。
- 等级：SEED、FOUND 可称官方；FOUND-2 为二手转录；OWN、INFER 为本产品口径或推导，一律标“待核实”。分子分母与指标名取较低者。
"""


def dictionary_text(catalogue: Catalogue) -> str:
    """Return the whole page."""
    parts: list[str] = [_OPENING]
    computed = [entry for entry in catalogue.indicators.values() if entry.lacks is None]
    lacking = [entry for entry in catalogue.indicators.values() if entry.lacks is not None]
    parts.append(f"## 可计算的指标（{len(computed)} 项）\n")
    for category, title in CATEGORIES.items():
        parts.append(f"### {title}\n")
        parts.append("\n".join(_table(entry for entry in computed if entry.category == category)) + "\n")
    parts.append(f"## 无法计算的指标（{len(lacking)} 项）及原因\n")
    parts.append("\n".join(_lacking(lacking)) + "\n")
    parts.append("## 官方清单\n")
    parts.extend("\n".join(_list(entry)) + "\n" for entry in catalogue.lists.values())
    parts.append("## 没有对应指标的目标\n")
    parts.append("\n".join(_unlinked(catalogue)) + "\n")
    return "\n".join(parts).rstrip() + "\n"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "／").replace("\n", " ") for cell in cells) + " |"


def _head(*titles: str) -> list[str]:
    return [_row(*titles), "|" + " --- |" * len(titles)]


def _table(entries: Iterable[Indicator]) -> Iterator[str]:
    yield from _head("编号", "指标", "公式（文字）", "公式（指标量）", "单位", "方向", "目标或参考", "等级", "注意")
    for entry in entries:
        known = indicator_definition(entry.id)
        yield _row(
            entry.id, f"{known.name}<br>{entry.name_en}", _formula(known), f"`{known.formula}`", known.unit, known.direction,
            known.target or "；".join(known.targets), f"{known.evidence} {known.evidence_label}", "；".join(known.notes),
        )  # fmt: skip


def _formula(known: IndicatorDefinition) -> str:
    return f"{known.numerator} ÷ {known.denominator}" if known.denominator else known.numerator


def _lacking(entries: Iterable[Indicator]) -> Iterator[str]:
    yield from _head("编号", "指标", "单位", "原因", "Reason")
    for entry in entries:
        assert entry.lacks is not None
        yield _row(entry.id, f"{entry.name}<br>{entry.name_en}", entry.unit, entry.lacks.zh, entry.lacks.en)


def _list(entry: OfficialList) -> Iterator[str]:
    yield f"### {entry.name}（{entry.grade}）\n"
    if entry.notes is not None:
        yield f"{entry.notes.zh}\n"
    yield from _head("条目", "名称", "维度", "等级", "由何得出", "更正")
    for item in entry.items:
        answers = [*item.indicators, *(["考核评判（fact_assessment）"] if item.assessed else []), *([item.lacks.zh] if item.lacks else [])]
        yield _row(item.id, item.name, item.dimension.zh, item.grade, "、".join(answers), item.fix.zh if item.fix else "")


def _unlinked(catalogue: Catalogue) -> Iterator[str]:
    yield from _head("目标", "年份", "地区", "等级", "为何没有指标")
    for target in catalogue.targets.values():
        if target.not_linked is not None:
            yield _row(target.name, str(target.year or ""), target.place.zh, target.grade, target.not_linked.zh)


def write(file: Path = DICTIONARY) -> None:
    """Write the page to ``file``."""
    file.write_text(dictionary_text(load_catalogue()), encoding="utf-8")


if __name__ == "__main__":
    write()
