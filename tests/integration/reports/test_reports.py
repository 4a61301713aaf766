"""Reports on small counties: the services' own numbers, no claim within noise, small counts hidden, whole files or none, audited."""

import datetime
import io
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from docx import Document
from openpyxl import load_workbook
from typer.testing import CliRunner

from dashboard import cli, formatting
from dashboard.analysis.periods import Grain, Period
from dashboard.documents.content import Bullets, Paragraph, Report, Table
from dashboard.documents.pdf import DocumentError
from dashboard.errors import ProductError
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.common.filters import Filters, filter_options
from dashboard.services.insurance.answer import Model, insurance_model
from dashboard.services.insurance.plan import with_rationale, with_value
from dashboard.services.insurance.scenarios import Saved, save_plan
from dashboard.services.meeting.agendas import agenda_of, page_item, save_agenda, scenarios_item, scheme_item, text_item
from dashboard.services.meeting.decisions import decision_of, record_decision
from dashboard.services.overview.answer import headlines
from dashboard.services.overview.fund import fund_progress
from dashboard.services.reports.report import File, Progress, ReportError, ReportKind, ReportRequest, build_report, produce, write_file
from dashboard.settings import settings
from dashboard.store.importing.loader import load_package
from dashboard.workspace import Action, Workspace, open_workspace
from tests.insured import make_insured_county
from tests.integration.county import BEDS_ONLY, ROWS, fill
from tests.integration.packages import small_county, write_csv_package
from tests.integration.reports.conftest import claims
from tests.tiny import HOSTILE_NAMES, make_tiny_database

SEPTEMBER = Filters(Period.parse("2025-09"))
ALL_FORMATS = ("docx", "pptx", "xlsx")


def _report(database: ReportingDatabase, workspace: Workspace, kind: ReportKind, filters: Filters = SEPTEMBER, **more: str) -> Report:
    states = list(build_report(database, workspace, ReportRequest(kind, filters, **more)))  # type: ignore[arg-type]
    report = states[-1]
    assert isinstance(report, Report)
    assert all(isinstance(state, Progress) and 0 <= state.share < 1 for state in states[:-1])
    return report


def _files(database: ReportingDatabase, workspace: Workspace, request: ReportRequest) -> list[File]:
    return [state for state in produce(database, workspace, request) if isinstance(state, File)]


def _sentences(report: Report) -> list[str]:
    found = []
    for section in report.sections:
        found += [section.message]
        for block in section.blocks:
            found += list(block.items) if isinstance(block, Bullets) else [block.text] if isinstance(block, Paragraph) else []
    return found


def _table(report: Report, key: str) -> Table:
    return next(table for table in report.tables if table.key == key)


# Numbers ---------------------------------------------------------------------------------------------------------------


def test_headline_table_holds_the_services_numbers(database: ReportingDatabase, workspace: Workspace) -> None:
    report = _report(database, workspace, ReportKind.MONTHLY)
    rows = {row[0]: row for row in _table(report, "headlines").rows}
    for headline in headlines(database, SEPTEMBER.period):
        reading = headline.reading
        value = rows[reading.indicator.name][1]
        if math.isnan(reading.value):
            assert value is None
        else:
            scale = 100 if reading.indicator.unit == "%" else 1
            assert value.value == pytest.approx(reading.value / scale)  # type: ignore[union-attr]


def test_the_same_numbers_are_in_every_file(database: ReportingDatabase, workspace: Workspace) -> None:
    files = {
        file.name.rpartition(".")[2]: file.content
        for file in _files(database, workspace, ReportRequest(ReportKind.MONTHLY, SEPTEMBER, ALL_FORMATS))
    }
    progress = fund_progress(database, SEPTEMBER.period)
    first = progress.communities[0]
    sheet = load_workbook(io.BytesIO(files["xlsx"]))["医保总额预算执行"]
    assert [sheet.cell(2, column).value for column in (1, 2, 3, 4)] == ["一", first.budget, first.spent, pytest.approx(first.execution)]
    table = next(table for table in Document(io.BytesIO(files["docx"])).tables if table.rows[0].cells[1].text == "全年预算")
    assert [cell.text for cell in table.rows[1].cells][:4] == ["一", "1,200元", "990元", "82.5%"]


def test_every_sentence_about_a_rate_has_its_denominator(database: ReportingDatabase, workspace: Workspace) -> None:
    report = _report(database, workspace, ReportKind.MONTHLY)
    text = "\n".join(_sentences(report))
    assert "病床使用率 63.0%（37,800/60,000）" in text


# Claims ----------------------------------------------------------------------------------------------------------------


