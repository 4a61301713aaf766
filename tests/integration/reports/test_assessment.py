"""月评估 and 季通报: written, approved, frozen, published; corrected as a second edition; laid out in every format without a new figure."""

import datetime
import io
import os

import pytest
from docx import Document

from dashboard.analysis.periods import Grain, Period
from dashboard.documents.content import Table
from dashboard.documents.formats import write_document
from dashboard.documents.official import fill_template, write_official
from dashboard.documents.pdf import DocumentError
from dashboard.errors import ScopeError
from dashboard.services.common.actions import action_of, save_action
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.common.filters import Filters
from dashboard.services.common.indicators import indicator_values
from dashboard.services.monitoring.national import national_list
from dashboard.services.monitoring.watch import watched
from dashboard.services.reports.assessing import assess, compile_bulletin
from dashboard.services.reports.assessment import Assessment, AssessmentError, Bulletin, assessment_id, bulletin_id, quarter_of, seen_by
from dashboard.services.reports.bulletin import assessment_report, bulletin_report
from dashboard.services.reports.editions import approve, differences, edition_differences, freeze, outdated, publish, read_edition, write
from dashboard.services.reports.parts import Brief
from dashboard.store.importing.loader import load_package
from dashboard.store.scope import Scope
from dashboard.workspace import ConflictError, Status, Workspace, WorkspaceError, open_workspace
from tests.integration.packages import write_csv_package
from tests.monitoring_county import monitoring_county

JUNE, TODAY = datetime.date(2025, 6, 1), datetime.date(2025, 7, 15)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    folder = tmp_path_factory.mktemp("assessment")
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    assert load_package(write_csv_package(folder / "package", monitoring_county()), url).accepted
    return open_database(url)


