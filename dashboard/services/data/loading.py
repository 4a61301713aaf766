"""Loading in the browser: check what was uploaded, say what it would change, load it with a reason, take the last load back."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pydantic import JsonValue

from dashboard.analysis.periods import Period
from dashboard.errors import ProductError, ScopeError
from dashboard.language import marked
from dashboard.services.common.approvals import signed_months
from dashboard.services.common.audit import record_load, record_undo
from dashboard.services.common.counties import in_view
from dashboard.services.common.database import EMPTY, ReportingDatabase, open_database
from dashboard.services.common.directory import directory
from dashboard.services.common.identity import Identity
from dashboard.services.data.inbox import Inbox
from dashboard.services.data.profiles import KnownProfile, convert
from dashboard.services.overview.answer import Headline, headlines
from dashboard.services.prefecture.marts import marts_after, marts_left
from dashboard.settings import settings
from dashboard.store.engine import retire
from dashboard.store.importing.difference import COLUMNS
from dashboard.store.importing.loader import LoadReport, Places, Progress, Rehearsal, load_package
from dashboard.store.importing.package import Scope
from dashboard.store.importing.undo import Undoable, last_load, undo_last_load
from dashboard.workspace.content import clean_reason

Tell = Callable[[Progress], None]
CHANGED = ("added", "changed", "removed")


@dataclass(frozen=True)
class Moved:
    """A headline indicator before and after; ``before`` is None where there was no database."""

    before: Headline | None
    after: Headline


@dataclass(frozen=True, eq=False)
class Checked:
    """A checked package: its report, what it would change (``difference.py``), what the headline indicators would become.

    ``headlines`` is None where it is not known before the load (a server) or could not be computed. ``data_version`` is the load that the
    check was made against, ``profile`` what the files went through.
    """

    report: LoadReport
    difference: pd.DataFrame
    headlines: tuple[Moved, ...] | None
    data_version: int
    profile: str
    scope: Scope | None
    folder: Path
    places: Places

    def total(self, name: str) -> int:
        """Return how many rows are ``added``, ``changed``, ``removed`` or the ``same``."""
        return int(self.difference[name].sum()) if len(self.difference) else 0


def may_load(reader: Identity | None) -> bool:
    """Tell whether a reader may load: the act, and nothing kept from them."""
    return reader is not None and reader.may("load") and reader.scope.every_row


def may_submit(reader: Identity | None) -> bool:
    """Tell whether a reader may submit their own reports for the data manager to take over."""
    return reader is not None and reader.may("submit") and not may_load(reader)


def check(inbox: Inbox, database: ReportingDatabase | None, profile: KnownProfile | None, scope: Scope | None, tell: Tell) -> Checked:
    """Check what lies in ``inbox``; nothing is changed. Raises ``PackageError`` (``MisfitError``), ``DatabaseError``."""
    source, places = inbox.source(), {}  # type: tuple[Path, Places]
    if profile is not None:
        made = convert(profile, source, inbox.scratch())
        source, places = made.folder, made.places
    change, moved = pd.DataFrame(columns=list(COLUMNS)), []  # type: tuple[pd.DataFrame, list[tuple[Moved, ...] | None]]

    def look(rehearsal: Rehearsal) -> None:
        nonlocal change
        change = rehearsal.difference
        moved.append(_moved(database, rehearsal))

    report = load_package(
        source, settings().reporting_database_url, progress=tell, scope=scope, check_only=True, places=places, look=look,
        signed=signed_months(),
    )  # fmt: skip
    version = database.version.load_id if database else 0
    return Checked(report, change, moved[0] if moved else None, version, profile.called if profile else "", scope, source, places)


def _moved(database: ReportingDatabase | None, rehearsal: Rehearsal) -> tuple[Moved, ...] | None:
    """Return the headline numbers of the newest month as they are and as they would be."""
    if rehearsal.database_url is None:
        return None
    after = in_view(open_database(rehearsal.database_url), (database.scope.county if database else None) or "")
    try:
        if after.version.data_through is None:
            return ()
        period = Period.parse(f"{after.version.data_through:%Y-%m}")
        before = {each.reading.indicator.id: each for each in headlines(database, period)} if database and database.version != EMPTY else {}
        return tuple(Moved(before.get(each.reading.indicator.id), each) for each in headlines(after, period))
    except ProductError:
        return None
    finally:
        retire(after.engine)


def refuse_foreign_rows(checked: Checked, database: ReportingDatabase, reader: Identity) -> None:
    """Raise ``ScopeError`` when a package holds anything but reports of the reader's own institutions."""
    homes = directory(database).institutions["community_code"].to_dict()
    touched = checked.difference
    foreign = sorted(
        {
            str(row.reporter) or str(row.table_name)
            for row in touched.itertuples()
            if str(row.reporter) not in homes or not reader.scope.holds_institution(str(row.reporter), homes[str(row.reporter)])
        }
    )
    if foreign:
        raise ScopeError(
            marked("数据包里有不归您报送的内容：{names}"), marked("请只留本机构的业务表；字典表和别家的数据由数据管理员载入"),
            names="、".join(foreign[:5]),
        )  # fmt: skip


