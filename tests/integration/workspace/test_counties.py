"""Whose what people write is in a workspace of several counties: every kind, every way to read it; on SQLite and PostgreSQL."""

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from dashboard.analysis.approval import COUNTY, Act
from dashboard.workspace import Kind, MissingDocumentError, Status, Version, Workspace, migrate, open_workspace
from dashboard.workspace.county import EVERY_COUNTY, CountyView, county_identifier, in_county
from dashboard.workspace.engine import database_url
from dashboard.workspace.migration import MIGRATIONS
from dashboard.workspace.records import APPROVED_BEFORE_FROZEN, OF_ALL_COUNTIES

ALONE = CountyView(read=frozenset({"K", None}))
FIRST, SECOND = CountyView("K", frozenset({"K", None})), CountyView("L", frozenset({"L"}))
JUNE = datetime.date(2026, 6, 1)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'workspace.sqlite'}" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")


@pytest.fixture
def workspace(url: str) -> Iterator[Workspace]:
    opened = open_workspace(url)
    yield opened
    opened.close()


def _written(workspace: Workspace, view: CountyView, kind: Kind) -> Version:
    """A document of ``kind``, frozen for a period."""
    with in_county(view):
        version = workspace.create(kind, f"{kind} of {view.written}", {"a": 1}, author=None)
        if kind in APPROVED_BEFORE_FROZEN:
            version = workspace.approve(version.document_id, based_on=1, author="王敏", reason="同意")
        return workspace.freeze(version.document_id, based_on=version.version, period="month:2026-06", author="王敏", reason="同意")


def _listed(workspace: Workspace, version: Version) -> bool:
    """Whether the document is listed in the county in view: the same in every list, and read alone just so."""
    name = version.document_id
    listed = name in {each.document_id for each in workspace.list_documents(version.kind)}
    assert listed == (name in {each.document_id for each in workspace.list_latest(version.kind)})
    assert listed == (name in {each.document_id for each in workspace.frozen(version.kind, "month:2026-06")})
    if listed:
        assert workspace.latest(name).document_id == name
    else:
        with pytest.raises(MissingDocumentError):
            workspace.latest(name)
    return listed


def test_each_county_reads_its_own_of_every_kind_and_what_all_share(workspace: Workspace) -> None:
    for kind in Kind:
        before, first, second = (_written(workspace, view, kind) for view in (ALONE, FIRST, SECOND))
        assert (before.status, second.status) == (Status.FROZEN, Status.FROZEN)
        shared = kind in OF_ALL_COUNTIES
        for view, expected in (
            (EVERY_COUNTY, (True, True, True)), (FIRST, (True, True, shared)), (SECOND, (shared, shared, True)),
            (ALONE, (True, True, shared)), (CountyView(read=frozenset()), (shared, shared, shared)),
        ):  # fmt: skip
            with in_county(view):
                assert tuple(_listed(workspace, each) for each in (before, first, second)) == expected, (kind, view)
        counties = tuple(workspace.document(each.document_id).county for each in (before, first, second))
        assert counties == (None, None if shared else "K", None if shared else "L"), kind


def test_what_is_another_countys_cannot_be_touched_in_any_way(workspace: Workspace) -> None:
    mine, theirs = _written(workspace, SECOND, Kind.NOTE), _written(workspace, FIRST, Kind.NOTE)
    for name, known in ((mine.document_id, True), (theirs.document_id, False)):
        for act in (
            workspace.document, workspace.versions, lambda each: workspace.version(each, 1),
            lambda each: workspace.duplicate(each, "copy", author=None), lambda each: workspace.rename(each, "other", actor=None),
            lambda each: workspace.archive(each, actor=None), lambda each: workspace.restore(each, actor=None),
            lambda each: workspace.save(each, {"a": 2}, based_on=2, author="王敏", reason="更正"),
        ):  # fmt: skip
            with in_county(SECOND):
                if known:
                    act(name)
                else:
                    with pytest.raises(MissingDocumentError):
                        act(name)
    assert {workspace.document(each.document_id).county for each in workspace.list_documents(Kind.NOTE)} == {"K", "L"}
    with in_county(SECOND):
        assert {each.county for each in workspace.list_documents(Kind.NOTE)} == {"L"}, "a copy is of the county that it was made in"