def test_a_fall_beyond_noise_is_told_and_a_swing_within_is_not(database: ReportingDatabase, workspace: Workspace) -> None:
    lead = _report(database, workspace, ReportKind.MONTHLY, Filters(SEPTEMBER.period, "A"))
    other = _report(database, workspace, ReportKind.MONTHLY, Filters(SEPTEMBER.period, "B"))
    told = [line for line in _sentences(lead) if line.startswith("较去年同期")]
    assert any("病床使用率" in line for line in told)
    assert not any("病床使用率" in line for line in _sentences(other) if line.startswith("较去年同期"))
    assert any("病床使用率" in line and "正常波动" in line for line in _sentences(other))
    marks = {row[0]: row[4] for row in _table(lead, "headlines").rows}
    assert marks["病床使用率"].text.startswith("●")  # type: ignore[union-attr]


def test_communities_are_compared_only_beyond_noise(database: ReportingDatabase, workspace: Workspace) -> None:
    lines = _sentences(_report(database, workspace, ReportKind.MONTHLY))
    assert any(line.startswith("病床使用率：二最高") and "一最低" in line for line in lines)
    quiet = _sentences(_report(database, workspace, ReportKind.MONTHLY, Filters(Period.parse("2025-08"))))
    assert not any("最高" in line and line.startswith("病床使用率") for line in quiet)
    assert any("病床使用率" in line and "不分先后" in line for line in quiet)


def test_without_history_nothing_is_claimed(tmp_path: Path, workspace: Workspace) -> None:
    url = f"duckdb:///{tmp_path / 'short.duckdb'}"
    fill(url, ROWS)
    lines = _sentences(_report(open_database(url), workspace, ReportKind.MONTHLY, Filters(Period.parse("2025-10"))))
    assert not any("改善" in line or "变差" in line or "最好" in line for line in lines)
    assert any("不作升降判断" in line for line in lines)


# Small counts ----------------------------------------------------------------------------------------------------------


def test_small_referrals_and_what_they_follow_from_are_hidden(database: ReportingDatabase, workspace: Workspace) -> None:
    county = _table(_report(database, workspace, ReportKind.MONTHLY), "referrals")
    rows = {str(row[0]): row[1:] for row in county.rows}
    assert rows["一"] == (50, "<10", 0, 0, None)
    assert rows["二"][1] == "隐去"  # 27 − 23 would give the 4 away
    assert rows["合计"][1] == 27
    assert rows["二"][3] == "<10"
    assert rows["合计"][3] == "<10"
    beside = _table(_report(database, workspace, ReportKind.MONTHLY, Filters(SEPTEMBER.period, "B")), "referrals")
    assert beside.rows[0][2] == "隐去"


def test_a_rate_of_few_cases_is_hidden_with_its_sides(database: ReportingDatabase, workspace: Workspace) -> None:
    for report in (_report(database, workspace, ReportKind.MONTHLY, Filters(SEPTEMBER.period, code)) for code in ("A", "B")):
        for chart in report.charts:
            if chart.key == "referrals":
                assert all(value is None or value == 0 or value >= 10 for series in chart.series for value in series.values)


# Kinds and counties ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "filters", "name"),
    [
        (ReportKind.MONTHLY, SEPTEMBER, "月度考核_2025-09_v1"),
        (ReportKind.QUARTERLY, SEPTEMBER, "季度通报_2025Q3_v1"),
        (ReportKind.QUARTERLY, Filters(Period.parse("2025-08")), "季度通报_2025-07_2025-08_v1"),
        (ReportKind.ONE_PAGER, Filters(Period(Grain.ROLLING_12, SEPTEMBER.period.last), "A"), "医共体一页纸_一_2024-10_2025-09_v1"),
    ],
)
def test_names_carry_kind_period_and_version(
    database: ReportingDatabase, workspace: Workspace, kind: ReportKind, filters: Filters, name: str
) -> None:
    report = _report(database, workspace, kind, filters)
    assert report.name == name
    assert ("数据版本", "1") in report.provenance.rows
    assert report.dictionary


@pytest.mark.parametrize("kind", [ReportKind.MONTHLY, ReportKind.QUARTERLY, ReportKind.ONE_PAGER])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_county_of_one_hostile_community_gets_every_file(tmp_path: Path, workspace: Workspace, kind: ReportKind, language: str) -> None:
    database = open_database(make_tiny_database(f"duckdb:///{tmp_path / 'one.duckdb'}", HOSTILE_NAMES[:1]))
    filters = Filters(Period.parse("2025-10"), "C1")
    files = _files(database, workspace, ReportRequest(kind, filters, ALL_FORMATS, language))  # type: ignore[arg-type]
    assert [file.name.rpartition(".")[2] for file in files] == list(ALL_FORMATS)
    assert all(file.content[:2] == b"PK" and not set('<>:"/\\|?*') & set(file.name) for file in files)


