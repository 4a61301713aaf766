"""What changed when, as people read it: definitions of indicators and tables from the catalogue's history, and this county's registers."""

import datetime
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from dashboard import __version__
from dashboard.catalogue.history import Change, History, State, brought_up, history, indicator_state, write_history
from dashboard.catalogue.loader import load_catalogue
from dashboard.language import marked, translate
from dashboard.services.common.cache import cached
from dashboard.services.common.clock import today
from dashboard.services.common.database import ReportingDatabase
from dashboard.store.query import run_query
from dashboard.store.schema import metadata, package_tables, table_name

COLUMNS = ("on", "kind", "subject", "name", "what", "version", "load_id")
INDICATOR, TABLE, REGISTER = "indicator", "table", "register"
FIELD_WORDS: Mapping[str, str] = {
    "numerator": marked("分子"),
    "denominator": marked("分母"),
    "multiplier": marked("倍数"),
    "unit": marked("单位"),
    "direction": marked("方向"),
    "levels": marked("层级"),
    "applies_to": marked("适用范围"),
    "target": marked("目标"),
    "reference": marked("参考"),
    "grade": marked("指标等级"),
    "formula_grade": marked("公式等级"),
}


def table_state(name: str) -> dict[str, str]:
    """Return what defines a table: the kind of each column, with ``?`` where it may be empty."""
    return {column.name: f"{type(column.type).__name__}{'?' if column.nullable else ''}" for column in metadata.tables[name].columns}


def current() -> History:
    """Return the history with today's line for whatever is not its last state: what the file has to hold."""
    kept, day = history(), today()
    indicators = {each.id: indicator_state(each) for each in load_catalogue().indicators.values()}
    tables = {table.name: table_state(table.name) for table in package_tables()}
    return History(
        indicators=brought_up(kept.indicators, indicators, day, __version__), tables=brought_up(kept.tables, tables, day, __version__)
    )


def changed_words(before: State | None, now: State | None, names: Mapping[str, str], language: str = "zh") -> str:
    """Return what became of a definition: listed, taken away, or each field or column that is another one; ``names`` call the fields."""
    if before is None:
        return translate(marked("首次收录"), language)
    if now is None:
        return translate(marked("不再收录"), language)
    parts = []
    for name in (*before, *(name for name in now if name not in before)):
        if before.get(name) != now.get(name):
            called = translate(names[name], language) if name in names else name
            parts.append(_one_word(called, before.get(name), now.get(name), language))
    return translate(marked("；"), language).join(parts)


def _one_word(called: str, before: str | None, now: str | None, language: str) -> str:
    if before is None:
        return translate(marked("加 {field} {value}"), language, field=called, value=now)
    if now is None:
        return translate(marked("去掉 {field} {value}"), language, field=called, value=before)
    return translate(marked("{field} {before} → {now}"), language, field=called, before=before, now=now)


def _lines(kept: Mapping[str, Sequence[Change]], names: Mapping[str, str], language: str) -> Iterator[tuple[datetime.date, str, str, str]]:
    for subject, found in kept.items():
        for before, change in zip((None, *found), found, strict=False):
            words = changed_words(before.state if before else None, change.state, names, language)
            yield change.since, subject, words, change.version


def definition_changes(language: str = "zh") -> pd.DataFrame:
    """Return every change of an indicator or table, the newest first: the columns of ``COLUMNS``, without a load."""
    kept, known = history(), load_catalogue().indicators
    rows = [
        (on, INDICATOR, subject, known[subject].label(language) if subject in known else subject, words, version, None)
        for on, subject, words, version in _lines(kept.indicators, FIELD_WORDS, language)
    ]
    rows += [
        (on, TABLE, subject, table_name(subject, language), words, version, None)
        for on, subject, words, version in _lines(kept.tables, {}, language)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).sort_values("on", ascending=False, kind="stable", ignore_index=True)


@cached(max_entries=8)
def register_changes(database: ReportingDatabase, language: str = "zh") -> pd.DataFrame:
    """Return what loads brought into the county's registers and code lists (dim tables), the newest first: the columns of ``COLUMNS``.

    Which rows became others is not kept; how many a load brought and replaced is.
    """
    files, known = run_query(database, "data/files"), run_query(database, "data/loads")
    own = files[files["table_name"].str.startswith("dim_")].merge(known[["load_id", "loaded_at", "app_version"]], on="load_id")
    told = {
        "on": own["loaded_at"].dt.date,
        "kind": REGISTER,
        "subject": own["table_name"],
        "name": [table_name(str(name), language) for name in own["table_name"]],
        "what": [
            translate(marked("载入 {rows} 行（{file}）"), language, rows=f"{rows:,}", file=file)
            for rows, file in zip(own["row_count"], own["file"], strict=True)
        ],
        "version": own["app_version"],
        "load_id": own["load_id"],
    }
    return pd.DataFrame(told, columns=list(COLUMNS))


def main() -> None:
    """Write the lines that are missing in ``history.yaml``."""
    write_history(current())


if __name__ == "__main__":
    main()
