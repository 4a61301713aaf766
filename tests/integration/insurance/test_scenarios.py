"""Saved scenarios and the workbook: nothing is lost, other data are refused with the reason, names stay text."""

import io
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import docx
import openpyxl
import pytest
from openpyxl.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet
from pydantic import JsonValue

from dashboard.analysis.periods import Period
from dashboard.services.common.database import open_database
from dashboard.services.common.directory import directory
from dashboard.services.common.filters import Filters
from dashboard.services.insurance.answer import Model, frozen_scores, insurance_model
from dashboard.services.insurance.baseline import BaselineGap
from dashboard.services.insurance.plan import Plan, with_fund, with_rationale, with_value
from dashboard.services.insurance.scenarios import (
    Saved,
    archive_saved,
    compare_plans,
    differing,
    duplicate_saved,
    list_saved,
    rename_saved,
    restore_saved,
    save_plan,
)
from dashboard.ui.insurance.export import scenario_workbook
from dashboard.ui.insurance.report import scenario_document, scenario_report
from dashboard.ui.kit.i18n import speaking
from dashboard.ui.kit.tables import ExportSource
from dashboard.whatif.errors import ScenarioError
from dashboard.workspace import ConflictError, Kind, Workspace, WorkspaceError, open_workspace
from tests.insured import make_insured_county