def load(checked: Checked, reader: Identity, reason: str, tell: Tell, *, details: Mapping[str, JsonValue] | None = None) -> LoadReport:
    """Load what was checked, whole or not at all, and note who, why and which files. Raises ``WorkspaceError`` without a reason.

    What is loaded is checked again: the database may have changed since. Raises ``ScopeError`` for who may not load. What could not be
    made of an accepted load stands in its report (``unfinished``).
    """
    why = clean_reason(reason, required=True)
    if not may_load(reader):
        raise ScopeError(marked("您的账号不能载入数据"), marked("请由数据管理员载入"))
    report = load_package(
        checked.folder, settings().reporting_database_url, progress=tell, scope=checked.scope, places=checked.places,
        signed=signed_months(),
    )  # fmt: skip
    facts: dict[str, JsonValue] = {
        "result": report.outcome,
        "load_id": report.load_id,
        "rows": report.row_count,
        "errors": report.error_count,
        "reason": why,
        **{name: checked.total(name) for name in CHANGED},
        "files": {file.file: file.checksum[:16] for file in report.files[:50]},
    }
    if checked.profile:
        facts["profile"] = checked.profile
    record_load(report.package, actor=reader.name or None, details=facts | dict(details or {}))
    return marts_after(report)


@dataclass(frozen=True)
class Undone:
    """A load that was taken back: the number of the load that records it, and what could not be made of the data as they are now."""

    load_id: int
    unfinished: ProductError | None = None


def undoable() -> Undoable | None:
    """Return the last load and whether it can be taken back. Raises ``DatabaseError``."""
    return last_load(settings().reporting_database_url)


def undo(expected: Undoable, reader: Identity, reason: str) -> Undone:
    """Take the last load back with a reason.

    Raises ``WorkspaceError`` without a reason, ``ScopeError`` for who may not load, ``DatabaseError`` when it cannot be taken back,
    also because it touched a month that is approved by now, or because nobody can say which are.
    """
    why = clean_reason(reason, required=True)
    if not may_load(reader):
        raise ScopeError(marked("您的账号不能载入数据"), marked("请由数据管理员载入"))
    words = f"撤回第 {expected.load_id} 批：{expected.package}"[:200]
    number = undo_last_load(settings().reporting_database_url, expected.load_id, words, signed_months())
    details: dict[str, JsonValue] = {"undone": expected.load_id, "load_id": number, "reason": why}
    record_undo(expected.package, actor=reader.name or None, details=details)
    return Undone(number, marts_left(expected.load_id))


def copy_files(source: Path, target: Path) -> None:
    """Copy the files of a folder, flat."""
    target.mkdir(parents=True, exist_ok=True)
    for file in source.iterdir():
        shutil.copyfile(file, target / file.name)
