"""谁能看: who wrote something says on its page who reads it; others see it in words, or not at all."""

import datetime

import pytest

from dashboard.services.common.identity import Identity
from dashboard.services.common.workspace import current_workspace
from dashboard.services.meeting.agendas import agenda_of, save_agenda
from dashboard.store.scope import COUNTY, Scope
from dashboard.ui.kit import person
from dashboard.workspace import Audience
from dashboard.workspace.acting import Person, acting_as
from tests.pages.conftest import OpenApp, texts
from tests.pages.frame.test_scope import county_url

__all__ = ["county_url"]

DAY = datetime.date(2026, 11, 30)
KEY = "meeting_audience_"
ONE = Scope(frozenset({"C1"}), None, None, 3)
P4 = Scope(None, frozenset({"P4"}), frozenset(), 3)


def become(monkeypatch: pytest.MonkeyPatch, account: str, scope: Scope) -> None:
    reader = Identity(account, account, "community", scope, signed_in=True, session=None, device=False)
    monkeypatch.setattr(person, "identity_of", lambda _headers: reader)
    monkeypatch.setattr(person, "address", lambda: "127.0.0.1")  # AppTest has none


def written(title: str, account: str, communities: frozenset[str] | None) -> str:
    with acting_as(Person(account, account, None, frozenset({"write"}), communities)):
        return save_agenda(current_workspace(), agenda_of(title, DAY), author=None).agenda_id


def choices(app: object) -> list[object]:
    return [box for box in app.selectbox if (box.key or "").startswith(KEY)]  # type: ignore[attr-defined]


def everything(app: object) -> str:
    return texts(app) + "".join(str(box.options) for box in app.selectbox)  # type: ignore[arg-type,attr-defined]


def test_who_wrote_an_agenda_says_who_reads_it(open_app: OpenApp, county_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    open_app("meeting", url=county_url)
    of_county, mine = written("全县例会", "leader", None), written("本院例会", "u1", frozenset({"C1"}))
    become(monkeypatch, "u1", ONE)
    assert "谁能看：全县登录的人" in texts(open_app("meeting", url=county_url, agenda=of_county))
    app = open_app("meeting", url=county_url, agenda=mine)
    (box,) = choices(app)
    assert box.options == ["只有我", "同一医共体的人", "全县登录的人"]  # type: ignore[attr-defined]
    assert box.value is Audience.COMMUNITY  # type: ignore[attr-defined]
    become(monkeypatch, "colleague", ONE)
    assert "本院例会" in everything(open_app("meeting", url=county_url))
    become(monkeypatch, "u1", ONE)
    box.set_value(Audience.OWN)  # type: ignore[attr-defined]
    app.run()
    assert not app.exception
    assert current_workspace().document(mine).audience is Audience.OWN
    for account, scope in (("colleague", ONE), ("leader", COUNTY)):
        become(monkeypatch, account, scope)
        other = everything(open_app("meeting", url=county_url, agenda=mine))
        assert "全县例会" in other
        assert "本院例会" not in other


def test_an_institution_s_people_belong_to_its_community(open_app: OpenApp, county_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    open_app("meeting", url=county_url)
    of_four, of_one = written("四院例会", "four", frozenset({"C4"})), written("一院例会", "one", frozenset({"C1"}))
    become(monkeypatch, "p4", P4)
    found = everything(open_app("meeting", url=county_url, agenda=of_four))
    assert "四院例会" in found
    assert "一院例会" not in found
    assert "一院例会" not in everything(open_app("meeting", url=county_url, agenda=of_one))


def test_without_sign_in_nobody_is_asked(open_app: OpenApp, county_url: str) -> None:
    open_app("meeting", url=county_url)
    made = written("例会", "u1", frozenset({"C1"}))
    app = open_app("meeting", url=county_url, agenda=made)
    assert "例会" in everything(app)
    assert "谁能看" not in texts(app)
    assert not choices(app)
