"""How the API answers: tables as JSON, CSV or Parquet, page by page, with what lets a program ask again only for news; errors in words."""

import hashlib
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

import pandas as pd
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboard import __version__
from dashboard.catalogue.loader import CATALOGUE_FOLDER
from dashboard.errors import CatalogueError, ProductError, ScopeError
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.indicators.analytics import RequestError

CSV, PARQUET, JSON, PROBLEM = "text/csv", "application/vnd.apache.parquet", "application/json", "application/problem+json"
MOST_ROWS = 5000
PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Authorization, Accept"}
_FORMATS = {"json": JSON, "csv": CSV, "parquet": PARQUET}
_STATUS: tuple[tuple[type[ProductError], int], ...] = ((ScopeError, 403), (CatalogueError, 404), (RequestError, 400))


@dataclass(frozen=True)
class Paging:
    """Which part of a table is asked for, and as what."""

    page: int
    page_size: int
    format: str | None


@cache
def catalogue_mark() -> str:
    """Return what changes with any file of the catalogue, which a process reads once."""
    files = sorted(CATALOGUE_FOLDER.rglob("*.yaml"))
    return hashlib.sha256(b"\n".join(file.read_bytes() for file in files)).hexdigest()


def entity_tag(request: Request, database: ReportingDatabase) -> str:
    """Return what changes when the answer does: program, catalogue, load, contents of the scope, the question and the kind of answer."""
    asked = (
        __version__,
        catalogue_mark(),
        database.url,
        repr(database.version),
        database.stamp,
        database.scope.cache_key,
        database.signed.cache_key,
        request.url.path,
        request.url.query,
        wanted(request, None),
    )
    return f'"{hashlib.sha256(repr(asked).encode()).hexdigest()[:32]}"'


def wanted(request: Request, chosen: str | None) -> str:
    """Return the media type asked for: by ``format``, else by ``Accept``; JSON where neither says."""
    if chosen in _FORMATS:
        return _FORMATS[chosen]
    accepted = request.headers.get("accept", "")
    return next((kind for kind in (CSV, PARQUET) if kind in accepted and JSON not in accepted), JSON)


def unchanged(request: Request, tag: str) -> bool:
    """Tell whether the asker holds this answer already. A tag names an answer of 200; "*" would match questions that have none."""
    return tag in [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]


class Unchanged(Exception):  # noqa: N818 no error: the way in which a question ends before anything is computed
    """The asker holds the answer that has ``tag``."""

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.tag = tag


def not_modified(tag: str) -> Response:
    """Return the answer to who holds it already."""
    return Response(status_code=304, headers=PRIVATE | {"ETag": tag})


def table(request: Request, database: ReportingDatabase, frame: pd.DataFrame, paging: Paging, metadata: Mapping[str, Any]) -> Response:
    """Return one page of ``frame``: JSON with ``headers``, ``rows``, ``pager`` and ``metaData``; CSV with a byte order mark; Parquet."""
    headers = PRIVATE | {"ETag": entity_tag(request, database)}
    first = (paging.page - 1) * paging.page_size
    part = frame.iloc[first : first + paging.page_size]
    following = _next(request, paging.page + 1) if first + paging.page_size < len(frame) else None
    if following:
        headers["Link"] = f'<{following}>; rel="next"'
    kind = wanted(request, paging.format)
    if kind == CSV:
        return Response(part.to_csv(index=False).encode("utf-8-sig"), media_type=f"{CSV}; charset=utf-8", headers=headers)
    if kind == PARQUET:
        written = io.BytesIO()
        part.to_parquet(written, index=False)
        return Response(written.getvalue(), media_type=PARQUET, headers=headers)
    answer = {
        "headers": [{"name": str(name), "valueType": "NUMBER" if pd.api.types.is_numeric_dtype(part[name]) else "TEXT"} for name in part],
        "rows": [[plain(value) for value in row] for row in part.itertuples(index=False, name=None)],
        "pager": {"page": paging.page, "pageSize": paging.page_size, "total": len(frame), "next": following},
        "metaData": dict(metadata),
    }
    return JSONResponse(answer, headers=headers)


def single(request: Request, database: ReportingDatabase, answer: Mapping[str, Any]) -> Response:
    """Return one object as JSON."""
    return JSONResponse(dict(answer), headers=PRIVATE | {"ETag": entity_tag(request, database)})


def plain(value: Any) -> Any:
    """Return ``value`` as JSON has it: what is missing is null, a date its text, a number a number."""
    if value is None or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, (bool, int, float, str)):
        return value
    if hasattr(value, "item"):
        return plain(value.item())
    return value.isoformat()[:10] if hasattr(value, "isoformat") else str(value)


def _next(request: Request, page: int) -> str:
    asked = [(name, value) for name, value in request.query_params.multi_items() if name != "page"]
    return f"{request.url.path}?{urlencode([*asked, ('page', str(page))])}"


def problem(error: ProductError, *, status: int | None = None, where: str = "") -> Response:
    """Return an error as RFC 9457 has it, in Chinese and English: what happened, where, what to do."""
    code = status or next((number for kind, number in _STATUS if isinstance(error, kind)), 503)
    content = {
        "type": "about:blank", "status": code, "title": error.what("zh"), "detail": error.remedy("zh"),
        "titleEn": error.what("en"), "detailEn": error.remedy("en"), "instance": where,
    }  # fmt: skip
    headers = dict(PRIVATE) | ({"WWW-Authenticate": 'Bearer realm="api"'} if code == 401 else {})
    return JSONResponse(content, status_code=code, media_type=PROBLEM, headers=headers)
