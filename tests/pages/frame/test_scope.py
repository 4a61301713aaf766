"""The whole app as somebody sees it who may see one community."""

import datetime
from pathlib import Path

import pytest

from dashboard.services.common.actions import action_of, save_action
from dashboard.services.common.addresses import parse_address
from dashboard.services.common.identity import Identity
from dashboard.services.common.notes import add_note
from dashboard.services.common.workspace import current_workspace
from dashboard.services.meeting.agendas import agenda_of, save_agenda, scheme_item
from dashboard.store.engine import writing_engine
from dashboard.store.scope import Scope
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import person
from dashboard.ui.kit.tables import ExportSource
from dashboard.workspace import Action, Kind
from tests.components import attention_lines
from tests.pages.conftest import OpenApp, texts
from tests.pages.numbers import headline_cards
from tests.pages.walk import drawn
from tests.scope_county import changed_outside, county, write

DAY = datetime.date(2026, 11, 30)
ONE = Scope(frozenset({"C1"}), None, None, 3)
NONE = Scope(frozenset(), frozenset(), frozenset(), 3)
P4 = Scope(None, frozenset({"P4"}), frozenset(), 3)
"""One centre of C4: what a role of institutions is granted."""


def become(monkeypatch: pytest.MonkeyPatch, scope: Scope) -> None:
    reader = Identity("u1", "王", "community", scope, signed_in=True, session=None, device=False)
    monkeypatch.setattr(person, "identity_of", lambda _headers: reader)
    monkeypatch.setattr(person, "address", lambda: "127.0.0.1")  # AppTest has none


@pytest.fixture(scope="module")
def county_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return _written(tmp_path_factory.mktemp("scope") / "county.duckdb", county())


@pytest.fixture(scope="module")
def changed_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    views = frozenset({"population", "provider"})
    return _written(tmp_path_factory.mktemp("scope") / "county.duckdb", changed_outside(county(), ONE, views))


def _written(file: Path, frames: dict) -> str:
    engine = writing_engine(f"duckdb:///{file}")
    write(engine, frames)
    engine.dispose()
    return f"duckdb:///{file}"


def filters(app: object) -> list[str]:
    return next(list(box.options) for box in app.selectbox if box.key == "community")  # type: ignore[attr-defined]


def test_the_filter_offers_what_may_be_seen_and_the_page_says_so(
    open_app: OpenApp, county_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = open_app(url=county_url)
    assert filters(everybody) == ["全县", "C1", "C2", "C3", "C4", "C5"]
    assert "数据范围" not in texts(everybody)
    become(monkeypatch, ONE)
    app = open_app(url=county_url)
    assert filters(app) == ["C1"]
    assert "数据范围：C1" in texts(app)
    assert not app.exception


@pytest.mark.parametrize("asked", ["C2", "county", "全县", "County"])
def test_a_link_to_what_lies_outside_is_refused_in_words_and_noted(
    open_app: OpenApp, county_url: str, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    become(monkeypatch, ONE)
    app = open_app(url=county_url, community=asked)
    assert "不在您的数据范围内" in texts(app)
    assert not headline_cards(app)
    noted = current_workspace().audit.entries(action=Action.OPEN)
    assert [entry.subject for entry in noted if entry.result == "refused"] == [f"community={asked}"]


def test_who_may_see_one_institution_is_offered_its_community_alone(
    open_app: OpenApp, county_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    become(monkeypatch, P4)
    assert filters(open_app(url=county_url)) == ["全县", "C4"]
    assert "不在您的数据范围内" in texts(open_app(url=county_url, community="C2"))


def test_actions_about_units_outside_stay_with_those_who_see_them(
    open_app: OpenApp, county_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = {"rule": "r", "since": DAY, "month": DAY, "owner": "李", "due": DAY, "measure": "外面的措施"}
    open_app("monitoring", url=county_url)
    save_action(current_workspace(), action_of(unit="P2", unit_name="别处", **fields), author="李")
    save_action(current_workspace(), action_of(unit="P4", unit_name="这里", **fields | {"measure": "自己的措施"}), author="李")
    become(monkeypatch, P4)
    app = open_app("monitoring", url=county_url)
    findings = "".join(line["title"] for _key, _place, line in attention_lines(app))
    assert "自己的措施" in findings
    assert "外面的措施" not in texts(app)


def test_notes_on_views_outside_stay_with_those_who_see_them(open_app: OpenApp, county_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    open_app("meeting", url=county_url)
    for query, text in (("?community=C2", "外面的批注"), ("?community=C1", "自己的批注"), ("", "全县的批注")):
        place = parse_address(f"/referrals{query}")
        add_note(current_workspace(), text, address=place, block="outside", title="县域外", author="李", data_version=None)
    everybody = texts(open_app("meeting", url=county_url, about="notes"))
    assert all(text in everybody for text in ("外面的批注", "自己的批注", "全县的批注"))
    become(monkeypatch, ONE)
    mine = texts(open_app("meeting", url=county_url, about="notes"))
    assert "自己的批注" in mine
    assert "外面的批注" not in mine
    assert "全县的批注" not in mine


def test_a_frozen_ranking_shows_ones_own_row_and_the_others_as_letters(
    open_app: OpenApp, county_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Golden case 8; who has no row of their own is refused like with the live one."""
    open_app("meeting", url=county_url)
    totals = {"C1": 71.6, "C2": 91.3, "C3": 82.4, "C4": 64.8}
    ordered = sorted(totals, key=totals.__getitem__, reverse=True)
    rows = [
        {"unit": code, "name": f"{code}别家", "total": total, "rank": ordered.index(code) + 1.0, "band": f"{code}等", "completeness": 1.0}
        for code, total in totals.items()
    ]
    kept = current_workspace().create(Kind.RESULT, "六月得分", {"rows": rows}, author="李")  # type: ignore[dict-item]
    agenda = agenda_of("医管委", DAY, [scheme_item("评价", kept.document_id)])
    saved = save_agenda(current_workspace(), agenda, author="李")
    shown = {"agenda": saved.agenda_id, "item": "1", "present": "1"}
    everybody = " ".join(drawn(open_app("meeting", url=county_url, **shown)))
    assert all(words in everybody for code in totals for words in (f"{code}别家", f"{code}等"))
    become(monkeypatch, ONE)
    mine = " ".join(drawn(open_app("meeting", url=county_url, **shown)))
    assert "C1别家" in mine
    assert "C1等" in mine
    assert not [code for code in ("C2", "C3", "C4") if f"{code}别家" in mine or f"{code}等" in mine]
    become(monkeypatch, P4)
    refused = texts(open_app("meeting", url=county_url, **shown))
    assert "71" not in refused
    assert "不在您的数据范围内" in refused


def test_who_has_been_granted_no_rows_is_told_whom_to_ask(open_app: OpenApp, county_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    become(monkeypatch, NONE)
    assert "安全管理员" in texts(open_app(url=county_url))


def test_an_export_says_whose_rows_it_holds(open_app: OpenApp, county_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    source = PageFrame.source

    def listened(frame: PageFrame, *details: str) -> ExportSource:
        answer = source(frame, *details)
        told.append(answer.filters)
        return answer

    monkeypatch.setattr(PageFrame, "source", listened)
    open_app(url=county_url, page="utilisation")
    assert told
    assert "数据范围" not in "".join(told)
    told.clear()
    become(monkeypatch, ONE)
    open_app(url=county_url, page="utilisation")
    assert told
    assert all("数据范围：C1" in words for words in told)
