"""How many comparisons were made, how many would stand out by chance, and which do: what is said above every section."""

from dataclasses import dataclass

import pandas as pd

from dashboard.analysis.case_mix import ACTION_CHANCE, WARNING_CHANCE
from dashboard.catalogue.loader import load_catalogue
from dashboard.language import marked, translate
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.quality.care import OF_DISCHARGES, outcome_funnel, wards
from dashboard.services.quality.cells import CLAIMS, Scope, offered
from dashboard.services.quality.costs import cost_funnel
from dashboard.services.quality.departments import department_table
from dashboard.services.quality.drg import NAMES, signals


@dataclass(frozen=True, eq=False)
class Checks:
    """All comparisons of the institutions shown.

    ``found``: those beyond a limit, the surest first: topic ("cost", an indicator or a code of ``drg.QUESTIONS``), unit,
    name (of the institution), ward (empty for a whole institution), level, side.
    ``count``: comparisons that could be judged, ``few``: those that could not. ``by_chance``, ``by_chance_action``: how many of them
    would lie above the 95 % and the 99.8 % limit if nothing were the matter; ``beyond``, ``surely_beyond``: how many do.
    """

    found: pd.DataFrame
    count: int
    few: int

    @property
    def by_chance(self) -> float:
        """Comparisons expected above the 95 % limits by chance alone."""
        return self.count * WARNING_CHANCE

    @property
    def by_chance_action(self) -> float:
        """Comparisons expected above the 99.8 % limits by chance alone."""
        return self.count * ACTION_CHANCE

    @property
    def high(self) -> pd.DataFrame:
        """What lies above its limits: the side that counts as found."""
        return self.found[self.found["side"].eq("high")]

    @property
    def beyond(self) -> int:
        """How many lie above the 95 % limits, those above the 99.8 % limits among them."""
        return len(self.high)

    @property
    def surely_beyond(self) -> int:
        """How many lie above the 99.8 % limits."""
        return int(self.high["level"].eq("action").sum())


def topic_text(topic: str, language: str = "zh") -> str:
    """Return what a comparison is called: cost, an indicator or a signal of the supervision."""
    if topic == "cost":
        return translate(marked("同病种费用"), language)
    return load_catalogue().indicator(topic).short_label(language) if topic in OF_DISCHARGES else translate(NAMES[topic], language)


@cached(needs_county=True)
def checks(database: ReportingDatabase, scope: Scope) -> Checks:
    """Return what stands out among all comparisons that the page makes."""
    columns = ["topic", "unit", "name", "ward", "level", "side"]
    tables = []
    funnels = {"cost": cost_funnel(database, scope) if CLAIMS in offered(database) else None}
    funnels |= {name: outcome_funnel(database, scope, name) for name in OF_DISCHARGES}
    for topic, funnel in funnels.items():
        if funnel is not None:
            tables.append(funnel.units.assign(topic=topic, unit=funnel.units.index, ward="")[columns])
    for topic in OF_DISCHARGES:
        table = wards(database, scope, topic)
        if len(table):
            named = table.assign(topic=topic, unit=table.index.get_level_values("unit"), ward=table["name"], name=table["unit_name"])
            tables.append(named[columns])
    priced = department_table(database, scope)
    if len(priced) and priced["ratio"].notna().any():
        units = priced.index.get_level_values("unit")
        tables.append(priced.assign(topic="cost", unit=units, ward=priced["name"], name=priced["unit_name"])[columns])
    asked = signals(database, scope)
    if len(asked):
        tables.append(asked.rename(columns={"code": "topic"}).assign(ward="")[columns])
    every = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)
    judged = every[every["level"].ne("few")]
    found = judged[judged["level"].ne("")]
    order = found["level"].eq("warning") + 2 * found["side"].eq("low")
    return Checks(found.iloc[order.to_numpy().argsort(kind="stable")].reset_index(drop=True), len(judged), len(every) - len(judged))
