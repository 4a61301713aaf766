"""Schemes to choose from: the delivered files and what people saved in the workspace, with versions, differences and frozen results."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from pydantic import JsonValue

from dashboard.analysis.periods import Period
from dashboard.analysis.release import ranking_without_names
from dashboard.catalogue.performance import delivered_schemes
from dashboard.catalogue.release import release_rules
from dashboard.catalogue.scheme import Scheme
from dashboard.errors import CatalogueError, ProductError
from dashboard.language import marked
from dashboard.services.performance.answer import Ranking
from dashboard.services.performance.custom import CustomIndicator, from_content
from dashboard.store.query import require_county
from dashboard.store.scope import Scope
from dashboard.workspace import STATUS_LABELS, KeptResult, Kind, MissingDocumentError, Status, Version, VersionInfo, Workspace

_SAME_WEIGHT = 1e-9


@dataclass(frozen=True)
class SchemeChoice:
    """A scheme to choose. ``document_id`` None for a delivered file; otherwise ``version`` of that workspace document."""

    key: str
    name: str
    scheme: Scheme
    document_id: str | None = None
    version: int = 0
    status: Status | None = None
    period: str | None = None

    @property
    def version_text(self) -> str:
        """The version as a reader sees it."""
        return self.scheme.version if self.document_id is None else f"v{self.version}"

    @property
    def status_text(self) -> str:
        """Draft, approved, frozen (a message id); empty for a delivered file."""
        return STATUS_LABELS[self.status] if self.status else ""


def _choice(version: Version) -> SchemeChoice:
    scheme = Scheme.model_validate(version.content["scheme"])
    return SchemeChoice(version.document_id, version.name, scheme, version.document_id, version.version, version.status, version.period)


def scheme_choices(workspace: Workspace) -> tuple[SchemeChoice, ...]:
    """Return the delivered schemes, then those of the workspace, the last written first. Raises ``DatabaseError``."""
    delivered = [SchemeChoice(f"file:{name}", scheme.name, scheme) for name, scheme in delivered_schemes().items()]
    return (*delivered, *(_choice(version) for version in workspace.list_latest(Kind.SCHEME)))


def save_scheme(
    workspace: Workspace, choice: SchemeChoice, scheme: Scheme, *, name: str, author: str | None, reason: str, data_version: int
) -> SchemeChoice:
    """Save ``scheme`` as a new version of ``choice``'s document, or as a new document where it is a file or has another name.

    Raises:
        ConflictError: somebody saved meanwhile; nothing is lost, the caller still holds ``scheme``.
        WorkspaceError: the name or the reason is not acceptable.
    """
    content: dict[str, JsonValue] = {"scheme": scheme.model_dump(mode="json", exclude_unset=True), "from": choice.key}
    if choice.document_id is None or name.strip() != choice.name:
        return _choice(workspace.create(Kind.SCHEME, name, content, author=author, reason=reason, data_version=data_version))
    saved = workspace.save(choice.document_id, content, based_on=choice.version, author=author, reason=reason, data_version=data_version)
    return _choice(saved)


def approve_scheme(workspace: Workspace, choice: SchemeChoice, *, author: str | None, reason: str) -> SchemeChoice:
    """Approve the draft ``choice``. Raises ``ConflictError`` and ``WorkspaceError``."""
    return _choice(workspace.approve(_document(choice), based_on=choice.version, author=author, reason=reason))


def freeze_scheme(
    workspace: Workspace, choice: SchemeChoice, ranking: Ranking, *, author: str | None, reason: str, data_version: int
) -> SchemeChoice:
    """Freeze an approved scheme for the period of ``ranking``, and with it the scores as they are now: both or neither.

    The result is a document of its own, one for each scheme and period; a correction is a new version of it, the earlier one stays.

    Raises:
        ConflictError: somebody was faster. WorkspaceError: the scheme is not approved.
    """
    period = period_code(ranking.inputs.period)
    document = _document(choice)
    result = KeptResult(
        document_id=result_id(choice, ranking.inputs.period),
        name=f"{choice.name} · {period}",
        content=result_content(ranking, document, choice.version + 1),
        data_version=data_version,
    )
    frozen, _kept = workspace.freeze_with_result(
        document, based_on=choice.version, period=period, author=author, reason=reason, result=result
    )
    return _choice(frozen)


def _document(choice: SchemeChoice) -> str:
    if choice.document_id is None:
        raise ProductError(marked("随产品交付的方案不能直接审定"), marked("请先另存为本县的方案"), where=choice.name)
    return choice.document_id


def period_code(period: Period) -> str:
    """Return the code of a period in the workspace: "quarter:2025-09"."""
    return f"{period.grain.value}:{period}"


def result_id(choice: SchemeChoice, period: Period) -> str:
    """Return the identifier of the frozen result of a scheme's document for ``period``."""
    return f"result-{_document(choice)[:32]}-{period.grain.value}-{period}".lower()