def test_a_county_with_beds_only_says_what_it_lacks(tmp_path: Path, workspace: Workspace) -> None:
    url = f"duckdb:///{tmp_path / 'beds.duckdb'}"
    fill(url, BEDS_ONLY)
    lines = _sentences(_report(open_database(url), workspace, ReportKind.MONTHLY, Filters(Period.parse("2025-10"))))
    assert {
        "这个时期没有转诊数据。",
        "没有 2025 年的总额预算。请载入“医保总额预算”（fact_fund_budget）、“医保结算月报”（fact_claim）。",
    } <= set(lines)


# Meeting pack ----------------------------------------------------------------------------------------------------------


def test_pack_holds_each_item_under_its_own_filters_and_the_decisions(database: ReportingDatabase, workspace: Workspace) -> None:
    items = [
        text_item("回顾", "# 上次\n\n- 已办\n\n| 事 | 谁 |\n|---|---|\n| 下转 | 李四 |\n\n<script>alert(1)</script>"),
        page_item("八月床位", "/utilisation?month=2025-08", note="看二院"),
        page_item("一院转诊", "/referrals?month=2025-09&community=一"),
        scheme_item("最小方案", "file:minimal_example"),
        scheme_item("已删", "file:gone"),
        scenarios_item("没有的方案", ["no-such-scenario"]),
        page_item("推演", "/insurance"),
        page_item("大屏", "/cockpit"),
    ]
    saved = save_agenda(workspace, agenda_of("第三季度例会", datetime.date(2025, 11, 5), items), author=None)
    decision = decision_of(
        agenda_id=saved.agenda_id, item_id=items[1].item_id, agenda_title="第三季度例会", agenda_date=datetime.date(2025, 11, 5),
        item_title="八月床位", decision="二院压床 20 张", responsible="李四",
    )  # fmt: skip
    record_decision(workspace, decision, author="秘书")
    report = _report(database, workspace, ReportKind.PACK, agenda_id=saved.agenda_id)
    assert report.name == "会议材料_2025-11-05_第三季度例会_v1"
    headings = [section.heading for section in report.sections if section.level == 1]
    assert headings == ["议程", *(f"{number}. {item.title}" for number, item in enumerate(items, start=1)), "决定记录"]
    text = "\n".join(_sentences(report))
    assert "筛选条件：2025年8月；全县" in text
    assert "<script>alert(1)</script>" in text  # shown letter by letter
    assert "这个评价方案已不在列表中。" in text
    assert _table(report, "decisions").rows[0][1] == "二院压床 20 张"
    assert ("议程", "第三季度例会 v1") in report.provenance.rows
    request = ReportRequest(ReportKind.PACK, SEPTEMBER, ALL_FORMATS, "zh", saved.agenda_id)
    assert all(file.content[:2] == b"PK" for file in _files(database, workspace, request))


def test_page_items_carry_the_charts_of_their_page_and_say_what_is_a_link_only(tmp_path: Path, workspace: Workspace) -> None:
    """Every page with a native chart brings it; a map is named with the link that opens it."""
    url = f"duckdb:///{tmp_path / 'reporting.duckdb'}"
    tables = small_county() | {"fact_claim": claims()}
    assert load_package(write_csv_package(tmp_path / "package", tables), url).accepted
    keys = {
        "contracts": {"contract_groups", "contract_served"},
        "referrals": {"referrals", "outside"},
        "overview": {"fund", "referrals", "beds"},
        "utilisation": {"beds"},
    }
    months = {"contracts": "2025-01", "referrals": "2025-01"}
    items = [page_item(name, f"/{name.replace('overview', '')}?month={months.get(name, '2025-03')}") for name in (*keys, "data")]
    saved = save_agenda(workspace, agenda_of("图表", datetime.date(2025, 11, 5), items), author=None)
    report = _report(open_database(url), workspace, ReportKind.PACK, agenda_id=saved.agenda_id)
    assert {chart.key for chart in report.charts} >= set().union(*keys.values())
    coverage = next(chart for chart in report.charts if chart.key == "contract_groups")
    assert coverage.series[0].values == (pytest.approx(500 / 3100),)  # contracted of the residents whom the headline card counts
    text = "\n".join(_sentences(report))
    assert text.count("地图不在材料里，请在会议中打开：/referrals") == 1
    assert "这一页没有可放进材料的内容，请在会议中打开：/data" in text
    request = ReportRequest(ReportKind.PACK, SEPTEMBER, ALL_FORMATS, "en", saved.agenda_id)
    assert all(file.content[:2] == b"PK" for file in _files(open_database(url), workspace, request))


