"""A small report that holds one of everything, for the tests of the writers."""

from dashboard.documents.content import (
    Bullets,
    Chart,
    Column,
    Entry,
    Figure,
    Figures,
    Labels,
    Paragraph,
    Provenance,
    Quantity,
    Report,
    Section,
    Series,
    State,
    Table,
)

DEMONSTRATION = "演示数据：数值为模拟"
LABELS = Labels(
    contents="目录", source="来源", dictionary="数据字典", charts="图表", page="第 {page} 页，共 {pages} 页", continued="（续）",
    heads=("指标", "公式", "分子", "分母", "来源表", "目标", "依据"), item="项目", content="内容", update="更新页码",
)  # fmt: skip
TABLE = Table(
    "fund",
    "医保总额/预算",
    (Column("医共体", wide=True), Column("预算", "money"), Column("占比", "percent"), Column("人次", "count"), Column("数值", "number")),
    (
        ("=1+1", 12_345_678.9, 0.8273, 284, Quantity(0.914, "91.4% ✓", "0.0%")),
        ("二院\x0b<script>", None, float("nan"), "<10", Quantity(0.742, "● +0.7 pt", '+0.0" pt"')),
        ("三院", -50.0, 0.5, 0, None),
    ),
    "注：口径见字典",
)
BARS = Chart(
    "bars",
    "bar",
    "占全年预算",
    ("一院", "二院", "三院"),
    (Series("占比", (0.82, None, 0.5)), Series("时序", (0.83, 0.83, 0.83))),
    "0.0%",
    "一院最高",
)
LINES = tuple(
    Chart(f"line{number}", "line", f"走势 {number}", ("25-01", "25-02", "25-03"), (Series("值", (1.0, None, 3.0)),), "0.0", half=True)
    for number in (1, 2, 3)
)


def sample(*, compact: bool = False, rows: int = 0) -> Report:
    """Return the report; with ``rows`` its table has that many rows more."""
    more = tuple((f"机构{number}", float(number), 0.1, number + 10, None) for number in range(rows))
    table = Table(TABLE.key, TABLE.title, TABLE.columns, (*TABLE.rows, *more), TABLE.note)
    sections = (
        Section("要点", "全县要点", (Bullets(("县域内就诊率 91.4%（699,671/765,229）", "基金预计超支")),)),
        Section(
            "基金",
            "基金已用 83.7%",
            (Figures((Figure("就诊率", "91.4%", "✓ 目标 ≥90%", State.GOOD),)), Paragraph("说明"), BARS, table),
            note="fact_claim",
        ),
        Section("走势", "三项走势", LINES, level=2),
    )
    return Report(
        name="月度考核_2025-10_v1",
        title="月度考核",
        subtitle="小县 · 2025年10月",
        language="zh",
        sections=sections,
        provenance=Provenance((("数据截至", "2025年10月"), ("数据版本", "1")), "数据截至 2025年10月 · 数据版本 1", DEMONSTRATION),
        dictionary=(Entry("B01 就诊率", "[a] ÷ [b]", "a", "b", "fact_claim", "≥90%", "SEED"),),
        labels=LABELS,
        compact=compact,
    )