def test_of_what_there_is_one_in_a_county_each_has_its_own(workspace: Workspace) -> None:
    names = []
    for view in (ALONE, FIRST, SECOND, CountyView("M'; --", frozenset({"M'; --"}))):
        with in_county(view):
            names.append(county_identifier("assessment-2026-06"))
            if view is not FIRST:
                workspace.create(Kind.MONTH_ASSESSMENT, "月评估", {}, author=None, document_id=names[-1])
            assert workspace.latest(names[-1]).name == "月评估"
    assert names[:2] == ["assessment-2026-06"] * 2, "the first county's stays what it was"
    assert len(set(names)) == 3


def test_an_approval_is_of_the_county_in_view(workspace: Workspace) -> None:
    def approve(view: CountyView) -> None:
        with in_county(view):
            workspace.approvals.add(JUNE, Act.APPROVED, _unsigned, actor="王敏", reason="", data_version=1)

    def _unsigned(newest: object) -> list:
        assert newest == {}, "nobody of this county has done anything yet"
        return [COUNTY]

    approve(ALONE)
    approve(SECOND)
    seen = {}
    for name, view in (("first", FIRST), ("second", SECOND)):
        with in_county(view):
            seen[name] = [each.county for each in workspace.approvals.acts(JUNE)]
    assert seen == {"first": [None], "second": ["L"]}
    assert [each.county for each in workspace.approvals.every_act()] == [None, "L"]


def test_the_trail_names_the_county_of_what_was_done(workspace: Workspace) -> None:
    """The trail is one for all counties, and its reader finds those of each; while there is one, nothing names it."""
    named = {}
    for view in (ALONE, FIRST, SECOND):
        kept = _written(workspace, view, Kind.NOTE)
        with in_county(view):
            workspace.rename(kept.document_id, "另一个名称", actor="王敏")
            workspace.archive(kept.document_id, actor="王敏")
            workspace.approvals.add(JUNE, Act.APPROVED, lambda _newest: [COUNTY], actor="王敏", reason="", data_version=1)
        entries = [each for each in workspace.audit.entries() if each.subject in (kept.document_id, COUNTY.code)]
        named[view.written] = {each.details.get("county") for each in entries if each.subject == kept.document_id}
        assert len(entries) > 3
    assert named == {None: {None}, "K": {"K"}, "L": {"L"}}
    shared = _written(workspace, SECOND, next(iter(OF_ALL_COUNTIES)))
    assert {each.details.get("county") for each in workspace.audit.entries(subject=shared.document_id)} == {None}
    assert workspace.audit.verify().broken_at is None


def test_what_an_older_program_wrote_is_read_and_still_cannot_be_changed(url: str) -> None:
    engine = create_engine(database_url(url))
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        command.upgrade(config, "0005")
        connection.execute(
            text(
                "INSERT INTO data_approval (month, tier, unit, act, data_version, reason, at) "
                "VALUES ('2026-06-01', 'county', 'county', 'approved', 3, '', '2026-07-01 00:00:00')"
            )
        )
    migrate(url)
    workspace = open_workspace(url)
    with in_county(FIRST):
        assert [(each.unit, each.county) for each in workspace.approvals.acts()] == [(COUNTY, None)]
    with in_county(SECOND):
        assert workspace.approvals.acts() == ()
    for statement in ("UPDATE data_approval SET county_code = 'L'", "DELETE FROM data_approval"):
        with pytest.raises(Exception, match="append"), engine.begin() as connection:
            connection.execute(text(statement))
    workspace.close()
    engine.dispose()