def _saved(workspace: Workspace, model: Model, name: str, reason: str, **values: float) -> Saved:
    plan = model.start()
    for coefficient, value in values.items():
        plan = with_rationale(with_value(plan, model.baseline, coefficient, value), coefficient, reason)
    return save_plan(workspace, plan, name=name, author="秘书", reason="", load_id=model.database.version.load_id)


def test_pack_says_what_the_options_are_and_which_is_better(tmp_path: Path, workspace: Workspace) -> None:
    """Coefficients changed and the reasons side by side, the difference of results, the better one by the stated goal, one unit."""
    insured = open_database(make_insured_county(f"duckdb:///{tmp_path / 'insured.duckdb'}"))
    model = insurance_model(insured)
    assert isinstance(model, Model)
    careful = _saved(workspace, model, "稳妥", "物价涨幅回落", extra_growth=0.01)
    generous = _saved(workspace, model, "放宽", "人口老龄化", extra_growth=0.03, case_cost_growth=0.0)
    saved = save_agenda(
        workspace, agenda_of("例会", datetime.date(2025, 11, 5), [scenarios_item("选哪个", [careful.document_id, generous.document_id])]),
        author=None,
    )  # fmt: skip
    report = _report(insured, workspace, ReportKind.PACK, agenda_id=saved.agenda_id)
    section = next(each for each in report.sections if each.heading.endswith("选哪个"))
    outcomes = [model.run(each.plan) for each in (careful, generous) if each.plan]
    assert section.message.startswith("按目标，放宽更好：比稳妥")
    gap = outcomes[1].balance - outcomes[0].balance
    assert formatting.money(gap, "zh", signed=True) in section.message
    told = "\n".join(_sentences(report))
    assert "目标：各医共体各险种都不超支" in told
    assert "稳妥" in told
    changes = _table(report, "changes")
    assert [column.label for column in changes.columns] == ["系数", "基线", "稳妥", "放宽"]
    assert sorted(row[2:] for row in changes.rows) == [("1.0%：物价涨幅回落", "3.0%：人口老龄化"), ("同基线", "0.0%：人口老龄化")]
    before, first, second = (outcome.balance for outcome in (model.reference(), *outcomes))
    for key, expected in (("plans", (before, first, second)), ("differences", (first - before, second - before))):
        balance = next(row for row in _table(report, key).rows if row[0].startswith("全县结余"))
        assert balance[1:] == pytest.approx(expected)
    chart = next(each for each in report.charts if each.key == "plans")
    assert "万元" in chart.title
    assert sum(chart.series[0].values) == pytest.approx(before / 10_000, abs=0.01)
    request = ReportRequest(ReportKind.PACK, Filters(Period.parse("2025-10")), ALL_FORMATS, "en", saved.agenda_id)
    assert all(file.content[:2] == b"PK" for file in _files(insured, workspace, request))


def test_no_option_is_called_better_than_a_baseline_that_is(tmp_path: Path, workspace: Workspace) -> None:
    insured = open_database(make_insured_county(f"duckdb:///{tmp_path / 'insured.duckdb'}"))
    model = insurance_model(insured)
    assert isinstance(model, Model)
    worse = _saved(workspace, model, "更贵", "费用上涨", case_cost_growth=0.15)
    same = [_saved(workspace, model, name, "一样", extra_growth=0.05) for name in ("甲", "乙")]
    messages = []
    for chosen in ([worse], same):
        agenda = agenda_of("例会", datetime.date(2025, 11, 5), [scenarios_item("题", [each.document_id for each in chosen])])
        saved = save_agenda(workspace, agenda, author=None)
        report = _report(insured, workspace, ReportKind.PACK, agenda_id=saved.agenda_id)
        messages.append(next(each for each in report.sections if each.heading.endswith("题") and each.message).message)
    assert messages == ["按目标，没有方案好于基线", "按目标，甲、乙不分上下"]


@pytest.mark.parametrize(
    ("kind", "formats", "words"),
    [
        (ReportKind.ONE_PAGER, ("docx",), "需要选定一个医共体"),
        (ReportKind.PACK, ("docx",), "需要一份议程"),
        (ReportKind.MONTHLY, ("odt",), "不支持的文件格式"),
        (ReportKind.MONTHLY, (), "不支持的文件格式"),
    ],
)
def test_what_is_missing_is_named(
    database: ReportingDatabase, workspace: Workspace, kind: ReportKind, formats: tuple[str, ...], words: str
) -> None:
    with pytest.raises(ReportError) as caught:
        _files(database, workspace, ReportRequest(kind, SEPTEMBER, formats))
    assert words in caught.value.text()


