"""Mapping profiles as people and the command line find them: those that ship and those made here, one list, one name, versions."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from dashboard.errors import CatalogueError, PackageError
from dashboard.language import marked
from dashboard.settings import settings
from dashboard.store.engine import duckdb_file, reporting_engine
from dashboard.store.importing.columns import normal_name, primary_key
from dashboard.store.importing.mapping import Conversion, Lookup, apply_profile
from dashboard.store.importing.previous import Previous
from dashboard.store.importing.profiles import Profile, profile_of, shipped_profiles
from dashboard.store.schema import metadata
from dashboard.workspace import Kind, Version, Workspace


@dataclass(frozen=True)
class KnownProfile:
    """A profile by the name that it is called by; ``document`` is where the workspace keeps it, None for one that ships."""

    name: str
    version: int
    profile: Profile
    document: str | None = None

    @property
    def called(self) -> str:
        """The name with its version, as the command line takes it."""
        return f"{self.name}@{self.version}"


def profiles(workspace: Workspace) -> dict[str, KnownProfile]:
    """Return the newest version of every profile by name; one made here takes the place of one that ships under the same name.

    One that a newer program wrote is left out. Raises ``DatabaseError``.
    """
    known = {name: KnownProfile(name, profile.version, profile) for name, profile in shipped_profiles().items()}
    for version in reversed(workspace.list_latest(Kind.IMPORT_PROFILE)):
        try:
            known[version.name] = _known(version)
        except CatalogueError:
            continue
    return known


def kept_profiles(workspace: Workspace) -> tuple[int, tuple[CatalogueError, ...]]:
    """Return how many profiles made here fit the tables of this program, and what is wrong with each of the others.

    Raises ``DatabaseError``.
    """
    good, wrong = 0, []
    for version in workspace.list_latest(Kind.IMPORT_PROFILE):
        try:
            _known(version)
        except CatalogueError as error:
            wrong.append(error)
        else:
            good += 1
    return good, tuple(wrong)


def _known(version: Version) -> KnownProfile:
    return KnownProfile(version.name, version.version, profile_of(version.content, version.name), version.document_id)


def find_profile(workspace: Workspace, called: str) -> KnownProfile:
    """Return the profile ``NAME`` or ``NAME@VERSION``. Raises ``PackageError`` when there is none, ``DatabaseError``."""
    name, _at, number = called.partition("@")
    known = profiles(workspace)
    found = known.get(name)
    if found is not None and number and number != str(found.version):
        if found.document is not None and number.isdigit():
            return _known(workspace.version(found.document, int(number)))
        found = None
    if found is None:
        raise PackageError(
            marked("没有这个映射方案；现有：{names}"), marked("请用其中一个，或在“数据与口径 · 对列”里新建"),
            where=called, names="、".join(each.called for each in known.values()) or "—",
        )  # fmt: skip
    return found


def keep_profile(
    workspace: Workspace, name: str, profile: Profile, *, author: str | None, over: KnownProfile | None, reason: str
) -> KnownProfile:
    """Keep ``profile`` as a new one or as the next version of ``over``. Raises ``WorkspaceError``, ``ConflictError``, ``DatabaseError``."""
    content: dict[str, JsonValue] = profile.model_dump(mode="json", by_alias=True)
    if over is not None and over.document is not None:
        return _known(workspace.save(over.document, content, based_on=over.version, author=author, reason=reason))
    return _known(workspace.create(Kind.IMPORT_PROFILE, name, content, author=author, reason=reason))


def names_of_register(url: str | None = None) -> Lookup:
    """Return what gives the codes of a dimension of the reporting database by full and short name; a name of two codes gives none."""
    target = url or settings().reporting_database_url
    known: dict[str, Mapping[str, str]] = {}

    def look_up(table: str) -> Mapping[str, str]:
        if table not in known:
            known[table] = _read_codes(target, table)
        return known[table]

    return look_up


def _read_codes(url: str, table: str) -> Mapping[str, str]:
    """Read the names of a dimension and let the database go: a load of this process may attach the same file next."""
    file = duckdb_file(url)
    if file is not None and not file.exists():
        return {}
    engine = reporting_engine(url)
    try:
        return _codes_by_name(Previous(engine), table)
    finally:
        engine.dispose()


def _codes_by_name(previous: Previous, name: str) -> Mapping[str, str]:
    table = metadata.tables[name]
    key = primary_key(table)[0]
    found: dict[str, set[str]] = {}
    for row in previous.rows(table):
        for column in ("name", "short_name"):
            if row.get(column):
                found.setdefault(normal_name(str(row[column])), set()).add(str(row[key]))
    return {text: next(iter(codes)) for text, codes in found.items() if len(codes) == 1}


def convert(known: KnownProfile, source: Path, folder: Path) -> Conversion:
    """Write the package that a profile makes of ``source`` into a new folder below ``folder``. Raises ``MisfitError``, ``PackageError``."""
    target, scratch = folder / "package", folder / "unpacked"
    target.mkdir()
    scratch.mkdir()
    return apply_profile(known.profile, source, target, scratch, names_of_register())
