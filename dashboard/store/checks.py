"""Is the reporting database there, of this version, complete and fresh; is the catalogue right? For ``python -m dashboard check``."""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from dashboard.catalogue.cockpit import cockpit_plan
from dashboard.catalogue.completeness import completeness_rules
from dashboard.catalogue.history import history
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.reconciliation import reconciliation
from dashboard.catalogue.reporting import reporting_rules
from dashboard.catalogue.roles import password_rules, roles
from dashboard.catalogue.sizing import sizing_defaults
from dashboard.errors import CatalogueError, DatabaseError, ProductError, QueryError
from dashboard.language import marked, translate
from dashboard.store.engine import reporting_engine
from dashboard.store.importing.columns import Kind, fields, period_column
from dashboard.store.importing.findings import shown_item
from dashboard.store.importing.previous import existing_columns, missing_columns
from dashboard.store.importing.profiles import PROFILES, read_profile
from dashboard.store.importing.sources import read_source, source_names
from dashboard.store.schema import meta_freshness, meta_load, metadata, package_tables
from dashboard.store.versions import refuse_newer

OK, NOTICE, PROBLEM = "ok", "notice", "problem"
_SHOWN = 8
_READ: tuple[Callable[[], object], ...] = (
    load_catalogue, cockpit_plan, completeness_rules, roles, password_rules, reporting_rules, reconciliation, sizing_defaults, history,
)  # fmt: skip


@dataclass(frozen=True)
class CheckResult:
    """One thing looked at: ``level`` is ``ok``, ``notice`` (worth knowing) or ``problem`` (must be put right)."""

    level: str
    message: str
    details: dict[str, object] = field(default_factory=dict)
    error: ProductError | None = None

    def text(self, language: str = "zh") -> str:
        """Return the result on one line."""
        if self.error is not None:
            return self.error.text(language)
        details = {name: shown_item(value, language) for name, value in self.details.items()}
        return translate(self.message, language, **details)


def check_database(url: str) -> list[CheckResult]:
    """Return everything worth saying about the reporting database at ``url``, the catalogue, sources and profiles.

    Raises nothing a reader may not see.
    """
    return [*_database(url), *_catalogue(), *_sources(), *_profiles()]


def _catalogue() -> Iterator[CheckResult]:
    try:
        for read in _READ:
            read()
    except CatalogueError as error:
        yield CheckResult(PROBLEM, "", error=error)
    else:
        yield CheckResult(OK, marked("指标目录正确"))


def _sources() -> Iterator[CheckResult]:
    """Tell of every file of ``sources/`` whether ``pull`` could begin with it; nobody is connected to."""
    good = 0
    for name in source_names():
        try:
            source = read_source(name)
        except ProductError as error:
            yield CheckResult(PROBLEM, "", error=error)
            continue
        good += 1
        try:
            source.url_with_secret()
        except ProductError as error:
            yield CheckResult(NOTICE, "", error=error)
    yield CheckResult(OK, marked("数据来源(sources)：{count} 个写得正确，没有连接"), {"count": good})


def _profiles() -> Iterator[CheckResult]:
    """Tell of every mapping profile that ships whether what it fills is there to be filled."""
    good = 0
    for file in sorted(PROFILES.glob("*.yaml")):
        try:
            read_profile(file)
        except ProductError as error:
            yield CheckResult(PROBLEM, "", error=error)
        else:
            good += 1
    yield CheckResult(OK, marked("随程序的映射方案：{count} 个写得正确"), {"count": good})


def _database(url: str) -> Iterator[CheckResult]:
    try:
        engine = reporting_engine(url)
    except DatabaseError as error:
        yield CheckResult(PROBLEM, "", error=error)
        return
    try:
        refuse_newer(engine)
        missing = missing_columns(existing_columns(engine))
        yield CheckResult(OK, marked("数据库可以连接"))
        if missing:
            shown = "、".join(missing[:_SHOWN]) + ("…" if len(missing) > _SHOWN else "")
            yield CheckResult(
                PROBLEM,
                marked("数据库结构与本程序版本不一致，缺少 {count} 项：{missing}；请运行 python -m dashboard migrate"),
                {"count": len(missing), "missing": shown},
            )
            return
        yield CheckResult(OK, marked("数据库结构与本程序版本一致"))
        yield from _loads(engine)
    except (DatabaseError, QueryError) as error:
        yield CheckResult(PROBLEM, "", error=error)
    except SQLAlchemyError as error:
        failure = DatabaseError(marked("数据库连接不上"), marked("请检查数据库地址、账号和网络"))
        failure.__cause__ = error
        yield CheckResult(PROBLEM, "", error=failure)
    finally:
        engine.dispose()


def _loads(engine: Engine) -> Iterator[CheckResult]:
    with engine.connect() as connection:
        load = connection.execute(select(meta_load).order_by(meta_load.c.load_id.desc()).limit(1)).mappings().first()
        freshness = {row["table_name"]: row for row in connection.execute(select(meta_freshness)).mappings()}
    if load is None:
        yield CheckResult(PROBLEM, marked("数据库里还没有载入任何数据包"))
        return
    through = _day(load["data_through"])
    yield CheckResult(
        OK,
        marked("最近载入：第 {load_id} 批 {package}，数据截至 {through}"),
        {"load_id": load["load_id"], "package": load["package"], "through": f"{through:%Y-%m}" if through else "—"},
    )
    for table in package_tables():
        row = freshness.get(table.name)
        if row is None:
            yield CheckResult(NOTICE, marked("{table}：没有数据，相关指标将缺失"), {"table": table})
        elif _is_behind(table.name, _day(row["last_period"]), through):
            yield CheckResult(
                NOTICE,
                marked("{table}：只到 {last}，落后于其他表"),
                {"table": table, "last": f"{_day(row['last_period']):%Y-%m}"},
            )
        else:
            yield CheckResult(OK, marked("{table}：{count} 行"), {"table": table, "count": f"{row['row_count']:,}"})


def _day(value: object) -> datetime.date | None:
    """Return a date of the database as one: Spark hands it over as text."""
    return None if value is None else datetime.date.fromisoformat(str(value)[:10])


def _is_behind(name: str, last: datetime.date | None, through: datetime.date | None) -> bool:
    """Return whether a monthly table ends before the newest month of the database."""
    period = period_column(metadata.tables[name])
    monthly = period is not None and fields(metadata.tables[name])[period].kind is Kind.MONTH
    return monthly and last is not None and through is not None and last < through