# Files -----------------------------------------------------------------------------------------------------------------


def test_a_file_is_there_whole(tmp_path: Path) -> None:
    path = write_file(File("报告.docx", b"whole", ""), tmp_path / "new" / "folder")
    assert path.read_bytes() == b"whole"
    assert path.stat().st_mode & 0o777 == 0o644
    write_file(File("报告.docx", b"newer", ""), path.parent)
    assert [each.name for each in path.parent.iterdir()] == ["报告.docx"]
    assert path.read_bytes() == b"newer"


@pytest.mark.parametrize("failure", [OSError("full"), KeyboardInterrupt()])
def test_an_interrupted_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException) -> None:
    def fail(_handle: int) -> None:
        raise failure

    (tmp_path / "报告.docx").write_bytes(b"earlier")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises((ReportError, KeyboardInterrupt)):
        write_file(File("报告.docx", b"half", ""), tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["报告.docx"]
    assert (tmp_path / "报告.docx").read_bytes() == b"earlier"


def test_stopping_midway_hands_out_nothing(database: ReportingDatabase, workspace: Workspace) -> None:
    work = produce(database, workspace, ReportRequest(ReportKind.MONTHLY, SEPTEMBER, ALL_FORMATS))
    assert isinstance(next(work), Progress)
    work.close()  # type: ignore[attr-defined]
    assert list(work) == []


def test_pdf_is_made_or_its_absence_told(database: ReportingDatabase, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.documents.pdf.office", lambda: None)
    with pytest.raises(DocumentError, match="LibreOffice"):
        _files(database, workspace, ReportRequest(ReportKind.ONE_PAGER, Filters(SEPTEMBER.period, "A"), ("pdf",)))


# Command line ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def run(database: ReportingDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., str]]:
    monkeypatch.setenv("REPORTING_DATABASE_URL", database.url)
    monkeypatch.setenv("WORKSPACE_DATABASE_URL", f"sqlite:///{tmp_path / 'cli.sqlite'}")
    settings.cache_clear()

    def call(*arguments: str) -> str:
        result = CliRunner().invoke(cli.application, ["report", *arguments])
        if result.exception is not None:
            raise result.exception
        return result.output

    yield call
    settings.cache_clear()


def test_command_writes_files_and_leaves_a_trace(run: Callable[..., str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    printed = run("one-pager", "--community", "一", "--format", "docx", "--format", "xlsx", "--out", str(out)).split()
    assert [Path(line).name for line in printed] == ["医共体一页纸_一_2025-09_v1.docx", "医共体一页纸_一_2025-09_v1.xlsx"]
    assert sorted(each.name for each in out.iterdir()) == sorted(Path(line).name for line in printed)
    opened = open_workspace(f"sqlite:///{tmp_path / 'cli.sqlite'}")
    entries = opened.audit.entries(action=Action.EXPORT)
    opened.close()
    assert [entry.subject for entry in entries] == ["医共体一页纸_一_2025-09_v1.xlsx", "医共体一页纸_一_2025-09_v1.docx"]
    assert entries[0].details["report"] == "one-pager"
    assert entries[0].details["community"] == "A"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("yearly",), "没有这种报告"),
        (("monthly", "--period", "June"), "月份看不懂"),
        (("monthly", "--period", "2031-01"), "这个月没有数据"),
        (("one-pager", "--community", "三"), "没有这个医共体"),
        (("monthly", "--scheme", "x"), "没有这个险种"),
        (("pack", "--agenda", "x"), "没有这份会议议程"),
    ],
)
def test_command_names_what_it_does_not_know(run: Callable[..., str], arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    with pytest.raises(ProductError) as caught:
        run(*arguments, "--out", str(tmp_path / "out"))
    assert words in caught.value.text()
    assert not (tmp_path / "out").exists()


def test_an_empty_database_is_told(tmp_path: Path, workspace: Workspace) -> None:
    database = open_database(make_tiny_database(f"duckdb:///{tmp_path / 'empty.duckdb'}", facts=False))
    assert filter_options(database).default() is None
    from dashboard.services.reports.asking import asked

    with pytest.raises(ReportError) as caught:
        asked(database, workspace, "monthly", period=None, community=None, scheme="all", agenda="", formats=("docx",), language="zh")
    assert "还没有任何月份的数据" in caught.value.text()