def result_content(ranking: Ranking, document: str, version: int) -> dict[str, JsonValue]:
    """Return scores, ranks, bands and values as they are kept for good, with the ``version`` of the scheme's ``document``."""
    current = ranking.current
    rows: list[JsonValue] = [
        {
            "unit": str(unit),
            "name": str(ranking.inputs.names[unit]),
            "total": None if current.total.isna()[unit] else round(float(current.total[unit]), 6),
            "rank": None if current.rank.isna()[unit] else float(current.rank[unit]),
            "band": current.band[unit],
            "completeness": round(float(current.completeness[unit]), 6),
        }
        for unit in current.total.index
    ]
    values = ranking.inputs.values
    cells: dict[str, JsonValue] = {
        str(unit): {str(name): float(value) for name, value in row.items() if value == value} for unit, row in values.iterrows()
    }
    return {"rows": rows, "values": cells, "scheme_document": document, "scheme_version": version}


def frozen_rows(result: Version, scope: Scope) -> pd.DataFrame:
    """Return the rows of a frozen ``result`` that a reader of ``scope`` may see: rank, name, total, band, completeness, the best first.

    Who sees a part of the county sees their own, and the others as A, B, C, unless the county publishes its ranking: a frozen one is no
    more public than today's. Raises ``ScopeError`` for who has no row of their own.
    """
    kept = result.content.get("rows")
    found = [row for row in kept if isinstance(row, dict)] if isinstance(kept, list) else []
    rows = pd.DataFrame(found, columns=["unit", "rank", "name", "total", "band", "completeness"])
    rows[["rank", "total"]] = rows[["rank", "total"]].apply(pd.to_numeric, errors="coerce")
    if scope.every_row:
        return rows.drop(columns="unit").sort_values("rank", na_position="last", kind="stable", ignore_index=True)
    own = {str(unit) for unit in rows["unit"] if scope.holds_community(str(unit)) or unit in (scope.institutions or ())}
    if not own and not release_rules().ranking_published:
        require_county(scope)
    return ranking_without_names(rows, own, release_rules())


def frozen_result(workspace: Workspace, choice: SchemeChoice, period: Period) -> Version | None:
    """Return the result that is in force for ``period`` under the document of ``choice``; None when nothing was frozen."""
    if choice.document_id is None:
        return None
    wanted = result_id(choice, period)
    return next((version for version in workspace.frozen(Kind.RESULT, period_code(period)) if version.document_id == wanted), None)


def history(workspace: Workspace, choice: SchemeChoice) -> tuple[VersionInfo, ...]:
    """Return the versions of the document of ``choice``, newest first; empty for a delivered file."""
    return () if choice.document_id is None else workspace.versions(choice.document_id)


@dataclass(frozen=True)
class Difference:
    """One field that differs: ``where`` (an indicator's id or a part of the scheme), ``field``, and both values as texts."""

    where: str
    field: str
    before: str
    after: str


