"""Indicators as a table for other programs: the same values, reasons and hidden small counts as the pages."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from dashboard.analysis.periods import Grain, Period
from dashboard.analysis.suppression import ON_SCREEN
from dashboard.catalogue.models import Level
from dashboard.errors import ProductError
from dashboard.language import marked
from dashboard.services.common.approvals import signer
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.services.common.indicators import community_peers, hide_small, indicator_values
from dashboard.store.query import refuse_community

LEVELS: tuple[Level, ...] = ("county", "community", "town", "institution")
MOST_PERIODS = 60
PEERS = "peers"
"""In place of a unit: the other communities without their names."""

_PERIOD = re.compile(r"(\d{4})(?:(0[1-9]|1[0-2])(YTD|R12)?|Q([1-4]))")
_GRAINS = {None: Grain.MONTH, "YTD": Grain.YEAR_TO_DATE, "R12": Grain.ROLLING_12}
COLUMNS = ("dx", "ou", "pe", "value", "numerator", "denominator", "status", "missing", "monthsPresent", "monthsExpected", "provisional")


class RequestError(ProductError):
    """A request that cannot be understood."""


def period_of(text: str) -> Period:
    """Return the period that a program calls ``202510``, ``2025Q3``, ``202510YTD`` (since January) or ``202510R12`` (twelve months).

    Raises ``RequestError``.
    """
    found = _PERIOD.fullmatch(text)
    if found is None or not 1990 <= int(found[1]) <= 2100:
        raise RequestError(marked("期间“{text}”无法识别"), marked("请写成 202510、2025Q3、202510YTD 或 202510R12"), text=text)
    year, month, grain, quarter = found.groups()
    if quarter:
        return Period.parse(f"{year}-{int(quarter) * 3:02}", Grain.QUARTER)
    return Period.parse(f"{year}-{month}", _GRAINS[grain])


@dataclass(frozen=True)
class Units:
    """What a request asks for: whole levels, single units by their level, and the other communities without names."""

    levels: tuple[Level, ...]
    codes: dict[Level, tuple[str, ...]]
    peers: bool = False


def units_of(database: ReportingDatabase, texts: Sequence[str]) -> Units:
    """Return the units that ``texts`` name: ``county``, ``level-community`` …, a code, or ``peers``.

    Raises ``RequestError`` for one that is none of these, ``ScopeError`` for a community outside of the reader's scope.
    """
    who = directory(database)
    known: dict[Level, pd.Index] = {"community": who.communities.index, "town": who.towns.index, "institution": who.institutions.index}
    levels: list[Level] = []
    codes: dict[Level, list[str]] = {}
    for text in texts:
        level = next((each for each in LEVELS if text in (f"level-{each}", "county" if each == "county" else None)), None)
        home = next((each for each, index in known.items() if text in index), None)
        if level is not None:
            levels.append(level)
        elif home is not None:
            if home == "community":
                refuse_community(database.scope, text)
            codes.setdefault(home, []).append(text)
        elif text != PEERS:
            raise RequestError(
                marked("单位“{text}”无法识别"),
                marked("请写 county、level-community、level-town、level-institution，或一个单位的编码"),
                text=text,
            )
    return Units(tuple(dict.fromkeys(levels)), {level: tuple(found) for level, found in codes.items()}, PEERS in texts)


def analytics(
    database: ReportingDatabase, indicators: Sequence[str], periods: Sequence[str], units: Units, scheme: str | None = None
) -> pd.DataFrame:
    """Return one row for each period, indicator and unit, with the columns ``COLUMNS``, in the order asked for.

    ``value`` is in the indicator's unit, missing with ``status`` as the reason (``indicator_values``; ``few``: a small count;
    ``peer``: another community whose sides would tell which it is). Small counts are hidden as on the screen, among all units of a
    level, whichever of them is asked for.

    Raises ``RequestError``, ``CatalogueError`` for an unknown indicator, ``ScopeError``, ``QueryError``.
    """
    if not indicators or not periods or not (units.levels or units.codes or units.peers):
        raise RequestError(marked("缺少指标、期间或单位"), marked("请给出 dx、pe 和 ou，例如 dx=B01&pe=202510&ou=level-community"))
    if len(periods) > MOST_PERIODS:
        raise RequestError(marked("一次最多 {count} 个期间"), marked("请分几次取"), count=MOST_PERIODS)
    parts = []
    for text in dict.fromkeys(periods):
        period = period_of(text)
        for level in LEVELS:
            if level in units.levels or level in units.codes:
                frame = hide_small(
                    indicator_values(database, level=level, period=period, indicators=tuple(dict.fromkeys(indicators)), scheme=scheme),
                    ON_SCREEN,
                )
                asked = frame if level in units.levels else frame[frame["unit"].isin(units.codes[level])]
                parts.append(asked.assign(pe=text, provisional=_provisional(database, level, asked["unit"], period)))
        if units.peers:
            found = _peers(community_peers(database, period, tuple(dict.fromkeys(indicators)), scheme))
            parts.append(found.assign(pe=text, provisional=_provisional(database, "county", found["unit"], period)))
    renamed = {"indicator": "dx", "unit": "ou", "months_present": "monthsPresent", "months_expected": "monthsExpected"}
    return pd.concat(parts, ignore_index=True).rename(columns=renamed)[list(COLUMNS)]


def _provisional(database: ReportingDatabase, level: Level, units: pd.Series, period: Period) -> pd.Series:
    """Return for each unit whether months of ``period`` are not approved yet; None where nobody can say."""
    if not database.signed.known:
        return pd.Series([None] * len(units), units.index, dtype=object)
    who = directory(database)
    homes = {"institution": who.institutions["community_code"], "town": who.towns["community_code"]}
    known = homes[level].to_dict() if level in homes else {}
    told = [(str(unit), known.get(unit)) for unit in units]
    signers = (signer(level, unit, str(home) if isinstance(home, str) and home else None) for unit, home in told)
    return pd.Series([bool(database.signed.provisional(period.months, each)) for each in signers], units.index, dtype=object)


def _peers(found: pd.DataFrame) -> pd.DataFrame:
    frame = found.rename(columns={"label": "unit"}).assign(status=PEERS.removesuffix("s"), missing="")
    return frame.assign(**dict.fromkeys(("numerator", "denominator", "months_present", "months_expected"), float("nan")))
