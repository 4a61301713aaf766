"""Who reads and who changes what somebody wrote: own, community, county; on SQLite and PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dashboard.workspace import Action, Audience, Kind, MissingDocumentError, Version, Workspace, WorkspaceError, acting, open_workspace
from dashboard.workspace.acting import Person, acting_as
from dashboard.workspace.audience import offered
from dashboard.workspace.records import FOR_SOME

ACTS = frozenset({"write", "approve", "freeze"})


def person(name: str, *communities: str, county: bool = False) -> Person:
    return Person(name, name, None, ACTS, None if county else frozenset(communities))


LEADER, ANALYST = person("leader", county=True), person("analyst", county=True)
ONE, COLLEAGUE, TWO, BOTH = person("one", "C1"), person("colleague", "C1"), person("two", "C2"), person("both", "C1", "C2")
PEOPLE = (LEADER, ANALYST, ONE, COLLEAGUE, TWO, BOTH)


@pytest.fixture(params=["sqlite", "postgresql"])
def workspace(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workspace]:
    file = f"sqlite:///{tmp_path / 'workspace.sqlite'}"
    opened = open_workspace(file if request.param == "sqlite" else request.getfixturevalue("postgresql_url"))
    yield opened
    opened.close()


@contextmanager
def as_(who: Person) -> Iterator[None]:
    with acting_as(who):
        yield


def written(workspace: Workspace, who: Person, kind: Kind = Kind.SCENARIO) -> Version:
    with as_(who):
        return workspace.create(kind, f"{kind} of {who.name}", {"a": 1}, author=None)


def readers(workspace: Workspace, version: Version) -> set[str]:
    found = set()
    for who in PEOPLE:
        with as_(who):
            listed = version.document_id in {each.document_id for each in workspace.list_latest(version.kind)}
            assert listed == (version.document_id in {each.document_id for each in workspace.list_documents(version.kind)})
            for read in (
                lambda: workspace.latest(version.document_id),
                lambda: workspace.version(version.document_id, 1),
                lambda: workspace.document(version.document_id),
                lambda: workspace.versions(version.document_id),
            ):
                if not listed:
                    with pytest.raises(MissingDocumentError):
                        read()
                else:
                    read()
            if not listed:
                with pytest.raises(MissingDocumentError):
                    workspace.duplicate(version.document_id, "copy", author=None)
            if listed:
                found.add(who.name)
    return found


@pytest.mark.parametrize("kind", sorted(FOR_SOME))
def test_each_audience_reads_and_nobody_else(workspace: Workspace, kind: Kind) -> None:
    of_one, of_leader, of_both = (written(workspace, who, kind) for who in (ONE, LEADER, BOTH))
    everybody = {who.name for who in PEOPLE}
    assert readers(workspace, of_one) == {"one", "colleague", "both", "leader", "analyst"}
    assert readers(workspace, of_both) == {"both", "leader", "analyst"}, "who sees one of two communities sees less than was written"
    assert readers(workspace, of_leader) == everybody
    expected = {Audience.OWN: {"one"}, Audience.COMMUNITY: everybody - {"two"}, Audience.COUNTY: everybody}
    for audience, names in expected.items():
        with as_(ONE):
            assert workspace.share(of_one.document_id, audience, actor=None).audience is audience
        assert readers(workspace, of_one) == names
    with as_(LEADER):
        workspace.share(of_leader.document_id, Audience.COMMUNITY, actor=None)
    assert readers(workspace, of_leader) == {"leader", "analyst"}


def test_frozen_for_a_period_is_read_by_its_audience_too(workspace: Workspace) -> None:
    with as_(ONE):
        made = workspace.create(Kind.RESULT, "得分", {"rows": []}, author=None)
        workspace.freeze(made.document_id, based_on=1, period="month:2026-06", author=None, reason="会议")
    for who, count in ((ONE, 1), (TWO, 0), (LEADER, 1)):
        with as_(who):
            assert len(workspace.frozen(Kind.RESULT, "month:2026-06")) == count


def test_without_sign_in_everything_is_everybodys(workspace: Workspace) -> None:
    made = workspace.create(Kind.SCENARIO, "方案", {}, author="李")
    assert workspace.document(made.document_id).owner is None
    assert readers(workspace, made) == {who.name for who in PEOPLE}
    hidden = written(workspace, ONE)
    assert workspace.latest(hidden.document_id).document_id == hidden.document_id


@pytest.mark.parametrize("kind", [Kind.SCENARIO, Kind.SCHEME, Kind.RESULT, Kind.DECISION])
def test_who_sees_less_than_the_owner_may_only_read(workspace: Workspace, kind: Kind) -> None:
    made = written(workspace, LEADER, kind)
    with as_(ONE):
        for change in (
            lambda: workspace.save(made.document_id, {"a": 2}, based_on=1, author=None),
            lambda: workspace.approve(made.document_id, based_on=1, author=None, reason="好"),
            lambda: workspace.freeze(made.document_id, based_on=1, period="month:2026-06", author=None, reason="好"),
            lambda: workspace.rename(made.document_id, "别名", actor=None),
            lambda: workspace.archive(made.document_id, actor=None),
            lambda: workspace.restore(made.document_id, actor=None),
        ):
            with pytest.raises(WorkspaceError, match="只能查看"):
                change()
        assert workspace.duplicate(made.document_id, "一份自己的", author=None).name == "一份自己的"
    assert workspace.latest(made.document_id).version == 1
    mine = written(workspace, ONE, kind)
    for who in (COLLEAGUE, ANALYST):
        with as_(who):
            newest = workspace.latest(mine.document_id).version
            workspace.save(mine.document_id, {"a": newest + 1}, based_on=newest, author=None)


def test_to_an_agenda_others_hand_in_and_a_note_they_answer(workspace: Workspace) -> None:
    for kind in (Kind.AGENDA, Kind.NOTE):
        made = written(workspace, LEADER, kind)
        with as_(ONE):
            workspace.save(made.document_id, {"a": 2}, based_on=1, author=None)


def test_only_the_owner_keeps_something_to_themselves(workspace: Workspace) -> None:
    made = written(workspace, ONE)
    for who, audience in ((COLLEAGUE, Audience.OWN), (LEADER, Audience.OWN)):
        with as_(who), pytest.raises(WorkspaceError, match="不由您决定"):
            workspace.share(made.document_id, audience, actor=None)
    with as_(TWO), pytest.raises(MissingDocumentError):
        workspace.share(made.document_id, Audience.COUNTY, actor=None)
    of_county = written(workspace, LEADER)
    with as_(ONE):
        assert offered(workspace.document(of_county.document_id)) == ()
        with pytest.raises(WorkspaceError, match="不由您决定"):
            workspace.share(of_county.document_id, Audience.COMMUNITY, actor=None)
    setting = written(workspace, LEADER, Kind.SETTING)
    with as_(LEADER), pytest.raises(WorkspaceError, match="不由您决定"):
        workspace.share(setting.document_id, Audience.COMMUNITY, actor=None)
    unsigned = workspace.create(Kind.SCENARIO, "方案", {}, author="李")
    with pytest.raises(WorkspaceError, match="不由您决定"):
        workspace.share(unsigned.document_id, Audience.OWN, actor=None)


def test_the_trail_says_who_could_read_before_and_nothing_of_what_changes_nothing(workspace: Workspace) -> None:
    made = written(workspace, ONE)
    with as_(ONE):
        workspace.share(made.document_id, Audience.OWN, actor=None)
        workspace.share(made.document_id, Audience.OWN, actor=None)
    (entry,) = workspace.audit.entries(action=Action.SHARE)
    assert (entry.account, entry.subject) == ("one", made.document_id)
    assert (entry.details["from"], entry.details["to"]) == ("community", "own")


def test_somebody_without_a_name_owns_nothing(workspace: Workspace) -> None:
    """Whose session has ended meanwhile is a person without account: what nobody owns is not theirs."""
    made = written(workspace, ONE)
    with as_(Person("", "", None, frozenset())), pytest.raises(MissingDocumentError):
        workspace.latest(made.document_id)


def test_of_whom_no_community_is_known_nothing_is_shared_by_itself(workspace: Workspace) -> None:
    lost = person("lost")
    made = written(workspace, lost)
    assert readers(workspace, made) == set()
    with as_(lost):
        workspace.share(made.document_id, Audience.COMMUNITY, actor=None)
    assert readers(workspace, made) == {"leader", "analyst"}


def test_who_acts_is_asked_once_for_a_list(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """To find out means to look into the session and the county's directory: not for every note on every page."""
    for _ in range(5):
        written(workspace, ONE)
    asked: list[None] = []
    monkeypatch.setattr(acting, "_ask", lambda: asked.append(None) or ONE)
    assert len(workspace.list_latest(Kind.SCENARIO)) == 5
    assert len(asked) == 1