def scheme_differences(before: Scheme, after: Scheme) -> tuple[Difference, ...]:
    """Return what differs between two schemes: indicators field by field, bands, gates, pools and the treatment."""
    found = []
    old, new = ({indicator.id: indicator.model_dump(exclude={"id"}) for indicator in each.indicators} for each in (before, after))
    for name in dict.fromkeys([*old, *new]):
        if name not in new or name not in old:
            found.append(Difference(name, "indicator", _text(name if name in old else None), _text(name if name in new else None)))
            continue
        found += [
            Difference(name, field, _text(old[name][field]), _text(new[name][field]))
            for field in old[name]
            if not _same(old[name][field], new[name][field])
        ]
    for field in ("normalisation", "aggregation", "missing", "minimum_completeness", "bands", "gates", "pools", "dimensions"):
        left, right = getattr(before, field), getattr(after, field)
        if left != right:
            found.append(Difference("", field, _parts(left), _parts(right)))
    return tuple(found)


def _same(left: object, right: object) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return abs(left - right) < 1e-6
    return left == right


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "—" if value is None else str(value)


def _parts(value: object) -> str:
    if isinstance(value, tuple):
        return "；".join(" ".join(_text(item) for key, item in part.model_dump().items() if key != "name_en" and item) for part in value)
    return _text(value)


def weights_text(saved: Scheme, scheme: Scheme) -> str:
    """Return the weights of ``scheme`` (they sum to 100) that differ from ``saved``, for an address: ``B01_12.5~C03_7``.

    Empty without a difference, and where the indicators differ: only weights travel in a link, everything else as a saved version.
    """
    if set(saved.weights) != set(scheme.weights):
        return ""
    moved = {name: weight for name, weight in scheme.weights.items() if abs(weight - saved.weights[name]) > _SAME_WEIGHT}
    return "~".join(f"{name}_{weight:.10g}" for name, weight in moved.items())


def with_weights_text(saved: Scheme, text: str) -> Scheme:
    """Return ``saved`` with the weights of ``weights_text``; an empty text changes nothing.

    Raises ``CatalogueError`` for a text that is cut or edited by hand, names an indicator that the scheme does not have, or whose weights
    do not add up to 100.
    """
    if not text:
        return saved
    try:
        pairs = [part.rpartition("_") for part in text.split("~")]
        weights = {name: float(weight) for name, _between, weight in pairs}
        return saved.with_weights(weights)
    except (ValueError, CatalogueError) as error:
        raise CatalogueError(
            marked("链接里的权重不能用于这个方案，已显示方案原来的权重"), marked("请索取新的链接，或重新拖动权重"), where=saved.name
        ) from error


def delivered_origin(workspace: Workspace, choice: SchemeChoice) -> SchemeChoice | None:
    """Return the delivered scheme that the document of ``choice`` was first made from; None when it is no longer delivered.

    A document made from another document goes back to that one's origin.
    """
    files = {each.key: each for each in scheme_choices(workspace) if each.document_id is None}
    key, seen = choice.key, set()
    while key not in files and key not in seen:
        seen.add(key)
        try:
            key = str(workspace.version(key, 1).content.get("from", ""))
        except MissingDocumentError:
            return None
    return files.get(key)


def version_scheme(workspace: Workspace, document_id: str, number: int) -> Scheme:
    """Return the scheme of one version. Raises ``MissingDocumentError``."""
    return Scheme.model_validate(workspace.version(document_id, number).content["scheme"])


def custom_indicators(workspace: Workspace) -> tuple[CustomIndicator, ...]:
    """Return the user-defined indicators, by id."""
    found = [from_content(version.content) for version in workspace.list_latest(Kind.INDICATOR)]
    return tuple(sorted(found, key=lambda entry: entry.id))


def save_custom(workspace: Workspace, custom: CustomIndicator, *, author: str | None, reason: str) -> Version:
    """Save a user-defined indicator. Raises ``WorkspaceError``, ``ConflictError``."""
    return workspace.create(
        Kind.INDICATOR, custom.name, custom.content(), author=author, reason=reason, document_id=f"indicator-{custom.id.lower()}"
    )


def next_custom_id(existing: Sequence[CustomIndicator]) -> str:
    """Return the first free id of a user-defined indicator, from U01 on."""
    taken = {entry.id for entry in existing}
    return next(name for number in range(1, 100) if (name := f"U{number:02d}") not in taken)