@pytest.fixture(scope="module")
def june(database: ReportingDatabase, tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    workspace = open_workspace(f"sqlite:///{tmp_path_factory.mktemp('june') / 'w.sqlite'}")
    fields = {"rule": "overfull_beds", "unit": "H1", "unit_name": "一院", "since": JUNE, "month": JUNE, "owner": "李伟", "measure": "分流"}
    save_action(workspace, action_of(due=datetime.date(2025, 7, 1), **fields), author="王")
    return assess(database, workspace, JUNE, TODAY)


@pytest.fixture
def workspace(tmp_path: os.PathLike[str]) -> Workspace:
    return open_workspace(f"sqlite:///{tmp_path}/w.sqlite")


def _frozen(workspace: Workspace, content: Assessment):
    draft = write(workspace, content, author="王")
    return freeze(workspace, approve(workspace, draft, author="赵", reason="核对无误"), author="赵", reason="按期")


def test_the_document_copies_what_the_pages_say(database: ReportingDatabase, june: Assessment) -> None:
    own = indicator_values(database, level="community", period=Period(Grain.MONTH, JUNE), indicators=("C01",)).set_index("unit")
    kept = {(each.indicator, each.unit): each for each in june.values}
    for unit in ("A", "B"):
        assert kept["C01", unit].value == pytest.approx(own["value"][unit])
        assert kept["C01", unit].numerator == pytest.approx(own["numerator"][unit])
    assert kept["C01", "county"].denominator is not None
    assert [(each.rule, each.unit) for each in june.alerts] == [(each.rule_id, each.unit) for each in watched(database, JUNE).alerts]
    assert [(each.owner, each.measure) for each in june.overdue] == [("李伟", "分流")]
    beds = next(each for each in june.completeness if each.table == "fact_bed")
    assert beds.came < beds.due
    assert june.data_version == database.version.load_id


def test_approved_frozen_published_and_only_in_this_order(workspace: Workspace, june: Assessment) -> None:
    draft = write(workspace, june, author="王")
    assert (draft.status, draft.number, draft.is_published) == (Status.DRAFT, 0, False)
    with pytest.raises(WorkspaceError, match="还没有批准"):
        freeze(workspace, draft, author="赵", reason="按期")
    with pytest.raises(AssessmentError, match="冻结"):
        publish(workspace, draft, author="赵")
    frozen = freeze(workspace, approve(workspace, draft, author="赵", reason="核对无误"), author="赵", reason="按期")
    assert (frozen.status, frozen.number, frozen.content) == (Status.FROZEN, 1, june)
    published = publish(workspace, frozen, author="赵")
    assert published.is_published
    assert publish(workspace, published, author="赵").published == 1
    assert read_edition(workspace, Assessment, assessment_id(JUNE)) == published
    with pytest.raises(ConflictError):
        write(workspace, june.model_copy(update={"left_out": 3}), author="王", over=draft, reason="更正")


def test_a_correction_is_a_second_edition_with_its_differences(workspace: Workspace, june: Assessment) -> None:
    first = publish(workspace, _frozen(workspace, june), author="赵")
    assert edition_differences(workspace, first) == ()
    changed = june.values[0].model_copy(update={"value": 12.5})
    later = june.model_copy(update={"values": (changed, *june.values[1:]), "alerts": june.alerts[1:], "data_version": 2})
    with pytest.raises(WorkspaceError):
        write(workspace, later, author="王", over=first)  # over what was frozen a reason is needed
    draft = write(workspace, later, author="王", over=first, reason="一院更正")
    second = freeze(workspace, approve(workspace, draft, author="赵", reason="核对"), author="赵", reason="更正")
    assert (second.number, second.published, second.is_published) == (2, 1, False)
    found = edition_differences(workspace, second)
    assert [(each.what, each.now) for each in found] == [(changed.indicator, "12.50"), ("alert", "")]
    assert found[1].was == june.alerts[0].title
    assert differences(june, june) == ()


def test_a_bulletin_copies_three_frozen_months(database: ReportingDatabase, workspace: Workspace, june: Assessment) -> None:
    months = quarter_of(JUNE)
    assert [month.month for month in months] == [4, 5, 6]
    kept = {month: june.model_copy(update={"month": month}) for month in months}
    for month in months[:2]:
        _frozen(workspace, kept[month])
    with pytest.raises(AssessmentError, match="2025-06"):
        compile_bulletin(database, workspace, JUNE)
    _frozen(workspace, kept[JUNE])
    bulletin = compile_bulletin(database, workspace, datetime.date(2025, 5, 1), "本季平稳。")
    assert bulletin.months == tuple(kept.values())
    assert bulletin.quarter == JUNE
    assert compile_bulletin(database, workspace, JUNE, "本季平稳。") == bulletin, "made again it has the same numbers"
    edition = write(workspace, bulletin, author="王")
    assert read_edition(workspace, Bulletin, bulletin_id(JUNE)) == edition
    assert outdated(workspace, bulletin) == ()
    april = read_edition(workspace, Assessment, assessment_id(months[0]))
    assert april is not None
    draft = write(workspace, april.content.model_copy(update={"left_out": 1}), author="王", over=april, reason="更正")
    freeze(workspace, approve(workspace, draft, author="赵", reason="核对"), author="赵", reason="更正")
    assert outdated(workspace, bulletin) == (months[0],)
    report = bulletin_report(Brief(database, workspace, Filters(Period(Grain.QUARTER, JUNE))), edition)
    told = "\n".join(str(block) for section in report.sections for block in section.blocks)
    assert "本季平稳。" in told
    assert "又有更正" in told
    table = next(each for each in report.tables if each.key == "bulletin_months")
    assert len(table.columns) == 5
    assert all(row[2] == row[4] for row in table.rows)


def test_the_report_shows_the_kept_figures_in_every_format(database: ReportingDatabase, workspace: Workspace, june: Assessment) -> None:
    report = assessment_report(Brief(database, workspace, Filters(Period(Grain.MONTH, JUNE))), _frozen(workspace, june))
    figures = next(table for table in report.tables if table.key == "assessment_figures")
    county = {row.indicator: row for row in june.values if row.unit == "county"}
    occupancy = next(row for row in figures.rows if str(row[0]).startswith("病床使用率"))
    assert occupancy[1].value == county["C01"].value  # type: ignore[union-attr]
    assert "第 1 版" in report.subtitle
    for name in ("docx", "pptx", "xlsx"):
        assert len(write_document(report, name)) > 5_000


def test_a_reader_of_one_community_sees_its_rows_and_no_ranks(database: ReportingDatabase, workspace: Workspace, june: Assessment) -> None:
    part = database.under(Scope(frozenset({"A"}), None, None, 1))
    seen = seen_by(part, june)
    assert {each.unit for each in seen.values} == {"A"}
    assert {each.unit for each in seen.alerts} <= {"A", "H1", "C1"}
    assert seen.scores == ()
    assert seen_by(database, june) is june
    with pytest.raises(ScopeError):
        assess(part, workspace, JUNE, TODAY)


def test_the_national_list_has_14_items_with_both_sides_and_grades(database: ReportingDatabase) -> None:
    rows = national_list(database, JUNE)
    assert len({row.item for row in rows}) == 14
    assessed = next(row for row in rows if row.item == "M24-01")
    assert (assessed.value, assessed.status) == (None, "assessed")
    assert assessed.why()
    assert all(row.why() or row.value is not None for row in rows)
    assert all(row.item_grade for row in rows)


# Word --------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def report(database: ReportingDatabase, workspace: Workspace, june: Assessment):
    return assessment_report(Brief(database, workspace, Filters(Period(Grain.MONTH, JUNE))), write(workspace, june, author="王"))


def test_the_official_format_has_the_page_and_the_type_of_the_standard(report) -> None:
    document = Document(io.BytesIO(write_official(report)))
    page = document.sections[0]
    margins = [round(each.mm) for each in (page.top_margin, page.bottom_margin, page.left_margin, page.right_margin)]
    assert margins == [37, 35, 28, 26]
    assert (round(page.page_width.mm), round(page.page_height.mm)) == (210, 297)
    xml = document.element.xml
    assert 'w:linePitch="580"' in xml
    title, heading = document.paragraphs[0], next(each for each in document.paragraphs if each.text.startswith("一、"))
    assert title.runs[0].font.size.pt == 22
    assert "方正小标宋简体" in title._p.xml
    assert "黑体" in heading._p.xml
    assert "PAGE" in page.footer.paragraphs[0]._p.xml
    assert page.footer.paragraphs[0].text.startswith("— ")
    assert document.tables


def _template(*texts: str) -> bytes:
    document = Document()
    document.sections[0].header.paragraphs[0].add_run("{{标题}}")
    for text in texts:
        paragraph = document.add_paragraph()
        for run in (text[:3], text[3:]):  # as Word cuts it
            paragraph.add_run(run)
    document.add_table(rows=1, cols=1).cell(0, 0).text = "期间 {{副标题}}"
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def test_a_county_template_keeps_its_own_and_gets_its_places(report) -> None:
    alerts = next(table for table in report.tables if isinstance(table, Table) and table.key == "assessment_alerts")
    filled = Document(io.BytesIO(fill_template(_template("某县文件 {{来源}} 号", f"{{{{{alerts.title}}}}}"), report)))
    assert filled.sections[0].header.paragraphs[0].text == report.title
    assert filled.paragraphs[0].text == f"某县文件 {report.provenance.line} 号"
    assert filled.tables[-1].cell(0, 0).text == f"期间 {report.subtitle}"
    assert filled.tables[0].rows[0].cells[1].text == alerts.columns[1].label
    assert "{{" not in "".join(each.text for each in filled.paragraphs)


@pytest.mark.parametrize("template", [b"no zip", b"x" * 5_000_001, _template("{{没有这个}}")])
def test_a_template_that_cannot_be_used_is_refused_in_words(report, template: bytes) -> None:
    with pytest.raises(DocumentError) as refused:
        fill_template(template, report)
    assert refused.value.remedy()
