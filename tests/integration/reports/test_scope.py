"""Reports of somebody who may see one community: not a word or figure changes with others' rows."""

import re

import pytest

from dashboard.analysis.periods import Grain, Period
from dashboard.catalogue.release import release_rules
from dashboard.documents.content import Report
from dashboard.services.common import indicators
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.filters import Filters
from dashboard.services.meeting.agendas import agenda_of, page_item, save_agenda, scheme_item
from dashboard.services.reports.report import ReportKind, ReportRequest, build_report
from dashboard.workspace import Kind, Workspace, open_workspace
from tests.integration.common.test_scope import scope
from tests.integration.common.test_scoped_services import database_of
from tests.scope_county import LAST, changed_outside, county

ONE, P4 = scope("C1", None, "finance conduct"), scope(None, "P4")
READERS = {"one": ONE, "P4": P4}
PERIOD = Period(Grain.MONTH, LAST)


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[ReportingDatabase, ReportingDatabase]]:
    folder = tmp_path_factory.mktemp("reports")
    before = database_of(county(), folder, "county")
    views = frozenset({"population", "provider"})
    return {name: (before, database_of(changed_outside(county(), reader, views), folder, name)) for name, reader in READERS.items()}


@pytest.fixture(autouse=True)
def _nothing_is_released(monkeypatch: pytest.MonkeyPatch) -> None:
    """County values that the county releases do change with others' rows; here it releases none."""
    rules = release_rules().model_copy(update={"least_communities": 99, "least_others": 99})
    monkeypatch.setattr(indicators, "release_rules", lambda: rules)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return open_workspace(f"sqlite:///{tmp_path_factory.mktemp('workspace') / 'workspace.sqlite'}")


@pytest.fixture(scope="module")
def agenda(workspace: Workspace) -> str:
    rows = [{"unit": f"C{each}", "name": f"C{each}医共体", "total": 70.1 + each, "rank": 6.0 - each, "band": "A"} for each in range(1, 6)]
    kept = workspace.create(Kind.RESULT, "六月得分", {"rows": rows}, author="李")  # type: ignore[dict-item]
    items = [
        scheme_item("评价", kept.document_id),
        *(
            page_item(page, f"/{page}?community=C1")
            for page in ("overview", "referrals", "quality", "resources", "utilisation", "contracts")
        ),
        page_item("别家", "/overview?community=C2"),
        page_item("全县", "/overview"),
    ]
    return save_agenda(workspace, agenda_of("会", LAST, items), author="李").agenda_id


def said(database: ReportingDatabase, workspace: Workspace, request: ReportRequest) -> str:
    *_, report = build_report(database, workspace, request)
    assert isinstance(report, Report)
    return re.sub(r"\d\d:\d\d(:\d\d)?", "", repr(report))


CASES = [(kind, "one", "C1") for kind in ReportKind if kind is not ReportKind.ONE_PAGER] + [(ReportKind.MONTHLY, "P4", None)]
"""The one-pager is golden case 7 (``common/test_scope_cases.py``)."""


@pytest.mark.parametrize(("kind", "name", "community"), CASES)
def test_no_figure_of_a_report_comes_from_rows_outside(
    databases: dict[str, tuple[ReportingDatabase, ReportingDatabase]], workspace: Workspace, agenda: str, kind: ReportKind, name: str,
    community: str | None,
) -> None:  # fmt: skip
    request = ReportRequest(kind, Filters(PERIOD, community=community), ("xlsx",), agenda_id=agenda)
    mine, theirs = (said(each.under(READERS[name]), workspace, request) for each in databases[name])
    assert mine == theirs


def test_the_change_would_be_seen_by_who_may_see_it(
    databases: dict[str, tuple[ReportingDatabase, ReportingDatabase]], workspace: Workspace
) -> None:
    request = ReportRequest(ReportKind.MONTHLY, Filters(PERIOD), ("xlsx",))
    before, changed = (said(each, workspace, request) for each in databases["one"])
    assert before != changed
