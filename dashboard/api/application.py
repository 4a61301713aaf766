"""The API's routes: ``/api/v1`` beside the pages, or alone (``python -m dashboard api``). It only reads, and it opens no page."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import pandas as pd
from fastapi import Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPBearer
from fastapi.security.utils import get_authorization_scheme_param
from starlette.exceptions import HTTPException
from starlette.responses import Response

from dashboard import __version__
from dashboard.api.answers import (
    CSV,
    MOST_ROWS,
    PARQUET,
    PROBLEM,
    Paging,
    Unchanged,
    entity_tag,
    not_modified,
    problem,
    single,
    table,
    unchanged,
)
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.models import Indicator
from dashboard.errors import ProductError, ScopeError
from dashboard.language import marked
from dashboard.services.common.audit import record_refusal
from dashboard.services.common.cache import current_database
from dashboard.services.common.counties import in_view, named_county
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory, scope_words
from dashboard.services.common.filters import filter_options
from dashboard.services.common.identity import EVERYBODY, Identity, find_token
from dashboard.services.common.reporting import reports_due, share_missing
from dashboard.services.common.workspace import current_workspace
from dashboard.services.indicators.analytics import RequestError, analytics, period_of, units_of
from dashboard.settings import settings

PREFIX = "/api/v1"
Authenticate = Callable[[str], Identity | None]


class TokenError(ProductError):
    """No token, or one that opens nothing."""


def by_token(token: str) -> Identity | None:
    """Return whom a token stands for; without one everybody, where sign-in is off."""
    if not token:
        return EVERYBODY if settings().sign_in == "none" else None
    return find_token(current_workspace(), token)


def create_api(authenticate: Authenticate = by_token) -> FastAPI:
    """Return the application; ``authenticate`` says for a bearer token (empty: none was sent) who asks, None for nobody."""
    api = FastAPI(
        title="县域医共体决策支持 · County medical community dashboard",
        version=__version__,
        description="只读接口，口径与页面一致；缺的值为 null 并说明原因。Read only; the same values as the pages.",
        docs_url=None,  # these fetch their scripts from elsewhere
        redoc_url=None,
        servers=[{"url": PREFIX}],
        root_path_in_servers=False,
        dependencies=[Depends(HTTPBearer(auto_error=False))],
        responses={code: {"description": words, "content": {PROBLEM: {}}} for code, words in _PROBLEMS.items()},
    )
    api.state.authenticate = authenticate
    _routes(api)
    api.add_exception_handler(ProductError, _refused)
    api.add_exception_handler(Unchanged, _held_already)
    api.add_exception_handler(RequestValidationError, _not_understood)
    api.add_exception_handler(HTTPException, _no_such_page)
    return api


_PROBLEMS: dict[int | str, str] = {
    400: "参数无法识别 · not understood",
    401: "没有有效的令牌 · no valid token",
    403: "不在数据范围内 · out of scope",
    404: "没有 · not found",
    503: "数据库没有回答 · the database does not answer",
}


# Who asks ------------------------------------------------------------------------------------------------------------------


County = Annotated[str, Query(description="县(市、区)代码或简称；库里有几个县时，不给就是第一个")]


def _reader(request: Request, county: County = "") -> ReportingDatabase:
    """Return the database under the scope of who asks, of several counties the one asked for.

    Raises ``TokenError``, ``ScopeError``; ``RequestError`` for a county that is not there; ``Unchanged`` before anything is computed.
    """
    scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
    known: Identity | None = request.app.state.authenticate(token if scheme.lower() == "bearer" else "")
    if known is None or (token and scheme.lower() != "bearer"):
        raise TokenError(
            marked("没有令牌，或令牌已失效"), marked("请在请求头 Authorization: Bearer 里带上有效的令牌；令牌由安全管理员发放")
        )
    request.state.account = known.subject or None
    if not known.opens("business"):
        raise ScopeError(marked("这个账号没有业务数据的权限"), marked("需要时请向安全管理员申请授权"))
    database = current_database(known.scope)
    if county and named_county(database, county) is None:
        raise _unknown_parameters("county")
    database = in_view(database, county)
    tag = entity_tag(request, database)
    if unchanged(request, tag):
        raise Unchanged(tag)
    return database


Reader = Annotated[ReportingDatabase, Depends(_reader)]


def _paging(
    page: Annotated[int, Query(ge=1, le=100_000, description="第几页")] = 1,
    page_size: Annotated[int, Query(alias="pageSize", ge=1, le=MOST_ROWS, description="每页行数")] = 1000,
    form: Annotated[Literal["json", "csv", "parquet"] | None, Query(alias="format", description="格式；默认看 Accept")] = None,
) -> Paging:
    return Paging(page, page_size, form)


Pages = Annotated[Paging, Depends(_paging)]
Scheme = Annotated[Literal["all", "employee", "resident"], Query(description="险种")]


def _address(request: Request) -> str | None:
    return request.client.host if request.client else None


def _account_of(request: Request) -> str | None:
    """Return whose token was sent that opens nothing any more; None for one that there never was."""
    _scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
    try:
        found = current_workspace().accounts.token_account(token) if token else None
    except ProductError:
        return None
    return found.account_id if found else None


def _held_already(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Unchanged)
    return not_modified(error.tag)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProductError)
    if isinstance(error, TokenError):  # whoever has no token chooses what stands in the path: one subject for all of it
        record_refusal(PREFIX, None, _address(request), account_id=_account_of(request))
    elif isinstance(error, ScopeError):
        path = getattr(request.scope.get("route"), "path", "")
        record_refusal(f"{PREFIX}{path}", None, _address(request), account_id=getattr(request.state, "account", None))
    return problem(error, status=401 if isinstance(error, TokenError) else None, where=request.url.path)


def _not_understood(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return problem(_unknown_parameters(*sorted({str(each["loc"][-1]) for each in error.errors()})), where=request.url.path)


def _unknown_parameters(*names: str) -> RequestError:
    return RequestError(marked("参数 {names} 无法识别"), marked("写法见 {page}"), names=", ".join(names), page=f"{PREFIX}/openapi.json")


def _no_such_page(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = ProductError(
        marked("没有这个地址，或不能这样请求"), marked("全部地址见 {page}；接口只读，只接受 GET"), page=f"{PREFIX}/openapi.json"
    )
    answer = problem(words, status=error.status_code, where=request.url.path)
    answer.headers.update(error.headers or {})
    return answer


# What is answered ------------------------------------------------------------------------------------------------------------


def _about(database: ReportingDatabase) -> dict[str, Any]:
    """Return what every answer says of the data it stands on."""
    version = database.version
    return {
        "dataVersion": version.load_id,
        "dataThrough": version.data_through.isoformat() if version.data_through else None,
        "demonstration": version.demonstration,
        "approvedKnown": database.signed.known,
        "scope": scope_words(database),
    }


def _indicator(entry: Indicator) -> dict[str, Any]:
    labels = {"numerator": entry.numerator_label, "denominator": entry.denominator_label}
    return {
        "id": entry.id, "name": entry.label("zh"), "nameEn": entry.label("en"), "category": entry.category, "unit": entry.unit,
        "decimals": entry.decimals, "direction": entry.direction,
        **{side: label.text("zh") if label else None for side, label in labels.items()},
        **{f"{side}En": label.text("en") if label else None for side, label in labels.items()},
        "levels": ";".join(entry.levels), "grade": entry.evidence, "official": entry.official, "target": entry.target,
        "lacks": entry.lacks.text("zh") if entry.lacks else None,
    }  # fmt: skip


def _units(database: ReportingDatabase) -> pd.DataFrame:
    who = directory(database)
    parts = [pd.DataFrame([{"id": "county", "name": who.county_name, "level": "county", "community": None}])]
    parts.append(
        pd.DataFrame({"id": who.communities.index, "name": who.communities["name"].to_numpy(), "level": "community", "community": None})
    )
    for level, frame in (("town", who.towns), ("institution", who.inside)):
        parts.append(
            pd.DataFrame(
                {"id": frame.index, "name": frame["name"].to_numpy(), "level": level, "community": frame["community_code"].to_numpy()}
            )
        )
    return pd.concat([part.astype(object) for part in parts], ignore_index=True)


def _quality(database: ReportingDatabase, pe: str) -> pd.DataFrame:
    """Return by table how many reports of the last month of a period came and were due, and which share of the usual whole is missing."""
    period = period_of(pe)
    rows = [
        (table, pe, int(due["came"].sum()), len(due), share_missing(due))
        for table, due in reports_due(database, period.last, period.last).groupby("table_name")
    ]
    return pd.DataFrame(rows, columns=["table", "pe", "came", "due", "missingShare"])


def _split(text: str) -> list[str]:
    return [each for each in text.split(";") if each]


def _routes(api: FastAPI) -> None:
    _catalogue_routes(api)
    kinds: dict[int | str, dict[str, Any]] = {200: {"content": {CSV: {}, PARQUET: {}}}}

    @api.get("/units", responses=kinds, summary="单位")
    def units(
        request: Request,
        database: Reader,
        paging: Pages,
        level: Annotated[Literal["county", "community", "town", "institution"] | None, Query()] = None,
    ) -> Response:
        frame = _units(database)
        return table(request, database, frame if level is None else frame[frame["level"].eq(level)], paging, _about(database))

    @api.get("/periods", responses=kinds, summary="有数据的月份，新的在前")
    def periods(request: Request, database: Reader, paging: Pages) -> Response:
        months = [f"{month:%Y%m}" for month in filter_options(database).months]
        return table(request, database, pd.DataFrame({"id": pd.Series(months, dtype="str")}), paging, _about(database))

    @api.get("/analytics", responses=kinds, summary="指标值，分子分母在旁")
    def values(
        request: Request,
        database: Reader,
        paging: Pages,
        dx: Annotated[str, Query(description="指标编号，分号隔开", examples=["B01;B02"])],
        pe: Annotated[str, Query(description="期间，分号隔开：202510、2025Q3、202510YTD、202510R12", examples=["202510"])],
        ou: Annotated[
            str, Query(description="county、level-community、level-town、level-institution、单位编码、peers，分号隔开")
        ] = "county",
        scheme: Scheme = "all",
    ) -> Response:
        chosen = load_catalogue().chosen(_split(dx))
        frame = analytics(
            database, [each.id for each in chosen], _split(pe), units_of(database, _split(ou)), None if scheme == "all" else scheme
        )
        known = _units(database).set_index("id")["name"].to_dict()
        items = {each.id: _indicator(each) for each in chosen} | {
            str(code): {"name": known.get(code, code)} for code in frame["ou"].unique()
        }
        provisional = bool(frame["status"].eq("incomplete").any() or frame["provisional"].eq(True).any())
        return table(request, database, frame, paging, _about(database) | {"items": items, "provisional": provisional})

    @api.get("/tables/{name}", responses=kinds, summary="目录：communities、towns、institutions")
    def tables(request: Request, database: Reader, paging: Pages, name: Literal["communities", "towns", "institutions"]) -> Response:
        frame: pd.DataFrame = getattr(directory(database), name)
        return table(request, database, frame.reset_index(), paging, _about(database))

    @api.get("/quality", responses=kinds, summary="报送是否到齐")
    def quality(request: Request, database: Reader, paging: Pages, pe: Annotated[str, Query(examples=["202510"])]) -> Response:
        return table(request, database, _quality(database, pe), paging, _about(database))


def _catalogue_routes(api: FastAPI) -> None:
    kinds: dict[int | str, dict[str, Any]] = {200: {"content": {CSV: {}, PARQUET: {}}}}

    @api.get("/indicators", responses=kinds, summary="指标目录")
    def indicators(request: Request, database: Reader, paging: Pages) -> Response:
        frame = pd.DataFrame([_indicator(entry) for entry in load_catalogue().indicators.values()])
        return table(request, database, frame, paging, _about(database))

    @api.get("/indicators/{name}", summary="一个指标")
    def indicator(request: Request, database: Reader, name: str) -> Response:
        return single(request, database, _indicator(load_catalogue().indicator(name)) | {"metaData": _about(database)})

    @api.get("/targets", responses=kinds, summary="目标值与参考值，带来源和等级")
    def targets(request: Request, database: Reader, paging: Pages) -> Response:
        rows = [
            {"id": key, "name": each.label("zh"), "nameEn": each.label("en"), "indicator": each.indicator, "kind": each.kind,
             "comparison": each.comparison,
             "low": each.low, "high": each.high, "unit": each.unit, "year": each.year, "place": each.place.text("zh"), "grade": each.grade,
             "official": each.official}
            for key, each in load_catalogue().targets.items()
        ]  # fmt: skip
        return table(request, database, pd.DataFrame(rows), paging, _about(database))

    @api.get("/data-version", summary="数据版本")
    def data_version(request: Request, database: Reader) -> Response:
        loaded = database.version.loaded_at
        return single(
            request,
            database,
            _about(database) | {"package": database.version.package, "loadedAt": loaded.isoformat() + "Z" if loaded else None},
        )