HOSTILE = '=HYPERLINK("http://evil.example")'


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    url = make_insured_county(f"duckdb:///{tmp_path_factory.mktemp('saved') / 'reporting.duckdb'}", first_name=HOSTILE)
    found = insurance_model(open_database(url))
    assert not isinstance(found, BaselineGap)
    return found


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = open_workspace(f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    yield opened
    opened.close()


@pytest.fixture
def plan(model: Model) -> Plan:
    return with_rationale(with_value(model.start(), model.baseline, "extra_growth", 0.02), "extra_growth", "补足缺口")


def saved_as(workspace: Workspace, plan: Plan, name: str = "稳一点") -> Saved:
    return save_plan(workspace, plan, name=name, author="张三", reason="年初测算", load_id=1)


def test_what_is_saved_comes_back_whole(workspace: Workspace, model: Model, plan: Plan) -> None:
    funded = with_fund(plan, {"resident": 7e7})
    saved_as(workspace, funded)
    (found,) = list_saved(workspace)
    assert found.plan is not None
    assert found.plan.scenario.coefficients == plan.scenario.coefficients
    assert found.plan.scenario.rationale == {"extra_growth": "补足缺口"}
    assert (found.name, found.author, found.reason, found.plan.fund) == ("稳一点", "张三", "年初测算", funded.fund)
    assert model.run(found.plan).units.equals(model.run(funded).units)


def test_a_second_version_over_the_first_and_a_conflict_that_loses_nothing(workspace: Workspace, plan: Plan) -> None:
    first = saved_as(workspace, plan)
    second = save_plan(workspace, plan, name="稳一点", author="李四", reason="修订", load_id=1, over=first)
    assert second.version == 2
    with pytest.raises(ConflictError):
        save_plan(workspace, plan, name="稳一点", author="王五", reason="也修订", load_id=1, over=first)
    assert plan.changed == 1
    assert len(list_saved(workspace)) == 1


def test_rename_duplicate_archive_restore(workspace: Workspace, plan: Plan) -> None:
    first = saved_as(workspace, plan)
    rename_saved(workspace, first, "新名")
    copy = duplicate_saved(workspace, first, "副本")
    assert {each.name for each in list_saved(workspace)} == {"新名", "副本"}
    archive_saved(workspace, copy)
    assert [each.name for each in list_saved(workspace)] == ["新名"]
    assert [each.name for each in list_saved(workspace, archived=True)] == ["副本"]
    restore_saved(workspace, copy)
    assert len(list_saved(workspace)) == 2
    with pytest.raises(WorkspaceError):
        rename_saved(workspace, first, "  ")


def test_documents_of_others_are_not_listed_and_a_stale_one_says_why(workspace: Workspace) -> None:
    workspace.create(Kind.SCENARIO, "财政方案", {"model": "fiscal"}, author=None)
    workspace.create(Kind.SCENARIO, "旧方案", {"model": "insurance", "scenario": {"schema_version": 99}, "fund": {}}, author=None)
    (stale,) = list_saved(workspace)
    assert stale.plan is None
    assert stale.problem is not None
    assert "99" in stale.problem.what()


def test_comparing_across_data_versions_is_refused_or_rebased(model: Model, plan: Plan) -> None:
    other = Plan(plan.scenario.model_copy(update={"data_version": "7", "name": "去年的"}))
    with pytest.raises(ScenarioError) as caught:
        compare_plans(model, [("现在", plan), ("去年的", other)])
    assert "去年的" in caught.value.what()
    assert "现在" not in caught.value.what()
    sides = compare_plans(model, [("现在", plan), ("去年的", other)], rebased=True)
    assert sides[0].outcome.budget == sides[1].outcome.budget
    assert differing(sides) == ()


def test_compare_names_what_differs_and_takes_at_most_four(model: Model, plan: Plan) -> None:
    sides = compare_plans(model, [("基线", model.start()), ("现在", plan)])
    assert differing(sides) == ("extra_growth",)
    with pytest.raises(ScenarioError):
        compare_plans(model, [("x", plan)] * 5)
    assert differing(()) == ()


def test_scores_come_from_the_result_frozen_last(workspace: Workspace) -> None:
    assert frozen_scores(workspace) == ()
    content: dict[str, JsonValue] = {"rows": [{"unit": "C1", "total": 91.5}, {"unit": "C2", "total": None}, "x"]}
    result = workspace.create(Kind.RESULT, "2024", content, author=None)
    assert frozen_scores(workspace) == (), "a draft is no frozen score"
    workspace.freeze(result.document_id, based_on=result.version, period="2024", author=None, reason="年度")
    assert frozen_scores(workspace) == (("C1", 91.5),)


def cell_of(sheet: Worksheet, row: int, head: str) -> Cell:
    """The cell of a row under a heading."""
    heads = [cell.value for cell in sheet[1]]
    return sheet.cell(row=row, column=heads.index(head) + 1)


def recalculated(content: bytes, folder: Path) -> openpyxl.Workbook:
    """The workbook as LibreOffice computes it anew."""
    (folder / "given.xlsx").write_bytes(content)
    command = ["soffice", f"-env:UserInstallation=file://{folder / 'profile'}", "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML"]
    subprocess.run([*command, "--outdir", str(folder / "done"), str(folder / "given.xlsx")], check=True, capture_output=True, timeout=180)
    return openpyxl.load_workbook(folder / "done" / "given.xlsx", data_only=True)


def has_spreadsheet() -> bool:
    """Whether LibreOffice is here with its spreadsheet: with Writer alone `soffice` runs, says nothing and writes no workbook."""
    program = shutil.which("soffice")
    return program is not None and (Path(program).resolve().parent / "libsclo.so").exists()


@pytest.mark.skipif(not has_spreadsheet(), reason="LibreOffice's spreadsheet is not installed (apt-get install libreoffice-calc)")
def test_a_coefficient_changed_in_the_workbook_moves_its_budget_as_the_model_does(model: Model, plan: Plan, tmp_path: Path) -> None:
    source = ExportSource("全县", model.database.version)
    content = scenario_workbook(model, plan, model.run(plan), model.reference(), directory(model.database), source)
    book = openpyxl.load_workbook(io.BytesIO(content))
    changes = {"extra_growth": 0.031, "a_price": 0.35, "surplus_share": 0.6, "deficit_share": 0.4, "band": 0.05, "prepay_rate": 0.9}
    moved = plan
    for name, value in changes.items():
        moved = with_value(moved, model.baseline, name, value)
        label = model.baseline.coefficients.coefficients[name].name
        next(row for row in book["输入"].iter_rows(min_row=2) if row[0].value == label)[1].value = value
    buffer = io.BytesIO()
    book.save(buffer)
    sheet = recalculated(buffer.getvalue(), tmp_path)["预算与结算"]
    expected = model.run(moved).units
    columns = {"总额预算（元）": "budget", "结余（元）": "balance", "留用/分担（元）": "community_share", "年终清算（元）": "clearing"}
    for place, unit in enumerate(expected.to_dict("records"), start=2):
        for head, name in columns.items():
            assert cell_of(sheet, place, head).value == pytest.approx(unit[name], abs=0.02), head
    assert cell_of(sheet, len(expected) + 2, "总额预算（元）").value == pytest.approx(expected["budget"].sum(), abs=0.1)


def test_the_workbook_holds_inputs_results_and_formulas_and_no_name_becomes_one(model: Model, plan: Plan) -> None:
    outcome = model.run(plan)
    book = directory(model.database)
    content = scenario_workbook(model, plan, outcome, model.reference(), book, ExportSource("全县", model.database.version))
    found = openpyxl.load_workbook(io.BytesIO(content))
    assert found.sheetnames == ["输入", "预算与结算", "预算构成", "按月", "医院", "指标", "敏感性", "数据字典", "来源"]
    inputs = {row[0]: row for row in found["输入"].iter_rows(min_row=2, values_only=True)}
    assert inputs["统一追加增速"][1:6] == (0.02, 0, "比例", "●", "补足缺口")
    assert "待核实" in str(inputs["统一追加增速"][6])
    assert cell_of(found["预算与结算"], 2, "结余（元）").value.startswith("=P2-Q2")
    assert found["预算与结算"]["A2"].value == HOSTILE
    assert found["预算与结算"]["A2"].data_type == "s"
    cached = openpyxl.load_workbook(io.BytesIO(content), data_only=True)["预算与结算"]
    assert cell_of(cached, cached.max_row, "总额预算（元）").value == pytest.approx(outcome.budget, abs=0.001)
    assert cell_of(cached, cached.max_row, "年终清算（元）").value == pytest.approx(outcome.units["clearing"].sum(), abs=0.001)
    about = {row[0]: row[1] for row in found["来源"].iter_rows(min_row=2, values_only=True)}
    assert about["方案"] == plan.scenario.name
    levels = openpyxl.load_workbook(io.BytesIO(content), data_only=True)["预算构成"]
    changes = [float(str(row[1])) for row in levels.iter_rows(min_row=2, values_only=True)]
    assert sum(changes) == pytest.approx(outcome.budget, abs=0.001)


@pytest.mark.parametrize("reader", ["zh", "en"])
def test_the_word_report_says_what_was_changed_and_why_in_native_tables(model: Model, plan: Plan, reader: str) -> None:
    outcome, reference = model.run(plan), model.reference()
    filters = Filters(Period.parse("2025-10"))
    with speaking(reader):
        report = scenario_report(filters, model, plan, outcome, reference)
        document = docx.Document(io.BytesIO(scenario_document(filters, model, plan, outcome, reference)))
    tables = {table.key: table for table in report.tables}
    assert {"changed", "waterfall", "communities", "settlement", "rates", "tornado", "inputs"} <= set(tables)
    assert tables["changed"].rows[0][3] == "补足缺口"
    assert sum(row[1] for row in tables["waterfall"].rows) == pytest.approx(outcome.budget, abs=0.001)  # type: ignore[misc]
    assert sum(row[3] for row in tables["communities"].rows) == pytest.approx(outcome.balance, abs=0.001)  # type: ignore[misc]
    assert len(document.tables) >= len(tables)
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert "补足缺口" in cells
    assert any(HOSTILE in text for text in cells), "a name that looks like a formula stays a name"
    rows = dict(report.provenance.rows)
    assert str(plan.scenario.seed) in rows.values()
    unchanged = model.start()
    with speaking(reader):
        empty = scenario_report(filters, model, unchanged, reference, reference)
    assert "changed" not in {table.key for table in empty.tables}
