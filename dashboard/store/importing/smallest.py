"""The smallest package that works: beds and outpatients of two institutions in two months, as a county would type it first.

The numbers are invented and the package says so; it stands in the templates folder so that a county can load it, look at the pages and
replace the rows by its own.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from dashboard.store.importing.columns import fields
from dashboard.store.schema import label, metadata

FOLDER = "最小数据包"
_MANIFEST = """# 最小数据包：数字为编造的例子。换成本县数据后，把 data_kind 改为 county
name: 最小数据包
data_kind: demonstration
"""
_INSTITUTION = ("institution_code", "name", "short_name", "kind", "tier", "role", "community_code", "in_county")
_BED = ("institution_code", "department_code", "month", "open_bed_days", "occupied_bed_days", "discharges", "discharged_bed_days")
SMALLEST: Mapping[str, Sequence[Sequence[str]]] = {
    "dim_county": (("county_code", "name"), ("000001", "示例县")),
    "dim_community": (("community_code", "name", "short_name", "display_order"), ("A", "示例县第一医共体", "第一医共体", "1")),
    "dim_institution": (
        _INSTITUTION,
        ("H1", "示例县人民医院", "人民医院", "综合医院", "二级", "牵头医院", "A", "是"),
        ("P1", "示例镇卫生院", "示例镇", "乡镇卫生院", "一级", "成员单位", "A", "是"),
    ),
    "dim_department": (("department_code", "name", "kind"), ("D1", "内科", "内科")),
    "fact_bed": (
        _BED,
        ("H1", "D1", "2025-09", "9000", "7650", "850", "7480"),
        ("H1", "D1", "2025-10", "9300", "7998", "880", "7744"),
        ("P1", "D1", "2025-09", "900", "540", "70", "525"),
        ("P1", "D1", "2025-10", "930", "567", "72", "547"),
    ),
    "fact_outpatient": (
        ("institution_code", "month", "visits"),
        ("H1", "2025-09", "21500"),
        ("H1", "2025-10", "22140"),
        ("P1", "2025-09", "3120"),
        ("P1", "2025-10", "3260"),
    ),
}
"""Table → column names, then the rows as they are typed."""


def write_smallest(folder: Path) -> list[Path]:
    """Write the package into ``folder``, a CSV for each table under its Chinese name and with Chinese headers; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / "package.yaml"]
    files[0].write_text(_MANIFEST, encoding="utf-8")
    for name, (columns, *rows) in SMALLEST.items():
        table = metadata.tables[name]
        heads = [fields(table)[column].label for column in columns]
        files.append(folder / f"{label(table)}.csv")
        # With a byte order mark Excel opens the Chinese headers right.
        files[-1].write_text("".join(",".join(row) + "\n" for row in (heads, *rows)), encoding="utf-8-sig")
    return files
