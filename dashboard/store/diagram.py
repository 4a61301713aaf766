"""Write ``docs/database.md``, the Entity-Relationship page, from the schema: ``python -m dashboard.store.diagram``."""

from pathlib import Path

from sqlalchemy import CheckConstraint, Column, Table

from dashboard.settings import PROJECT
from dashboard.store.schema import label, metadata

PAGE = PROJECT / "docs" / "database.md"

_HEADER = """# 报表数据库 · Reporting database

> **English summary.** Generated from the schema. Money is yuan with exact decimals, counts are whole, rates are never stored; a month
> is its first day. `dim_` dimensions and `fact_` facts come from the county by template; `agg_` sums and `meta_` load records are
> written by the import. Aggregates only: no names, numbers or addresses of persons.

由 `dashboard/store/schema.py` 生成(`python -m dashboard.store.diagram`),请勿手改;`tests/unit/store/test_diagram.py` 保证两者一致。

- 金额为元,精确小数;数量为整数;比率从不入库。月份一律写当月第一天。
- `dim_` 维表,`fact_` 事实表,由县里按模板上报;`agg_` 汇总表和 `meta_` 载入记录由导入程序写入。
- 只有汇总数据:没有姓名、证件号、住址、出生日期。
- "可空"的数量列表示县里可能不统计:空值与 0 不同,由空值得到的指标显示"—"。

Generated from the schema. Money is yuan, counts are integers, rates are never stored, a month is its first day; aggregates only.
"""


def _relations(table: Table) -> list[str]:
    lines = []
    for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
        optional = "o" if key.parent.nullable else "|"
        lines.append(f"    {key.column.table.name} |{optional}--o{{ {table.name} : {key.parent.name}")
    return lines


def _diagram(tables: list[Table]) -> str:
    lines = ["```mermaid", "erDiagram"]
    for table in tables:
        lines.extend(_relations(table))
    return "\n".join([*lines, "```"])


def _marks(column: Column) -> str:
    marks = []
    if column.primary_key:
        marks.append("主键")
    marks.extend(f"→ {key.column.table.name}.{key.column.name}" for key in column.foreign_keys)
    if column.nullable:
        marks.append("可空")
    elif column.info.get("optional"):
        marks.append(f"可省略,默认 {column.info.get('default')}")
    if codes := column.info.get("codes"):
        marks.append("、".join(f"{code} {names.zh}" for code, names in codes.items()))
    return ";".join(marks)


def _section(table: Table) -> str:
    rows = [f"### {table.name} · {label(table)}", "", str(table.comment), ""]
    rows += ["| 列 | 含义 | 类型 | 键与取值 |", "|---|---|---|---|"]
    rows += [f"| `{column.name}` | {column.comment} | {column.type} | {_marks(column)} |" for column in table.columns]
    checks = sorted(
        str(constraint.sqltext)
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
        and not any(column.info.get("codes") and f"{column.name} IN" in str(constraint.sqltext) for column in table.columns)
    )
    if checks:
        rows += ["", "检查约束:" + ";".join(f"`{check}`" for check in checks)]
    return "\n".join(rows)


def page() -> str:
    """Return the whole page as Markdown."""
    tables = sorted(metadata.sorted_tables, key=lambda table: (table.name.split("_")[0] != "dim", table.name))
    groups = (("dim_", "维表"), ("fact_", "事实表"), ("agg_", "汇总表"), ("mart_", "县并排汇总"), ("meta_", "载入记录"))
    parts = [_HEADER, "## 关系图", "", _diagram(tables)]
    for prefix, title in groups:
        parts += ["", f"## {title}", ""]
        parts.append("\n\n".join(_section(table) for table in tables if table.name.startswith(prefix)))
    return "\n".join(parts) + "\n"


def write(target: Path = PAGE) -> None:
    """Write the page to ``target``."""
    target.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write()
