"""Who may read and who may change what somebody wrote, judged by who acts and which county is in view."""

import json
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, or_

from dashboard.language import marked
from dashboard.workspace.acting import Person, acting
from dashboard.workspace.county import county_in_view, kept_in_view
from dashboard.workspace.errors import WorkspaceError
from dashboard.workspace.records import FOR_SOME, OF_ALL_COUNTIES, OF_ITS_SCOPE, Audience, Document, Kind
from dashboard.workspace.schema import document


def owning(kind: Kind) -> dict[str, Any]:
    """Return the columns that say whose a new document is: of who sees the county for the county, of others for their communities.

    It is the county's that is in view, or all counties' (``OF_ALL_COUNTIES``).
    """
    person = acting()
    county = {"county_code": None if kind in OF_ALL_COUNTIES else county_in_view().written}
    if person is None:
        return {"owner": None, "audience": Audience.COUNTY.value, "communities": None} | county
    if kind not in FOR_SOME or person.communities is None:
        audience = Audience.COUNTY
    else:  # of nobody known: then nobody shares it by themselves
        audience = Audience.COMMUNITY if person.communities else Audience.OWN
    communities = None if person.communities is None else json.dumps(sorted(person.communities))
    return {"owner": person.account, "audience": audience.value, "communities": communities} | county


def communities_in(text: str | None) -> frozenset[str] | None:
    """Return the communities of a stored list, None for the whole county."""
    return None if text is None else frozenset(json.loads(text))


def _within(communities: frozenset[str] | None, person: Person) -> bool:
    return person.communities is None or (communities is not None and frozenset() < communities <= person.communities)


def in_view() -> ColumnElement[bool]:
    """Return the SQL condition that a document is of the county in view, or of all counties."""
    return or_(document.c.kind.in_(OF_ALL_COUNTIES), kept_in_view(document.c.county_code))


def readable(row: RowMapping, person: Person | None) -> bool:
    """Tell whether ``person`` may read the document of ``row``, which has its columns ``owner``, ``audience`` and ``communities``."""
    if person is None or row["audience"] == Audience.COUNTY or row["owner"] == person.account:
        return True
    return row["audience"] == Audience.COMMUNITY and _within(communities_in(row["communities"]), person)


def _covers(found: Document, person: Person | None) -> bool:
    """Tell whether ``person`` is the owner of ``found``, or sees all that the owner does."""
    return person is None or found.owner == person.account or _within(found.communities, person)


def offered(found: Document) -> tuple[Audience, ...]:
    """Return whom who acts may let read ``found``; nothing when that is not theirs to say."""
    person = acting()
    if not _covers(found, person) or found.kind not in FOR_SOME:
        return ()
    mine = person is not None and found.owner == person.account
    return tuple(each for each in Audience if mine or each is not Audience.OWN)


def require_share(found: Document, audience: Audience) -> None:
    """Raise ``WorkspaceError`` when who acts may not let ``audience`` read ``found``."""
    if audience not in offered(found):
        raise WorkspaceError(marked("谁能看这份内容，不由您决定"), marked("请写的人来改，或复制一份自己的"), where=found.name)


def require_change(found: Document) -> None:
    """Raise ``WorkspaceError`` when who acts sees less than the owner of ``found`` and so may only read it."""
    if found.kind in OF_ITS_SCOPE and not _covers(found, acting()):
        raise WorkspaceError(
            marked("这份内容由看得到更大范围的人写，您只能查看"), marked("请复制一份再改，或请写的人来改"), where=found.name
        )
